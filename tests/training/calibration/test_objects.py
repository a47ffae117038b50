"""Confidence of counts and places read off the outlines: many objects are less likely all right than few, none is another
matter, and what was fitted is what the engine computes."""

import numpy as np
import pytest

from chronosight.engines.confidence import count_interval, log_odds, of_exact_answer
from chronosight.training.calibration.objects import ReadOff, fit_interval, fit_read_off


def drawn(number_of_answers=2000, seed=0):
    """Raw confidence is no help for full windows, half right for empty ones; each further object costs."""
    rng = np.random.default_rng(seed)
    answers = []
    for _ in range(number_of_answers):
        number, raw = int(rng.integers(0, 20)), float(rng.uniform(0.02, 0.98))
        right = rng.random() < (raw if number == 0 else 0.9 * 0.85**number)
        answers.append(ReadOff(log_odds(raw), number, raw, bool(right)))
    return answers


def test_what_is_fitted_holds_on_other_answers():
    settings, report = fit_read_off(drawn())
    assert report["error_after"] < 0.04 < report["error_before"]
    others = drawn(seed=1)
    said = np.array([of_exact_answer(item.raw, item.number, settings) for item in others])
    right = np.array([item.right for item in others])
    for chosen in (said < 0.3, (said >= 0.3) & (said < 0.6), said >= 0.6):
        assert said[chosen].mean() == pytest.approx(right[chosen].mean(), abs=0.06)


def test_more_objects_are_less_sure_and_none_is_judged_apart():
    settings, _ = fit_read_off(drawn())
    assert of_exact_answer(0.9, 1, settings) > of_exact_answer(0.9, 5, settings) > of_exact_answer(0.9, 15, settings)
    assert of_exact_answer(0.95, 0, settings) > 0.8 > 0.25 > of_exact_answer(0.05, 0, settings)


def test_without_settings_raw_stays_as_it_is():
    assert of_exact_answer(0.37, 3, {}) == pytest.approx(0.37)
    assert 0 < of_exact_answer(0.0, 40, {"a": 1.0, "number": -1.0, "b": 0.0, "none": 1.0, "b_none": 0.0}) < 0.01


def test_intervals_hold_for_scenes_of_each_size():
    """Large scenes are few and miss more: the interval of all is as wide as theirs."""
    rng = np.random.default_rng(0)
    answers = []
    for size, n, missed in ((256, 900, 0.0), (512, 100, 0.3)):
        for _ in range(n):
            number = int(rng.integers(1, 40))
            true = max(0, round(number * (1 + missed) + rng.normal(0, 1 + 0.05 * number)))
            answers.append(ReadOff(0.0, number, 0.5, true == number, true, size, f"place {len(answers)}"))
    settings = fit_interval(answers, np.full(len(answers), 0.5))
    for size in (256, 512):
        held = []
        for item in answers:
            low, high = count_interval(item.number, 0.5, settings)
            held += [low <= item.true <= high] if item.size == size else []
        assert np.mean(held) >= 0.9, size
