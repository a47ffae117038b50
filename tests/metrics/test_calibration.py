import math

import numpy as np
import pytest

from chronosight.metrics.calibration import (
    calibration_error,
    calibration_parts,
    error_if_calibrated,
    expected_calibration_error,
    selective_accuracy,
)


def test_error_by_hand():
    # Two answers at 0.9 of which one is right, two at 0.6 of which both are: (2 * 0.4 + 2 * 0.4) / 4.
    assert expected_calibration_error([0.9, 0.9, 0.6, 0.6], [True, False, True, True]) == pytest.approx(0.4)


def test_certain_and_right_has_no_error_and_certain_and_wrong_has_all():
    assert expected_calibration_error([1.0, 1.0, 0.0], [True, True, False]) == 0
    assert expected_calibration_error([1.0], [False]) == expected_calibration_error([0.0], [True]) == 1


def test_true_confidences_have_an_error_on_few_answers():
    # Of four answers at 0.5, all or none right (1 in 8) is 0.5 off, three or one (1 in 2) 0.25.
    mean, (low, high) = error_if_calibrated([0.5] * 4, draws=4000)
    assert mean == pytest.approx(0.5 / 8 + 0.25 / 2, abs=0.01)
    assert (low, high) == (0, 0.5)
    assert error_if_calibrated([1.0, 0.0, 1.0]) == (0, (0, 0))
    sure = np.random.default_rng(0).uniform(0.3, 1, 1000)
    assert error_if_calibrated(sure)[0] < error_if_calibrated(sure[:100])[0] / 2
    assert error_if_calibrated(sure, draws=50, seed=3) == error_if_calibrated(sure, draws=50, seed=3)


def test_bins_of_equal_width_are_closed_on_the_right():
    # 15 bins: 1/15 belongs to the first, what is just above to the second; 0 to the first, 1 to the last.
    parts = calibration_parts(np.array([0.0, 1 / 15, 1 / 15 + 1e-9, 1.0]), np.array([0.0, 1, 1, 0]))
    assert [int(np.flatnonzero(row[:15])[0]) for row in parts[1:]] == [0, 1, 14]
    assert parts.shape == (4, 16) and parts[:, 15].tolist() == [1] * 4 and parts[0, :15].tolist() == [0] * 15
    assert calibration_error(parts.sum(axis=0)) == pytest.approx((14 / 15 + 14 / 15 + 1) / 4)


def test_bins_of_equal_number():
    # 30 answers in pairs: in each pair one is right; confidences 0.01, 0.02, ..., 0.30.
    confidence = np.arange(1, 31) / 100
    expected = np.mean([abs(0.02 * k + 0.015 - 0.5) for k in range(15)])
    assert expected_calibration_error(confidence, np.arange(30) % 2 == 0, equal_number=True) == pytest.approx(expected)


def test_the_most_confident_answers_are_kept():
    confidence, right = np.array([0.9, 0.6, 0.6, 0.2]), np.array([1.0, 0, 1, 1])
    assert selective_accuracy(confidence, right, 0.5) == (0.5, 2)  # of equal ones, the earlier
    assert selective_accuracy(confidence, right, 1.0) == (0.75, 4)
    assert selective_accuracy(confidence, right, 0.01) == (1, 1)


def test_calibrated_answers_have_a_small_error_and_boasting_a_large_one():
    random = np.random.default_rng(1)
    sure = random.uniform(0.5, 1, 4000)
    right = random.random(4000) < sure
    assert expected_calibration_error(sure, right) < 0.03
    assert expected_calibration_error(np.sqrt(sure), right) > 0.06
    assert expected_calibration_error(sure, right, equal_number=True) < 0.05
    assert expected_calibration_error(np.sqrt(sure), right, equal_number=True) > 0.06


def test_bad_confidences_are_refused():
    with pytest.raises(ValueError, match="must lie in"):
        expected_calibration_error([1.2], [True])
    with pytest.raises(ValueError, match="must lie in"):
        expected_calibration_error([0.5, -0.1], [True, True])
    with pytest.raises(ValueError, match="2 confidences for 1"):
        expected_calibration_error([0.1, 0.2], [True])
    assert math.isnan(expected_calibration_error([], []))
    assert math.isnan(expected_calibration_error([], [], equal_number=True))
