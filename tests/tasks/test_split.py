"""Cores of objects, and merged neighbours taken apart by them."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from chronosight.tasks.objects import find_objects
from chronosight.tasks.split import EIGHT, cores_of, cores_of_labels, split_by_cores


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


def test_touching_objects_known_apart_have_a_core_each():
    labels = np.zeros((40, 60), np.int32)
    labels[5:17, 5:17], labels[5:17, 17:29], labels[17:29, 5:17] = 1, 2, 3  # three that adjoin
    labels[34:36, 40:42], labels[34:36, 42:44] = 4, 5  # two so small that every pixel touches the other: one keeps none
    cores = cores_of_labels(labels)
    parts, n = ndimage.label(cores, EIGHT)
    assert [set(np.unique(parts[labels == k])) - {0} for k in (1, 2, 3)] == [{1}, {2}, {3}]
    assert n == 5 and (cores <= (labels > 0)).all()
    assert len(find_objects(split_by_cores(labels > 0, cores))) == 4
    np.testing.assert_array_equal(cores_of_labels(ndimage.label(labels == 1, EIGHT)[0]), cores_of(labels == 1))


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


def test_the_line_between_two_cores_is_one_pixel_wide_and_runs_along_the_middle():
    mask = np.zeros((20, 40), bool)
    mask[5:15, 5:35] = True
    cores = np.zeros_like(mask)
    cores[8:12, 8:12] = cores[8:12, 28:32] = True
    for turned in (lambda array: array, np.transpose, lambda array: array[:, ::-1]):
        apart = split_by_cores(turned(mask), turned(cores))
        gone = turned(mask) & ~apart
        assert gone.sum() == 10 and np.ptp(np.argwhere(gone), axis=0).tolist() in ([9, 0], [0, 9])
        labels, n = ndimage.label(apart, EIGHT)
        assert n == 2 and abs(int((labels == 1).sum()) - int((labels == 2).sum())) <= 10


def test_a_diagonal_line_leaves_no_bridge_by_corners():
    mask = np.ones((40, 40), bool)
    cores = np.zeros_like(mask)
    cores[4:9, 4:9] = cores[31:36, 31:36] = True
    for flipped in (cores, cores[::-1]):
        assert ndimage.label(split_by_cores(mask, flipped), EIGHT)[1] == 2


def test_a_small_object_beside_two_cores_of_another_stays_whole():
    mask = np.zeros((30, 60), bool)
    mask[2:12, 2:58], mask[16:20, 20:40] = True, True
    cores = np.zeros_like(mask)
    cores[5:9, 5:15] = cores[5:9, 45:55] = True
    apart = split_by_cores(mask, cores)
    np.testing.assert_array_equal(apart[16:20], mask[16:20])
    assert ndimage.label(apart[:14], EIGHT)[1] == 2


def test_cores_of_six_pixels_count():
    mask = np.zeros((20, 40), bool)
    mask[5:15, 5:35] = True
    cores = np.zeros_like(mask)
    cores[8:12, 8:12], cores[8:11, 28:30] = True, True
    assert (mask & ~split_by_cores(mask, cores)).any()
    cores[8, 28] = False
    np.testing.assert_array_equal(split_by_cores(mask, cores), mask)


def test_a_core_is_two_pixels_from_the_edge_where_that_leaves_one_piece():
    mask = np.zeros((30, 30), bool)
    mask[4:14, 4:14] = mask[20:24, 4:8] = mask[20:22, 20:22] = True
    mask[0:6, 20:30] = True  # the image's border is no edge of an object
    expected = np.zeros_like(mask)
    expected[6:12, 6:12] = expected[21:23, 5:7] = expected[20:22, 20:22] = True
    expected[0:4, 22:30] = True
    np.testing.assert_array_equal(cores_of(mask), expected)


def test_a_narrow_bar_is_cut_between_its_cores():
    for width in (1, 2, 3):
        mask = np.zeros((40, 20), bool)
        mask[4:36, 8 : 8 + width] = True
        cores = mask.copy()
        cores[11:29] = False
        for turned in (lambda array: array, np.transpose):
            apart = split_by_cores(turned(mask), turned(cores))
            assert ndimage.label(apart, EIGHT)[1] == 2 and (turned(mask) & ~apart).sum() == width
