"""Change: yes or no, pixels, cells of the 3x3 grid. Definitions of ChangeIMTI (arXiv 2509.23105); change is positive."""

from __future__ import annotations

from collections.abc import Sequence, Set

import numpy as np

from chronosight.metrics.bootstrap import ratio


def confusion_parts(predicted: np.ndarray | Sequence[bool], true: np.ndarray | Sequence[bool]) -> np.ndarray:
    """Hits, false alarms, misses and true negatives of yes/no decisions.

    Args:
        predicted: (n,) bool.
        true: (n,) bool.

    Returns:
        (n, 4).

    Raises:
        ValueError: The shapes differ.
    """
    p, t = np.asarray(predicted, dtype=bool), np.asarray(true, dtype=bool)
    if p.shape != t.shape:
        raise ValueError(f"predicted has shape {p.shape}, true has {t.shape}; expected one decision for each truth")
    return np.stack([p & t, p & ~t, ~p & t, ~p & ~t], axis=-1).astype(float)


def cell_parts(predicted: Sequence[Set[str]], true: Sequence[Set[str]]) -> np.ndarray:
    """Hits, false alarms and misses of sets of cells.

    Args:
        predicted: n sets.
        true: n sets.

    Returns:
        (n, 3).
    """
    counts = [[len(p & t), len(p - t), len(t - p)] for p, t in zip(predicted, true, strict=True)]
    return np.array(counts, dtype=float).reshape(-1, 3)


def precision(sums: np.ndarray) -> np.ndarray:
    """Share of positive predictions that are right.

    Args:
        sums: (..., 3 or more) hits, false alarms, misses.

    Returns:
        (...) in [0, 1]; nan without a positive prediction.
    """
    return ratio(np.stack([sums[..., 0], sums[..., 0] + sums[..., 1]], axis=-1))


def recall(sums: np.ndarray) -> np.ndarray:
    """Share of true positives that are predicted.

    Args:
        sums: (..., 3 or more) hits, false alarms, misses.

    Returns:
        (...) in [0, 1]; nan without a true positive.
    """
    return ratio(np.stack([sums[..., 0], sums[..., 0] + sums[..., 2]], axis=-1))


def f1(sums: np.ndarray) -> np.ndarray:
    """Harmonic mean of precision and recall.

    Args:
        sums: (..., 3 or more) hits, false alarms, misses.

    Returns:
        (...) in [0, 1]; nan where there is no positive at all.
    """
    return ratio(np.stack([2 * sums[..., 0], 2 * sums[..., 0] + sums[..., 1] + sums[..., 2]], axis=-1))


def iou(sums: np.ndarray) -> np.ndarray:
    """Intersection over union.

    Args:
        sums: (..., 3 or more) hits, false alarms, misses.

    Returns:
        (...) in [0, 1]; nan where there is no positive at all.
    """
    return ratio(np.stack([sums[..., 0], sums[..., :3].sum(axis=-1)], axis=-1))


def false_alarm_rate(sums: np.ndarray) -> np.ndarray:
    """Share of unchanged scenes that are called changed.

    Args:
        sums: (..., 4) of `confusion_parts`.

    Returns:
        (...) in [0, 1]; nan without an unchanged scene.
    """
    return ratio(np.stack([sums[..., 1], sums[..., 1] + sums[..., 3]], axis=-1))


def jaccard(predicted: Set[str], true: Set[str], empty: float = 1.0) -> float:
    """Jaccard index of two sets of cells.

    Args:
        predicted: Cells that a reply names.
        true: Cells that changed.
        empty: What two empty sets score; DeltaVLM's variant gives 0.

    Returns:
        In [0, 1].
    """
    union = predicted | true
    return len(predicted & true) / len(union) if union else empty
