import math

import numpy as np
import pytest

from chronosight.metrics.masks import OBJECTS, boundary_f1, mask_agreement, mask_parts, mean_iou, objects_found


def true_mask():
    true = np.zeros((64, 64), np.uint8)
    true[2:12, 2:12] = 1  # 100 px: small
    true[20:60, 20:62] = 1  # 1680 px: large
    return true


def test_overlap_by_size_by_hand():
    true = true_mask()
    predicted = true.copy()
    predicted[2:12, 2:7] = 0  # half of the small one is missed
    predicted[63, 0:3] = 1  # 3 px that overlap nothing: small by their own size
    parts = mask_parts(predicted, true, 2)[1]
    assert parts[:3].tolist() == [1730, 3, 50]
    assert parts[3:9].reshape(3, 2).tolist() == [[50, 103], [0, 0], [1680, 1680]]


@pytest.mark.parametrize(("height", "width", "size"), [(19, 21, 0), (20, 20, 1), (39, 41, 1), (40, 40, 2)])
def test_the_edges_of_the_sizes(height, width, size):
    """399, 400, 1599 and 1600 pixels."""
    mask = np.zeros((60, 60), np.uint8)
    mask[:height, :width] = 1
    shared = mask_parts(mask, mask, 2)[1, 3:9].reshape(3, 2)
    assert shared[size].tolist() == [height * width] * 2 and shared.sum() == 2 * height * width


def test_corners_join_an_object():
    mask = np.zeros((60, 60), np.uint8)
    mask[0:19, 0:19] = mask[19:38, 19:38] = 1  # 361 px each, 722 px together
    assert mask_parts(mask, mask, 2)[1, 5:7].tolist() == [722, 722]


def test_a_prediction_counts_in_the_size_of_what_it_overlaps_most():
    true = true_mask()
    predicted = np.zeros_like(true)
    predicted[20:60, 20:40] = 1  # 800 px of the large one
    parts = mask_parts(predicted, true, 2)[1]
    assert parts[3:9].reshape(3, 2).tolist() == [[0, 100], [0, 0], [800, 1680]]


@pytest.mark.parametrize(("shift", "hit"), [(2, True), (3, False)])
def test_a_boundary_is_hit_within_two_pixels(shift, hit):
    true, predicted = np.zeros((40, 40), np.uint8), np.zeros((40, 40), np.uint8)
    true[:, :20], predicted[:, : 20 + shift] = 1, 1  # one straight edge; the image's own edge is none
    near, drawn, found, there = mask_parts(predicted, true, 2)[1, -4:]
    assert (drawn, there) == (40, 40) and (near, found) == ((40, 40) if hit else (0, 0))
    np.testing.assert_array_equal(mask_parts(predicted.T, true.T, 2), mask_parts(predicted, true, 2))
    score = boundary_f1(np.array([near, drawn, found, there]))
    assert score == 1 if hit else math.isnan(score)


def test_a_prediction_where_nothing_is_counts_in_full_and_background_has_no_sizes():
    nothing = np.zeros((64, 64), np.uint8)
    for predicted, true, boundary in ((true_mask(), nothing, [0, 36 + 160, 0, 0]), (nothing, true_mask(), [0, 0, 0, 36 + 160])):
        parts = mask_parts(predicted, true, 2)
        assert parts[1, 3:].tolist() == [0, 100, 0, 0, 0, 1680, *boundary]
        assert not parts[0, 3:].any()
    assert not mask_parts(nothing, nothing, 2)[1].any()
    assert not mask_parts(true_mask(), true_mask(), 2)[0, 3:].any()


def test_boundary_f1_by_hand():
    assert boundary_f1(np.array([3.0, 4, 1, 2])) == pytest.approx(2 * 0.75 * 0.5 / 1.25)


def test_mean_iou_by_hand():
    # Class 0: 6 of 8; class 1: 1 of 4.
    assert mean_iou(np.array([6.0, 1, 1, 1, 2, 1])) == pytest.approx((6 / 8 + 1 / 4) / 2)
    assert math.isnan(mean_iou(np.zeros(6)))
    many = np.array([[6.0, 1, 1, 1, 2, 1], [1, 1, 0, 1, 0, 0], [0, 1, 1, 4, 0, 0]])
    assert mean_iou(many).tolist() == [(6 / 8 + 1 / 4) / 2, 3 / 4, 1 / 2]


def test_agreement_of_one_mask():
    true = np.array([[0, 1, 2], [0, 0, 2]])
    assert mask_agreement(np.array([[0, 1, 1], [1, 0, 2]]), true) == 2 / 4  # the union has 4 pixels, 2 of them right
    assert mask_agreement(np.zeros((2, 3)), np.zeros((2, 3))) == 1
    assert mask_agreement(true, np.zeros((2, 3))) == mask_agreement(np.zeros((2, 3)), true) == 0
    assert mask_agreement(np.array([[1, 1, 0, 0]]), np.array([[1, 0, 1, 0]])) == pytest.approx(1 / 3)


def test_objects_are_found_where_half_of_them_is_marked():
    true = np.zeros((40, 40), bool)
    true[0:6, 4:10] = True  # 36 px, cut by the edge
    true[20:30, 20:32] = True  # 120 px
    predicted = np.zeros_like(true)
    predicted[0:3, 4:10] = True  # exactly half
    predicted[20:30, 20:25] = True  # less than half
    counts = dict(zip(OBJECTS, objects_found(predicted, true, 1.0).tolist(), strict=True))
    assert counts["under 50 m2"] == [1, 1] and counts["50 to 150 m2"] == [0, 1]
    assert counts["cut by the edge"] == [1, 1] and counts["not cut by the edge"] == [0, 1]
    finer = dict(zip(OBJECTS, objects_found(predicted, true, 2.0).tolist(), strict=True))
    assert finer["50 to 150 m2"] == [1, 1] and finer["300 m2 and more"] == [0, 1]
    assert counts["cut by the edge, 50 m2 and more"] == [0, 0]
    assert finer["cut by the edge, 50 m2 and more"] == [1, 1] and finer["not cut by the edge, 50 m2 and more"] == [0, 1]
    assert objects_found(predicted, np.zeros_like(true), 1.0).sum() == 0
