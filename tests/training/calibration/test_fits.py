import numpy as np
import pytest

from chronosight.training.calibration.fits import assured_from, fit_logistic, lower_bound


def test_logistic_is_found_again_and_stays_finite_on_separable_answers():
    random = np.random.default_rng(3)
    features = random.normal(size=(5000, 2))
    chance = 1 / (1 + np.exp(-(1.5 * features[:, 0] - 0.5)))
    fit = fit_logistic(features, random.random(5000) < chance, penalty=0.0)
    assert fit.weights == pytest.approx((1.5, 0), abs=0.15)
    assert fit.bias == pytest.approx(-0.5, abs=0.15)
    separable = fit_logistic(np.array([[-1.0], [1.0]]), [False, True])
    assert 0 < separable(np.array([[-1.0]]))[0] < 0.5 < separable(np.array([[1.0]]))[0] < 1


def test_a_bound_on_a_share_grows_with_the_sample():
    assert lower_bound(0, 10) == 0 and lower_bound(10, 10) == pytest.approx(0.1 ** (1 / 10))
    assert lower_bound(8, 10) < lower_bound(80, 100) < 0.8


def test_a_lucky_sample_is_not_relied_on():
    """Right in one source, often wrong below 0.9 in the other: only from 0.9 on are answers confident."""
    confidence = np.tile(np.linspace(0.8, 0.999, 100), 2)
    source = np.repeat(["val", "train"], 100)
    right = (source == "val") | (confidence >= 0.9)
    found = assured_from(confidence, right, source)
    assert 0.85 < found <= 0.91
    assert assured_from(confidence, right, np.full(200, "both")) < found, "together the luck of one hides the other"
    assert assured_from(confidence, np.zeros(200, bool), source) > 1
    assert assured_from(np.array([0.6, 0.7]), np.array([True, True]), np.array(["val", "val"])) > 1
