"""Samples of the land-cover head: both views show the ground that the labels say."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

pytest.importorskip("torch")

from chronosight.datasets.ground_images import BUILT, UNLABELLED, GroundImage
from chronosight.datasets.places import PlacePair
from chronosight.synthetic.land_cover import of_rendered
from chronosight.synthetic.pair import render_pair
from chronosight.training.recipes.guide import LandCoverShares
from chronosight.training.samples import land_cover_samples
from chronosight.training.samples.land_cover_samples import OTHER, SAME, SEASON, LandCoverSamples, LandCoverSources, of_squares

SIDE = 64
NONE = {"mosaic": 0, "rendered": 0, "real": 0, "two_dates": 0}


def place(changed: bool) -> PlacePair:
    before = np.full((128, 128, 3), 120, np.uint8)
    after, mask = before.copy(), np.zeros((128, 128), bool)
    if changed:
        rows = np.arange(128) % 32 < 8
        after[rows], mask[rows] = 230, True
    return PlacePair("p", "p", 0.5, before, after, mask, ())


def samples(kind: str, places=(), rendered=(), **shares: float) -> LandCoverSamples:
    grounds = {
        kind: [GroundImage("g", 0.5, np.full((80, 80, 3), 40 * kind, np.uint8), np.full((80, 80), kind, np.int8), kind)]
        for kind in range(6)
    }
    sources = LandCoverSources(grounds, list(places), list(rendered))
    return LandCoverSamples(sources, LandCoverShares(**NONE | {kind: 1}), 100, 5, SIDE, **shares)


@pytest.fixture
def plain(monkeypatch):
    monkeypatch.setattr(land_cover_samples, "vary", lambda image, rng: image)
    monkeypatch.setattr(land_cover_samples, "difference_only", lambda image, seed: image)


def test_a_sample_is_that_of_its_index():
    first, again, other = samples("mosaic")[3], samples("mosaic")[3], samples("mosaic")[4]
    assert first["views"].shape == (2, 3, SIDE, SIDE) and first["labels"].shape == (2, SIDE // 2, SIDE // 2)
    assert first["views"].dtype == np.float32 and first["views"].min() >= 0 and first["views"].max() <= 1
    for name, value in first.items():
        np.testing.assert_array_equal(value, again[name])
    assert not np.array_equal(first["views"], other["views"])


def test_both_views_of_a_mosaic_are_one_ground_in_two_lights():
    made = samples("mosaic")
    differ = [np.abs(made[i]["views"][0] - made[i]["views"][1]).mean() for i in range(8)]
    assert np.mean(differ) > 0.02
    for i in range(8):
        np.testing.assert_array_equal(made[i]["labels"][0], made[i]["labels"][1])
        assert (made[i]["same"] == SAME).all() and (made[i]["labels"] >= 0).mean() > 0.5


def test_some_views_stay_as_they_are(monkeypatch):
    monkeypatch.setattr(land_cover_samples, "vary", lambda image, rng: np.full_like(image, 255))
    monkeypatch.setattr(land_cover_samples, "difference_only", lambda image, seed: np.full_like(image, 255))
    rng, image = np.random.default_rng(0), np.full((4, 4, 3), 9, np.uint8)
    kept = np.mean([(land_cover_samples._lit(image, rng) == 9).all() for _ in range(400)])
    assert abs(kept - land_cover_samples.AS_IT_IS) < 0.08


def test_rendered_dates_have_their_own_labels_and_differ_where_these_do(plain):
    pair = render_pair(2, 128, 0.5)
    one = samples("rendered", rendered=[pair])[0]
    different = one["labels"][0] != one["labels"][1]
    assert different.any() and (one["same"][different] == OTHER).all() and (one["same"][~different] == SAME).all()
    assert of_rendered(pair.before_map).min() >= UNLABELLED


def test_coarse_mosaics_are_drawn_at_about_a_metre(monkeypatch):
    asked, draw = [], land_cover_samples.draw_mosaic
    monkeypatch.setattr(land_cover_samples, "draw_mosaic", lambda *given: asked.append(given[-1]) or draw(*given))
    for share, least, most in ((0.0, 0, 0), (0.5, 10, 30), (1.0, 40, 40)):
        asked.clear()
        made = samples("mosaic", coarse=share)
        for index in range(40):
            made[index]
        assert least <= asked.count(land_cover_samples.COARSE_STEPS) <= most


@pytest.mark.parametrize(("metres", "enlarged"), [(1.3, True), (0.5, False)])
def test_what_is_about_a_metre_a_pixel_is_enlarged_with_its_labels(plain, metres, enlarged):
    """Stripes of roofs are twice as wide, in the images as in the labels; of finer imagery they are what they were."""
    pairs = [dataclasses.replace(place(changed=True), metres_per_pixel=metres)]
    for i in range(12):
        one, other = (samples("real", pairs, enlarged=times)[i] for times in (1.0, 2.0))
        edges = [np.abs(np.diff(made["labels"] == BUILT, axis=1)).sum() for made in (one, other)]
        seen = [np.abs(np.diff(made["views"], axis=2)).sum() for made in (one, other)]
        if edges[0]:  # the earlier date has no roofs
            assert enlarged == bool(edges[1] < 0.8 * edges[0]) == bool(seen[1] < 0.8 * seen[0])


def test_an_unresized_rendered_sample_is_cut_out_of_its_pair(plain):
    pair = render_pair(2, 128, 0.5)
    view = np.rint(samples("rendered", rendered=[pair], unresized=1.0)[0]["views"][0].transpose(1, 2, 0) * 255)
    parts = np.lib.stride_tricks.sliding_window_view(pair.before, (SIDE, SIDE, 3))[:, :, 0]
    assert (parts == view).all(axis=(2, 3, 4)).any()


def test_of_a_real_date_new_roofs_are_known(plain):
    made = [samples("real", [place(True)])[i] for i in range(12)]
    roofs = [one for one in made if (one["labels"] == BUILT).any()]
    assert 2 <= len(roofs) <= 10  # those of the later date
    for one in roofs:
        bright = one["views"][0].mean(0)[1::2, 1::2] > 0.7
        assert (bright == (one["labels"][0] == BUILT)).mean() > 0.9


def test_two_dates_are_taken_where_no_building_changed(plain):
    one = samples("two_dates", [place(False)])[0]
    assert (one["same"] == SEASON).all() and (one["labels"] == UNLABELLED).all()
    assert not (samples("two_dates", [place(True)])[0]["same"] == SEASON).any()


def test_a_square_has_the_label_of_most_of_its_pixels():
    labels = np.array([[[1, 1, 2, 3, 0, 4], [1, 5, 3, 3, 4, 0]]], np.int8)
    assert of_squares(labels).tolist() == [[[1, 3, 0]]]
