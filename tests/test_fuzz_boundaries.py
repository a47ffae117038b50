"""A seeded part of the fuzz campaign (benchmarks/fuzz_campaign.py) on every run: read, or refused in one line, in silence."""

import importlib.util
import random
import shutil
import sys
from pathlib import Path

import pytest

from chronosight.errors import InputError

CAMPAIGN = Path(__file__).parents[1] / "benchmarks" / "fuzz_campaign.py"
CASES = {"images": 12, "animations": 9, "videos": 12, "rasters": 12, "raster tags": 24, "side files": 16, "zones": 40, "data": 40,
         "manifests": 30, "recipes": 40, "weights": 14, "result folders": 24, "replies": 12}  # fmt: skip


@pytest.fixture(scope="module")
def campaign():
    spec = importlib.util.spec_from_file_location("fuzz_campaign", CAMPAIGN)
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz_campaign"] = module
    spec.loader.exec_module(module)
    return module


def test_every_boundary_of_the_campaign_is_tried_here(campaign):
    assert {one.name for one in campaign.BOUNDARIES} == {*CASES, "full-size weights"}  # which have tests of their own


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")  # of the seeds, as they are written
@pytest.mark.parametrize("name", CASES)
def test_changed_files_are_read_or_refused_in_one_line(campaign, tmp_path, capfd, name):
    boundary = next(one for one in campaign.BOUNDARIES if one.name == name)
    whole = tmp_path / "whole-folder"
    whole.mkdir()
    files = boundary.build(whole)
    capfd.readouterr()
    ended = {"read": 0, "refused": 0}
    for number in range(CASES[name]):
        folder, file = tmp_path / "case", files[number % len(files)]
        shutil.copytree(whole, folder)
        draw = random.Random(f"suite/{name}/{number}")
        (folder / file).write_bytes(boundary.change((folder / file).read_bytes(), draw))
        try:
            boundary.read(folder, file)
            ended["read"] += 1
        except InputError as error:
            assert str(error) and "\n" not in str(error), file
            ended["refused"] += 1
        shutil.rmtree(folder)
        assert capfd.readouterr() == ("", ""), f"case {number}, {file}"
    assert ended["refused"] or name in ("side files",)  # the changes reach the readers


@pytest.mark.parametrize("name", CASES)
def test_the_unchanged_files_are_read(campaign, tmp_path, name):
    """So that what is refused above is refused for its change."""
    boundary = next(one for one in campaign.BOUNDARIES if one.name == name)
    for file in dict.fromkeys(boundary.build(tmp_path)):
        boundary.read(tmp_path, file)
