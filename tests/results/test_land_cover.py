"""The land-cover map in one byte a pixel; ground under objects and sums, written and read back."""

from dataclasses import replace

import numpy as np
import pytest

from chronosight.results.changed_object import Tally
from chronosight.results.land_cover import LEVELS, NEVER, NO_COVER, LandCover, Thresholds, pack
from chronosight.results.land_cover_change import UNKNOWN, ObjectGround, flow_rows, read_flows
from chronosight.tasks.land_cover import LAND_COVER_CLASSES


def test_class_and_confidence_come_back_from_the_byte():
    rng = np.random.default_rng(0)
    classes = rng.integers(0, len(LAND_COVER_CLASSES), (2, 17, 23)).astype(np.uint8)
    confidence = rng.uniform(0, 1, classes.shape).astype(np.float32)
    cover = LandCover(pack(classes, confidence), sure((0.0,) * 6))
    assert cover.packed.dtype == np.uint8 and cover.packed.shape == (2, 17, 23)
    assert (cover.classes == classes).all()
    assert np.abs(cover.confidence - confidence).max() <= 0.5 / LEVELS + 1e-6
    assert set(np.unique(cover.classes)) == set(range(6))


def test_a_class_is_unknown_below_its_own_confidence_and_where_there_is_no_data():
    packed = np.array([[[32 * 4 + 20, 32 * 4 + 19, 32 * 5 + 20, NO_COVER]]], np.uint8)
    cover = LandCover(packed, sure((0.5, 0.5, 0.5, 0.5, 20 / LEVELS, 21 / LEVELS)))
    assert cover.known[0, 0].tolist() == [True, False, False, False]
    assert cover.confidence[0, 0, 3] == 0


def test_both_dates_that_show_the_same_name_a_class_from_a_lower_confidence_on():
    """Bare ground and low vegetation are one group; trees at one date and grass at the other do not agree; no data never does."""
    bare, low, trees = 2, 3, 4
    classes = np.array([[[trees, trees, bare, trees, trees]], [[trees, trees, low, low, trees]]], np.uint8)
    confidence = np.array([[[0.7, 0.7, 0.6, 0.7, 0.97]], [[0.8, 0.5, 0.6, 0.7, 0.3]]], np.float32)
    packed = pack(classes, confidence)
    cover = LandCover(packed, Thresholds((0.95,) * 6, (0.6, 0.6, 0.55, 0.55, 0.6, 0.6)))
    assert not cover.known[:, 0, :4].any() and cover.known[:, 0, 4].tolist() == [True, False]
    assert cover.named[:, 0].tolist() == [[True, False, True, False, True], [True, False, True, False, False]]
    assert (LandCover(packed, sure((0.95,) * 6)).named == cover.known).all()
    assert (cover.part(packed[:1]).named == cover.known[:1]).all()  # one date alone has nothing to agree with
    nothing = LandCover(np.full((2, 1, 1), NO_COVER, np.uint8), Thresholds((0.0,) * 6, (0.0,) * 6))
    assert not nothing.named.any()


def sure(least: tuple[float, ...]) -> Thresholds:
    return Thresholds(least, (NEVER,) * 6)


def test_ground_of_an_object_as_json_types():
    """Rounded, and named by what it was or became."""
    new = ObjectGround(3, "building", "appeared", "trees", 0.123456, {"trees": 100.06, UNKNOWN: 20.0})
    expected = {"object": 3, "class": "building", "confidence": 0.1235, "areas": {"trees": 100.1, UNKNOWN: 20.0}}
    assert new.to_dict() == {**expected, "direction": "appeared", "was": "trees"}
    assert replace(new, direction="vanished").to_dict() == {**expected, "direction": "vanished", "became": "trees"}


def test_sums_come_back_from_their_rows_and_classes_are_checked():
    flows = {("trees", "water"): Tally(2, 1234.5), ("water", UNKNOWN): Tally(1, 300.0)}
    rows = flow_rows(flows)
    assert read_flows(rows) == flows
    with pytest.raises(ValueError, match="marsh"):
        read_flows([rows[0] | {"to": "marsh"}])
