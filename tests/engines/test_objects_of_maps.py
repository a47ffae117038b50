"""From maps to objects and facts: classes, direction, outline, area and length of shapes that are known."""

import numpy as np
import pytest
import shapely
from affine import Affine
from rasterio.features import shapes
from scipy import ndimage

from changed_scenes import SIDE, one, town
from chronosight.engines.compact.guide import GuideMaps
from chronosight.engines.compact.objects import generalise_evidence, placed_evidence, read_evidence, read_facts, without_objects
from chronosight.engines.outlines import SMALLEST_HOLE, outline, place_objects, road_length, simplified
from chronosight.results.changed_object import ChangedObject
from chronosight.results.evidence import Evidence
from chronosight.scenes.scene import Georeference, Scene
from chronosight.tasks.clue import ClassChange
from small_scenes import ground, pair

CLASSES = ("background", "road", "building")


def maps_of(size=60):
    """A road, a building with a court, and a speck that is dropped; exactly half of the building looks new."""
    mask = np.zeros((size, size), np.uint8)
    mask[50:54, 5:55] = 1
    mask[10:30, 10:30] = 2
    mask[16:22, 17:23] = 0
    mask[40, 40] = 2
    appeared = np.zeros((size, size), np.float32)
    appeared[50:54], appeared[10:30, 10:20] = 0.2, 1.0
    probability = np.where(mask == 1, 0.75, np.where(mask == 2, 0.5, 0.1)).astype(np.float32)
    return GuideMaps(mask, probability, appeared, 0.9, None)


def test_objects_have_the_class_direction_and_confidence_of_their_pixels():
    maps = maps_of()
    seen = read_evidence(maps, CLASSES)
    facts = [(item.class_name, item.direction, item.area_px, item.cell) for item in seen.objects]
    assert facts == [("road", "vanished", 200, "lower"), ("building", "appeared", 364, "top left corner")]
    assert [item.confidence for item in seen.objects] == [0.75, 0.5]
    assert seen.mask[40, 40] == 0 and maps.mask[40, 40] == 2, "what is no object leaves the mask, not the guide's own"
    np.testing.assert_array_equal(seen.mask > 0, (maps.mask > 0) & ~((np.indices((60, 60)) == 40).all(axis=0)))
    assert seen.valid is None and [item.number for item in seen.objects] == [0, 0], "not placed without a scene"


def test_outlines_run_along_pixel_corners_and_keep_courts():
    road, building = read_evidence(maps_of(), CLASSES).objects
    assert (road.outline.min(axis=0).tolist(), road.outline.max(axis=0).tolist()) == ([5, 50], [55, 54])
    assert building.outline[0].tolist() == building.outline[-1].tolist() and not road.holes
    (court,) = building.holes
    assert (court.min(axis=0).tolist(), court.max(axis=0).tolist()) == ([17, 16], [23, 22])


@pytest.mark.parametrize(("side", "holes"), [(3, 0), (4, 1)])
def test_holes_under_16_pixels_are_closed(side, holes):
    inside = np.ones((20, 20), bool)
    inside[8 : 8 + side, 8 : 8 + side] = False
    assert len(outline(inside)[1]) == holes


def test_the_outline_of_pieces_that_touch_by_a_corner_is_that_of_the_larger():
    inside = np.zeros((12, 14), bool)
    inside[0:4, 0:4], inside[4:12, 4:14] = True, True
    for turned in (inside, inside[::-1, ::-1]):
        ring, _ = outline(turned)
        assert np.ptp(ring, axis=0).tolist() == [10, 8]


def test_a_staircase_is_smoothed_by_at_most_a_pixel():
    inside = np.tril(np.ones((30, 30), bool))
    ring, _ = outline(inside)
    assert len(ring) < 8 and np.abs(ring.min(axis=0)).max() == 0 and ring.max() == 30


def test_a_scene_puts_objects_on_the_ground():
    scene = pair(ground(60, 60), metres_per_pixel=0.5)
    road, building = placed_evidence(read_evidence(maps_of(), CLASSES), scene).objects
    assert (road.number, building.number) == (1, 2)
    assert (road.area_m2, building.area_m2) == pytest.approx((50, 91))
    assert road.centroid == pytest.approx((30, 52)) and building.centroid == pytest.approx((20, 20))
    assert road.length_m == pytest.approx(25) and building.length_m is None
    assert road.lonlat is None and road.shape is None and road.tile is None
    named = place_objects(scene, [road], lambda x, y: f"{x:.0f}/{y:.0f}")
    assert named[0].tile == "30/52"
    unknown = placed_evidence(read_evidence(maps_of(), CLASSES), pair(ground(60, 60))).objects[0]
    assert unknown.area_m2 is None and unknown.length_m is None and place_objects(scene, []) == ()


@pytest.mark.parametrize(("width", "height"), [(200, 8), (40, 40), (8, 200)])
def test_the_length_of_a_straight_road_is_its_long_side(width, height):
    ring = np.array([[0, 0], [width, 0], [width, height], [0, height], [0, 0]], float)
    assert road_length(ring, (), width * height) == pytest.approx(max(width, height))


@pytest.mark.parametrize(("area", "length"), [(3600, 400), (400, 400), (300, 300), (100, 200)])
def test_a_loop_is_as_long_as_its_outer_edge_and_narrow_ones_no_longer_than_their_area(area, length):
    """A road is at least a metre wide."""
    outer = 100.0 * np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]])
    assert road_length(outer, (10 + outer * 0.8,), area) == pytest.approx(length)


def box(x, y, w, h, **facts):
    ring = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]], float)
    return ChangedObject("building", "appeared", outline=ring, area_px=float(w * h), cell="center", confidence=0.9, **facts)


def degrees(west, north=10.0, step=0.1):
    """A scene of 60 x 60 pixels whose upper left corner lies there."""
    return pair(ground(60, 60), georeference=Georeference("EPSG:4326", Affine(step, 0, west, 0, -step, north)))


def test_outlines_on_the_ground_are_in_degrees_with_their_holes():
    hole = np.array([[4, 4], [8, 4], [8, 8], [4, 8], [4, 4]], float)
    (placed,) = place_objects(degrees(20.0), [box(2, 2, 10, 10, holes=(hole,))])
    assert placed.shape.bounds == pytest.approx((20.2, 8.8, 21.2, 9.8))
    assert placed.shape.area == pytest.approx(1.0 - 0.16) and len(placed.shape.interiors) == 1
    assert placed.lonlat == pytest.approx((20.7, 9.3)) and placed.centroid == (7, 7)


def test_what_crosses_the_180th_meridian_is_cut_in_two():
    """RFC 7946, 3.1.9: each part on its own side, none wider than the object."""
    hole = np.array([[8, 4], [12, 4], [12, 8], [8, 8], [8, 4]], float)
    scene = degrees(179.0)
    objects = [box(1, 2, 8, 8), box(6, 2, 8, 8, holes=(hole,)), box(12, 2, 8, 8)]
    west, across, east = (item.shape for item in place_objects(scene, objects))
    assert west.geom_type == east.geom_type == "Polygon"
    assert west.bounds == pytest.approx((179.1, 9.0, 179.9, 9.8)) and east.bounds == pytest.approx((-179.8, 9.0, -179.0, 9.8))
    assert sorted(part.bounds for part in across.geoms) == [
        pytest.approx((-180, 9.0, -179.6, 9.8)), pytest.approx((179.6, 9.0, 180, 9.8))
    ]  # fmt: skip
    assert across.area == pytest.approx(0.8 * 0.8 - 0.4 * 0.4)


def evidence(objects):
    flat = np.full((SIDE, SIDE), 0.25, np.float32)
    return Evidence(CLASSES, np.ones((SIDE, SIDE), np.uint8), flat, flat, tuple(objects))


def test_facts_count_by_class_and_name_cells_in_order():
    facts = read_facts(evidence(town()), 0.7, "a caption")
    assert (facts.probability, facts.caption) == (0.7, "a caption")
    assert facts.classes == {
        "roads": ClassChange(1, 0, ("lower",)),
        "buildings": ClassChange(4, 1, ("top left corner", "lower right corner", "center")),
    }


def test_evidence_without_objects_keeps_the_probability():
    empty = without_objects(evidence(town()))
    assert not empty.objects and not empty.mask.any() and (empty.probability == 0.25).all()


def test_without_roads_nothing_is_generalised():
    scene = Scene("pair", np.zeros((2, SIDE, SIDE, 3), np.uint8), np.ones((SIDE, SIDE), bool), ("a", "b"))
    buildings = evidence(town()[:5])
    kept = generalise_evidence(buildings, scene, {"building": 1e9})
    assert kept.mask is buildings.mask and [item.area_px for item in kept.objects] == [item.area_px for item in buildings.objects]
    # A pixel of unknown size counts as one metre.
    road = evidence([one(1, "road", "appeared", 20, 20, 9, 9), one(2, "road", "appeared", 20, 90, 90, 9)])
    assert len(generalise_evidence(road, scene, {"road": 100.0}).objects) == 1


def test_only_the_pixels_of_what_is_left_out_leave_the_mask():
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[0:5, 0:5] = mask[8:13, 5:10] = mask[100:106, 10:200] = 1
    mask[5:8, 0:5] = 2
    objects = [
        one(1, "road", "appeared", 0, 0, 5, 5), one(2, "road", "vanished", 5, 8, 5, 5),
        one(3, "road", "appeared", 10, 100, 190, 6),
        one(4, "building", "appeared", 0, 5, 5, 3),
    ]  # fmt: skip
    flat = np.ones((SIDE, SIDE), np.float32)
    scene = Scene("pair", np.zeros((2, SIDE, SIDE, 3), np.uint8), np.ones((SIDE, SIDE), bool), ("a", "b"), metres_per_pixel=1.0)
    seen = Evidence(CLASSES, mask, flat, flat, tuple(objects))
    kept = generalise_evidence(seen, scene, {"road": 26.0})
    assert [item.class_name for item in kept.objects] == ["road", "building"]
    expected = mask.copy()
    expected[0:5, 0:5] = expected[8:13, 5:10] = 0
    np.testing.assert_array_equal(kept.mask, expected)
    assert mask[2, 2] == 1


@pytest.mark.parametrize("seed", range(4))
def test_the_outline_is_that_of_the_largest_of_the_parts_that_touch_by_corners_alone(seed):
    inside = ndimage.gaussian_filter(np.random.default_rng(seed).random((40, 40)), 1.5) > 0.5
    parts = [part for part, value in shapes(inside.astype(np.uint8), connectivity=4) if value == 1]
    largest = max(
        (shapely.Polygon(part["coordinates"][0], part["coordinates"][1:]) for part in parts),
        key=lambda one: shapely.Polygon(one.exterior).area,
    )
    ring, holes = outline(inside)
    expected, expected_holes = simplified(
        shapely.Polygon(largest.exterior, [hole for hole in largest.interiors if shapely.Polygon(hole).area >= SMALLEST_HOLE])
    )
    assert ring.tolist() == expected.tolist() and [hole.tolist() for hole in holes] == [hole.tolist() for hole in expected_holes]
    assert len(parts) > 1
