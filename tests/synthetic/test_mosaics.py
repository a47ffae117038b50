"""Mosaics: every labelled pixel shows the ground that its label says."""

import numpy as np

from chronosight.datasets.ground_images import DRY, UNLABELLED, GroundImage
from chronosight.synthetic import mosaics
from chronosight.synthetic.mosaics import draw_mosaic

GREYS = {0: 20, 2: 120, 5: 220}


def grounds() -> dict[int, list[GroundImage]]:
    found = {}
    for kind, grey in GREYS.items():
        labels = np.full((90, 90), kind, np.int8)
        labels[:20] = UNLABELLED
        found[kind] = [GroundImage(f"{kind}", step, np.full((90, 90, 3), grey, np.uint8), labels, kind) for step in (0.3, 3.0)]
    return found


def test_labels_are_those_of_the_ground_that_shows(monkeypatch):
    monkeypatch.setattr(mosaics, "SHADED", 0)
    seen = set()
    for seed in range(30):
        made = draw_mosaic(np.random.default_rng(seed), grounds(), 96)
        assert made.pixels.shape == (96, 96, 3) and made.labels.shape == (96, 96)
        for kind, grey in GREYS.items():
            here = made.labels == kind
            if here.any():
                seen.add(kind)
                assert abs(np.median(made.pixels[here]) - grey) <= 1
                assert (np.abs(made.pixels[here].astype(int) - grey) < 100).all()
    assert seen == set(GREYS)


def test_a_mosaic_is_that_of_its_seed_and_shadows_change_no_label(monkeypatch):
    once, again = (draw_mosaic(np.random.default_rng(4), grounds(), 64) for _ in range(2))
    np.testing.assert_array_equal(once.pixels, again.pixels)
    monkeypatch.setattr(mosaics, "SHADED", 1)
    darker = 0
    for seed in range(12):
        shaded = draw_mosaic(np.random.default_rng(seed), grounds(), 64)
        for kind, grey in GREYS.items():
            darker += int((shaded.pixels[shaded.labels == kind].mean(-1) < 0.7 * grey).sum())
    assert darker > 500
    assert DRY < UNLABELLED < 0
