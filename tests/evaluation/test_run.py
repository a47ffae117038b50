import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from chronosight.cli.main import app
from chronosight.errors import InputError
from chronosight.evaluation.run import Settings, report_document, run_benchmark, write_json
from chronosight.evaluation.table import Bar, Row, print_table

SAYS = {
    "binary": False,
    "count": 0,
    "location": (),
    "caption": "the scene is the same as before",
    "scene_class": "beach",
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with two places, and six UC Merced pictures of two classes."""
    root, random = tmp_path / "data", np.random.default_rng(0)
    folder = root / "pairs" / "test"
    folder.mkdir(parents=True)
    lines = []
    for name in ("place_1", "place_2"):
        for date in ("before", "after"):
            small = Image.fromarray(random.integers(0, 255, (16, 16, 3), np.uint8))
            small.resize((512, 512)).save(folder / f"{name}_{date}.webp")
        mask = np.zeros((512, 512), bool)
        mask[20:40, 20:40] = name == "place_1"
        Image.fromarray(mask).save(folder / f"{name}_building.png")
        cell = {"box": [0, 0, 128, 128], "captions": ["the scene is the same as before"] * 5}
        lines.append({"id": name, "place": name, "metres_per_pixel": 1.0, "size": 512, "cells": [cell]})
    (root / "pairs" / "test.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    rows = []
    for i in range(6):
        name = f"{'beach' if i < 3 else 'forest'}/{i}"
        path = root / "images" / "ucm" / f"{name}.webp"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 255, (32, 32, 3), np.uint8)).save(path)
        rows.append({"id": name, "label": name.split("/")[0], "split": "test"})
    (root / "images" / "ucm.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    return root


def test_a_run_leaves_rows_predictions_and_what_makes_it_repeatable(constant, data, tmp_path):
    settings = Settings(data, predictions=tmp_path / "out", meteor=False, seed=3)
    report = run_benchmark("places", constant(SAYS), settings)
    again = run_benchmark("places", constant(SAYS), settings)
    assert report.to_dict()["rows"] == again.to_dict()["rows"]
    assert report.data_sha256 == again.data_sha256 != ""
    assert {row.metric: row.value for row in report.rows}["model binary accuracy"] == 7 / 8
    lines = (tmp_path / "out" / "places.jsonl").read_text().splitlines()
    assert len(lines) == 2 * (4 * 6 + 2)

    write_json(report_document([report], settings, {"weights_sha256": "abc"}), tmp_path / "out" / "report.json")
    kept = json.loads((tmp_path / "out" / "report.json").read_text())
    assert kept["seed"] == 3 and kept["model"]["weights_sha256"] == "abc" and "numpy" in kept["versions"]
    row = next(r for r in kept["reports"][0]["rows"] if r["metric"] == "model binary accuracy")
    assert row["bar"] == "≥ 0.92" and row["met"] is False and row["n"] == 8
    recall = next(r for r in kept["reports"][0]["rows"] if r["metric"] == "model binary precision")
    assert recall["value"] is None  # nothing was called changed: not a number, and not 0


def test_other_pixels_give_another_data_hash(constant, data):
    before = run_benchmark("places", constant(SAYS), Settings(data, meteor=False)).data_sha256
    path = data / "pairs" / "test" / "place_1_building.png"
    Image.fromarray(np.ones((512, 512), bool)).save(path)
    assert run_benchmark("places", constant(SAYS), Settings(data, meteor=False)).data_sha256 != before


def test_a_limit_takes_images_of_all_classes(constant, data):
    report = run_benchmark("images", constant(SAYS), Settings(data, limit=2, meteor=False))
    assert report.tables["ucm scene class"].classes == ("beach", "forest")
    assert {row.metric: row.value for row in report.rows}["UC Merced scene class: top-1"] == 1 / 2


def test_season_takes_what_changes_the_light(constant, data):
    report = run_benchmark("season", constant({"binary": True}), Settings(data, limit=1), difference_only=lambda im, seed: im)
    assert {row.value for row in report.rows if row.bar} == {1.0}


@pytest.mark.parametrize("name", ["places", "season", "images"])
def test_missing_data_is_explained_in_one_line(constant, tmp_path, name):
    for settings in (Settings(None), Settings(tmp_path)):
        with pytest.raises(InputError) as error:
            run_benchmark(name, constant(SAYS), settings)
        assert "--data DIR" in str(error.value) and "\n" not in str(error.value)


def test_the_command_prints_a_table_and_writes_json(data, tmp_path, bundle_folder):
    out = tmp_path / "figures.json"
    arguments = [
        "eval",
        "places",
        "--data",
        data,
        "--limit",
        1,
        "--no-meteor",
        "--clue",
        "none",
        "--weights",
        bundle_folder,
        "--out",
        out,
    ]
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    assert done.exit_code == 0, done.output
    assert "building pixels F1" in done.output and "≥ 0.84" in done.output
    kept = json.loads(out.read_text())
    assert kept["model"]["clue"] == "none"
    assert kept["model"]["weights_sha256"] and kept["reports"][0]["data_sha256"] and kept["limit"] == 1
    assert (tmp_path / "figures" / "places.jsonl").stat().st_size > 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["eval", "nothing"], "no benchmark"),
        (["eval", "rendered", "--split", "train"], "no split"),
        (["eval", "rendered", "--out", "figures.txt"], "ends in .json"),
        (["eval", "rendered", "--clue", "loud"], "no clue form"),
        (["eval", "all"], "--data DIR"),
    ],
)
def test_wrong_arguments_are_refused(arguments, says):
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, InputError) and says in str(done.exception)


def test_bars():
    assert Row("score", 0.92, 1, bar=Bar("least", 0.92)).met and not Row("score", 0.91, 1, bar=Bar("least", 0.92)).met
    assert Row("error", 0.08, 1, bar=Bar("most", 0.08)).met and not Row("error", 0.09, 1, bar=Bar("most", 0.08)).met
    assert Row("score", None, 1, bar=Bar("least", 0.92)).met is None
    assert Row("score", float("nan"), 1, bar=Bar("least", 0.92)).met is None


def test_the_table_says_value_interval_bar_and_number(capsys):
    rows = [
        Row("F1", 0.8512, 96, interval=(0.8, 0.9), bar=Bar("least", 0.84)),
        Row("METEOR", None, 271, "captions", note="no java on PATH"),
    ]
    print_table("Places", rows)
    printed = capsys.readouterr().out
    for part in ("0.851", "0.800 to 0.900", "≥ 0.84 met", "96 windows", "no java on PATH", "271"):
        assert part in printed
