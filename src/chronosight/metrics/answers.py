"""Short answers and one-of-many answers: right or wrong, averages over types, confusion tables.

RSVQA averages are published in two ways, which differ by points: over all questions, and the plain mean of the types'
accuracies. Counts and areas are also scored in RSVQA's ranges (0, 1 to 10, 11 to 100, 101 to 1000, more).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chronosight.metrics.bootstrap import ratio

NO_ANSWER = "(none)"
RANGES = (1, 11, 101, 1001)


def is_right(value: object, truth: object) -> bool:
    """Whether a value is exactly the truth.

    Args:
        value: What was answered; None for a reply without a value.
        truth: The right value; cells are compared as sets, and 1 is not True.

    Returns:
        Right or wrong.
    """
    if isinstance(truth, tuple):
        return isinstance(value, tuple) and set(value) == set(truth)
    return value == truth and isinstance(value, bool) == isinstance(truth, bool)


def number_range(answer: object) -> int | None:
    """RSVQA's range of an answer with a number.

    Args:
        answer: "37" or "120m2".

    Returns:
        0 to 4; None for no number.
    """
    found = re.match(r"\s*(\d+)", str(answer)) if answer is not None else None
    return None if found is None else int(np.digitize(int(found[1]), RANGES))


def type_parts(right: np.ndarray, types: Sequence[str], names: Sequence[str]) -> np.ndarray:
    """The parts of a plain mean over types.

    Args:
        right: (n,) 1 for a right answer.
        types: The type of each answer.
        names: The k types that are averaged.

    Returns:
        (n, 2 k): right answers by type, then answers by type.
    """
    member = (np.array(types)[:, None] == np.array(names)[None]).astype(float)
    return np.concatenate([member * right[:, None], member], axis=1)


def mean_over_types(sums: np.ndarray) -> np.ndarray:
    """Plain mean of the types' accuracies.

    Args:
        sums: (..., 2 k) of `type_parts`.

    Returns:
        (...) in [0, 1]; nan where a type has no answer.
    """
    types = sums.shape[-1] // 2
    return np.asarray(ratio(np.stack([sums[..., :types], sums[..., types:]], axis=-1)).mean(axis=-1))


@dataclass(frozen=True)
class ConfusionTable:
    """Answers by true class.

    Attributes:
        classes: Rows, in order.
        columns: The classes, then whatever else was answered.
        counts: (classes, columns) int.
    """

    classes: tuple[str, ...]
    columns: tuple[str, ...]
    counts: np.ndarray


def confusion_table(predicted: Sequence[str | None], true: Sequence[str]) -> ConfusionTable:
    """Counts answers by true class.

    Args:
        predicted: n names; None (no answer) becomes the column "(none)".
        true: n names.

    Returns:
        The table.

    Raises:
        ValueError: The lengths differ.
    """
    if len(predicted) != len(true):
        raise ValueError(f"{len(predicted)} answers for {len(true)} truths; expected one for each")
    answers = [NO_ANSWER if p is None else p for p in predicted]
    classes = tuple(sorted(set(true)))
    columns = (*classes, *sorted(set(answers) - set(classes)))
    counts = np.zeros((len(classes), len(columns)), dtype=int)
    for p, t in zip(answers, true, strict=True):
        counts[classes.index(t), columns.index(p)] += 1
    return ConfusionTable(classes, columns, counts)
