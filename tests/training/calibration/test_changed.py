"""Weights of the evidence sources: the reliable one gets the weight, and the confidence holds."""

from dataclasses import replace

import numpy as np
import pytest

from chronosight.engines.confidence import SETTLED, weigh_sources, without_model
from chronosight.training.calibration.changed import Weighed, fit_changed


def drawn(n=600, seed=0):
    """The guide's log odds are right; the model's and the outlines are noise."""
    rng, other = np.random.default_rng(seed), np.random.default_rng(seed + 100)
    rows = []
    for _ in range(n):
        guide = rng.normal(0, 2)
        outcome = bool(rng.random() < 1 / (1 + np.exp(-guide)))
        rows.append(Weighed(rng.normal(0, 2), guide, abs(rng.normal(0, 1)), outcome, other.uniform(-1, 1)))
    return rows


def test_the_source_that_is_right_gets_the_weight():
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
        z += settings["outlined"] * row.outlined + settings["caption"] * row.captioned + settings["b"]
        assert weigh_sources(yes, guide, row.outlined, settings, row.captioned) == pytest.approx(1 / (1 + np.exp(-z)), abs=1e-6)


def test_without_the_model_the_engine_weighs_as_it_was_fitted():
    settings, report = fit_changed(drawn())
    settled = []
    for row in drawn():
        guide = 1 / (1 + np.exp(-row.guide))
        z = settings["alone_guide"] * np.clip(row.guide, -np.log(999), np.log(999)) + settings["alone_outlined"] * row.outlined
        yes = 1 / (1 + np.exp(-(z + settings["alone_caption"] * row.captioned + settings["alone_b"])))
        found = without_model(guide, row.outlined, settings, row.captioned)
        settled.append(found is not None)
        assert settled[-1] == (max(yes, 1 - yes) >= SETTLED) and found in (None, pytest.approx(yes, abs=1e-6))
    assert 0.1 < report["without_language_model"] < 0.9
    assert np.mean(settled) == pytest.approx(report["without_language_model"], abs=0.01)


def test_a_captioner_that_is_right_counts():
    rng = np.random.default_rng(2)
    rows = [replace(row, captioned=float(rng.normal(0.5 if row.outcome else -0.5, 0.2))) for row in drawn()]
    settings, report = fit_changed(rows)
    assert settings["caption"] > 1 and report["accuracy"] > fit_changed(drawn())[1]["accuracy"] + 0.05
