"""Samples of the guide of fine imagery: what is said of them is true of their pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

pytest.importorskip("torch")

from chronosight.datasets.buildings import BuildingChip
from chronosight.datasets.places import PlacePair
from chronosight.synthetic.erased import erase, ground_under
from chronosight.training.recipes.guide import FineShares
from chronosight.training.samples import cutouts, fine_samples
from chronosight.training.samples.cutouts import (
    Cutout,
    LabelledPair,
    cutouts_of_chips,
    cutouts_of_pairs,
    paste,
)
from chronosight.training.samples.drawn import draw_roofs
from chronosight.training.samples.fine_samples import FINE, FINEST, UNKNOWN_ROAD, FineSamples, FineSources, MixedSamples

SIDE = 64
NONE = {"place": 0, "native": 0, "same": 0, "chip": 0, "rendered": 0}


def native(seed: int = 0) -> PlacePair:
    rng = np.random.default_rng(seed)
    before = rng.integers(80, 100, (256, 256, 3)).astype(np.uint8)
    after, mask = before.copy(), np.zeros((256, 256), bool)
    for y in range(20, 230, 50):
        for x in range(20, 230, 50):
            after[y : y + 20, x : x + 16], mask[y : y + 20, x : x + 16] = 230, True
    return PlacePair(f"tr{seed}", f"tr{seed}", 0.5, before, after, mask, ())


def chip() -> BuildingChip:
    labels = np.zeros((200, 200), np.int32)
    labels[20:60, 20:60], labels[20:60, 62:100], labels[120:170, 120:160] = 1, 2, 3
    pixels = np.where(labels[..., None] > 0, 220, 90).astype(np.uint8).repeat(3, -1)
    return BuildingChip("town_1_2_19", 0.2, pixels, labels)


@pytest.fixture
def plain(monkeypatch):
    """Without changes of light, of place and of turn, so that pixels say what is there."""
    monkeypatch.setattr(fine_samples, "vary", lambda image, rng: image)
    monkeypatch.setattr(fine_samples, "apply_tint", lambda image, tint: image)
    monkeypatch.setattr(fine_samples, "_moved", lambda image, rng: image)
    monkeypatch.setattr(fine_samples, "_distorted", lambda image, rng: image)
    monkeypatch.setattr(cutouts, "_leaned", lambda here, size, rng: here)


def samples(kind: str, **sources) -> FineSamples:
    empty = {"places": [], "natives": [], "chips": [], "images": [], "rendered": []}
    return FineSamples(FineSources(**empty | sources), FineShares(**NONE | {kind: 1}), 100, 5, SIDE)


def test_a_sample_depends_on_its_index_alone():
    made = samples("native", natives=[native()])
    for name, value in made[7].items():
        np.testing.assert_array_equal(value, samples("native", natives=[native()])[7][name])
    assert (made[7]["before"] != made[8]["before"]).any()


def test_real_pairs_are_brighter_where_a_building_stands(plain):
    made = samples("native", natives=[native()])
    seen = 0
    for index in range(12):
        one = made[index]
        first, second = one["footprints"]
        inside = one["target"] == 2
        known = (first >= 0) & (second >= 0)
        np.testing.assert_array_equal(inside, known & (first != second))
        assert (one["appeared"][inside] == second[inside]).all() and (one["appeared"][~inside] == -1).all()
        new = one["appeared"] == 1
        if new.sum() > 50:
            seen += 1
            assert np.median(one["after"][:, new]) > np.median(one["before"][:, new])
    assert seen > 3


def test_much_of_what_is_shown_twice_did_not_change(plain, monkeypatch):
    monkeypatch.setattr(fine_samples, "draw_roofs", lambda pair, rng: pair)
    made = samples("same", natives=[native()])
    unchanged = [one for one in map(made.__getitem__, range(30)) if not (one["target"] == 2).any()]
    assert 5 < len(unchanged) < 30
    for one in unchanged:
        stands = (one["footprints"] == 1).any(0)  # pasted at both dates, each in a light of its own
        stands = ndimage.binary_dilation(stands, iterations=10)
        np.testing.assert_array_equal(one["before"][:, ~stands], one["after"][:, ~stands])
        assert (one["target"] == 0).all(), "nothing changed, no road either"


def test_chips_know_the_footprints_of_both_dates(plain, monkeypatch):
    monkeypatch.setattr(fine_samples, "draw_roofs", lambda pair, rng: pair)  # an unchanged one may lean
    made = samples("chip", chips=[chip()])
    for index in range(20):
        one = made[index]
        first, second = one["footprints"]
        assert set(np.unique(one["footprints"])) <= {0, 1}
        np.testing.assert_array_equal(one["target"] == 2, first != second)
        assert set(np.unique(one["target"])) <= {2, UNKNOWN_ROAD}


def test_adjoining_buildings_keep_a_core_each():
    one = samples("chip", chips=[chip()])
    cores = [index for index in range(20) if one[index]["core"].any()]
    assert cores and all((one[index]["core"] <= (one[index]["target"] == 2)).all() for index in cores)


def test_pasted_buildings_are_where_the_mask_says():
    rng = np.random.default_rng(3)
    flat = np.full((SIDE, SIDE, 3), 100, np.uint8)
    library = [Cutout(np.full((20, 20, 3), 250, np.uint8), np.pad(np.ones((12, 12), bool), 4), 0.5)]
    nothing = np.zeros((SIDE, SIDE), bool)
    blank = LabelledPair(flat, flat, nothing, np.full((2, SIDE, SIDE), -1, np.int8), 0.5)
    for _ in range(10):
        made = paste(blank, [library], rng)
        difference = np.abs(made.after.astype(int) - made.before).max(-1)
        if made.changed.any():
            assert difference[made.changed].min() > 0
        assert (made.footprints[1][made.changed] == 1).all() and (made.footprints[0][made.changed] == 0).all()
    assert (blank.before == 100).all() and not blank.changed.any(), "the pair itself stays as it is"


def test_buildings_are_pasted_at_their_true_size():
    rng = np.random.default_rng(0)
    library = [Cutout(np.full((40, 40, 3), 250, np.uint8), np.pad(np.ones((20, 20), bool), 10), 0.5)]  # 10 m x 10 m
    areas = []
    for step in (0.5, 1.0):
        flat = np.full((SIDE * 2, SIDE * 2, 3), 100, np.uint8)
        blank = LabelledPair(flat, flat, np.zeros(flat.shape[:2], bool), np.full((2, *flat.shape[:2]), -1, np.int8), step)
        pasted = [paste(blank, [library], rng, most=1) for _ in range(40)]
        sizes = [(made.footprints == 1).any(0).sum() * step**2 for made in pasted]
        areas.append(np.median([size for size in sizes if size > 0]))
    assert areas[0] == pytest.approx(100, rel=0.4) and areas[1] == pytest.approx(100, rel=0.4)


def test_cutouts_lie_whole_within_their_image():
    assert len(cutouts_of_pairs([native()])) == 25
    found = cutouts_of_chips([chip()])
    assert len(found) == 3 and all(one.mask.any() and not one.mask[0].any() for one in found)


def test_drawn_roofs_are_where_the_mask_says_and_ground_is_not_among_them():
    rng = np.random.default_rng(1)
    flat = np.full((96, 96, 3), 100, np.uint8)
    blank = LabelledPair(flat, flat, np.zeros((96, 96), bool), np.full((2, 96, 96), -1, np.int8), 0.5)
    roofs = unlabelled = 0
    for _ in range(60):
        made = draw_roofs(blank, rng)
        difference = np.abs(made.after.astype(int) - made.before).max(-1) > 8
        roofs += made.changed.any()
        inner = ndimage.binary_erosion(made.changed, iterations=2)
        assert (made.footprints[1][made.changed] == 1).all() and (made.footprints[0][made.changed] == 0).all()
        if inner.any():
            assert difference[inner].mean() > 0.3
        outside = ~ndimage.binary_dilation((made.footprints == 1).any(0), iterations=30)
        unlabelled += bool((difference & outside).sum() > 20)
        assert made.changed.mean() < 0.99
    assert roofs > 30 and unlabelled > 5, "some change is no building"
    assert (blank.after == 100).all()


def test_erased_buildings_look_like_the_ground_around_them():
    rng, one = np.random.default_rng(0), chip()
    gone = one.labels == 3
    ground = ground_under(one.pixels, one.labels == 0, rng)
    erased = erase(one.pixels, gone, ground, rng)
    assert erased[140:150, 135:145].mean() == pytest.approx(90, abs=12)
    np.testing.assert_array_equal(erased[:100], one.pixels[:100])


def test_adjoining_buildings_of_a_chip_have_a_core_each(plain, monkeypatch):
    labels = np.zeros((200, 200), np.int32)
    for number, (y, x) in enumerate([(y, x) for y in (20, 60, 100) for x in (20, 60, 100)], 1):
        labels[y : y + 40, x : x + 40] = number
    block = BuildingChip("town_1_2_19", 0.2, np.where(labels[..., None] > 0, 220, 90).astype(np.uint8).repeat(3, -1), labels)
    made, most = samples("chip", chips=[block], natives=[native()]), 0
    monkeypatch.setattr(made, "shown_at", replace(FINE, chip=(0.4, 0.4)))
    monkeypatch.setattr(made, "_built", lambda pair, *_: pair)
    for index in range(40):
        sample = made[index]
        cores, masks = ndimage.label(sample["core"], np.ones((3, 3)))[1], ndimage.label(sample["target"] == 2)[1]
        most = max(most, cores - masks)
    assert most >= 4


def test_a_chip_is_continued_by_its_mirror_image_with_numbers_of_its_own():
    given = chip()
    wider = fine_samples._widened(given, given.labels)
    margin = round(fine_samples.WIDER * 200)
    assert wider.pixels.shape == (200 + 2 * margin, 200 + 2 * margin, 3)
    inside = wider.labels[margin:-margin, margin:-margin]
    np.testing.assert_array_equal(inside > 0, given.labels > 0)
    np.testing.assert_array_equal(wider.pixels[margin:-margin, margin:-margin], given.pixels)
    for number in range(1, wider.labels.max() + 1):
        assert ndimage.label(wider.labels == number, np.ones((3, 3)))[1] == 1
    assert wider.labels.max() > given.labels.max() and (wider.pixels[..., 0] == 220)[wider.labels > 0].all()


def test_the_finest_samples_are_shown_at_their_ground_sizes(plain, monkeypatch):
    monkeypatch.setattr(FineSamples, "_built", lambda self, pair, *_: pair)
    large = BuildingChip("town_1_2_19", 0.2, *(np.tile(part, (4, 4, 1)[: part.ndim]) for part in (chip().pixels, chip().labels)))
    for kind, steps in (("native", (0.22, 0.5)), ("chip", (0.18, 0.36)), ("same", (0.1, 0.5))):
        empty = {"places": [], "natives": [native()], "chips": [large], "images": [], "rendered": []}
        made = FineSamples(FineSources(**empty), FineShares(**NONE | {kind: 1}), 100, 5, SIDE, FINEST)
        found = [made._maker(rng)(rng)[0].metres_per_pixel for rng in map(np.random.default_rng, range(60))]
        assert steps[0] * 0.95 <= min(found) and max(found) <= steps[1] * 1.05, kind
        assert max(found) - min(found) > 0.5 * (steps[1] - steps[0])


def test_roads_that_another_guide_saw_are_learned_where_it_was_sure(plain, monkeypatch):
    monkeypatch.setattr(fine_samples, "PASTED", 0.0)
    monkeypatch.setattr(FineSamples, "_built", lambda self, pair, rng, drawn, both: pair)
    seen, pair = np.zeros((256, 256), np.uint8), native()
    seen[:, :64], seen[:, 64:128] = 255, 70  # sure of a road, not sure, sure of none
    learned = samples("native", natives=[pair], native_roads=[seen])
    unknown = samples("native", natives=[pair])
    found = {index: learned[index]["target"] for index in range(20)}
    assert {0, 1, 2, UNKNOWN_ROAD} == {int(value) for target in found.values() for value in np.unique(target)}
    for index, target in found.items():
        without = unknown[index]["target"]
        assert set(np.unique(without)) <= {2, UNKNOWN_ROAD} and np.array_equal(without == 2, target == 2)


def test_a_share_of_mixed_samples_is_of_the_second_kind():
    first, second = samples("native", natives=[native()]), samples("native", natives=[native(1)])
    mixed = MixedSamples(first, second, 0.25)
    kinds = [np.array_equal(mixed[i]["before"], second[i]["before"]) for i in range(100)]
    assert len(mixed) == len(first) and 12 <= sum(kinds) <= 38
    assert all(np.array_equal(mixed[i]["before"], first[i]["before"]) for i, other in enumerate(kinds) if not other)
