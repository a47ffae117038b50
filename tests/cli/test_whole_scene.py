"""`chronosight describe` on a large pair: the files it leaves, and going on after a kill."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import rasterio
import shapely

from chronosight.cli.main import app
from chronosight.cli.output import duration
from chronosight.pipeline import describe_whole_scene
from chronosight.pipeline.whole_scene import WORK
from chronosight.reports.read import read_description
from chronosight.scenes.large import choose
from large_scenes import Drawn, scattered, write_pair

HEIGHT, WIDTH = 700, 1100
FILES = {"mask.tif", "mask.qml", "probability.tif", "probability.qml", "objects.geojson", "objects.gpkg", "objects.qml",
         "cells.csv", "cells.json", "before.jpg", "after.jpg",
         "description.json", "item.json"}  # fmt: skip


def drawn() -> list[Drawn]:
    return [*scattered(HEIGHT - 60, WIDTH), Drawn(4, 660, 1000, 12)]


def describe(before, after, *options):
    from typer.testing import CliRunner

    return CliRunner().invoke(app, ["describe", str(before), str(after), *map(str, options)], catch_exceptions=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory, bundle_folder):
    """(folder with the results, standard output)."""
    folder = tmp_path_factory.mktemp("whole")
    paths = write_pair(folder / "in", HEIGHT, WIDTH, drawn())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choose, "LARGE_PIXELS", 500_000)
        result = describe(*paths, "--out", folder / "out", "--weights", bundle_folder, "--cell", 200)
    assert result.exit_code == 0, result.output
    return folder / "out", result.output


def test_files_and_words(made):
    folder, output = made
    names = {path.name for path in folder.iterdir()}
    assert names >= FILES
    facts = json.loads((folder / "description.json").read_text())
    assert facts["schema"] == "chronosight.description/1"
    assert set(facts["files"]) == names
    assert facts["caption"]["text"].split(",")[0] in output
    new = sum(one.new and one.what == "building" for one in drawn())
    assert f"Buildings: {new} new" in output
    assert facts["whole_scene"]["warnings"] == [] and facts["whole_scene"]["shift_m"]["length"] < 0.5


@pytest.mark.parametrize("name", ["mask.tif", "probability.tif"])
def test_rasters_are_valid_cogs(made, name):
    validate = pytest.importorskip("rio_cogeo.cogeo").cog_validate
    valid, errors, _ = validate(made[0] / name, strict=True, quiet=True)
    assert valid, errors


def test_mask_holds_the_objects_in_their_colours(made):
    found = read_description(made[0])
    with rasterio.open(made[0] / "mask.tif") as file:
        codes, nodata = file.read(1), file.nodata
        assert file.crs.to_epsg() == 32614 and file.overviews(1) and file.colormap(1)[3] == (255, 98, 0, 255)
    assert nodata == 255 and codes.shape == (HEIGHT, WIDTH)
    for item in found.objects:
        x, y = (int(value) for value in item.centroid)
        code = 2 * ("background", "road", "building").index(item.class_name) - (item.direction == "appeared")
        assert codes[y, x] == code
    assert (codes % 255 > 0).sum() == sum(item.area_px for item in found.objects)
    with rasterio.open(made[0] / "probability.tif") as file:
        percent = file.read(1)
    assert percent[codes == 0].max() < 50 < percent[codes % 255 > 0].min()


def check_rfc7946(collection: dict) -> int:
    """Section by section what the RFC asks of a FeatureCollection of polygons; -> the number of features."""
    assert collection["type"] == "FeatureCollection" and "crs" not in collection  # 3.3, 4
    west, south, east, north = collection["bbox"]  # 5
    for feature in collection["features"]:
        assert feature["type"] == "Feature" and isinstance(feature["properties"], dict)  # 3.2
        assert isinstance(feature["id"], (int, str))
        assert not {"coordinates", "geometries", "features"} & set(feature)  # 7.1
        geometry = feature["geometry"]
        polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        for rings in polygons:
            for index, ring in enumerate(rings):
                assert len(ring) >= 4 and ring[0] == ring[-1]  # 3.1.6
                assert all(len(place) == 2 and -180 <= place[0] <= 180 and -90 <= place[1] <= 90 for place in ring)
                assert shapely.LinearRing(ring).is_ccw == (index == 0)  # 3.1.6, right-hand rule
                assert all(south <= place[1] <= north for place in ring)
                assert all((west <= place[0] <= east) if west <= east else True for place in ring)
            assert shapely.Polygon(rings[0], rings[1:]).is_valid
    return len(collection["features"])


def test_geojson_passes_rfc_7946(made):
    collection = json.loads((made[0] / "objects.geojson").read_text())
    assert check_rfc7946(collection) == len(drawn())
    roads = [one["properties"] for one in collection["features"] if one["properties"]["class"] == "road"]
    assert all(90 < road["length_m"] < 115 for road in roads) and roads
    assert all(one["properties"]["tile"].startswith("r") for one in collection["features"])


def test_geojson_is_cut_at_the_date_line(bundle_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(choose, "LARGE_PIXELS", 0)
    from rasterio.warp import transform

    left = transform("EPSG:4326", "EPSG:32701", [180.0], [-18.0])
    place = {"epsg": 32701, "x": left[0][0] - 200, "y": left[1][0]}
    paths = write_pair(tmp_path / "in", 300, 400, [Drawn(150, 100, 100, 60), Drawn(20, 200, 40, 40)], **place)
    describe(*paths, "--out", tmp_path / "out", "--weights", bundle_folder)
    collection = json.loads((tmp_path / "out" / "objects.geojson").read_text())
    assert check_rfc7946(collection) == 2
    kinds = [feature["geometry"]["type"] for feature in collection["features"]]
    assert sorted(kinds) == ["MultiPolygon", "Polygon"]
    assert collection["bbox"][0] > collection["bbox"][2]  # west of the line to east of it


def test_geopackage_opens(made):
    from pyogrio import raw
    from rasterio.crs import CRS

    meta, _, geometry, columns = raw.read(made[0] / "objects.gpkg", layer="objects")
    values = dict(zip(meta["fields"], columns, strict=True))
    found = read_description(made[0])
    assert CRS.from_user_input(meta["crs"]).to_epsg() == 32614
    assert len(geometry) == len(found.objects)
    np.testing.assert_allclose(values["area_m2"], [item.area_m2 for item in found.objects])
    first = shapely.from_wkb(geometry[0])
    assert first.is_valid and 600_000 <= first.bounds[0] <= 601_100
    assert np.isnan(values["length_m"][values["class"] == "building"]).all()


def test_table_adds_up(made):
    found = read_description(made[0])
    with (made[0] / "cells.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(found.grid) == 6 * 4
    count = sum(int(row[f"{name}_{way}"]) for row in rows for name in ("road", "building") for way in ("appeared", "vanished"))
    assert count == len(drawn())
    areas = sum(float(row[key]) for row in rows for key in row if key.endswith(("appeared_m2", "vanished_m2")))
    assert areas == pytest.approx(found.facts["changed_m2"], rel=1e-4)
    assert sum(float(row["compared_m2"]) for row in rows) == pytest.approx(HEIGHT * WIDTH, rel=0.01)


def test_style_names_every_class(made):
    root = ElementTree.parse(made[0] / "objects.qml").getroot()
    values = [one.get("value") for one in root.iter("category")]
    assert values == ["road appeared", "road vanished", "building appeared", "building vanished"]
    assert {one.get("symbol") for one in root.iter("category")} == {one.get("name") for one in root.iter("symbol")}


def test_stac_item(made):
    item = json.loads((made[0] / "item.json").read_text())
    assert item["type"] == "Feature" and item["stac_version"] == "1.0.0"
    assert item["properties"]["datetime"] is None and item["properties"]["start_datetime"] <= item["properties"]["end_datetime"]
    assert item["properties"]["mlm:name"] == "tiny" and item["properties"]["proj:epsg"] == 32614
    assert shapely.Polygon(item["geometry"]["coordinates"][0]).is_valid
    for asset in item["assets"].values():
        assert (made[0] / asset["href"]).is_file()


def test_read_back(made):
    found = read_description(made[0])
    facts = json.loads((made[0] / "description.json").read_text())
    assert found.caption.text == facts["caption"]["text"]
    assert [item.number for item in found.objects] == [row["id"] for row in facts["objects"]]
    assert found.quicklook.before.shape[:2] == found.quicklook.valid.shape
    assert sum(sum(cell.counts.values()) for cell in found.grid) == len(found.objects)


def test_warnings_are_in_every_output(bundle_folder, tmp_path, monkeypatch):
    """Dates that lay 15 m apart are aligned, and every report says so."""
    from bad_inputs import write_tiff
    from large_scenes import draw

    monkeypatch.setattr(choose, "LARGE_PIXELS", 0)
    before, after = draw(620, 640, [])
    rng = np.random.default_rng(1)
    for top, left in rng.integers(20, 580, (60, 2)):  # lasting houses to register by
        before[top : top + 14, left : left + 18] = after[top : top + 14, left : left + 18] = 40
    paths = write_tiff(tmp_path / "a.tif", before), write_tiff(tmp_path / "b.tif", np.roll(after, (9, 12), (0, 1)))
    result = describe(*paths, "--out", tmp_path / "out", "--weights", bundle_folder)
    facts = json.loads((tmp_path / "out" / "description.json").read_text())
    shift = facts["whole_scene"]["shift_m"]
    assert shift["corrected"] and shift["east"] == pytest.approx(12, abs=0.5) and shift["north"] == pytest.approx(-9, abs=0.5)
    assert "15 m apart" in result.output
    assert any("15 m apart" in note for note in facts["notes"])
    item = json.loads((tmp_path / "out" / "item.json").read_text())
    assert any("15 m apart" in one for one in item["properties"]["chronosight:warnings"])
    with rasterio.open(tmp_path / "out" / "mask.tif") as file:
        assert "15 m apart" in file.tags()["WARNINGS"]


def test_doubts_of_a_whole_scene_are_in_every_answer(bundle_folder, tmp_path, monkeypatch):
    """Rasters named as elevation: nothing about them is confident, in words, JSON, questions and when read back."""
    import chronosight

    paths = write_pair(tmp_path / "in", 620, 640, drawn()[:40])
    engine = chronosight.load(weights=bundle_folder)
    monkeypatch.setattr(choose, "LARGE_PIXELS", 0)
    plain = chronosight.describe(*paths, engine=engine)
    assert plain.is_whole_scene and plain.scene.doubts == () and plain.changed.confident
    with rasterio.open(paths[1], "r+") as file:
        file.set_band_description(1, "elevation")
    questions = ["Which side changed most?", "How many buildings are new?"]
    found = chronosight.describe(*paths, engine=engine, out=tmp_path / "out", questions=questions)
    assert len(found.objects) == len(plain.objects) and "elevation" in found.scene.doubts[0]
    back = read_description(tmp_path / "out")
    assert back.scene.doubts == found.scene.doubts
    asked = [chronosight.ask(source, questions[1], engine=engine) for source in (paths, tmp_path / "out")]
    place = chronosight.ask(paths, "Have buildings changed?", engine=engine, at=centre_of(found))
    for answer in (found.caption, found.changed, back.changed, place, *asked, *(answer for _, answer in found.answers)):
        assert not answer.confident and answer.confidence <= 0.5, answer
        assert any("elevation" in note for note in answer.notes)
    facts = json.loads((tmp_path / "out" / "description.json").read_text())
    assert not facts["changed"]["confident"] and "cannot tell" in facts["summary"][1]
    assert all(row["confidence"] <= 0.5 for row in facts["classes"])
    assert "elevation" in json.loads((tmp_path / "out" / "item.json").read_text())["properties"]["chronosight:warnings"][0]
    assert "uncertain" in json.loads((tmp_path / "out" / "narrative.json").read_text())["sentences"][-1]["text"]


def centre_of(description):
    from chronosight.scenes.lonlat import scene_corners

    return tuple(float(value) for value in scene_corners(description.scene).mean(axis=0))


def test_small_pairs_keep_their_files(bundle_folder, tmp_path):
    paths = write_pair(tmp_path / "in", 200, 200, [Drawn(50, 50, 40, 40)])
    assert describe(*paths, "--out", tmp_path / "out", "--weights", bundle_folder).exit_code == 0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"mask.png", "overlay.png", "mask.tif", "objects.geojson"} <= names and "cells.csv" not in names


RUNNER = """
import os, signal, sys, time, random
sys.path.insert(0, sys.argv[1])
import numpy, onnxruntime, rasterio, shapely, scipy.ndimage, pyogrio
from pathlib import Path
from chronosight.engines.compact.engine import CompactEngine
from chronosight.pipeline import describe_whole_scene
from chronosight.engines.compact.bundle import Bundle
from chronosight.reports import write
from chronosight.scenes.large import pair, shift
from chronosight.scenes.large.opened import open_header

folder, weights = Path(sys.argv[2]), Path(sys.argv[3])

def run(out):
    headers = tuple(open_header(folder / name) for name in ("before.tif", "after.tif"))
    describe_whole_scene(headers, CompactEngine(Bundle(weights, threads=1)), out, cell_m=200.0)

def child(out):
    number = os.fork()
    if number == 0:
        run(out)
        os._exit(0)
    return number

began = time.monotonic()
assert os.waitpid(child(folder / "whole"), 0)[1] == 0
took = time.monotonic() - began
moments, rows = random.Random(5), set()
journal = folder / "killed" / ".chronosight-work" / "maps" / "journal.json"

def state():
    try:
        return journal.read_text()[-40:]
    except FileNotFoundError:
        return ""

for kill in range(10):
    found = state()
    number = child(folder / "killed")
    if kill % 2:  # as soon as another row of tiles is kept
        while state() == found and os.waitpid(number, os.WNOHANG)[0] == 0:
            time.sleep(0.001)
    else:
        time.sleep(moments.uniform(0.02, 1.0) * took)
    try:
        os.kill(number, signal.SIGKILL)
        os.waitpid(number, 0)
    except (ProcessLookupError, ChildProcessError):
        pass  # it was done
    rows.add(state())
assert os.waitpid(child(folder / "killed"), 0)[1] == 0
print(len(rows), "different states met")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills children that it forks")
def test_killed_at_ten_moments_leaves_the_same_files(bundle_folder, tmp_path):
    write_pair(tmp_path, 1300, 300, scattered(1300, 300))
    script = tmp_path / "runner.py"
    script.write_text(RUNNER)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, str(script), str(Path(__file__).parents[1]), str(tmp_path), str(bundle_folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert {path.name for path in whole.iterdir()} == {path.name for path in killed.iterdir()}
    for path in whole.iterdir():
        assert path.read_bytes() == (killed / path.name).read_bytes(), path.name
    assert int(done.stdout.split()[0]) > 1, "every kill came before or after all work"


def test_another_pair_does_not_go_on_with_the_work_of_the_first(bundle_folder, tmp_path, monkeypatch):
    """What lies in the folder belongs to other files: it is not taken for this pair's."""
    from chronosight.engines.compact.large.store import Store

    Store(tmp_path / "out" / WORK / "maps", 200, 200, "another pair")
    monkeypatch.setattr(choose, "LARGE_PIXELS", 0)
    paths = write_pair(tmp_path / "in", 200, 200, [Drawn(50, 50, 40, 40)])
    assert describe(*paths, "--out", tmp_path / "out", "--weights", bundle_folder).exit_code == 0
    assert len(read_description(tmp_path / "out").objects) == 1
    assert not (tmp_path / "out" / WORK).exists()


def test_time_left_in_words():
    assert [duration(s) for s in (12, 600, 7500)] == ["12 s", "10 min", "2 h 05 min"]


def test_work_is_kept_where_only_the_results_cannot_be_written(bundle_folder, tmp_path, monkeypatch):
    """A full disk at the very end must not cost hours: the next run has only the files to write."""
    from chronosight.engines.compact.bundle import Bundle
    from chronosight.engines.compact.engine import CompactEngine
    from chronosight.engines.compact.guide import Guide
    from chronosight.errors import InputError
    from chronosight.reports import write
    from chronosight.scenes.large.opened import open_header

    headers = tuple(open_header(path) for path in write_pair(tmp_path / "in", 200, 200, [Drawn(50, 50, 40, 40)]))
    engine, out = CompactEngine(Bundle(bundle_folder, threads=1)), tmp_path / "out"

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(write, "write_object_style", full)
        with pytest.raises(InputError, match="no space left"):
            describe_whole_scene(headers, engine, out)
    assert [path.name for path in out.iterdir()] == [WORK]
    monkeypatch.setattr(Guide, "predict_tiles", lambda *_: pytest.fail("compared a tile again"))
    found = describe_whole_scene(headers, engine, out)
    assert len(found.objects) == 1 and WORK not in {path.name for path in out.iterdir()} and "mask.tif" in found.files
