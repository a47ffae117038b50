"""Timelines from real files: dates, grid, clouds, what is written, and questions."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.transform import from_origin

from bad_inputs import texture, write_png, write_tiff
from chronosight.errors import InputError
from chronosight.results.changed_object import ChangedObject
from chronosight.synthetic.series import render_series
from chronosight.timeline.dates import Date, parse_date
from chronosight.timeline.follow import Event, Track
from chronosight.timeline.manifest import read_dates
from chronosight.timeline.questions import answer_question, answer_with_objects
from chronosight.timeline.read import read_timeline
from chronosight.timeline.stack import Stack, find_clouds, open_stack
from chronosight.timeline.timeline import Timeline, count_rows, make_timeline
from chronosight.timeline.write import timeline_dict, write_timeline
from large_scenes import Drawn, write_pair

NAIP = Path(__file__).parents[3] / "shared" / "data" / "series"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2015", "2015"), ("place_2015", "2015"), ("a_2015-07", "2015-07"), ("naip_20150926", "2015-09-26"), ("x", None),
     ("12015", None)],
)
def test_dates_in_texts(text, expected):
    date = parse_date(text)
    assert (date.text if date else None) == expected


def test_images_come_in_the_order_of_their_dates(tmp_path):
    for year in (2018, 2012, 2015):
        write_tiff(tmp_path / f"place_{year}.tif", texture(seed=1))
    stack = open_stack([tmp_path / f"place_{year}.tif" for year in (2018, 2012, 2015)])
    assert [date.text for date in stack.dates] == ["2012", "2015", "2018"]
    given = open_stack([tmp_path / f"place_{year}.tif" for year in (2018, 2012)], dates="2001,2003-05")
    assert [Path(source).stem for source in given.sources] == ["place_2018", "place_2012"]


@pytest.mark.parametrize(
    ("names", "dates", "said"),
    [
        (("a.png", "b.png"), None, "a.png says nowhere when"),
        (("a_2012.png", "b_2012.png"), None, "both of 2012"),
        (("a.png", "b.png"), "2012", "1 dates for 2 images"),
        (("a.png", "b.png"), "2012,soon", '"soon", expected dates'),
        (("a_2012.png",), None, "1 date was given"),
    ],
)
def test_dates_that_are_not_known_are_asked_for(tmp_path, names, dates, said):
    for name in names:
        write_png(tmp_path / name)
    with pytest.raises(InputError, match=said):
        open_stack([tmp_path / name for name in names], dates)


def test_all_dates_lie_on_one_grid_and_displacements_are_undone(tmp_path):
    """The second date is stored 4 pixels off, on another grid."""
    ground = texture(300, 300, seed=3)
    write_tiff(tmp_path / "p_2012.tif", ground[20:276, 20:276])
    write_tiff(tmp_path / "p_2015.tif", ground[20:276, 16:272])  # its georeference says it shows what p_2012 shows
    write_tiff(tmp_path / "p_2018.tif", ground[10:290, 10:290], x=600_000 - 10, y=3_300_000 + 10)
    stack = open_stack([tmp_path / f"p_{year}.tif" for year in (2012, 2015, 2018)])
    assert stack.frames.shape == (3, 256, 256, 3)
    assert stack.shifts[1] == pytest.approx((4.0, 0.0), abs=0.2) and stack.shifts[2] == (0.0, 0.0)
    inner = stack.frames[:, 16:-16, 16:-16].astype(int)
    assert np.abs(inner[1] - inner[0]).mean() < 3 and np.abs(inner[2] - inner[0]).mean() < 1


@pytest.mark.parametrize("side", [40, 96])
def test_a_very_small_timeline_is_doubted(tmp_path, side):
    for year in (2012, 2015):
        write_tiff(tmp_path / f"p_{year}.tif", texture(side, 128, seed=3))
    assert any("too few" in doubt for doubt in open_stack(sorted(tmp_path.glob("*.tif"))).doubts) is (side < 64)


def test_empty_and_clouded_dates_are_left_out_and_named(tmp_path):
    rng = np.random.default_rng(0)
    ground = texture(128, 128, seed=5) // 2
    clouded = ground.copy()
    clouded[:, :80] = 235 + rng.integers(0, 12, (128, 80, 1))
    for year, pixels in ((2012, ground), (2013, clouded), (2014, ground), (2015, np.zeros_like(ground)), (2016, ground)):
        write_tiff(tmp_path / f"p_{year}.tif", pixels, nodata=0 if year == 2015 else None)
    stack = open_stack([tmp_path / f"p_{year}.tif" for year in range(2012, 2017)])
    assert [date.text for date in stack.dates] == ["2012", "2014", "2016"]
    assert any("2013 was left out" in note and "clouds" in note for note in stack.notes)
    assert any("2015 was left out" in note for note in stack.notes)


def soft_disc(radius, fade):
    """(96, 96, 1) opacity of a cloud in the middle of the image that fades over so many pixels."""
    y, x = np.mgrid[:96, :96] - 47.5
    return np.clip((radius - np.hypot(y, x)) / fade + 0.5, 0, 1)[..., None]


def test_a_small_cloud_hides_its_place_only_and_a_roof_is_none():
    ground, everywhere = np.full((96, 96, 3), 90.0), np.ones((3, 96, 96), bool)
    cloud = ground + soft_disc(20, 20) * 150
    clouds = find_clouds(np.stack([ground, cloud, ground]).astype(np.uint8), everywhere)
    assert clouds[1, 40:56, 40:56].all() and not clouds[1, :12].any() and not clouds[[0, 2]].any()
    assert not find_clouds(np.stack([ground, cloud, ground]).astype(np.uint8), everywhere, 0.5).any(), "a cloud of 20 m is none"
    assert not find_clouds(np.stack([ground, cloud, cloud]).astype(np.uint8), everywhere).any(), "what stays is no cloud"
    assert not find_clouds(np.stack([ground, ground, cloud]).astype(np.uint8), everywhere).any(), "at the end it may be a roof"
    hall = ground.copy()
    hall[28:64, 28:64] = 240
    assert not find_clouds(np.stack([ground, hall, ground]).astype(np.uint8), everywhere).any(), "its edge is sharp"
    bank = ground.copy()
    bank[:, :40] = 240
    assert find_clouds(np.stack([ground, bank, ground]).astype(np.uint8), everywhere)[1, :, :36].all(), "too large for a roof"


def test_a_white_house_of_one_date_is_seen(tmp_path):
    """Brighter than the dates before and after, and no cloud: the date shows its place."""
    rng = np.random.default_rng(0)
    frames = rng.integers(80, 100, (3, 96, 96, 1)).repeat(3, axis=3).astype(np.uint8)
    frames[1, 40:56, 40:56] = 235
    stack = open_stack([write_tiff(tmp_path / f"p_{2012 + at}.tif", frame) for at, frame in enumerate(frames)], register=False)
    assert stack.seen.all() and not any("clouds" in note for note in stack.notes)


def test_bands_of_one_stack_are_dates(tmp_path):
    path = tmp_path / "stack.tif"
    with rasterio.open(path, "w", driver="GTiff", width=64, height=64, count=3, dtype="uint8", crs="EPSG:32614",
                       transform=from_origin(6e5, 3.3e6, 1, 1)) as file:  # fmt: skip
        for band, year in enumerate((2012, 2015, 2018), start=1):
            file.write(texture(seed=band)[..., 0] // 2, band)
            file.set_band_description(band, str(year))
    stack = open_stack([path], bands_per_date=1)
    assert [date.text for date in stack.dates] == ["2012", "2015", "2018"]
    assert np.array_equal(stack.frames[1][..., 0], texture(seed=2)[..., 0] // 2)
    with pytest.raises(InputError, match="has 3 bands"):
        open_stack([path], bands_per_date=3)


def test_a_table_of_dates(tmp_path):
    for name in ("a", "b"):
        write_png(tmp_path / f"{name}.png")
    (tmp_path / "dates.csv").write_text("image,date\nb.png,2012\na.png,2015\nhttps://data.example.org/c.tif,2018\n")
    images, dates, _ = read_dates([str(tmp_path / "dates.csv")])
    assert images == [str(tmp_path / "b.png"), str(tmp_path / "a.png"), "https://data.example.org/c.tif"]
    assert dates == "2012,2015,2018"
    (tmp_path / "bad.csv").write_text("file,date\nb.png,2012\n")
    with pytest.raises(InputError, match="no column image"):
        read_dates([str(tmp_path / "bad.csv")])
    (tmp_path / "bad.csv").write_text("image,date\nb.png,2012\na.png,201x\n")
    with pytest.raises(InputError, match=r'bad\.csv, line 3 has the date "201x"'):
        read_dates([str(tmp_path / "bad.csv")])


def test_a_table_in_another_encoding_is_said_to_be_one(tmp_path):
    (tmp_path / "dates.csv").write_bytes("image,date\nä.png,2012\n".encode("utf-16"))
    with pytest.raises(InputError, match="is no CSV in UTF-8"):
        read_dates([str(tmp_path / "dates.csv")])


def test_stac_items_are_dates(tmp_path):
    """One place, three items of one date each: in a collection of items, or each in a file of its own."""
    items = [
        {"type": "Feature", "id": str(year), "properties": {"datetime": f"{year}-07-26T10:15:00Z"},
         "assets": {"visual": {"href": f"./{year}.png"}, "nir": {"href": f"{year}_nir.png", "roles": ["data"]}}}
        for year in (2018, 2012, 2015)
    ]  # fmt: skip
    for item in items:
        write_png(tmp_path / f"{item['id']}.png", texture(seed=1))
        (tmp_path / f"{item['id']}.json").write_text(json.dumps(item))
    (tmp_path / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    images, dates, _ = read_dates([str(tmp_path / "items.json")])
    assert read_dates([str(tmp_path / f"{year}.json") for year in (2018, 2012, 2015)]) == (images, dates, [])
    stack = open_stack(images, dates)
    assert [date.text for date in stack.dates] == ["2012-07-26", "2015-07-26", "2018-07-26"]
    assert [Path(source).name for source in stack.sources] == ["2012.png", "2015.png", "2018.png"]
    assert read_dates([str(tmp_path / "items.json")], "nir")[0][0].endswith("2018_nir.png")
    with pytest.raises(InputError, match=r"--asset is \"nir\", but .*2012\.png is no STAC document"):
        read_dates([str(tmp_path / "2012.png")], "nir")
    del items[0]["properties"]["datetime"]
    (tmp_path / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    with pytest.raises(InputError, match="the STAC item 2018 has no datetime"):
        read_dates([str(tmp_path / "items.json")])


def known_timeline() -> Timeline:
    """Dates 2012, 2015, 2018, 2020: one building from 2015, two from 2018, one of them gone in 2020, one road from 2018."""
    dates = tuple(Date(datetime(year, 7, 1), str(year)) for year in (2012, 2015, 2018, 2020))
    frames = np.stack([texture(seed=1)] * 4)
    stack = Stack(dates, frames, np.ones(frames.shape[:3], bool), tuple(f"p_{d.text}.png" for d in dates), None, 1.0,
                  ((0.0, 0.0),) * 4, (), (), "")  # fmt: skip

    def track(number, name, present, area):
        outline = np.array([[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]], float) + 6 * number
        item = ChangedObject(
            name, "appeared", outline=outline, area_px=area, cell="center", confidence=0.9, number=number, area_m2=area
        )
        events = tuple(
            Event("appeared" if present[i + 1] else "vanished", i, i + 1) for i in range(3) if present[i] != present[i + 1]
        )
        return Track(item, tuple(map(bool, present)), (True,) * 4, events, 0.9)

    tracks = (track(1, "building", (0, 1, 1, 1), 100.0), track(2, "building", (0, 0, 1, 1), 150.0),
              track(3, "building", (0, 0, 1, 0), 50.0), track(4, "road", (0, 0, 1, 1), 500.0))  # fmt: skip
    return Timeline(stack, tracks, count_rows(tracks, 4), ("", "", ""))


@pytest.mark.parametrize(
    ("question", "value", "words"),
    [
        ("When was the first building built?", ("2012", "2015"), "between 2012 and 2015"),
        ("When was the last building built?", ("2015", "2018"), "last building"),
        ("In which year did most change?", ("2015", "2018"), "2 buildings built, 1 road built"),
        ("What was built between 2015 and 2018?", 3, "2 buildings built, 1 road built between 2015 and 2018"),
        ("How many buildings were built between 2012 and 2018?", 3, "3 buildings built"),
        ("How many houses were demolished since 2018?", 1, "1 building gone"),
        ("How many buildings are there in 2018?", 3, "3 of the buildings"),
        ("Which buildings disappeared before 2015?", 0, "No building disappeared"),
        ("What changed in 2018?", 3, "between 2015 and 2018"),
        ("What changed?", 5, "between 2012 and 2020"),
    ],
)
def test_questions(question, value, words):
    answer = answer_question(known_timeline(), question)
    assert answer.task == "timeline" and answer.value == value and words in answer.text
    assert answer.confident == (value != 0)  # what is not found may have been missed


def test_a_number_is_right_where_all_of_its_objects_are():
    timeline = known_timeline()
    doubtful = replace(timeline, tracks=tuple(replace(track, confidence=0.75) for track in timeline.tracks))
    counted = answer_question(doubtful, "How many buildings were built between 2012 and 2018?")
    assert counted.value == 3 and counted.confidence == pytest.approx(0.75**3) and not counted.confident
    assert answer_question(doubtful, "What was built between 2012 and 2018?").confidence == pytest.approx(0.75)


def test_questions_that_cannot_be_answered_say_what_can():
    answer = answer_question(known_timeline(), "What colour is the roof?")
    assert answer.task == "open" and answer.value is None and not answer.confident
    coarse = replace(known_timeline(), stack=replace(known_timeline().stack, too_coarse="pixels of 5 m"))
    forest = answer_question(known_timeline(), "Did any forest disappear?")
    assert forest.task == "open" and "land cover" in forest.text
    for text in ("When did the trees disappear?", "When did the water appear?", "When did most forest vanish?"):
        assert answer_question(known_timeline(), text).task == "open", "buildings and roads alone are followed"
    beside = answer_question(known_timeline(), "Was a building built on the left of the road?")
    assert beside.task == "open" and "relative to other things" in beside.text
    assert answer_question(coarse, "When was the first building built?").text == "pixels of 5 m"
    note = answer_question(known_timeline(), "What was built between 2012 and 2019?").notes
    assert any("no image of 2019" in one for one in note)


def test_the_table_counts_each_object_once_a_date():
    rows = {(row.date, row.class_name): row for row in known_timeline().rows}
    assert [rows[date, "building"].present for date in range(4)] == [0, 1, 3, 2]
    assert [rows[date, "building"].appeared for date in range(4)] == [0, 1, 2, 0]
    assert rows[3, "building"].vanished == 1 and rows[2, "road"].appeared_area == 500.0


def test_what_is_written_agrees(tmp_path):
    made = replace(known_timeline(), answers=(("When?", answer_question(known_timeline(), "What changed?")),))
    files, _ = write_timeline(made, tmp_path / "out", gif=True)
    facts = json.loads((tmp_path / "out" / "timeline.json").read_text())
    assert facts["files"] == files and {"timeline.csv", "animation.webp", "animation.gif", "report.html"} <= set(files)
    assert [one["first_seen"] for one in facts["objects"]] == ["2015", "2018", "2018", "2018"]
    assert facts["objects"][2]["last_seen"] == "2018" and not facts["objects"][2]["at_end"]
    with Image.open(tmp_path / "out" / "animation.webp") as animation:
        assert animation.n_frames == 4
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.count("<img src=\"data:image/jpeg") == 4 and 'type="range"' in page and "http" not in page.split("<title>")[1]
    features = json.loads((tmp_path / "out" / "objects.pixels.json").read_text())["features"]
    assert len(features) == 4
    again, _ = write_timeline(made, tmp_path / "out")  # its own files are replaced
    assert "animation.gif" not in again and not (tmp_path / "out" / "animation.gif").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "report.html").write_text("mine")
    with pytest.raises(InputError, match="not written by a timeline"):
        write_timeline(made, tmp_path / "mine")


def test_a_timeline_read_back_answers_as_the_one_written(tmp_path):
    made = known_timeline()
    write_timeline(made, tmp_path)
    again = read_timeline(tmp_path)
    assert again.rows == made.rows and [track.events for track in again.tracks] == [track.events for track in made.tracks]
    for question in ("When was the first building built?", "In which year did most change?", "What is it?",
                     "How many buildings are there in 2018?", "How many houses were demolished since 2018?"):
        assert answer_question(again, question).to_dict() == answer_question(made, question).to_dict()
    assert answer_with_objects(again, "How many houses were demolished since 2018?")[1] == (3,)
    coarse = make_timeline(replace(made.stack, too_coarse="pixels of 5 m"), None)
    write_timeline(coarse, tmp_path)
    assert answer_question(read_timeline(tmp_path), "What changed?").text == "pixels of 5 m"
    with pytest.raises(InputError, match=r"holds no timeline\.json"):
        read_timeline(tmp_path / "other")
    for damage in ('"present"', '"height"', '"schema"'):
        write_timeline(made, tmp_path / damage.strip('"'))
        path = tmp_path / damage.strip('"') / "timeline.json"
        path.write_text(path.read_text().replace(damage, '"gone"'))
        with pytest.raises(InputError, match=r"timeline\.json"):
            read_timeline(path.parent)


def test_where_objects_are_not_followed_no_count_of_zero_is_written(tmp_path):
    coarse = replace(known_timeline().stack, too_coarse="objects are not followed: pixels of 5 m")
    made = make_timeline(coarse, None)
    files, _ = write_timeline(made, tmp_path / "out")
    assert "plot.png" not in files and json.loads((tmp_path / "out" / "timeline.json").read_text())["table"] == []
    assert (tmp_path / "out" / "timeline.csv").read_text().count("\n") == 1, "the header alone"
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Counts by date" not in page and "<p>Objects are not followed: pixels of 5 m.</p>" in page
    assert "<h1>p: 2012 to 2020</h1>" in page


def test_a_place_without_change_has_no_objects(bundle_folder, tmp_path):
    import chronosight

    for year in (2012, 2015, 2018):
        write_tiff(tmp_path / f"p_{year}.tif", texture(seed=1))
    found = make_timeline(open_stack(sorted(tmp_path.glob("*.tif"))), chronosight.load(weights=bundle_folder))
    assert found.tracks == () and found.captions == ("no building or road changed",) * 2
    assert timeline_dict(found)["area_unit"] == "m2"


@pytest.fixture
def places(tmp_path):
    """A place at three dates, of which the tiny weights see a change at any two."""
    import shutil

    first, second = write_pair(tmp_path, 200, 200, [Drawn(20, 20, 60, 40), Drawn(20, 120, 90, 6, "road")])
    files = [tmp_path / f"p_{year}.tif" for year in (2012, 2015, 2018)]
    for source, file in zip((first, second, second), files, strict=True):
        shutil.copy(source, file)
    return files


def test_two_dates_are_what_their_description_says(places, bundle_folder):
    import chronosight

    engine = chronosight.load(weights=bundle_folder, threads=1)
    described = chronosight.describe(*places[:2], engine=engine)
    found = make_timeline(open_stack(places[:2]), engine)
    assert described.objects and not any("comparisons" in note for note in found.notes)
    for name in ("class_name", "direction", "area", "cell", "confidence", "length_m"):
        assert [getattr(track.item, name) for track in found.tracks] == [getattr(item, name) for item in described.objects]
    assert {(track.present, track.events[0].before, track.events[0].after) for track in found.tracks} <= {
        ((False, True), 0, 1), ((True, False), 0, 1),
    }  # fmt: skip


def test_more_dates_say_that_their_areas_are_not_those_of_two(places, bundle_folder):
    import chronosight

    found = make_timeline(open_stack(places), chronosight.load(weights=bundle_folder, threads=1))
    assert found.tracks and any("comparisons of the 3 dates" in note for note in found.notes)


def test_a_georeferenced_timeline_has_a_geopackage(tmp_path):
    pyogrio = pytest.importorskip("pyogrio")
    import shapely
    from affine import Affine

    from chronosight.scenes.scene import Georeference

    made = known_timeline()
    place = Georeference("EPSG:32614", Affine(1, 0, 6e5, 0, -1, 3.3e6))
    tracks = tuple(
        replace(track, item=replace(track.item, shape=shapely.box(-97 + number / 1e3, 29, -96.9995 + number / 1e3, 29.001)))
        for number, track in enumerate(made.tracks)
    )
    made = replace(made, stack=replace(made.stack, georeference=place), tracks=tracks)
    write_timeline(made, tmp_path / "out")
    meta, _, _, columns = pyogrio.raw.read(tmp_path / "out" / "objects.gpkg")
    table = dict(zip(meta["fields"], columns, strict=True))
    assert list(table["first_seen"]) == ["2015", "2018", "2018", "2018"] and table["last_seen"][2] == "2018"
    assert [str(day)[:4] for day in table["start"]] == list(table["first_seen"])
    assert list(table["history"]) == [one["history"] for one in timeline_dict(made)["objects"]]
    for track, what in zip(made.tracks, table["history"], strict=True):
        names = {(False, True): "appeared", (True, False): "vanished", (False, False): "temporary", (True, True): "interrupted"}
        assert what == names[track.present[0], track.present[-1]]
    style = ElementTree.parse(tmp_path / "out" / "objects.qml")
    values = {one.get("value") for one in style.iter("category")}
    assert {f"{name} {what}" for name, what in zip(table["class"], table["history"], strict=True)} <= values


def test_rendered_series_have_known_histories():
    series = render_series(3, dates=4, size=128)
    again = render_series(3, dates=4, size=128)
    assert series.frames.shape == (4, 128, 128, 3) and np.array_equal(series.frames, again.frames)
    assert all(0 <= one.first <= one.last <= 3 for one in series.buildings)


@pytest.mark.skipif(not NAIP.is_dir(), reason="needs the real imagery beside the checkout")
@pytest.mark.shared
def test_real_dates_of_5_m_are_aligned_and_show_no_made_up_building(bundle_folder):
    import chronosight

    stack = open_stack(sorted(NAIP.glob("*.tif")))
    assert [date.year for date in stack.dates] == [2009, 2012, 2015, 2018, 2020] and stack.too_coarse
    found = make_timeline(stack, chronosight.load(weights=bundle_folder))
    assert found.tracks == found.rows == () and any("far coarser" in note for note in found.notes) and not stack.doubts


def test_a_stated_ground_size_gives_square_metres(tmp_path):
    for year in (2012, 2015):
        write_png(tmp_path / f"p_{year}.png", texture(seed=year))
        write_tiff(tmp_path / f"q_{year}.tif", texture(seed=year))
    plain = sorted(tmp_path.glob("*.png"))
    assert open_stack(plain).metres_per_pixel is None
    stated = open_stack(plain, metres_per_pixel=0.5)
    assert stated.metres_per_pixel == stated.pair(0, 1).metres_per_pixel == 0.5
    assert "far coarser" in open_stack(plain, metres_per_pixel=10).too_coarse
    assert open_stack(sorted(tmp_path.glob("*.tif")), metres_per_pixel=1.0).metres_per_pixel == pytest.approx(1.0, rel=0.01)
    with pytest.raises(InputError, match=r"q_2012\.tif has a georeference"):
        open_stack(sorted(tmp_path.glob("*.tif")), metres_per_pixel=0.5)
    with pytest.raises(InputError, match="metres per pixel is 0, expected"):
        open_stack(plain, metres_per_pixel=0)


def test_what_holds_for_several_dates_is_said_once(tmp_path):
    four = np.dstack([texture(), texture()[..., :1]])
    for number, year in enumerate(range(2012, 2017)):
        write_tiff(tmp_path / f"p_{year}.tif", four, x=600_000 + 8.5 * (number % 2), photometric="minisblack")
    notes = open_stack(sorted(tmp_path.glob("*.tif"))).notes
    (bands,) = (note for note in notes if "were taken as red" in note)
    assert bands.startswith("p_2012.tif, p_2013.tif, p_2014.tif and 2 more: ")
    assert "each of p_2013.tif and p_2015.tif was resampled onto the grid of p_2012.tif" in notes
