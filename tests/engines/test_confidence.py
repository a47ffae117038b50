"""The formulas of confidence, by hand."""

import math

import numpy as np
import pytest

from changed_scenes import one
from chronosight.engines.confidence import (
    calibrate,
    calibrate_map,
    count_interval,
    exact_answer_sources,
    interval_scale,
    is_confident,
    log_odds,
    of_exact_answer,
    of_objects,
    permitted,
    raw_confidence,
    sigmoid,
    weigh_sources,
    whether,
)
from chronosight.engines.reply import Reply


def logistic(x):
    return 1 / (1 + math.exp(-x))


def logit(p):
    return math.log(p / (1 - p))


def buildings(*confidences):
    return [one(i + 1, "building", "appeared", 10, 10, 8, 8, p) for i, p in enumerate(confidences)]


def test_the_logistic_function_does_not_overflow():
    assert sigmoid(0) == 0.5 and sigmoid(1e4) == 1 and sigmoid(-1e4) == 0
    for x in (-3.0, -0.5, 0.5, 3.0):
        assert sigmoid(x) == pytest.approx(logistic(x)) and sigmoid(x) + sigmoid(-x) == pytest.approx(1)


def test_log_odds_stay_within_a_thousandth_of_certainty():
    assert log_odds(0.8) == pytest.approx(math.log(4))
    assert log_odds(1.0) == log_odds(0.9995) == pytest.approx(math.log(999)) == pytest.approx(-log_odds(0.0))


@pytest.mark.parametrize(
    ("settings", "a", "b"),
    [({"a": 0.5, "b": 0.3}, 0.5, 0.3), ({"temperature": 2.0}, 0.5, 0.0), ({"a": 1.0, "b": -1.0}, 1.0, -1.0),
     ({"b": 1.0}, 1.0, 1.0)],
)  # fmt: skip
def test_calibration_of_one_probability_and_of_a_map(settings, a, b):
    raw = np.array([[0.05, 0.3], [0.5, 0.9]], np.float32)
    expected = np.vectorize(lambda p: logistic(a * logit(p) + b))(raw)
    np.testing.assert_allclose(calibrate_map(raw, settings), expected, rtol=1e-5)
    assert calibrate_map(raw, settings).dtype == np.float32
    assert [calibrate(float(p), settings) for p in raw.flat] == pytest.approx(expected.ravel(), rel=1e-5)
    certain = [calibrate(p, {**settings, "b": b}) for p in (0.0, 1.0)]
    assert certain == pytest.approx([logistic(-a * logit(1 - 1e-6) + b), logistic(a * logit(1 - 1e-6) + b)], rel=1e-3)


def test_without_settings_nothing_is_corrected():
    raw = np.array([0.0, 0.4, 1.0], np.float32)
    for settings in ({}, {"a": 1.0, "b": 0.0}, {"temperature": 1.0}):
        assert calibrate_map(raw, settings) is raw and [calibrate(p, settings) for p in (0.0, 0.4, 1.0)] == [0.0, 0.4, 1.0]


def test_confident_from_the_threshold_on():
    assert is_confident(0.7, {}) and not is_confident(0.699, {})
    assert is_confident(0.7, {"sure": 0.5}) and not is_confident(0.6, {"sure": 0.5}), "no setting asks for less"
    assert is_confident(0.8, {"sure": 0.8}) and not is_confident(0.79, {"sure": 0.8})


def test_three_sources_in_one_logistic():
    settings = {"a": 0.8, "guide": 0.5, "outlined": 0.4, "b": -2.0}
    expected = logistic(0.8 * logit(0.7) + 0.5 * logit(0.6) + 0.4 * 3.0 - 2.0)
    assert weigh_sources(0.7, 0.6, 3.0, settings) == pytest.approx(expected)


def test_what_an_exact_answer_rests_on():
    assert exact_answer_sources("count", [], 0.7) == (pytest.approx(0.3), 0)
    assert exact_answer_sources("count", buildings(0.9, 0.5), 0.7) == (pytest.approx(0.45), 2)
    apart = [*buildings(0.9, 0.5, 0.6), one(4, "building", "appeared", 250, 10, 8, 8, 0.8)]
    assert exact_answer_sources("location", apart, 0.7) == (pytest.approx(0.9 * 0.8), 2), "each cell by its best object"


def test_probability_that_an_answer_is_exactly_right():
    settings = {"a": 0.5, "number": -0.4, "b": 0.2, "none": 0.7, "b_none": 1.0}
    assert of_exact_answer(0.45, 2, settings) == pytest.approx(logistic(0.5 * logit(0.45) - 0.4 * math.log(3) + 0.2))
    assert of_exact_answer(0.3, 0, settings) == pytest.approx(logistic(0.7 * logit(0.3) + 1.0))
    mean = {**settings, "mean": 1.0}
    assert of_exact_answer(0.36, 2, mean) == pytest.approx(logistic(0.5 * logit(0.6) - 0.4 * math.log(3) + 0.2))
    assert of_exact_answer(0.3, 0, mean) == of_exact_answer(0.3, 0, settings)
    assert of_exact_answer(0.3, 4, {"temperature": 2.0}) == pytest.approx(logistic(logit(0.3) / 2))


def test_interval_of_a_count():
    settings = {"low": -1.0, "high": 2.0, "spread": 0.5, "most": 2.6}
    assert count_interval(1, 0.99, settings) == (1, 1), "the number alone holds in 90 %"
    assert interval_scale(3, 0.5) == pytest.approx(2.5) and interval_scale(3, 0.0) == 2
    assert count_interval(3, 0.7, settings) == (1, 8)  # 3 - 2.5 rounded up, 3 + 5
    assert count_interval(1, 0.7, {**settings, "low": -9.0, "spread": 0.0}) == (0, 3)
    assert count_interval(3, 0.7, {**settings, "low": 1.0, "high": -1.0}) == (3, 3), "the count itself is inside"
    assert count_interval(0, 0.9, settings) == (0, 0) and count_interval(0, 0.89, settings) == (0, 3)
    assert count_interval(3, 0.7, {}) is None


def test_confidence_of_objects():
    some, every = buildings(0.9, 0.5), buildings(0.9, 0.5, 0.4)
    assert of_objects("binary", some, every, 0.1) == 0.9
    assert of_objects("count", some, every, 0.1) == pytest.approx(0.7)
    assert of_objects("binary", [], every, 0.1) == of_objects("count", [], every, 0.1) == pytest.approx(0.6)
    assert of_objects("count", [], [], 0.1) == pytest.approx(0.9)


def test_yes_and_no_from_one_half_on():
    assert whether(buildings(0.5), buildings(0.5), 0.9) == (True, 0.5)
    assert whether(buildings(0.49), buildings(0.49), 0.9) == (None, 0.49)
    assert whether([], [], 0.5) == (False, 0.5) and whether([], [], 0.51) == (None, pytest.approx(0.49))


def test_raw_confidence_is_that_of_the_answer_given():
    """By hand: tokens of probability 0.8 and 0.5; yes 0.3; the number's digits 0.6."""
    reply = Reply("no", np.log([0.8, 0.5]), True, yes=0.3, number=0.6)
    assert raw_confidence("binary", True, reply) == pytest.approx(0.3)
    assert raw_confidence("binary", False, reply) == pytest.approx(0.7)
    assert raw_confidence("binary", None, reply) == raw_confidence("event", "flood", reply) == pytest.approx(0.4)
    assert raw_confidence("count", 3, reply) == pytest.approx(0.6) and raw_confidence("count", None, reply) == pytest.approx(0.4)
    assert raw_confidence("caption", "no", reply) == raw_confidence("open", "no", reply) == pytest.approx(math.sqrt(0.4))
    assert raw_confidence("binary", True, Reply("no", np.log([0.8]), True)) == 0
    assert raw_confidence("count", 3, Reply("3", np.log([0.8]), True)) == pytest.approx(0.8)
    assert raw_confidence("caption", "x", Reply("x", np.zeros(0), True)) == 0


@pytest.mark.parametrize(
    ("yes", "confidences", "said"),
    [
        (0.95, [0.57], 0.57),  # one faint outline is no ground for 0.95
        (0.95, [0.46], 0.5),  # never a no in place of a yes
        (0.95, [0.5, 0.65, 0.68], 0.95),  # that one of three is real is as likely
        (0.95, [], 0.95),
        (0.55, [0.6], 0.55),
        (0.1, [0.6], 0.1),
    ],
)
def test_a_yes_is_no_surer_than_what_is_outlined_permits(yes, confidences, said):
    objects = [one(i, "building", "appeared", 10, 10, 8, 8, p) for i, p in enumerate(confidences)]
    assert permitted(yes, objects) == pytest.approx(said)
