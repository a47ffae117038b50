import math

import numpy as np
import pytest

from chronosight.metrics.change import Counts, count_decisions, jaccard, pool, score_counts, score_locations


def test_pixels_are_pooled_over_windows_before_the_ratio():
    first = count_decisions(np.array([[1, 1], [0, 0]]), np.array([[1, 0], [0, 0]]))
    second = count_decisions(np.array([[0, 0], [0, 0]]), np.array([[1, 1], [0, 0]]))
    assert (first.tp, first.fp, first.fn, first.tn) == (1, 1, 0, 2)
    pooled = pool([first, second])
    assert (pooled.precision, pooled.recall) == (1 / 2, 1 / 3)
    assert pooled.f1 == pytest.approx(2 / (2 + 1 + 2))
    assert pooled.iou == pytest.approx(1 / 4)
    assert pooled.accuracy == pytest.approx(5 / 8)


def test_nothing_to_divide_by_is_nan():
    empty = count_decisions(np.zeros((3, 3)), np.zeros((3, 3)))
    assert math.isnan(empty.f1) and math.isnan(empty.precision) and empty.accuracy == 1
    assert math.isnan(Counts().accuracy)


def test_decisions_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 2\)"):
        count_decisions(np.zeros((2, 2)), np.zeros((2, 3)))


def test_counts_by_hand():
    scores = score_counts([0, 3, 5, 1], [0, 1, 5, 2])
    assert (scores.n, scores.mae, scores.exact) == (4, 3 / 4, 1 / 2)
    assert scores.rmse == pytest.approx(math.sqrt(5 / 4))


def test_locations_by_hand():
    predicted = [(), ("top", "left"), ("center",), ()]
    true = [(), ("left", "top"), ("top", "center"), ("right",)]
    scores = score_locations(predicted, true)
    assert scores.example_accuracy == pytest.approx((1 + 1 + 1 / 2 + 0) / 4)
    assert scores.subset_accuracy == pytest.approx(1 / 2)
    assert (scores.precision, scores.recall) == (1, 3 / 5)
    assert scores.f1 == pytest.approx(6 / 8)
    assert score_locations(predicted, true, empty=0.0).example_accuracy == pytest.approx((0 + 1 + 1 / 2 + 0) / 4)


def test_order_and_repeats_of_cells_do_not_matter():
    assert score_locations([("top", "left", "top")], [("left", "top")]).subset_accuracy == 1
    assert jaccard(set(), set()) == 1 and jaccard({"top"}, set()) == 0
