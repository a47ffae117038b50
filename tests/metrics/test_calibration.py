import math

import numpy as np
import pytest

from chronosight.metrics.calibration import (
    apply_temperature,
    error_if_calibrated,
    expected_calibration_error,
    fit_logistic,
    fit_temperature,
    logit,
    reliability_table,
)


def test_error_by_hand():
    # Two answers at 0.9 of which one is right, two at 0.6 of which both are: (2 * 0.4 + 2 * 0.4) / 4.
    assert expected_calibration_error([0.9, 0.9, 0.6, 0.6], [True, False, True, True]) == pytest.approx(0.4)


def test_certain_and_right_has_no_error_and_certain_and_wrong_has_all():
    assert expected_calibration_error([1.0, 1.0, 0.0], [True, True, False]) == 0
    assert expected_calibration_error([1.0], [False]) == 1


def test_true_confidences_have_an_error_on_few_answers():
    # Of four answers at 0.5, all or none right (1 in 8) is 0.5 off, three or one (1 in 2) 0.25.
    mean, (low, high) = error_if_calibrated([0.5] * 4, draws=4000)
    assert mean == pytest.approx(0.5 / 8 + 0.25 / 2, abs=0.01)
    assert (low, high) == (0, 0.5)
    assert error_if_calibrated([1.0, 0.0, 1.0]) == (0, (0, 0))
    sure = np.random.default_rng(0).uniform(0.3, 1, 1000)
    assert error_if_calibrated(sure)[0] < error_if_calibrated(sure[:100])[0] / 2
    assert error_if_calibrated(sure, draws=50, seed=3) == error_if_calibrated(sure, draws=50, seed=3)


def test_bins_hold_every_answer_once():
    sure = np.random.default_rng(0).random(200)
    for adaptive in (False, True):
        table = reliability_table(sure, sure > 0.5, adaptive=adaptive)
        assert sum(row.n for row in table) == 200
        assert all(row.low - 1e-12 <= row.confidence <= row.high + 1e-12 for row in table)
    assert [row.n for row in reliability_table(sure, sure > 0.5, bins=4, adaptive=True)] == [50] * 4
    # An edge belongs to the bin on its left, 0 to the first.
    assert [row.high for row in reliability_table([0.0, 0.2], [True, True], bins=5)] == pytest.approx([0.2])


def test_calibrated_answers_have_a_small_error_and_boasting_a_large_one():
    random = np.random.default_rng(1)
    sure = random.uniform(0.5, 1, 4000)
    right = random.random(4000) < sure
    assert expected_calibration_error(sure, right) < 0.03
    assert expected_calibration_error(np.sqrt(sure), right) > 0.06
    assert expected_calibration_error(sure, right, adaptive=True) < 0.05
    assert expected_calibration_error(np.sqrt(sure), right, adaptive=True) > 0.06


def test_temperature_is_found_again():
    random = np.random.default_rng(2)
    honest = random.uniform(0.02, 0.98, 5000)
    outcome = random.random(5000) < honest
    boasted = 1 / (1 + np.exp(-3 * logit(honest)))
    temperature = fit_temperature(boasted, outcome)
    assert temperature == pytest.approx(3, rel=0.1)
    assert expected_calibration_error(apply_temperature(boasted, temperature), outcome) < 0.03


def test_logistic_is_found_again_and_stays_finite_on_separable_answers():
    random = np.random.default_rng(3)
    features = random.normal(size=(5000, 2))
    chance = 1 / (1 + np.exp(-(1.5 * features[:, 0] - 0.5)))
    fit = fit_logistic(features, random.random(5000) < chance, penalty=0.0)
    assert fit.weights == pytest.approx((1.5, 0), abs=0.15)
    assert fit.bias == pytest.approx(-0.5, abs=0.15)
    separable = fit_logistic(np.array([[-1.0], [1.0]]), [False, True])
    assert 0 < separable(np.array([[-1.0]]))[0] < 0.5 < separable(np.array([[1.0]]))[0] < 1


def test_bad_confidences_are_refused():
    with pytest.raises(ValueError, match="must lie in"):
        expected_calibration_error([1.2], [True])
    with pytest.raises(ValueError, match="2 confidences for 1"):
        expected_calibration_error([0.1, 0.2], [True])
    assert math.isnan(expected_calibration_error([], []))
