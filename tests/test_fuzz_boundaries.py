"""A seeded part of the fuzz campaign (benchmarks/fuzz_campaign.py) on every run: read, or refused in one line, in silence."""

import importlib
import random
import shutil
from pathlib import Path

import pytest

from chronosight.errors import InputError

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
CASES = {"images": 12, "animations": 9, "videos": 12, "rasters": 12, "raster tags": 24, "side files": 16, "zones": 40, "data": 40,
         "manifests": 30, "recipes": 40, "weights": 14, "result folders": 24, "replies": 12}  # fmt: skip


@pytest.fixture(scope="module")
def boundaries():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        return {one.name: one for one in importlib.import_module("fuzz_boundaries").BOUNDARIES}


def test_every_boundary_of_the_campaign_is_tried_here(boundaries):
    assert set(boundaries) == {*CASES, "full-size weights"}  # which have tests of their own


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")  # of the seeds, as they are written
@pytest.mark.parametrize("name", CASES)
def test_changed_files_are_read_or_refused_in_one_line(boundaries, tmp_path, capfd, name):
    boundary = boundaries[name]
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
def test_the_unchanged_files_are_read(boundaries, tmp_path, name):
    """So that what is refused above is refused for its change."""
    boundary = boundaries[name]
    for file in dict.fromkeys(boundary.build(tmp_path)):
        boundary.read(tmp_path, file)
