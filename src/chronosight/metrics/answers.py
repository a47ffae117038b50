"""Scores of one-of-many answers: scene classes and events. Overall accuracy, per class, confusion table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NO_ANSWER = "(none)"


@dataclass(frozen=True)
class ClassificationScores:
    """classes: rows of `confusion`, in order. columns: the classes, then whatever else was answered.

    confusion: (classes, columns) int, true class by answer. An answer outside the classes counts as wrong.
    """

    classes: tuple[str, ...]
    columns: tuple[str, ...]
    confusion: np.ndarray

    @property
    def n(self) -> int:
        return int(self.confusion.sum())

    @property
    def top1(self) -> float:
        """Share of right answers, over all questions."""
        return float(np.trace(self.confusion)) / self.n if self.n else float("nan")

    @property
    def per_class(self) -> dict[str, float]:
        """Share of right answers among the questions whose truth is the class."""
        return {name: float(self.confusion[i, i] / self.confusion[i].sum()) for i, name in enumerate(self.classes)}

    @property
    def mean_per_class(self) -> float:
        return float(np.mean(list(self.per_class.values()))) if self.classes else float("nan")


def score_classes(predicted: Sequence[str | None], true: Sequence[str]) -> ClassificationScores:
    """Compares names exactly; None (no answer) becomes the column "(none)"."""
    if len(predicted) != len(true):
        raise ValueError(f"{len(predicted)} answers for {len(true)} truths: give one for each")
    answers = [NO_ANSWER if p is None else p for p in predicted]
    classes = tuple(sorted(set(true)))
    columns = (*classes, *sorted(set(answers) - set(classes)))
    confusion = np.zeros((len(classes), len(columns)), dtype=int)
    for p, t in zip(answers, true, strict=True):
        confusion[classes.index(t), columns.index(p)] += 1
    return ClassificationScores(classes, columns, confusion)
