"""Land cover from files to files: the same answers by command line, Python and service; nothing new where it is not mapped."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import chronosight
from bad_inputs import write_tiff
from chronosight import pipeline
from chronosight.cli.main import app
from chronosight.engines.compact.guide import Guide
from chronosight.errors import InputError
from chronosight.reports.read import read_description
from chronosight.results.land_cover_change import NOT_KNOWN, code_of
from chronosight.scenes.large import choose
from chronosight.scenes.lonlat import scene_corners
from coloured_cover import paint, with_coloured_cover
from exact_cover import BARE, TREES, WATER
from large_scenes import BRIGHT, ground
from tiny_cover import write_covering_bundle

SIDE = 128
PREDICT = Guide.predict
LOW_NAME = "low vegetation and crops"
QUESTIONS = [
    "did any forest disappear?", "how much forest was lost?", "is there a new pond?", "did any water disappear?",
    "what was there before the buildings?", "which land cover changed most?", "what did the forest become?",
]  # fmt: skip
COVER_FILES = {
    "land_cover.csv", "land_cover.geojson", "land_cover.gpkg", "land_cover.qml", "land_cover_mask.png", "land_cover_mask.tif",
    "land_cover_mask.qml", "land_cover.png",
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def coloured():
    with pytest.MonkeyPatch.context() as patch:
        with_coloured_cover(patch)
        yield


def write(folder, building=True):
    before = ground(SIDE, SIDE)
    after = before.copy()
    paint(before, TREES, 70, 10, 120, 60)
    paint(after, BARE, 70, 10, 120, 60)
    paint(after, WATER, 10, 80, 50, 120)
    if building:
        after[20:40, 20:44] = BRIGHT
    folder.mkdir(exist_ok=True)
    grain = np.random.default_rng(0).integers(0, 8, (2, SIDE, SIDE, 3), np.uint8)  # flat colours look like a drawing
    named = zip(("before", "after"), (before, after), grain, strict=True)
    return [write_tiff(folder / f"{name}.tif", pixels + noise) for name, pixels, noise in named]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return write(tmp_path_factory.mktemp("pair"))


@pytest.fixture(scope="module")
def engine(bundle_folder):
    return chronosight.load(weights=bundle_folder, threads=1)


@pytest.fixture(scope="module")
def report(tmp_path_factory, pair, engine):
    folder = tmp_path_factory.mktemp("report") / "out"
    zones = tmp_path_factory.mktemp("zones") / "zones.geojson"
    description = chronosight.open(*map(str, pair))
    (west, north), (east, _), (_, south) = scene_corners(description)[[0, 1, 2]]
    middle = (north + south) / 2
    boxes = {"Northern": (west, middle, east, north), "Southern": (west, south, east, middle)}
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": {"type": "Polygon", "coordinates": [
            [[a, b], [c, b], [c, d], [a, d], [a, b]]]}}
        for name, (a, b, c, d) in boxes.items()
    ]  # fmt: skip
    zones.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return chronosight.describe(*pair, out=folder, zones=zones, engine=engine), folder


def run(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments)])


def facts_of(answer):
    """All of an answer but the question, which only Python's own answers hold."""
    return {key: value for key, value in answer.to_dict().items() if key != "question"}


def test_objects_beside_the_buildings(report):
    found = report[0]
    assert [item.class_name for item in found.objects] == ["building"]
    assert {(item.class_from, item.class_to, round(item.area_m2, -2)) for item in found.land_cover.objects} == {
        ("trees", "bare ground", 2500), ("low vegetation and crops", "water", 1600),
    }  # fmt: skip
    assert found.land_cover.grounds[0].class_of == "low vegetation and crops"
    assert "land-cover change" in repr(found)
    assert "Low vegetation and crops" in found._repr_html_()


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_same_answer_from_command_line_python_folder_and_conversation(pair, engine, bundle_folder, report, question):
    python = chronosight.ask([*pair], question, engine=engine)
    assert python.task != "open" and python.text
    facts = facts_of(python)
    result = run("ask", *pair, question, "--json", "--weights", bundle_folder)
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout.splitlines()[-1])
    assert {key: shown[key] for key in facts} == json.loads(json.dumps(facts))
    assert facts_of(chronosight.ask(report[0], question)) == facts
    assert facts_of(chronosight.ask(report[1], question)) == facts
    assert facts_of(pipeline.open_conversation(pair, engine).ask(question)) == facts


def test_the_same_answer_from_the_service(pair, engine, bundle_folder, tmp_path):
    pytest.importorskip("fastapi")
    from chronosight.service.answering import Answering
    from chronosight.service.settings import Settings
    from chronosight.service.store import Store

    answering = Answering(Settings(tmp_path, weights=str(bundle_folder)), Store(tmp_path))
    for question in QUESTIONS:
        reply = answering.ask_content([path.read_bytes() for path in pair], [question])
        assert facts_of(reply.answer) == facts_of(chronosight.ask([*pair], question, engine=engine))
    answering.stop()


def test_answers_are_what_was_painted(pair, engine):
    said = dict(zip(QUESTIONS, chronosight.ask([*pair], QUESTIONS, engine=engine), strict=True))
    assert said["did any forest disappear?"].value is True and said["is there a new pond?"].value is True
    assert said["did any water disappear?"].value is False and said["did any water disappear?"].confident
    assert said["how much forest was lost?"].value == pytest.approx(2500, rel=0.02)
    assert said["what was there before the buildings?"].value == ("low vegetation and crops",)
    assert said["what did the forest become?"].value == ("bare ground",)


def test_tables_and_plots_of_python(report):
    geopandas = pytest.importorskip("geopandas")
    frame = report[0].to_geodataframe("land_cover")
    assert isinstance(frame, geopandas.GeoDataFrame) and sorted(frame["to"]) == ["bare ground", "water"]
    with pytest.raises(InputError, match="expected objects or land_cover"):
        report[0].to_geodataframe("lakes")
    pytest.importorskip("matplotlib").use("Agg")
    labels = [text.get_text() for text in report[0].plot().get_legend().get_texts()]
    assert labels[:2] == ["Trees to bare ground (1)", "Low vegetation and crops to water (1)"]


def test_a_whole_scene_is_described_as_in_memory(bundle_folder, tmp_path):
    """From files to files in tiles, with a head that reads grey levels: those nearer to 150 are grass, nearer to 200 trees."""
    before = np.full((600, 700, 3), 171, np.uint8) + np.random.default_rng(1).integers(0, 2, (600, 700, 1), np.uint8)
    after = before.copy()
    before[64:256, 64:256] += 7
    after[400:560, 480:672] += 7
    pair = [write_tiff(tmp_path / f"{name}.tif", one, size=0.5) for name, one in (("before", before), ("after", after))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Guide, "predict", PREDICT)  # the guide's own land cover
        engine = chronosight.load(weights=write_covering_bundle(bundle_folder, tmp_path / "weights"), threads=1)
        small = chronosight.describe(*pair, engine=engine, register=False)
        patch.setattr(choose, "LARGE_PIXELS", 1000)
        large = chronosight.describe(*pair, engine=engine, register=False, out=tmp_path / "out")
        asked = chronosight.ask([*pair], "did any forest disappear?", engine=engine, register=False)
    assert large.is_whole_scene and not small.is_whole_scene

    def facts(found):
        return {(*item.key, item.cell, item.area_px, round(item.area_m2, 1)) for item in found.land_cover.objects}

    assert facts(large) == facts(small)
    assert {item[:2] for item in facts(small)} == {("trees", LOW_NAME), (LOW_NAME, "trees")}
    again = read_description(tmp_path / "out")
    assert again.land_cover.to_dict() == large.land_cover.to_dict()
    assert (again.land_cover.rows(0, 600) == small.land_cover.rows(0, 600)).all()
    assert large.caption.text == small.caption.text and "Land cover before" in large._repr_html_()
    assert asked.value is True and facts_of(asked) == facts_of(chronosight.ask(again, "did any forest disappear?"))
    assert {"land_cover.csv", "land_cover.gpkg", "land_cover_mask.tif"} <= set(large.files)
    assert "land_cover_mask.tif" in (tmp_path / "out" / "item.json").read_text()


def test_files_can_be_read_by_others(report):
    import pyogrio
    import rasterio

    found, folder = report
    assert COVER_FILES <= set(found.files) <= {path.name for path in folder.iterdir()}
    objects = found.land_cover.objects
    layer = pyogrio.read_dataframe(folder / "land_cover.gpkg")
    assert sorted(layer["from"]) == sorted(item.class_from for item in objects) and layer.crs.to_epsg() == 32614
    assert layer.geometry.area.sum() == pytest.approx(sum(item.area_m2 for item in objects), rel=0.02)
    collection = json.loads((folder / "land_cover.geojson").read_text())
    assert {(f["properties"]["from"], f["properties"]["to"]) for f in collection["features"]} == {item.key for item in objects}
    with rasterio.open(folder / "land_cover_mask.tif") as file:
        codes = file.read(1)
        assert file.tags(1)[f"VALUE_{code_of(('trees', 'bare ground'))}"] == "Trees to bare ground"
    assert (codes == np.asarray(Image.open(folder / "land_cover_mask.png"))).all()
    assert (codes == code_of(("trees", "bare ground"))).sum() == next(
        item.area_px for item in objects if item.class_to == "bare ground"
    )
    assert codes[100, 100] == 0 and NOT_KNOWN not in codes
    page = (folder / "report.html").read_text()
    assert "Trees to bare ground" in page and "k-cover" in page
    told = [sentence["text"] for sentence in json.loads((folder / "narrative.json").read_text())["sentences"]]
    assert any(line.startswith("About 2,490 m² of trees became bare ground") for line in told), told


def test_the_matrix_sums_up_over_zones(report):
    with (report[1] / "land_cover.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    by_zone = {zone: {row["from"]: row for row in rows if row["zone"] == zone} for zone in {row["zone"] for row in rows}}
    assert set(by_zone) == {"whole scene", "Northern", "Southern"}
    whole = by_zone["whole scene"]
    assert float(whole["trees"]["to_bare_ground_ha"]) == pytest.approx(0.25, rel=0.02)
    assert float(whole["low vegetation and crops"]["to_built_up_ha"]) == pytest.approx(480 / 1e4, rel=0.02)
    assert float(by_zone["Southern"]["low vegetation and crops"]["to_water_ha"]) == pytest.approx(0.16, rel=0.02)
    assert float(by_zone["Northern"]["trees"]["total_ha"]) == pytest.approx(0.25, rel=0.02)


def test_a_folder_is_read_back_whole(report):
    found, folder = report
    again = read_description(folder).land_cover
    assert again.to_dict() == found.land_cover.to_dict()
    for one, other in zip(again.objects, found.land_cover.objects, strict=True):
        assert one.to_dict() == other.to_dict() and one.shape.equals_exact(other.shape, 1e-6)
    assert (again.rows(0, SIDE) == found.land_cover.rows(0, SIDE)).all()


def test_without_land_cover_every_byte_is_as_before(pair, bundle_folder, tmp_path, engine):
    """--classes buildings,roads and weights that map none give the same files and answers; none of them is about land cover."""
    with pytest.MonkeyPatch.context() as patch:
        seen = Guide.predict
        patch.setattr(Guide, "predict", lambda self, scene, progress=None, cover=False: seen(self, scene, progress, False))
        plain = run("describe", *pair, "--out", tmp_path / "plain", "--weights", bundle_folder, "--ask", QUESTIONS[0])
    assert plain.exit_code == 0, plain.output
    restricted = run("describe", *pair, "--out", tmp_path / "restricted", "--weights", bundle_folder, "--ask", QUESTIONS[0],
                     "--classes", "buildings,roads")  # fmt: skip
    assert restricted.exit_code == 0, restricted.output
    assert restricted.output.replace("restricted", "plain") == plain.output
    names = {path.name for path in (tmp_path / "plain").iterdir()}
    assert names == {path.name for path in (tmp_path / "restricted").iterdir()} and not names & COVER_FILES
    for name in names:
        assert (tmp_path / "plain" / name).read_bytes() == (tmp_path / "restricted" / name).read_bytes(), name
    refused = run("ask", *pair, "did any forest disappear?", "--weights", bundle_folder, "--classes", "buildings,roads")
    assert "The land cover is not mapped here" in refused.output


@pytest.mark.parametrize("command", ["describe", "ask", "chat", "batch", "timeline", "serve", "mcp"])
def test_every_command_that_loads_an_engine_takes_classes(command):
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"})
    assert "--classes" in shown.output


def test_a_result_folder_keeps_its_classes(report):
    refused = run("ask", report[1], "did any forest disappear?", "--classes", "buildings,roads")
    assert isinstance(refused.exception, InputError) and "leave --classes out" in str(refused.exception)


def test_classes_that_are_none_are_refused(pair, bundle_folder):
    with pytest.raises(InputError, match="expected buildings,roads"):
        chronosight.load(weights=bundle_folder, classes="buildings,lakes")
    assert chronosight.load(weights=bundle_folder, classes=("buildings", "roads")).maps_land_cover is False


def test_the_caption_and_the_answer_no_tell_of_the_ground(tmp_path, engine, monkeypatch):
    same = "the scene is the same as before"  # the tiny language model says one thing of every scene
    told = lambda captions, *_: (replace(captions[0], text=same, value=same, confidence=0.9), "")  # noqa: E731
    monkeypatch.setattr("chronosight.engines.compact.encoded.choose_caption", told)
    pair = write(tmp_path / "unbuilt", building=False)
    found = chronosight.describe(*pair, engine=engine)
    assert found.objects == () and found.changed.value is False
    assert found.caption.text.startswith("some trees are ") and "bare ground appears" in found.caption.text, found.caption
    assert "same" not in found.caption.text
    asked = chronosight.ask([*pair], ["what has changed?", "has anything changed?"], engine=engine)
    assert asked[0].text == found.caption.text
    assert any("land cover changed" in note for note in asked[1].notes)
    few = chronosight.describe(*pair, engine=engine, min_area=2000)
    assert len(few.land_cover.objects) == 1 and "water" not in few.caption.text
    none = chronosight.describe(*pair, engine=engine, min_area=5000)
    assert none.land_cover.objects == () and none.caption.text == "the scene is the same as before"
