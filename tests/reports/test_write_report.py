"""write_report: all files or none, only its own, and a plain refusal where it cannot write."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chronosight.errors import InputError
from chronosight.reports import write
from chronosight.reports.write import output_folder, write_report
from chronosight.results.answer import Answer

ALWAYS = {"mask.png", "overlay.png", "report.html", "narrative.json", "story.json", "description.json"}
PLACED = ALWAYS | {"mask.tif", "mask.qml", "probability.tif", "probability.qml", "objects.geojson", "objects.gpkg", "objects.qml"}
PLAIN = ALWAYS | {"objects.pixels.json"}


def written(description, folder):
    return write_report(description, folder)


def names(folder):
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(("grid", "expected"), [("utm", PLACED), (None, PLAIN)])
def test_the_files(make_pair, tmp_path, grid, expected):
    folder = tmp_path / "new" / "report"
    made = written(make_pair(grid), folder)
    assert set(made) == names(folder) == expected
    assert all(path == folder / name and path.stat().st_size > 0 for name, path in made.items())


def test_description_json_holds_everything(make_pair, tmp_path):
    description = make_pair()
    scene = description.scene
    description = replace(description, model={**description.model, "score": np.float32(0.5), "folder": tmp_path})
    asked = [
        ("How many roads?", Answer("1", "count", 1, 0.8, True)),
        ("Where?", Answer("top", "location", ("top",), 0.7, True)),
    ]
    made = written(replace(description, answers=tuple(asked)), tmp_path)
    facts = json.loads(made["description.json"].read_text(encoding="utf-8"))
    assert facts["schema"] == "chronosight.description/1"
    assert set(facts["files"]) == set(made)
    assert facts["scene"]["georeference"]["crs"] == "EPSG:32614"
    assert facts["scene"]["times"] == ["2015-03-01T00:00:00", "2018-07-05T00:00:00"]
    assert facts["scene"]["shift"] == {"dx": 1.25, "dy": -0.5, "corrected": True}
    assert facts["changed"]["value"] is True and facts["caption"]["text"] == description.caption.text
    assert [row["name"] for row in facts["classes"]] == ["roads", "buildings"]
    assert facts["map"]["codes"]["building vanished"] == 4
    assert facts["map"]["changed_share"] == pytest.approx((description.evidence.mask[scene.valid] > 0).mean(), abs=1e-6)
    assert [row["answer"] if "answer" in row else row["value"] for row in facts["answers"]] == [1, ["top"]]
    assert facts["model"]["score"] == 0.5
    features = json.loads(made["objects.geojson"].read_text(encoding="utf-8"))["features"]
    for row, feature, item in zip(facts["objects"], features, description.objects, strict=True):
        assert np.allclose(row["polygon_px"], item.outline)
        assert row["centroid_lonlat"] == pytest.approx(feature["properties"]["centroid"], abs=1e-6)
        assert (row["id"], row["area_m2"]) == (feature["id"], feature["properties"]["area_m2"])


@pytest.mark.parametrize("broken", ["write_mask_png", "write_page", "description_dict"])
@pytest.mark.parametrize("before", [False, True])
def test_a_failure_leaves_the_folder_as_it_was(make_pair, tmp_path, monkeypatch, broken, before):
    folder = tmp_path / "deep" / "report"
    if before:
        folder.mkdir(parents=True)
        (folder / "mask.png").write_bytes(b"old")
        (folder / "mine.txt").write_text("mine")

    def fail(*_args, **_options):
        raise RuntimeError("stop")

    monkeypatch.setattr(write, broken, fail)
    with pytest.raises(RuntimeError):
        written(make_pair(), folder)
    if before:
        assert names(folder) == {"mask.png", "mine.txt"} and (folder / "mask.png").read_bytes() == b"old"
    else:
        assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_reported_in_one_line(make_pair, tmp_path, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(write, "write_overlay", full)
    with pytest.raises(InputError, match="no space left on device") as caught:
        written(make_pair(), tmp_path)
    assert "\n" not in str(caught.value) and list(tmp_path.iterdir()) == []


def test_only_its_own_files_are_replaced(make_pair, tmp_path):
    (tmp_path / "notes.txt").write_text("keep")
    written(make_pair("utm"), tmp_path)
    made = written(make_pair(None), tmp_path)
    assert names(tmp_path) == PLAIN | {"notes.txt"} and set(made) == PLAIN
    assert (tmp_path / "notes.txt").read_text() == "keep"


def test_a_users_file_of_the_same_name_stays_when_no_report_wrote_it(make_pair, tmp_path):
    (tmp_path / "mask.tif").write_bytes(b"the user's")
    written(make_pair(None), tmp_path)
    assert (tmp_path / "mask.tif").read_bytes() == b"the user's"


def reserve(folder, inputs=()):
    with output_folder(Path(folder), inputs):
        pass


def test_folders_that_cannot_be_used(make_pair, tmp_path):
    file = tmp_path / "file"
    file.write_text("x")
    taken = tmp_path / "taken"
    (taken / "mask.png").mkdir(parents=True)
    for folder in (file, file / "below", taken, "/proc/chronosight-report"):
        for attempt in (lambda: written(make_pair(), folder), lambda: reserve(folder)):  # noqa: B023
            with pytest.raises(InputError) as caught:
                attempt()
            assert "\n" not in str(caught.value) and "give" in str(caught.value)
    assert file.read_text() == "x" and names(taken) == {"mask.png"}


def test_reserving_a_folder_leaves_nothing(tmp_path):
    reserve(tmp_path / "a" / "b")
    reserve(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_files_that_no_report_wrote_are_never_replaced(make_pair, tmp_path):
    (tmp_path / "mask.png").write_bytes(b"the user's")
    for attempt in (lambda: reserve(tmp_path), lambda: written(make_pair(), tmp_path)):
        with pytest.raises(InputError, match=r"mask\.png was not written by chronosight"):
            attempt()
    assert names(tmp_path) == {"mask.png"} and (tmp_path / "mask.png").read_bytes() == b"the user's"


def test_inputs_are_never_replaced(make_pair, tmp_path):
    """Not even those that an earlier report wrote."""
    written(make_pair(), tmp_path)
    before = (tmp_path / "overlay.png").read_bytes()
    for attempt in (
        lambda: reserve(tmp_path, [tmp_path / "overlay.png"]),
        lambda: write_report(make_pair(), tmp_path, inputs=[tmp_path / "sub" / ".." / "overlay.png"]),
    ):
        with pytest.raises(InputError, match="one of the inputs"):
            attempt()
    assert (tmp_path / "overlay.png").read_bytes() == before


def test_two_runs_cannot_have_one_folder(tmp_path):
    with output_folder(tmp_path / "out"), pytest.raises(InputError, match="another run is writing"):
        reserve(tmp_path / "out")
    reserve(tmp_path / "out")


def test_files_moved_before_a_kill_are_known_as_our_own(make_pair, tmp_path, monkeypatch):
    moved = []

    def stop_after_two(source, target, replace=os.replace):
        if len(moved) == 2:
            raise KeyboardInterrupt
        moved.append(target)
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(write.os, "replace", stop_after_two)
        with pytest.raises(KeyboardInterrupt):
            written(make_pair(), tmp_path)
    assert len(moved) == 2
    assert set(written(make_pair(), tmp_path)) == names(tmp_path) == PLACED


def test_no_absolute_path_is_written(make_pair, tmp_path):
    description = make_pair()
    description.scene.sources = (str(tmp_path / "in" / "a.tif"), "/elsewhere/b.tif")
    description = replace(description, model={"weights": tmp_path / "weights"})
    made = written(description, tmp_path / "out")
    facts = json.loads(made["description.json"].read_text())
    assert facts["scene"]["sources"] == ["../in/a.tif", "b.tif"]
    for name in ("description.json", "report.html", "narrative.json"):
        assert str(tmp_path) not in made[name].read_text() and "/elsewhere" not in made[name].read_text()


def test_maps_of_another_size_are_refused(make_pair, tmp_path):
    description = make_pair()
    evidence = replace(description.evidence, probability=np.zeros((3, 3), np.float32))
    with pytest.raises(ValueError, match="the scene"):
        written(replace(description, evidence=evidence), tmp_path)


def test_it_is_quick(make_pair, tmp_path):
    """Far above what it takes (0.2 s), so that only a change of kind fails, not a busy machine."""
    pair = make_pair("utm", size=(256, 256))
    written(pair, tmp_path)
    start = time.process_time()
    written(pair, tmp_path)
    assert time.process_time() - start < 1.0


def test_importing_reports_stays_light():
    heavy = ("rasterio", "shapely", "scipy", "torch", "onnxruntime")
    code = f"import sys, chronosight.reports.write; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
