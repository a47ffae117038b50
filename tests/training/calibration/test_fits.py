import numpy as np
import pytest

from chronosight.training.calibration.fits import fit_logistic


def test_logistic_is_found_again_and_stays_finite_on_separable_answers():
    random = np.random.default_rng(3)
    features = random.normal(size=(5000, 2))
    chance = 1 / (1 + np.exp(-(1.5 * features[:, 0] - 0.5)))
    fit = fit_logistic(features, random.random(5000) < chance, penalty=0.0)
    assert fit.weights == pytest.approx((1.5, 0), abs=0.15)
    assert fit.bias == pytest.approx(-0.5, abs=0.15)
    separable = fit_logistic(np.array([[-1.0], [1.0]]), [False, True])
    assert 0 < separable(np.array([[-1.0]]))[0] < 0.5 < separable(np.array([[1.0]]))[0] < 1
