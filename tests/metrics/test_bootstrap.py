import math

import numpy as np
import pytest

from chronosight.metrics.bootstrap import bootstrap_interval, mean_parts, percentile_interval, ratio, resample, sum_by_group


def interval_of_mean(groups, values, seed=0):
    array = np.asarray(values, dtype=float)
    return bootstrap_interval(groups, lambda at: float(array[at].mean()), seed=seed)


def test_the_interval_holds_95_per_cent_of_the_draws():
    # Of 0, 1, ..., 1000, 2.5 % lie below 25 and 2.5 % above 975.
    values = np.random.default_rng(0).permutation(1001).astype(float)
    assert percentile_interval(values) == pytest.approx((25, 975))
    assert percentile_interval(values, 0.8) == pytest.approx((100, 900))
    assert percentile_interval(np.array([math.nan, 3.0])) == (3, 3)
    assert percentile_interval(np.array([math.nan])) is None


def test_the_mean_of_many_draws_has_the_normal_interval():
    # 400 groups of one answer, half of them 1: the mean's standard error is 0.025, so 95 % lie within 1.96 times that.
    values = [i % 2 for i in range(400)]
    low, high = interval_of_mean(list(range(400)), values)
    assert high - low == pytest.approx(2 * 1.96 * 0.025, rel=0.08)
    sums = sum_by_group(mean_parts(values), np.arange(400), 400)
    low, high = percentile_interval(ratio(resample(sums, seed=5)))
    assert high - low == pytest.approx(2 * 1.96 * 0.025, rel=0.08)


def test_parts_and_ratio_by_hand():
    assert mean_parts([2, 4]).tolist() == [[2, 1], [4, 1]]
    assert ratio(np.array([[6.0, 2.0], [0.0, 4.0]])).tolist() == [3, 0]
    assert math.isnan(ratio(np.zeros(2)))
    assert sum_by_group(np.array([[1.0, 1], [2, 1], [5, 1]]), np.array([0, 1, 0]), 3).tolist() == [[6, 2], [2, 1], [0, 0]]


def test_a_draw_has_as_many_groups_as_there_are():
    drawn = resample(np.eye(3), draws=50)
    assert drawn.shape == (50, 3) and (drawn.sum(axis=1) == 3).all() and len(np.unique(drawn, axis=0)) > 5
    assert (resample(np.eye(3), seed=1, draws=50) != drawn).any()
    np.testing.assert_array_equal(resample(np.eye(3), draws=50), drawn)
    np.testing.assert_array_equal(resample(np.eye(3), draws=1000)[:50], drawn)


def test_both_bootstraps_draw_alike():
    groups, values = ["a", "b", "b", "c", "d", "d"], np.array([0.1, 0.5, 0.9, 0.3, 0.7, 0.2])
    sums = sum_by_group(mean_parts(values), np.array([0, 1, 1, 2, 3, 3]), 4)
    assert interval_of_mean(groups, values, 7) == pytest.approx(percentile_interval(ratio(resample(sums, 7))))


def test_the_order_of_the_answers_does_not_matter():
    groups, values = ["d", "b", "a", "c", "b"], np.array([0.1, 0.5, 0.9, 0.3, 0.7])
    order = [3, 2, 4, 1, 0]
    turned = interval_of_mean([groups[i] for i in order], values[order])
    assert turned == pytest.approx(interval_of_mean(groups, values))


def test_a_thousand_draws_of_seed_0_unless_said_otherwise():
    sums = mean_parts([1, 2, 5])
    np.testing.assert_array_equal(resample(sums), resample(sums, seed=0, draws=1000))
    mean = lambda at: float(at.mean())  # noqa: E731
    assert bootstrap_interval("abc", mean) == bootstrap_interval("abc", mean, draws=1000, seed=0)


def test_whole_groups_are_drawn():
    seen = set()
    bootstrap_interval(["a", "a", "b", "b", "b"], lambda at: seen.add(tuple(sorted(at))) or 0.0, draws=200)
    assert seen == {(0, 0, 1, 1), (0, 1, 2, 3, 4), (2, 2, 3, 3, 4, 4)}


def test_answers_alike_within_a_group_widen_the_interval():
    values = np.repeat(np.random.default_rng(1).random(15), 4)
    by_place, by_answer = (
        interval_of_mean(np.repeat(np.arange(15), 4).tolist(), values),
        interval_of_mean(list(range(60)), values),
    )
    assert by_place[1] - by_place[0] > 1.5 * (by_answer[1] - by_answer[0])


def test_one_group_has_no_interval_and_nan_draws_are_left_out():
    assert interval_of_mean(["a", "a"], [1.0, 2.0]) is None
    assert bootstrap_interval(["a", "b"], lambda at: 1.0 if 0 in at else math.nan) == (1, 1)
