"""What is reported of the outlines: pieces of one road joined, specks left out, long objects placed by their extent."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from rasterio.features import rasterize

from changed_scenes import SIDE, one
from chronosight.engines.compact.objects import generalise_evidence
from chronosight.engines.generalise import ObjectLimits, drawn, generalise
from chronosight.errors import InputError
from chronosight.results.evidence import Evidence
from chronosight.scenes.scene import Scene


def reported(*objects, metres=1.0, **smallest):
    return [item for item, _ in generalise(objects, SIDE, SIDE, metres, smallest)]


def test_pieces_of_one_road_become_one_object():
    first, second = one(1, "road", "appeared", 10, 100, 80, 6, 0.9), one(2, "road", "appeared", 96, 100, 160, 6, 0.6)
    (joined,) = reported(first, second)
    assert joined.area_px == first.area_px + second.area_px
    assert joined.confidence == pytest.approx((0.9 * 480 + 0.6 * 960) / 1440)
    assert joined.outline[:, 0].min() == 10 and joined.outline[:, 0].max() == 256


@pytest.mark.parametrize(
    "other",
    [
        one(2, "road", "vanished", 96, 100, 160, 6),
        one(2, "building", "appeared", 96, 100, 160, 6),
        one(2, "road", "appeared", 110, 100, 140, 6),
        one(2, "road", "appeared", 10, 110, 80, 6),
        one(2, "road", "appeared", 92, 110, 6, 100),
    ],
    ids=["another direction", "another class", "too far", "side by side", "round a corner"],
)
def test_what_is_no_continuation_stays_apart(other):
    assert len(reported(one(1, "road", "appeared", 10, 100, 80, 6), other)) == 2


def test_the_gap_is_in_metres():
    pieces = one(1, "road", "appeared", 10, 100, 80, 6), one(2, "road", "appeared", 96, 100, 160, 6)
    assert len(reported(*pieces, metres=1.0)) == 1
    assert len(reported(*pieces, metres=2.0)) == 2


def test_specks_of_road_are_left_out_and_buildings_are_not():
    speck, building = one(1, "road", "appeared", 20, 20, 9, 9), one(2, "building", "appeared", 60, 60, 5, 5)
    assert [item.class_name for item in reported(speck, building, road=100.0)] == ["building"]
    assert len(reported(speck, building, metres=2.0, road=100.0)) == 2, "324 square metres"


def test_specks_that_line_up_count_together():
    pieces = [one(index, "road", "appeared", 20 + 14 * index, 20, 9, 5) for index in range(3)]
    assert len(reported(*pieces, road=100.0)) == 1
    assert not reported(*pieces[:2], road=100.0)


def test_a_long_object_is_placed_by_its_extent():
    (road,) = reported(one(1, "road", "appeared", 10, 20, 280, 6))
    assert road.places == ("top left corner", "top", "top right corner") and road.cell == "top"
    (short,) = reported(one(1, "road", "appeared", 10, 20, 95, 6))  # 5 of 95 m lie beyond the corner
    assert short.places == ("top left corner",) and short.cells == ()
    (building,) = reported(one(1, "building", "appeared", 10, 20, 280, 6))
    assert building.places == ("top",)


def scene_of(mask):
    return Scene("pair", np.zeros((2, *mask.shape, 3), np.uint8), np.ones(mask.shape, bool), ("a", "b"), metres_per_pixel=1.0)


def evidence_of(objects):
    mask = np.zeros((SIDE, SIDE), np.uint8)
    for item in objects:
        (left, top), (right, bottom) = item.outline.min(axis=0).astype(int), item.outline.max(axis=0).astype(int)
        mask[top:bottom, left:right] = ("background", "road", "building").index(item.class_name)
    flat = np.ones(mask.shape, np.float32)
    return Evidence(("background", "road", "building"), mask, flat, flat, tuple(objects))


def test_map_and_list_show_the_same():
    road, speck = one(1, "road", "appeared", 10, 100, 80, 6), one(2, "road", "appeared", 20, 20, 9, 9)
    building = one(3, "building", "appeared", 29, 20, 9, 9)  # touches the speck
    evidence = evidence_of([road, speck, building])
    kept = generalise_evidence(evidence, scene_of(evidence.mask), {"road": 100.0})
    assert [item.number for item in kept.objects] == [1, 2] and len(kept.objects) == 2
    assert kept.mask[20:29, 20:29].max() == 0 and (kept.mask[20:29, 29:38] == 2).all()
    assert (kept.mask[100:106, 10:90] == 1).all()
    again = generalise_evidence(kept, scene_of(kept.mask), {"road": 100.0})
    assert [item.area_px for item in again.objects] == [item.area_px for item in kept.objects]


def test_places_are_named_by_rows_from_a_tenth_of_the_area_on():
    """Ends in the upper left cell with exactly a tenth, a hair less, and runs down a column."""
    (road,) = reported(one(1, "road", "appeared", 90, 20, 100, 6))
    assert road.places == ("top left corner", "top")
    (road,) = reported(one(1, "road", "appeared", 91, 20, 100, 6))
    assert road.places == ("top",)
    (road,) = reported(one(1, "road", "appeared", 120, 10, 6, 280))
    assert road.places == ("top", "center", "lower")


def test_the_pieces_of_one_road_are_joined_wherever_they_stand_in_the_list():
    """A chain of four given out of order, among buildings; the joined one stands where its first piece stood."""
    chain = [one(index, "road", "appeared", 20 + 60 * index, 20, 52, 6) for index in range(4)]
    house, shed = one(8, "building", "appeared", 10, 100, 9, 9), one(9, "building", "vanished", 10, 200, 9, 9)
    found = generalise([house, chain[2], chain[0], shed, chain[3], chain[1]], SIDE, SIDE, 1.0, {})
    assert [(item.class_name, item.direction) for item, _ in found] == [
        ("building", "appeared"), ("road", "appeared"), ("building", "vanished")
    ]  # fmt: skip
    (_, first), (road, pieces), (_, last) = found
    assert first == [house] and last == [shed] and {id(item) for item in pieces} == {id(item) for item in chain}
    assert (road.outline[:, 0].min(), road.outline[:, 0].max()) == (20, 252)
    # Narrow bridges only: the outline covers hardly more than the pieces do.
    assert 4 * 52 * 6 < shapely.Polygon(road.outline).area < 4 * 52 * 6 + 3 * 8 * 6


@pytest.mark.parametrize(("offset", "joined"), [(3, True), (5, False)])
def test_how_far_pieces_may_be_out_of_line(offset, joined):
    """6 wide and `offset` apart sideways: together 6 + offset, at most 1.5 * 6 + 1."""
    first, second = one(1, "road", "appeared", 10, 100, 120, 6), one(2, "road", "appeared", 134, 100 + offset, 120, 6)
    assert (len(reported(first, second)) == 1) == joined


def test_an_outline_that_crosses_itself_is_still_placed():
    bow = replace(
        one(1, "road", "appeared", 10, 20, 280, 6), outline=np.array([[10, 20], [290, 26], [290, 20], [10, 26], [10, 20]], float)
    )
    assert reported(bow)[0].places == ("top left corner", "top", "top right corner")


def test_the_smallest_area_is_of_the_ground():
    speck = one(1, "road", "appeared", 20, 20, 10, 10)
    assert len(reported(speck, metres=2.0, road=400.0)) == 1 and not reported(speck, metres=2.0, road=401.0)
    assert len(reported(speck, metres=0.5, road=25.0)) == 1 and not reported(speck, metres=0.5, road=26.0)


def test_order_of_pieces_does_not_matter():
    pieces = [one(index, "road", "appeared", 20 + 60 * index, 20, 52, 6, 0.5 + 0.1 * index) for index in range(4)]
    (there,), (back,) = reported(*pieces), reported(*pieces[::-1])
    assert there.area_px == back.area_px and there.confidence == pytest.approx(back.confidence)
    assert there.places == back.places


@pytest.mark.parametrize("limits", [(-1, 0), (float("nan"), 0), (float("inf"), 0), (0, -0.1), (0, 1.1), (0, float("nan"))])
def test_limits_that_mean_nothing_are_refused(limits):
    with pytest.raises(InputError, match="expected"):
        ObjectLimits(*limits)


def test_limits():
    item = replace(one(1, "road", "appeared", 0, 0, 10, 10, 0.7), area_m2=25.0)
    assert not ObjectLimits() and ObjectLimits().allow(item)
    assert ObjectLimits(0.5) and ObjectLimits(0, 0.1), "either alone leaves something out"
    assert ObjectLimits(25).allow(item) and not ObjectLimits(26).allow(item), "square metres, not pixels"
    assert ObjectLimits(0, 0.7).allow(item) and not ObjectLimits(0, 0.71).allow(item)


def ring(points):
    return np.vstack([points, points[:1]])


@pytest.mark.parametrize("step", [1.0, 0.5, 0.25, 1e-9], ids=["corners of pixels", "halves", "quarters", "anywhere"])
def test_a_ring_is_drawn_pixel_for_pixel_as_gdal_draws_it(step):
    rng = np.random.default_rng(7)
    seen = 0
    for turn in range(400):
        angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(4, 12)))
        radii = rng.uniform(2, 22, len(angles))
        points = np.round((18 + radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1)) / step) * step
        polygon = shapely.Polygon(points[:: 1 if turn % 2 else -1])
        if not polygon.is_valid:
            continue
        shape = tuple(rng.integers(1, 40, 2).tolist())
        expected = rasterize([polygon], shape, dtype=np.uint8).astype(bool)
        assert (drawn(np.array(polygon.exterior.coords), shape) == expected).all()
        seen += expected.any()
    assert seen > 100


def test_a_drawn_ring_covers_the_pixels_whose_centres_it_holds():
    square = ring(np.array([[2, 1], [5, 1], [5, 4], [2, 4]]))
    inside = drawn(square, (6, 7))
    assert inside[1:4, 2:5].all() and inside.sum() == 9
    assert drawn(square - (3, 2), (2, 3)).tolist() == [[True, True, False], [True, True, False]], "cut at the mask's edge"
