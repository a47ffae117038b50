"""Weights of the three evidence sources: the reliable one gets the weight, and the confidence holds."""

import numpy as np
import pytest

from chronosight.engines.confidence import weigh_sources
from chronosight.training.calibration.changed import Weighed, fit_changed


def drawn(n=600, seed=0):
    """The guide's log odds are right; the model's and the outlines are noise."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        guide = rng.normal(0, 2)
        rows.append(Weighed(rng.normal(0, 2), guide, abs(rng.normal(0, 1)), bool(rng.random() < 1 / (1 + np.exp(-guide)))))
    return rows


def test_the_voice_that_is_right_gets_the_weight():
    settings, report = fit_changed(drawn())
    assert settings["guide"] > 5 * max(abs(settings["a"]), abs(settings["outlined"]))
    assert report["accuracy"] > report["accuracy_language_model"] + 0.1
    assert report["error_after"] < 0.06 < report["error_before"]
    assert 0.5 <= settings["sure"] <= 0.9


def test_the_engine_weighs_as_it_was_fitted():
    settings, _ = fit_changed(drawn())
    for row in drawn(20, seed=1):
        yes, guide = (1 / (1 + np.exp(-z)) for z in (row.language_model, row.guide))
        z = settings["a"] * row.language_model + settings["guide"] * row.guide
        z += settings["outlined"] * row.outlined + settings["b"]
        assert weigh_sources(yes, guide, row.outlined, settings) == pytest.approx(1 / (1 + np.exp(-z)), abs=1e-6)
