"""The order of a run: every example as often as its set is repeated, batches of like length, the same order again."""

from __future__ import annotations

from collections import Counter

import numpy as np

from chronosight.training.unirs.order import length_grouped, repeat


def test_sets_are_repeated_one_five_and_ten_times():
    entries = repeat([4, 3, 2], [1, 5, 10])
    assert Counter(e.source for e in entries) == {0: 4, 1: 15, 2: 20}
    assert Counter((e.source, e.example) for e in entries)[(2, 1)] == 10
    assert {e.repetition for e in entries if (e.source, e.example) == (1, 0)} == {0, 1, 2, 3, 4}


def test_batches_are_of_like_length_and_come_in_no_order_of_length():
    lengths = np.random.default_rng(0).integers(200, 1700, 4000)
    order = length_grouped(lengths, 16, seed=1)
    assert sorted(order) == list(range(4000))
    batches = lengths[order].reshape(-1, 16)
    padded = (batches.max(1) * 16).sum() / lengths.sum()
    plain = (lengths.reshape(-1, 16).max(1) * 16).sum() / lengths.sum()
    assert padded < 1.05 < 1.5 < plain
    means = batches.mean(1)
    assert abs(np.corrcoef(np.arange(len(means)), means)[0, 1]) < 0.2
    assert (order == length_grouped(lengths, 16, seed=1)).all()
    assert (order != length_grouped(lengths, 16, seed=2)).any()


def test_a_last_batch_that_is_not_full_stays_last():
    lengths = [10, 50, 20, 40, 30]
    order = length_grouped(lengths, 2, seed=0)
    assert sorted(order) == [0, 1, 2, 3, 4] and len(order[4:]) == 1
    assert length_grouped([], 4, seed=0).size == 0
