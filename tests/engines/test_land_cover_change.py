"""From land-cover maps to change: what counts, what does not, and what it is called. No network: maps are exact or made up."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from changed_scenes import one
from chronosight.engines.compact import land_cover
from chronosight.engines.compact.land_cover import change_map, land_cover_change, windows_apart
from chronosight.engines.compact.object_grounds import object_ground
from chronosight.results.changed_object import Tally
from chronosight.results.land_cover import NEVER, Thresholds
from chronosight.results.land_cover_change import CLASSES, NOT_KNOWN, UNKNOWN, code_of, pair_of
from chronosight.synthetic.pair import render_pair
from chronosight.tasks import objects
from chronosight.tasks.objects import find_objects, find_pieces
from exact_cover import BARE, BUILT, LOW, PAVED, TREES, WATER, cover_of, evidence_of, exact, rendered, scene_of

SIDE = 120


def scene(metres=1.0, side=SIDE):
    return scene_of(np.zeros((2, side, side, 3), np.uint8), metres)


def nothing(of):
    return evidence_of(np.zeros((of.height, of.width), np.uint8), np.zeros((of.height, of.width)), of)


def change(before, after, confidence=0.95, metres=1.0, evidence=None):
    seen = scene(metres, before.shape[0])
    return land_cover_change(cover_of(before, after, confidence), evidence or nothing(seen), seen, metres)


def ground(of=LOW, side=SIDE, **boxes):
    """A map of one class with boxes of others: trees=(x0, y0, x1, y1)."""
    made = np.full((side, side), of)
    for name, (x0, y0, x1, y1) in boxes.items():
        made[y0:y1, x0:x1] = {"built": BUILT, "paved": PAVED, "bare": BARE, "low": LOW, "trees": TREES, "water": WATER}[name]
    return made


def kinds(found):
    return {(item.class_from, item.class_to) for item in found.objects}


def test_a_clearing_and_a_pond_are_found_with_class_area_and_place():
    found = change(ground(trees=(80, 10, 110, 40)), ground(bare=(80, 10, 110, 40), water=(10, 70, 45, 110)))
    by_kind = {item.key: item for item in found.objects}
    assert set(by_kind) == {("trees", "bare ground"), ("low vegetation and crops", "water")}
    clearing = by_kind["trees", "bare ground"]
    assert clearing.area_m2 == pytest.approx(900, rel=0.02) and clearing.cell == "top right corner"
    assert clearing.confidence == pytest.approx(0.95**2, abs=0.05)
    assert sorted(item.number for item in found.objects) == [1, 2] and found.known == 1
    assert found.totals["trees"] == (900.0, 0.0) and found.totals["water"][1] == 1400.0
    codes = found.rows(0, SIDE)
    assert codes[20, 95] == code_of(("trees", "bare ground")) and codes[60, 60] == 0


def test_ground_of_other_likely_classes_that_are_not_known_perhaps_changed():
    trees, bare = ground(trees=(80, 10, 110, 40)), ground(bare=(80, 10, 110, 40))
    found = change(trees, bare, confidence=0.55)
    assert not found.objects and found.perhaps == {("trees", "bare ground"): Tally(0, pytest.approx(900, rel=0.02))}
    assert not change(trees, bare).perhaps and not change(trees, bare, confidence=0.4).perhaps


def test_codes_and_pairs_are_each_other_s_inverse():
    pairs = [(a, b) for a in CLASSES for b in CLASSES]
    assert [pair_of(code_of(pair)) for pair in pairs] == pairs and max(map(code_of, pairs)) < NOT_KNOWN


@pytest.mark.parametrize("seed", range(0, 12, 2))
def test_swapped_dates_mirror_from_and_to(seed):
    cover, evidence, seen = rendered(render_pair(seed, 128))
    there = land_cover_change(cover, evidence, seen, seen.metres_per_pixel)
    back = land_cover_change(
        replace(cover, packed=cover.packed[::-1]), evidence, replace(seen, frames=seen.frames[::-1]), seen.metres_per_pixel
    )
    as_set = {(item.class_from, item.class_to, item.area_px, round(item.confidence, 5)) for item in there.objects}
    assert as_set == {(item.class_to, item.class_from, item.area_px, round(item.confidence, 5)) for item in back.objects}


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_pair_has_turned_objects(turns):
    rng = np.random.default_rng(3)
    before, after = (rng.integers(0, 6, (12, 12)).repeat(10, 0).repeat(10, 1) for _ in range(2))
    seen = change(before, after)
    turned = change(np.rot90(before, turns), np.rot90(after, turns))
    assert len(seen.objects) > 5
    assert (np.rot90(seen.rows(0, SIDE), turns) == turned.rows(0, SIDE)).all()


@pytest.mark.parametrize("seed", range(1, 16, 2))
def test_season_light_and_a_shift_of_real_maps_are_no_change(seed):
    """Odd seeds: nothing was built; season, light, cars and up to three pixels of displacement differ."""
    cover, evidence, seen = rendered(render_pair(seed, 128))
    assert land_cover_change(cover, evidence, seen, seen.metres_per_pixel).objects == ()


def test_a_field_that_is_bare_at_one_date_is_no_change():
    assert change(ground(LOW), ground(LOW, bare=(20, 20, 100, 100))).objects == ()
    assert change(ground(PAVED), ground(PAVED, built=(20, 20, 100, 100))).objects == ()


@pytest.mark.parametrize("off", [1, 2, 3])
def test_dates_that_do_not_lie_on_each_other_leave_no_slivers(off):
    rng = np.random.default_rng(off)
    before = rng.integers(2, 6, (6, 6)).repeat(20, 0).repeat(20, 1)
    after = np.roll(before, off, axis=1)
    after[:, :off] = before[:, :off]
    assert change(before, after).objects == ()


def test_specks_and_lone_pixels_do_not_tear_an_object_apart():
    rng = np.random.default_rng(0)
    before, after = ground(TREES), ground(TREES, water=(30, 30, 90, 90))
    noisy = after.copy()
    noisy[rng.random(after.shape) < 0.15] = TREES
    found = change(before, noisy, confidence=0.97)  # of which the specks take their share
    assert len(found.objects) == 1 and found.objects[0].area_px == pytest.approx(3600, rel=0.1)


def test_buildings_and_roads_are_never_land_cover_objects():
    before, after = ground(TREES), ground(TREES, bare=(20, 20, 100, 100))
    after[40:70, 40:70] = BUILT
    seen = scene()
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[40:70, 40:70] = 2
    found = change(before, after, evidence=evidence_of(mask, mask > 0, seen))
    codes = found.rows(0, SIDE)
    assert (codes[mask > 0] == 0).all() and kinds(found) == {("trees", "bare ground")}
    assert found.objects[0].area_px == pytest.approx(6400 - 900, rel=0.01)
    only = found.grounds[0]
    assert (only.direction, only.class_of, dict(only.shares)) == ("appeared", "trees", {"trees": 900.0})
    assert found.flows["trees", "built-up"].area == 900 and found.flows["trees", "bare ground"].count == 1


def test_what_came_after_a_building_that_is_gone():
    before, after = ground(LOW, built=(40, 40, 70, 70)), ground(LOW, trees=(40, 40, 50, 70), bare=(50, 40, 70, 70))
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[40:70, 40:70] = 2
    found = change(before, after, evidence=evidence_of(mask, np.zeros_like(mask), scene()))
    assert found.objects == () and found.grounds[0].direction == "vanished" and found.grounds[0].class_of == "bare ground"
    assert {pair: value.area for pair, value in found.flows.items()} == {
        ("built-up", "bare ground"): 600, ("built-up", "trees"): 300
    }  # fmt: skip


def test_specks_under_a_building_count_as_the_ground_around_them():
    before, after = ground(LOW, trees=(40, 40, 43, 45)), ground(LOW, built=(40, 40, 70, 70))
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[40:70, 40:70] = 2
    found = change(before, after, evidence=evidence_of(mask, mask > 0, scene()))
    assert dict(found.grounds[0].shares) == {"low vegetation and crops": 900.0}


def test_ground_that_seems_built_up_outside_of_every_building_has_an_unknown_kind():
    assert kinds(change(ground(TREES), ground(TREES, built=(30, 30, 90, 90)))) == {("trees", UNKNOWN)}


def test_objects_that_are_not_sure_enough_are_left_out():
    before, after = ground(TREES), ground(TREES, water=(30, 30, 90, 90))
    assert len(change(before, after, 0.95).objects) == 1 and change(before, after, 0.8).objects == ()  # 0.64 for both dates


def test_a_class_that_is_not_sure_is_unknown_and_ground_of_which_nothing_is_known_is_left_out(monkeypatch):
    monkeypatch.setattr(land_cover, "LEAST", 0.5)
    confidence = np.full((2, SIDE, SIDE), 0.95, np.float32)
    confidence[1] = 0.55  # likelier than all others together, but below what the class needs
    found = change(ground(TREES), ground(TREES, water=(30, 30, 90, 90)), confidence)
    assert kinds(found) == {("trees", UNKNOWN)} and found.known == 0
    assert found.objects[0].confidence == pytest.approx(0.95 * 0.55, abs=0.03)
    assert change(ground(TREES), ground(TREES, water=(30, 30, 90, 90)), 0.45).objects == ()
    assert (change(ground(TREES), ground(TREES), 0.45).rows(0, SIDE) == NOT_KNOWN).all()


def test_small_water_may_be_a_shadow_and_an_unknown_class_needs_more_ground():
    assert kinds(change(ground(LOW), ground(LOW, water=(30, 30, 70, 70)))) == {("low vegetation and crops", "water")}
    assert kinds(change(ground(LOW), ground(LOW, water=(30, 30, 50, 50)))) == {("low vegetation and crops", UNKNOWN)}
    assert change(ground(LOW), ground(LOW, water=(30, 30, 44, 44))).objects == ()
    assert kinds(change(ground(LOW), ground(LOW, trees=(30, 30, 44, 44)))) == {("low vegetation and crops", "trees")}


def test_the_same_ground_at_half_the_pixel_size_gives_the_same_objects():
    before, after = ground(TREES, side=60), ground(TREES, side=60, water=(15, 15, 50, 50))
    coarse = change(before, after, metres=1.0)
    fine = change(before.repeat(2, 0).repeat(2, 1), after.repeat(2, 0).repeat(2, 1), metres=0.5)
    assert kinds(coarse) == kinds(fine)
    assert fine.objects[0].area_m2 == pytest.approx(coarse.objects[0].area_m2, rel=0.05)


def test_exact_maps_of_a_new_estate_give_no_change_where_only_buildings_and_roads_came():
    """Whatever is found beside the objects must differ in the exact maps, too."""
    pair = render_pair(8, 128)
    cover, evidence, seen = rendered(pair)
    found = land_cover_change(cover, evidence, seen, seen.metres_per_pixel)
    assert len(found.grounds) == len(evidence.objects)
    differs = exact(pair.before_map) != exact(pair.after_map)
    changed = (found.rows(0, 128) > 0) & (found.rows(0, 128) < NOT_KNOWN)
    assert differs[changed].mean() > 0.9 if changed.any() else True


@pytest.mark.parametrize("seed", range(3))
def test_only_pieces_that_are_reported_are_measured_and_they_are_those_that_measuring_first_would_give(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    inside = ndimage.gaussian_filter(rng.random((SIDE, SIDE)), 3) > 0.51
    confidence = 0.65 + 0.35 * (ndimage.gaussian_filter(rng.random((SIDE, SIDE)), 6) > 0.5)
    cover = cover_of(np.full((SIDE, SIDE), TREES), np.full((SIDE, SIDE), LOW), confidence)
    code = 1 + land_cover.N_GROUPS * land_cover.GROUPS[TREES] + land_cover.GROUPS[LOW]
    expected = []
    for item in find_objects(inside, land_cover.smallest_area(1.0)):
        key, sure = land_cover.read_classes(item, code, cover, 1.0)
        if land_cover.is_reported(key, sure, float(item.inside.sum()), 1.0):
            expected.append((key, sure, item.polygon.tolist(), item.centroid))
    measured = []
    simplify = objects.simplify
    monkeypatch.setattr(objects, "simplify", lambda contour, **how: measured.append(1) or simplify(contour, **how))
    reported = [
        (found.key, found.confidence, item.polygon.tolist(), item.centroid)
        for found, item in land_cover.objects_in(inside, (0, 0), code, cover, 1.0, scene())
    ]
    assert reported == expected and reported
    assert len(measured) < sum(1 for _ in find_pieces(inside, 100)), "the others are left out before"


def test_ground_under_a_changed_object_is_shared_out_by_its_known_pixels():
    before = ground(trees=(10, 10, 40, 20), paved=(10, 20, 40, 25))
    cover = cover_of(before, before, np.where(np.arange(SIDE) < 36, 0.99, 0.5) * np.ones((SIDE, 1)))
    item = one(3, "building", "appeared", 10, 10, 30, 15)
    inside = np.ones((15, 30), bool)
    found = object_ground(item, cover.part(cover.packed[:1, 10:25, 10:40]), inside)
    known = 26 / 30
    assert found.class_of == "trees" and found.confidence == pytest.approx(min(item.confidence, 0.99), abs=0.02)
    unsure = replace(item, confidence=0.6)
    assert object_ground(unsure, cover.part(cover.packed[:1, 10:25, 10:40]), inside).confidence == 0.6
    assert found.shares == pytest.approx({"trees": 300 * known, "road and paved": 150 * known, UNKNOWN: 450 * (1 - known)})


@pytest.mark.parametrize(
    ("ground_of", "confidence", "class_of"),
    [
        (TREES, 0.9, "trees"), (TREES, 0.8, UNKNOWN), (LOW, 0.9, "low vegetation and crops"),
        (WATER, 0.9, UNKNOWN), (WATER, 0.99, "water"),
    ],
)
def test_ground_under_a_changed_object_may_be_known_as_a_whole(ground_of, confidence, class_of):
    """No pixel alone is sure enough to be named, a roof's worth of them is; of water, which shadow resembles, never."""
    cover = replace(cover_of(ground(ground_of), ground(ground_of), confidence), thresholds=Thresholds((0.96,) * 6, (NEVER,) * 6))
    item = one(3, "building", "appeared", 10, 10, 30, 15)
    found = object_ground(item, cover.part(cover.packed[:1, 10:25, 10:40]), np.ones((15, 30), bool))
    assert found.class_of == class_of and found.shares == pytest.approx({class_of: item.area})
    assert found.confidence == pytest.approx(0 if class_of == UNKNOWN else min(item.confidence, confidence), abs=0.02)


@pytest.mark.parametrize("metres", [0.5, 1.0])
def test_change_is_the_same_in_blocks_of_any_size(metres, monkeypatch):
    """Patches of all sizes, some across the sides of blocks, some at the scene's edge."""
    rng = np.random.default_rng(3)
    smooth = ndimage.gaussian_filter(rng.normal(size=(2, 170, 230)), (0, 3, 3))
    before, after = np.digitize(smooth / smooth.std(), (-1, 0, 1)) + 2
    cover, blocked = cover_of(before, after), rng.random(before.shape) < 0.02
    monkeypatch.setattr("chronosight.engines.compact.land_cover.BLOCK", 1000)
    whole = change_map(cover, blocked, metres)
    assert len(np.unique(whole)) > 3 and (whole == 0).any()
    for side in (32, 50):
        monkeypatch.setattr("chronosight.engines.compact.land_cover.BLOCK", side)
        np.testing.assert_array_equal(change_map(cover, blocked, metres), whole)


def test_windows_hold_whole_objects_and_share_none(monkeypatch):
    """A ring around a patch, and one far off: the patch lies in the hole of the ring, so both are in one window."""
    monkeypatch.setattr("chronosight.engines.compact.land_cover.BLOCK", 8)
    mask = np.zeros((90, 130), bool)
    mask[2:60, 2:60] = True
    mask[10:50, 10:50] = False
    mask[28:32, 28:32] = mask[80:90, 101:105] = True
    windows = windows_apart(mask)
    assert windows == [np.s_[0:64, 0:64], np.s_[80:90, 96:112]]
    drawn = np.random.default_rng(0).random((200, 300)) < 0.001
    drawn = ndimage.binary_dilation(drawn, np.ones((3, 3)), 3)
    count, found = ndimage.label(drawn, np.ones((3, 3)))[1], 0
    seen = np.zeros(drawn.shape, int)
    for window in windows_apart(drawn):
        seen[window] += 1
        found += ndimage.label(drawn[window], np.ones((3, 3)))[1]
    assert found == count > 20 and seen.max() == 1 and (seen[drawn] == 1).all() and (seen == 0).any()
    assert windows_apart(np.zeros((20, 20), bool)) == []
