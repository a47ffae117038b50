"""Scores of change: pixels, yes/no, counts, places. ChangeIMTI's definitions (arXiv 2509.23105), change is positive.

A ratio with nothing to divide by (no positive anywhere) is nan, never 0 or 1 by decree.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

import numpy as np


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


@dataclass(frozen=True)
class Counts:
    """Confusion counts of a yes/no decision, of pixels or of answers; they add up (`a + b`), scores are pooled."""

    tp: int = 0
    fp: int = 0
    fn: int = 0
    tn: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn, self.tn + other.tn)

    @property
    def n(self) -> int:
        return self.tp + self.fp + self.fn + self.tn

    @property
    def accuracy(self) -> float:
        return _ratio(self.tp + self.tn, self.n)

    @property
    def precision(self) -> float:
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float:
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float:
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def iou(self) -> float:
        return _ratio(self.tp, self.tp + self.fp + self.fn)


def count_decisions(predicted: np.ndarray | Sequence[bool], true: np.ndarray | Sequence[bool]) -> Counts:
    """Counts over two boolean arrays of one shape: masks (H, W), or one answer a window (n,)."""
    p, t = np.asarray(predicted, dtype=bool), np.asarray(true, dtype=bool)
    if p.shape != t.shape:
        raise ValueError(f"predicted has shape {p.shape}, true has {t.shape}: give one decision for each truth")
    tp, fp, fn = int((p & t).sum()), int((p & ~t).sum()), int((~p & t).sum())
    return Counts(tp, fp, fn, p.size - tp - fp - fn)


def pool(counts: Iterable[Counts]) -> Counts:
    """Sum over windows."""
    return sum(counts, Counts())


@dataclass(frozen=True)
class CountScores:
    """Counting over n windows, zeros included. mae, rmse: in objects. exact: share of windows counted exactly."""

    n: int
    mae: float
    rmse: float
    exact: float


def score_counts(predicted: Sequence[float], true: Sequence[float]) -> CountScores:
    if len(predicted) != len(true):
        raise ValueError(f"{len(predicted)} counts for {len(true)} truths: give one for each")
    error = np.asarray(predicted, dtype=float) - np.asarray(true, dtype=float)
    if not error.size:
        return CountScores(0, float("nan"), float("nan"), float("nan"))
    return CountScores(error.size, float(np.abs(error).mean()), float(np.sqrt((error**2).mean())), float((error == 0).mean()))


@dataclass(frozen=True)
class LocationScores:
    """Sets of cells over n windows, "No change" is the empty set.

    example_accuracy: mean Jaccard index. subset_accuracy: share of exact matches.
    precision, recall, f1: micro, over cells.
    """

    n: int
    example_accuracy: float
    subset_accuracy: float
    precision: float
    recall: float
    f1: float


def jaccard(predicted: Set[str], true: Set[str], empty: float = 1.0) -> float:
    """Jaccard index of two sets of cells. empty: what two empty sets score (1; DeltaVLM's variant gives 0)."""
    union = predicted | true
    return len(predicted & true) / len(union) if union else empty


def score_locations(predicted: Sequence[Iterable[str]], true: Sequence[Iterable[str]], empty: float = 1.0) -> LocationScores:
    """empty: the example accuracy of an unchanged window answered "No change", see `jaccard`."""
    if len(predicted) != len(true):
        raise ValueError(f"{len(predicted)} sets of cells for {len(true)} truths: give one for each")
    pairs = [(set(p), set(t)) for p, t in zip(predicted, true, strict=True)]
    cells = Counts(
        tp=sum(len(p & t) for p, t in pairs), fp=sum(len(p - t) for p, t in pairs), fn=sum(len(t - p) for p, t in pairs)
    )
    return LocationScores(
        n=len(pairs),
        example_accuracy=_ratio(sum(jaccard(p, t, empty) for p, t in pairs), len(pairs)),
        subset_accuracy=_ratio(sum(p == t for p, t in pairs), len(pairs)),
        precision=cells.precision,
        recall=cells.recall,
        f1=cells.f1,
    )
