"""A described large pair: zones, narrative, page and questions of a scene whose objects are known."""

import json

import numpy as np
import pytest
import rasterio
from rasterio.warp import transform as transform_points
from typer.testing import CliRunner

from chronosight.cli.main import app
from chronosight.cli.options import parse_point
from chronosight.errors import InputError
from chronosight.scenes.large import choose
from large_scenes import Drawn, scattered, write_pair

HEIGHT, WIDTH = 420, 620


def drawn() -> list[Drawn]:
    return scattered(HEIGHT, WIDTH)


def count(what: str, new: bool, left=0, top=0, right=WIDTH, bottom=HEIGHT) -> int:
    """Rectangles of one kind whose middle lies in the box: counted from what was drawn."""
    inside = [
        one for one in drawn() if left <= one.left + one.width / 2 < right and top <= one.top + one.height / 2 < bottom
    ]  # fmt: skip
    return sum(one.what == what and one.new == new for one in inside)


def lonlat(path, *pixels):
    with rasterio.open(path) as file:
        xs, ys = zip(*(file.transform * pixel for pixel in pixels), strict=True)
        return list(zip(*transform_points(file.crs, "EPSG:4326", xs, ys), strict=True))


def polygon(path, left, top, right, bottom):
    ring = lonlat(path, (left, top), (left, bottom), (right, bottom), (right, top), (left, top))
    return {"type": "Polygon", "coordinates": [[list(point) for point in ring]]}


def run(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments)])


def ask(*arguments, weights=()):
    result = run("ask", *arguments, "--json", *weights)
    assert result.exit_code == 0, result.exception
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def made(tmp_path_factory, bundle_folder):
    """(folder, results, files, zones file, options)."""
    folder = tmp_path_factory.mktemp("described")
    paths = write_pair(folder / "in", HEIGHT, WIDTH, drawn())
    zones = folder / "zones.geojson"
    halves = {"Hill & <West>": polygon(paths[0], 0, 0, 300, HEIGHT), "East": polygon(paths[0], 300, 0, WIDTH, HEIGHT)}
    features = [{"type": "Feature", "properties": {"name": name}, "geometry": shape} for name, shape in halves.items()]
    zones.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    options = ("--weights", bundle_folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choose, "LARGE_PIXELS", 100_000)
        result = run("describe", *paths, "--out", folder / "out", "--zones", zones, "--ask", "Which zone changed most?", *options)
        assert result.exit_code == 0, (result.output, result.exception)
    return folder, folder / "out", paths, zones, options, result.output


def test_the_files(made):
    out = made[1]
    names = {path.name for path in out.iterdir()}
    assert names >= {"report.html", "narrative.json", "story.json", "zones.json", "zones.csv"}
    facts = json.loads((out / "description.json").read_text())
    assert set(facts["files"]) == names and facts["answers"][0]["task"] == "zone"
    table = json.loads((out / "zones.json").read_text())
    for row, (left, right) in zip(table["zones"], ((0, 300), (300, WIDTH)), strict=True):
        for change in row["changes"]:
            assert change["count"] == count(change["class"], change["direction"] == "appeared", left, 0, right)
        areas = sum(
            max(0, min(one.left + one.width, right) - max(one.left, left)) * one.height for one in drawn()
        )  # of rectangles cut at the border; a UTM metre is not quite one on the ground
        assert row["area_m2"] == pytest.approx(areas, rel=0.01)
    assert sum(row["objects"] for row in table["zones"]) == len(drawn()) and table["outside"]["objects"] == 0


def test_the_narrative_counts_what_was_drawn(made):
    narrative = json.loads((made[1] / "narrative.json").read_text())
    first = narrative["sentences"][0]["facts"]
    assert (first["appeared"], first["vanished"]) == (count("building", True), count("building", False))
    places = narrative["places"]
    assert 1 <= len(places) <= 6
    for place in places:
        left, top, width, height = place["window_px"]
        assert 0 <= left <= WIDTH - width and 0 <= top <= HEIGHT - height
        assert place["caption"]["task"] == "caption" and place["caption"]["text"]
        for name in ("building", "road"):
            for way in ("appeared", "vanished"):
                inside = count(name, way == "appeared", left, top, left + width, top + height)
                assert place["changes"]["facts"].get(f"{name}_{way}", 0) <= inside


def test_the_page(made):
    text = (made[1] / "report.html").read_text()
    assert "<West>" not in text and "Hill &amp; &lt;West&gt;" in text
    assert f"Changed objects ({len(drawn())})" in text and "Most changed places" in text and "Which zone changed most?" in text
    assert "Hill & <West>: " in made[5] and "Which zone changed most?" in made[5]


def test_questions_of_the_folder_need_no_model(made):
    out = made[1]
    third = (WIDTH / 3, HEIGHT / 3)
    assert ask(out, "how many buildings appeared in the north-west?")["value"] == count("building", True, 0, 0, *third)
    assert ask(out, "how many buildings vanished in the southern half?")["value"] == count("building", False, 0, HEIGHT / 2)
    assert ask(out, "how many roads appeared in East?")["value"] == count("road", True, 300)
    area = sum(one.width * one.height for one in drawn() if one.what == "building" and one.new)
    assert ask(out, "what area of buildings appeared?")["value"] == pytest.approx(area, rel=0.01)
    assert ask(out, "why?")["task"] == "open"


def test_questions_of_the_rasters(made, monkeypatch):
    _, _, paths, zones, options, _ = made
    monkeypatch.setattr(choose, "LARGE_PIXELS", 100_000)
    assert ask(*paths, "how many roads appeared?", weights=options)["value"] == count("road", True)
    answer = ask(*paths, "how many buildings appeared in East?", "--zones", zones, weights=options)
    assert answer["value"] == count("building", True, 300)


def test_a_place_is_answered_by_the_model(made):
    _, out, paths, _, options, _ = made
    ((lon, lat),) = lonlat(paths[0], (310, 210))
    by_folder = ask(out, "has anything changed?", f"--at={lon:.7f},{lat:.7f}", weights=options)
    by_files = ask(*paths, "has anything changed?", f"--at={lon:.7f},{lat:.7f}", weights=options)
    assert by_folder["task"] == "binary" and by_folder["value"] == by_files["value"]
    assert any("around" in note for note in by_folder["notes"])


def test_a_polygon_is_answered_by_the_model(made, tmp_path):
    _, out, paths, zones, options, _ = made
    path = tmp_path / "place.geojson"
    path.write_text(json.dumps(polygon(paths[0], 300, 100, 340, 130)))
    assert any("polygon" in note for note in ask(out, "what changed?", "--within", path, weights=options)["notes"])
    assert "expected one" in str(run("ask", out, "what changed?", "--within", zones, *options).exception)


@pytest.mark.parametrize("at", ["50,10", "north,south", "1", "200,95", "nan,nan"])
def test_places_that_are_none(made, at):
    result = run("ask", made[1], "what changed?", f"--at={at}", *made[4])
    assert isinstance(result.exception, InputError) and "\n" not in str(result.exception)


def test_swapped_coordinates_are_noticed(made):
    ((lon, lat),) = lonlat(made[2][0], (310, 210))
    if abs(lon) <= 90:
        assert "longitude comes first" in str(run("ask", made[1], "what changed?", f"--at={lat},{lon}", *made[4]).exception)
    else:
        with pytest.raises(InputError, match="expected longitude,latitude"):
            parse_point(f"{lat},{lon}")


def test_far_zones_are_refused_before_any_work(made, tmp_path, monkeypatch):
    monkeypatch.setattr(choose, "LARGE_PIXELS", 100_000)
    path = tmp_path / "far.geojson"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [[[5, 5], [6, 5], [6, 6], [5, 5]]]}))
    result = run("describe", *made[2], "--out", tmp_path / "new", "--zones", path, *made[4])
    assert "no zone reaches" in str(result.exception) and not (tmp_path / "new").exists()


def test_a_small_pair_has_zones_and_areas_too(made, tmp_path):
    _, _, paths, zones, options, _ = made
    new, lost = count("building", True), count("building", False)
    answer = ask(*paths, "how many buildings changed in East?", "--zones", zones, weights=options)
    assert answer["value"] == count("building", True, 300) + count("building", False, 300)
    result = run("describe", *paths, "--out", tmp_path / "small", "--zones", zones, *options)
    assert result.exit_code == 0 and (tmp_path / "small" / "zones.csv").exists()
    table = json.loads((tmp_path / "small" / "zones.json").read_text())
    counts = [change for row in table["zones"] for change in row["changes"] if change["class"] == "building"]
    assert sum(change["count"] for change in counts) == new + lost
    assert np.isclose(sum(row["covered"] for row in table["zones"]), 2, atol=0.01)
