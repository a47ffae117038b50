"""One stream of examples from several sets: repetition, a seeded order, batches of like length.

The order of a whole run is one list of numbers, drawn before it starts: example i of step s is the same on any machine,
whatever was stopped and gone on with, and however many processes share the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chronosight.datasets.sample import Sample


@dataclass(frozen=True)
class Entry:
    """One example to learn once. source: number of its set. repetition: which of its replies (`Turn.reply`)."""

    source: int
    example: int
    repetition: int


def repeat(sizes: Sequence[int], times: Sequence[int]) -> list[Entry]:
    """Repeats every example as often as its set asks (UniRS, arXiv 2412.20742: GeoChat 1, LEVIR-CC 5, ERA 10).

    Args:
        sizes: Number of examples of each set.
        times: Repetitions of each set.

    Returns:
        All entries, set by set.
    """
    return [
        Entry(source, example, repetition)
        for source, (size, count) in enumerate(zip(sizes, times, strict=True))
        for repetition in range(count)
        for example in range(size)
    ]


def length_grouped(lengths: Sequence[int], batch: int, seed: int, groups: int = 32) -> np.ndarray:
    """An order in which the examples of a batch are of similar length, so that little is padded.

    The numbers are shuffled, cut into stretches of `groups` batches, and sorted by length within each; then the batches are
    shuffled, but for the last one, which may be smaller.

    Args:
        lengths: Length of each example.
        batch: Examples of one optimizer step, over all processes.
        seed: Seed of the order.
        groups: Batches that are sorted together.

    Returns:
        (n,) int64: a permutation of 0 .. n - 1.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(lengths))
    size = np.asarray(lengths)
    stretch = batch * groups
    parts = [order[i : i + stretch] for i in range(0, len(order), stretch)]
    order = np.concatenate([part[np.argsort(-size[part], kind="stable")] for part in parts]) if parts else order
    whole = len(order) // batch
    batches = order[: whole * batch].reshape(whole, batch)[rng.permutation(whole)]
    return np.concatenate([batches.ravel(), order[whole * batch :]])


def rough_length(example: Sample, visual: int) -> int:
    """Estimates the tokens of an example, near enough for grouping: visual ones, and a quarter of the letters of its texts.

    Args:
        example: The sample.
        visual: Number of its visual tokens.

    Returns:
        The estimate.
    """
    letters = len(example.clue) + sum(len(t.question.text) + len(t.replies[0]) for t in example.turns)
    return visual + letters // 4
