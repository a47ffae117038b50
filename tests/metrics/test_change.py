import math

import numpy as np
import pytest

from chronosight.metrics.change import cell_parts, confusion_parts, f1, false_alarm_rate, iou, jaccard, precision, recall

# 3 hits, 1 false alarm, 2 misses, 4 true negatives.
SUMS = confusion_parts([1, 1, 1, 1, 0, 0, 0, 0, 0, 0], [1, 1, 1, 0, 1, 1, 0, 0, 0, 0]).sum(axis=0)


def test_ratios_by_hand():
    assert SUMS.tolist() == [3, 1, 2, 4]
    assert precision(SUMS) == 3 / 4
    assert recall(SUMS) == 3 / 5
    assert f1(SUMS) == pytest.approx(2 * 0.75 * 0.6 / (0.75 + 0.6))
    assert iou(SUMS) == 3 / 6
    assert false_alarm_rate(SUMS) == 1 / 5


def test_many_sums_at_once():
    both = np.stack([SUMS, [0, 2, 0, 2]])
    assert precision(both).tolist() == [0.75, 0] and false_alarm_rate(both).tolist() == [0.2, 0.5]
    assert recall(both).tolist() == pytest.approx([0.6, math.nan], nan_ok=True)
    assert f1(both).tolist() == pytest.approx([2 / 3, 0]) and iou(both).tolist() == [0.5, 0]


def test_nothing_to_divide_by_is_nan():
    nothing = confusion_parts([False], [False]).sum(axis=0)
    assert all(math.isnan(formula(nothing)) for formula in (precision, recall, f1, iou))
    assert false_alarm_rate(nothing) == 0 and math.isnan(false_alarm_rate(confusion_parts([True], [True])[0]))


def test_decisions_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"\(2,\)"):
        confusion_parts([True, False], [True])


def test_cells_by_hand():
    predicted = [set(), {"top", "left"}, {"center"}, set()]
    true = [set(), {"left", "top"}, {"top", "center"}, {"right"}]
    assert cell_parts(predicted, true).tolist() == [[0, 0, 0], [2, 0, 0], [1, 0, 1], [0, 0, 1]]
    assert cell_parts([], []).shape == (0, 3)
    with pytest.raises(ValueError):
        cell_parts(predicted, true[:3])
    assert [jaccard(p, t) for p, t in zip(predicted, true, strict=True)] == [1, 1, 1 / 2, 0]
    assert jaccard(set(), set(), empty=0.0) == 0 and jaccard({"top"}, set()) == 0
    assert jaccard({"top", "left", "right"}, {"top", "center"}) == 1 / 4
