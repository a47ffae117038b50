"""Labels of one's own: each way of drawing them gives the same mask, and what is wrong with them is one line."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from chronosight.errors import InputError
from chronosight.scenes.open import open_scene
from chronosight.training.tune.check import check_labels, check_overlap
from chronosight.training.tune.labels import read_labels
from chronosight.training.tune.pairs import OwnPair, as_seen, check_ground, open_pairs
from chronosight.training.tune.split import find_places, split_places
from own_labels import GONE, NEW, SIDE, STANDS, moved, outline, write_layer, write_mask, write_sites


def silent(items, name):
    return items


def open_pair(before, after):
    return open_scene(before, after)


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    return write_sites(tmp_path_factory.mktemp("own") / "pairs", 3, 1)


def scene_of(sites, index=0):
    suffix = "tif" if (sites / f"site{index}_before.tif").exists() else "png"
    return open_scene(sites / f"site{index}_before.{suffix}", sites / f"site{index}_after.{suffix}")


def expected():
    directions = np.zeros((SIDE, SIDE), np.uint8)
    directions[NEW[1] : NEW[3], NEW[0] : NEW[2]] = 1
    directions[GONE[1] : GONE[3], GONE[0] : GONE[2]] = 2
    return directions


def directions_of(label):
    """0 unchanged, 1 new, 2 gone, 255 changed."""
    first, second = label.footprints
    found = np.where(label.changed, 255, 0)
    found[label.changed & (second == 1)] = 1
    found[label.changed & (first == 1)] = 2
    return found


def two_layers(path):
    write_layer(path, "new", [outline(0, NEW)])
    return write_layer(path, "gone", [outline(0, GONE)], append=True)


def date_field(path):
    return write_layer(path, "houses", [outline(0, NEW), outline(0, GONE)], {"date": ["new", "Removed"]})


def footprints(path):
    write_layer(path, "buildings_before", [outline(0, GONE), outline(0, STANDS)])
    return write_layer(path, "buildings_after", [outline(0, NEW), outline(0, STANDS)], append=True)


def later_date_and_changes(path):
    write_layer(path, "after", [outline(0, NEW), outline(0, STANDS)])
    write_layer(path, "gone", [outline(0, GONE)], append=True)
    return write_layer(path, "new", [outline(0, NEW)], append=True)


def earlier_date_and_changes(path):
    write_layer(path, "before", [outline(0, GONE), outline(0, STANDS)])
    return write_layer(path, "changes", [outline(0, NEW), outline(0, GONE)], {"date": ["new", None]}, append=True)


def lonlat(path):
    write_layer(path, "new", moved([outline(0, NEW)], 4326), epsg=4326)
    return write_layer(path, "gone", moved([outline(0, GONE)], 4326), epsg=4326, append=True)


def classes(path):
    outlines = [outline(0, NEW), outline(0, GONE), outline(0, STANDS)]
    return write_layer(path, "a", outlines, {"date": ["new", "gone", "new"], "class": ["House", "building", "pond"]})


WAYS = (two_layers, date_field, footprints, later_date_and_changes, earlier_date_and_changes, lonlat, classes)


@pytest.mark.parametrize("write", WAYS)
def test_polygons_of_each_kind_give_the_same_mask(sites, tmp_path, write):
    label = read_labels(write(tmp_path / "labels.gpkg")).of("site0", scene_of(sites))
    np.testing.assert_array_equal(directions_of(label), expected())
    other = read_labels(tmp_path / "labels.gpkg").of("site1", scene_of(sites, 1))
    assert not other.changed.any() and other.polygons == 0


@pytest.mark.parametrize(("date", "index"), [("before", 0), ("after", 1)])
def test_outlines_of_one_date_stand_at_the_other_where_nothing_changed(sites, tmp_path, date, index):
    x, y = STANDS[0] + 2, STANDS[1] + 2
    write_layer(tmp_path / "l.gpkg", date, [outline(0, STANDS)])
    with pytest.raises(InputError, match=f"of the date {date} alone"):
        read_labels(tmp_path / "l.gpkg")
    write_layer(tmp_path / "l.gpkg", "changed", [], append=True)  # declared unchanged
    label = read_labels(tmp_path / "l.gpkg").of("site0", scene_of(sites))
    assert not label.changed.any() and label.footprints[:, y, x].tolist() == [1, 1]
    assert label.footprints[:, 0, 0].tolist() == [0, 0]
    write_layer(tmp_path / "l.gpkg", "changed", [outline(0, STANDS)], append=True)
    label = read_labels(tmp_path / "l.gpkg").of("site0", scene_of(sites))
    assert label.changed[y, x] and label.footprints[index, y, x] == 1 and label.footprints[1 - index, y, x] == 0


def test_geojson_is_read_too(sites, tmp_path):
    from pyogrio import raw
    from shapely import to_wkb

    shapes = np.array(to_wkb(moved([outline(0, NEW), outline(0, GONE)], 4326)), dtype=object)
    raw.write(
        tmp_path / "labels.geojson", geometry=shapes, fields=["change"], field_data=[np.array(["new", "gone"], dtype=object)],
        geometry_type="Polygon", crs="EPSG:4326", driver="GeoJSON",
    )  # fmt: skip
    label = read_labels(tmp_path / "labels.geojson").of("site0", scene_of(sites))
    np.testing.assert_array_equal(directions_of(label), expected())


def test_masks_give_the_same_mask(sites, tmp_path):
    scene = scene_of(sites)
    write_mask(tmp_path / "a" / "site0_mask.png")
    np.testing.assert_array_equal(directions_of(read_labels(tmp_path / "a").of("site0", scene)), expected())
    write_mask(tmp_path / "b" / "site0.png", 255, 255)
    changed = read_labels(tmp_path / "b").of("site0", scene)
    np.testing.assert_array_equal(directions_of(changed), np.where(expected() > 0, 255, 0))
    (tmp_path / "c").mkdir()
    Image.fromarray(expected() > 0).save(tmp_path / "c" / "site0.png")  # one bit a pixel: yes or no
    np.testing.assert_array_equal(directions_of(read_labels(tmp_path / "c").of("site0", scene)), np.where(expected() > 0, 255, 0))


def test_masks_of_both_dates_give_the_same_mask(sites, tmp_path):
    for date, boxes in (("before", (GONE, STANDS)), ("after", (NEW, STANDS))):
        (tmp_path / date).mkdir()
        mask = np.zeros((SIDE, SIDE), np.uint8)
        for box in boxes:
            mask[box[1] : box[3], box[0] : box[2]] = 255
        Image.fromarray(mask).save(tmp_path / date / "site0.png")
    label = read_labels(tmp_path).of("site0", scene_of(sites))
    np.testing.assert_array_equal(directions_of(label), expected())
    assert label.footprints[:, STANDS[1] + 2, STANDS[0] + 2].tolist() == [1, 1]


def test_slivers_between_two_drawings_of_a_building_are_no_change(sites, tmp_path):
    x0, y0, x1, y1 = STANDS
    write_layer(tmp_path / "l.gpkg", "before", [outline(0, STANDS)])
    write_layer(tmp_path / "l.gpkg", "after", [outline(0, (x0 + 1, y0, x1 + 1, y1)), outline(0, NEW)], append=True)
    found = directions_of(read_labels(tmp_path / "l.gpkg").of("site0", scene_of(sites)))
    np.testing.assert_array_equal(found, np.where(expected() == 1, 1, 0))


def test_adjoining_buildings_stay_two(sites, tmp_path):
    from scipy import ndimage

    write_layer(tmp_path / "l.gpkg", "new", [outline(0, (8, 8, 20, 24)), outline(0, (20, 8, 32, 24))])
    label = read_labels(tmp_path / "l.gpkg").of("site0", scene_of(sites))
    assert ndimage.label(label.changed, np.ones((3, 3)))[1] == 2


def bow_tie(path):
    import shapely

    x, y = outline(0, NEW).bounds[:2]
    crossed = shapely.Polygon([(x, y), (x + 8, y + 8), (x + 8, y), (x, y + 8)])
    return write_layer(path, "new", [crossed, shapely.Point(x, y), outline(1, NEW)])


def test_invalid_outlines_are_repaired_and_counted(tmp_path):
    outlines = read_labels(bow_tie(tmp_path / "l.gpkg")).outlines
    assert (outlines.total, outlines.repaired, outlines.skipped) == (2, 1, 1)


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda p: write_layer(p, "houses", [outline(0, NEW)]), "does not say its date"),
        (lambda p: write_layer(p, "houses", [outline(0, NEW)], {"status": ["planned"]}), "has 'planned' as its date"),
        (lambda p: write_layer(p, "after", [outline(0, NEW)]), "of the date after alone"),
        (lambda p: write_layer(p, "new", [outline(0, NEW)], epsg=None), "has no CRS"),
        (lambda p: write_layer(p, "new", [outline(0, NEW)], {"class": ["pond"]}), "--building"),
        (lambda p: write_layer(p, "new", [outline(0, NEW).centroid]), "no polygons of buildings"),
        (lambda p: p.write_bytes(b"SQLite format 3\0" + b"x" * 90) and p, "no GeoPackage"),
        (lambda p: p.write_text("hello") and p, "cannot be read"),
        (lambda p: p, "no file or folder"),
    ],
)
def test_what_is_wrong_with_polygons_is_one_line(tmp_path, write, words):
    with pytest.raises(InputError, match=words) as caught:
        read_labels(write(tmp_path / ("labels.geojson" if words == "cannot be read" else "labels.gpkg")))
    assert "\n" not in str(caught.value)


def test_a_field_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="no field kind; it has date"):
        read_labels(date_field(tmp_path / "l.gpkg"), "kind")


def test_what_is_wrong_with_masks_is_one_line(sites, tmp_path):
    scene = scene_of(sites)
    write_mask(tmp_path / "a" / "site0.png", 7, 9)
    with pytest.raises(InputError, match="holds the value 7, 9, expected 0 unchanged"):
        read_labels(tmp_path / "a").of("site0", scene)
    (tmp_path / "b").mkdir()
    Image.new("L", (32, 64)).save(tmp_path / "b" / "site0.png")
    with pytest.raises(InputError, match="32 x 64 pixels, expected 64 x 64"):
        read_labels(tmp_path / "b").of("site0", scene)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no masks"):
        read_labels(tmp_path / "empty")
    with pytest.raises(InputError, match="leave out --class-field"):
        read_labels(tmp_path / "a", "kind")
    rows = [(f"site{i}", str(sites / f"site{i}_before.tif"), str(sites / f"site{i}_after.tif")) for i in range(3)]
    write_mask(tmp_path / "d" / "elsewhere.png")
    with pytest.raises(InputError, match="rename the masks"):
        open_pairs(rows, read_labels(tmp_path / "d"), open_pair, silent)


def test_pairs_that_cannot_be_used_are_one_line(tmp_path):
    plain = write_sites(tmp_path / "plain", 1, 0, georeferenced=False)
    with pytest.raises(InputError, match="no georeference, so no polygon"):
        read_labels(two_layers(tmp_path / "l.gpkg")).of("site0", scene_of(plain))
    with pytest.raises(InputError, match="give --metres-per-pixel"):
        check_ground("site0", scene_of(plain))
    coarse = write_sites(tmp_path / "coarse", 1, 0, metres=2.0)
    with pytest.raises(InputError, match=r"pixels of 2 m, expected at most 1.3 m"):
        check_ground("site0", scene_of(coarse))


@pytest.mark.parametrize(("metres", "side"), [(0.5, 64), (0.7, 64), (1.0, 128), (0.25, 32)])
def test_pairs_are_brought_to_the_ground_size_of_the_guide(tmp_path, metres, side):
    sites = write_sites(tmp_path / "pairs", 1, 0, metres=metres)
    write_mask(tmp_path / "masks" / "site0.png")
    scene = scene_of(sites)
    seen = as_seen(OwnPair("site0", scene, read_labels(tmp_path / "masks").of("site0", scene)))
    assert seen.before.shape == (side, side, 3) and seen.footprints.shape == (2, side, side)
    assert seen.changed.sum() * seen.metres**2 == pytest.approx((expected() > 0).sum() * metres**2, rel=0.15)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Ten sites, and an eleventh that shows half of the first one's ground."""
    from bad_inputs import write_tiff
    from own_labels import EPSG, METRES, X, Y

    root = tmp_path_factory.mktemp("many")
    sites = write_sites(root / "pairs", 11, 1)
    image = np.random.default_rng(99).integers(60, 130, (SIDE, SIDE, 3)).astype(np.uint8)
    for name in ("before", "after"):
        write_tiff(sites / f"zone_{name}.tif", image, EPSG, X + 16, Y, METRES)
    labels = root / "l.gpkg"
    write_layer(labels, "new", [outline(i, NEW) for i in range(10)])
    names = [f"site{i}" for i in range(11)] + ["zone"]
    rows = [(name, str(sites / f"{name}_before.tif"), str(sites / f"{name}_after.tif")) for name in names]
    read = read_labels(labels)
    pairs, unlabelled, _ = open_pairs(rows, read, open_pair, silent)
    return pairs, unlabelled, read


def test_pairs_of_one_ground_stay_together(many):
    pairs, _, _ = many
    places = find_places(pairs)
    assert len(set(places)) == 11 and places[0] == places[11]
    split = split_places(pairs)
    assert split.parts[0] == split.parts[11]
    assert {part: split.parts.count(part) for part in ("val", "test")} == {"val": 2, "test": 2}
    assert not split.shared and split == split_places(pairs)
    for part in ("val", "test"):
        assert sum(pair.has_change for pair in split.of(part, pairs)) >= 2


def test_few_places_are_held_out_once_and_fewer_are_refused(many):
    pairs, _, _ = many
    split = split_places(pairs[1:7])
    assert split.shared and split.of("test", pairs[1:7]) == split.of("val", pairs[1:7])
    assert len(split.of("val", pairs[1:7])) >= 2 and len(split.of("train", pairs[1:7])) >= 2
    with pytest.raises(InputError, match="3 of 3 places have a labelled change, expected at least 4"):
        split_places(pairs[1:4])


def test_the_check_counts_what_is_there(many):
    pairs, unlabelled, labels = many
    check = check_labels(pairs, unlabelled, labels, split_places(pairs))
    facts = dict(check.facts)
    assert facts["pairs"] == "12 with labels" and facts["overlap"].startswith("12 pairs show 11 places")
    assert facts["polygons"].startswith("10 (10 new), 10 on pairs") and facts["pairs without change"].startswith("2:")
    assert sum(part["pairs"] for part in check.parts.values()) == 12


def test_labels_somewhere_else_are_one_line(many, tmp_path):
    pairs, _, _ = many
    away = read_labels(write_layer(tmp_path / "l.gpkg", "new", [outline(4000, NEW)]))
    elsewhere = [OwnPair(pair.name, pair.scene, away.of(pair.name, pair.scene)) for pair in pairs]
    with pytest.raises(InputError, match=r"no polygon of l\.gpkg lies on a pair: the first lies at"):
        check_overlap(elsewhere, away)


def test_records_for_a_language_model_are_read_by_its_training(many, tmp_path):
    pytest.importorskip("torch")
    from chronosight.training.changevg.dialogues import read_records
    from chronosight.training.tune.records import write_records

    pairs, _, _ = many
    split = split_places(pairs)
    counts = write_records(pairs, split, tmp_path / "records")
    assert counts == {part: 3 * split.parts.count(part) for part in ("train", "val", "test")}
    records = read_records(tmp_path / "records" / "train.jsonl")
    assert all(path.is_file() for record in records for path in record.images)
    replies = ["".join(part.get("text", "") for part in record.messages[1]["content"]) for record in records]
    changed = sum(pair.has_change for pair in split.of("train", pairs))
    assert replies[: split.parts.count("train") * 3 : 3].count("Yes") == changed
    with pytest.raises(InputError, match="is there already"):
        write_records(pairs, split, tmp_path / "records")
