import math

import numpy as np
import pytest

from chronosight.metrics.answers import score_classes


def test_confusion_by_hand():
    scores = score_classes(["a", "b", None, "b", "zoo"], ["a", "a", "a", "b", "b"])
    assert scores.classes == ("a", "b")
    assert scores.columns == ("a", "b", "(none)", "zoo")
    np.testing.assert_array_equal(scores.confusion, [[1, 1, 1, 0], [0, 1, 0, 1]])
    assert scores.top1 == pytest.approx(2 / 5)
    assert scores.per_class == pytest.approx({"a": 1 / 3, "b": 1 / 2})
    assert scores.mean_per_class == pytest.approx(5 / 12)


def test_an_answer_equal_to_a_class_that_is_never_true_is_wrong():
    assert score_classes(["b", "b"], ["a", "a"]).top1 == 0


def test_no_questions():
    assert math.isnan(score_classes([], []).top1)
