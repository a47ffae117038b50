"""Cores of objects, and merged neighbours taken apart by them."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from chronosight.tasks.objects import find_objects
from chronosight.tasks.split import EIGHT, cores_of, split_by_cores


def rows_of_houses() -> np.ndarray:
    mask = np.zeros((64, 96), bool)
    for x in range(4, 90, 12):
        mask[10:22, x : x + 11] = mask[40:50, x : x + 11] = True
    return mask


def test_every_object_has_one_core_inside_it():
    rng = np.random.default_rng(0)
    for _ in range(20):
        mask = ndimage.binary_opening(rng.random((60, 60)) < 0.6)
        labels, n = ndimage.label(mask, EIGHT)
        parts, m = ndimage.label(cores_of(mask), EIGHT)
        assert m == n
        assert sorted(labels[parts == i].min() for i in range(1, m + 1)) == list(range(1, n + 1))


def test_merged_houses_come_apart_by_their_cores():
    houses = rows_of_houses()
    merged = ndimage.binary_closing(houses, EIGHT, 1) | houses
    assert len(find_objects(merged)) < len(find_objects(houses)) == 16
    apart = split_by_cores(merged, cores_of(houses))
    assert len(find_objects(apart)) == 16
    assert (merged & ~apart).sum() < 0.12 * merged.sum() and not (apart & ~merged).any()


def test_one_core_or_none_leaves_an_object_whole():
    mask = np.zeros((40, 40), bool)
    mask[5:15, 5:35] = mask[22:36, 10:20] = True
    core = np.zeros_like(mask)
    core[8:12, 8:30] = True  # the second object has none
    np.testing.assert_array_equal(split_by_cores(mask, core), mask)
    np.testing.assert_array_equal(split_by_cores(mask, np.zeros_like(mask)), mask)


def test_specks_are_no_cores():
    mask = np.zeros((30, 40), bool)
    mask[5:25, 5:35] = True
    cores = np.zeros_like(mask)
    cores[10:20, 8:16] = cores[12, 30] = True
    np.testing.assert_array_equal(split_by_cores(mask, cores), mask)
