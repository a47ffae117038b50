"""Real pairs, pasted buildings and guide samples, on places drawn here."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from chronosight.datasets.places import PlacePair, load_places, windows
from chronosight.errors import InputError
from chronosight.training.recipes.guide import SampleShares
from chronosight.training.samples.guide_samples import UNKNOWN_ROAD, GuideSamples, gap_weight
from chronosight.training.samples.mirror import mirror_caption
from chronosight.training.samples.paste import BuildingLibrary, paste_buildings


def place(seed: int, size: int = 512, name: str = "p") -> PlacePair:
    rng = np.random.default_rng(seed)
    before = rng.integers(60, 120, (size, size, 3), dtype=np.uint8)
    after, building = before.copy(), np.zeros((size, size), bool)
    for _ in range(12):
        y, x = rng.integers(0, size - 20, 2)
        after[y : y + 12, x : x + 16], building[y : y + 12, x : x + 16] = 220, True
    return PlacePair(f"{name}_{seed}", name, 1.0, before, after, building, ())


def test_places_are_read_as_written(tmp_path):
    made = place(0, 64)
    folder = tmp_path / "pairs" / "val"
    folder.mkdir(parents=True)
    for date in ("before", "after"):
        Image.fromarray(getattr(made, date)).save(folder / f"a_{date}.webp", lossless=True)
    Image.fromarray(made.building).save(folder / "a_building.png")
    row = {"id": "a", "place": None, "metres_per_pixel": 1.0, "size": 64,
           "cells": [{"box": [0, 0, 32, 32], "captions": ["x"] * 5}]}  # fmt: skip
    (tmp_path / "pairs" / "val.jsonl").write_text(json.dumps(row))
    (read,) = load_places(tmp_path, "val")
    np.testing.assert_array_equal(read.before, made.before)
    np.testing.assert_array_equal(read.building, made.building)
    assert read.place == "a" and read.cells[0].box == (0, 0, 32, 32)


def test_missing_imagery_is_explained(tmp_path):
    with pytest.raises(InputError, match=r"no val\.jsonl.*--data"):
        load_places(tmp_path, "val")


def test_windows_cover_a_place_once():
    seen = np.zeros((512, 512), int)
    for x0, y0, x1, y1 in windows(512):
        seen[y0:y1, x0:x1] += 1
    assert (seen == 1).all()


def test_pasted_buildings_change_the_later_date_only():
    source = place(1)
    library = BuildingLibrary([source])
    assert library.cutouts
    blank = np.full((256, 256, 3), 90, np.uint8)
    free = np.zeros((256, 256), bool)
    before, after, pasted = paste_buildings(blank, blank, free, library, np.random.default_rng(0), 6, both_dates=False)
    assert (before == 90).all() and pasted.sum() > 100
    assert (after[pasted] != 90).mean() > 0.9
    assert not (blank != 90).any(), "the given picture must not be painted on"
    before, after, pasted = paste_buildings(blank, blank, free, library, np.random.default_rng(0), 6, both_dates=True)
    assert (before[pasted] != 90).mean() > 0.9 and (after[pasted] != 90).mean() > 0.9


def test_nothing_is_pasted_on_occupied_ground():
    library = BuildingLibrary([place(1)])
    blank = np.full((256, 256, 3), 90, np.uint8)
    _, after, pasted = paste_buildings(
        blank, blank, np.ones((256, 256), bool), library, np.random.default_rng(0), 6, both_dates=False
    )
    assert not pasted.any() and (after == 90).all()


@pytest.mark.parametrize("kind", ["place", "native", "same", "image", "rendered"])
def test_samples_of_every_kind_are_whole_and_repeatable(kind):
    mix = SampleShares(**{name: float(name == kind) for name in ("place", "native", "same", "image", "rendered")})
    places = [place(seed) for seed in range(3)]
    samples = GuideSamples(places, [place(9, 256)], [places[0].after[:200, :200]], 100, seed=5, mix=mix)
    for index in (0, 7):
        sample, again = samples[index], samples[index]
        assert sample["before"].shape == sample["after"].shape == (3, 256, 256)
        assert sample["before"].min() >= 0 and sample["before"].max() <= 1
        assert set(np.unique(sample["target"])) <= {0, 1, 2, UNKNOWN_ROAD}
        assert (sample["appeared"][sample["target"] == 2] >= 0).all()
        for name in sample:
            np.testing.assert_array_equal(sample[name], again[name])
        if kind in ("same", "image"):
            assert UNKNOWN_ROAD not in sample["target"]


def test_gaps_between_neighbours_weigh_more():
    buildings = np.zeros((20, 30), bool)
    buildings[5:15, 3:10] = buildings[5:15, 12:20] = True
    weight = gap_weight(buildings)
    assert (weight[7:13, 10:12] > 1).all()
    assert (weight[buildings] == 1).all() and weight[0, 29] == 1 and weight[10, 25] == 1


def test_mirrored_captions():
    assert mirror_caption("a road on the left, houses at the top", True, False) == "a road on the right, houses at the top"
    assert mirror_caption("upper left corner", True, True) == "lower right corner"
    text = "houses line up below the road in the northwest"
    assert mirror_caption(mirror_caption(text, True, True), True, True) == text
