import math

import numpy as np

from chronosight.metrics.bootstrap import bootstrap_interval, mean_interval


def test_same_seed_same_interval_and_it_holds_the_mean():
    values = np.random.default_rng(0).random(60)
    places = [i // 4 for i in range(60)]
    low, high = mean_interval(places, values)
    assert (low, high) == mean_interval(places, values)
    assert (low, high) != mean_interval(places, values, seed=1)
    assert low < values.mean() < high


def test_whole_places_are_drawn():
    places = ["a", "a", "b", "b", "b"]
    seen = []
    bootstrap_interval(places, lambda items: seen.append(sorted(items)) or 0.0, draws=200)
    assert {tuple(s) for s in seen} == {(0, 0, 1, 1), (0, 1, 2, 3, 4), (2, 2, 3, 3, 4, 4)}


def test_windows_alike_within_a_place_widen_the_interval():
    values = np.repeat(np.random.default_rng(1).random(15), 4)
    places = np.repeat(np.arange(15), 4).tolist()
    by_place, by_window = mean_interval(places, values), mean_interval(list(range(60)), values)
    assert by_place[1] - by_place[0] > 1.5 * (by_window[1] - by_window[0])


def test_one_place_has_no_interval_and_nan_draws_are_left_out():
    assert all(math.isnan(v) for v in mean_interval(["a", "a"], [1.0, 2.0]))
    low, high = bootstrap_interval(["a", "b"], lambda items: 1.0 if 0 in items else float("nan"))
    assert (low, high) == (1.0, 1.0)
