import math

import numpy as np
import pytest

from chronosight.metrics.answers import confusion_table, is_right, mean_over_types, number_range, type_parts


@pytest.mark.parametrize(
    ("value", "truth", "right"),
    [
        (True, True, True), (False, True, False), (None, True, False), (1, True, False), (True, 1, False),
        (0, False, False),
        (3, 3, True), (3, 4, False), ("a", "a", True), (("top", "left"), ("left", "top"), True),
        (("top",), ("left", "top"), False),
        ((), (), True), (None, (), False), ("top", ("top",), False),
    ],
)  # fmt: skip
def test_right_is_exactly_the_truth(value, truth, right):
    assert is_right(value, truth) is right


@pytest.mark.parametrize(
    ("answer", "number"),
    [("0", 0), ("1", 1), ("10", 1), ("11", 2), ("100", 2), ("101", 3), ("1000m2", 3),
     (" 1001", 4), ("many", None), (None, None), (7, 1)],
)  # fmt: skip
def test_ranges_of_rsvqa(answer, number):
    assert number_range(answer) == number


def test_a_mean_over_types_weighs_types_alike():
    # Type a: 1 of 4 right; b: 1 of 1. By question 2/5, by type 5/8.
    parts = type_parts(np.array([1.0, 0, 0, 0, 1]), ["a", "a", "a", "a", "b"], ["a", "b"])
    assert parts.sum(axis=0).tolist() == [1, 1, 4, 1]
    assert mean_over_types(parts.sum(axis=0)) == 5 / 8
    assert mean_over_types(np.array([[1.0, 1, 4, 1], [2, 0, 4, 1], [4, 1, 4, 1]])).tolist() == [5 / 8, 1 / 4, 1]
    assert math.isnan(mean_over_types(type_parts(np.ones(1), ["a"], ["a", "b"]).sum(axis=0)))


def test_confusion_by_hand():
    table = confusion_table(["a", "b", None, "b", "zoo"], ["a", "a", "a", "b", "b"])
    assert table.classes == ("a", "b") and table.columns == ("a", "b", "(none)", "zoo")
    np.testing.assert_array_equal(table.counts, [[1, 1, 1, 0], [0, 1, 0, 1]])
    others = ["zoo", "ant", "bee", "cat", "dog", "elk", "fox"]
    assert confusion_table(others, ["b"] * 7).columns == ("b", *sorted(others))
    with pytest.raises(ValueError, match="1 answers for 2"):
        confusion_table(["a"], ["a", "b"])
