"""Is a confidence of 0.8 right four times in five? Expected calibration error and selective accuracy.

The error is the mean distance between confidence and accuracy over bins, weighted by the answers in each (Naeini et al.,
2015; Guo et al., 2017). Bins: 15 of equal width over [0, 1], closed on the right; or of equal number, which is steadier
when most confidences are high. Even a perfectly calibrated model shows an error above zero on few answers
(`error_if_calibrated`), so a value is read beside that. Selective accuracy at coverage c: accuracy of the share c of the
answers with the highest confidence (Geifman and El-Yaniv, 2017); of equal ones, the earlier.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chronosight.metrics.bootstrap import percentile_interval

BINS = 15


def calibration_parts(confidence: np.ndarray, correct: np.ndarray) -> np.ndarray:
    """The parts of the calibration error with bins of equal width.

    Args:
        confidence: (n,) in [0, 1].
        correct: (n,) 1 for a right answer.

    Returns:
        (n, BINS + 1): confidence less outcome in the column of its bin, and a one.

    Raises:
        ValueError: The shapes differ, or a confidence is outside [0, 1].
    """
    if confidence.shape != correct.shape:
        raise ValueError(f"{confidence.size} confidences for {correct.size} outcomes; expected one for each")
    if confidence.size and not (confidence.min() >= 0 and confidence.max() <= 1):
        raise ValueError(f"confidences from {confidence.min()} to {confidence.max()}; they must lie in [0, 1]")
    edges = np.linspace(0, 1, BINS + 1)
    index = np.maximum(np.searchsorted(edges, confidence, side="left") - 1, 0)  # 0 itself is in the first bin
    parts = np.zeros((confidence.size, BINS + 1))
    parts[np.arange(confidence.size), index] = confidence - correct
    parts[:, BINS] = 1
    return parts


def calibration_error(sums: np.ndarray) -> np.ndarray:
    """The calibration error of summed parts.

    Args:
        sums: (..., BINS + 1) of `calibration_parts`.

    Returns:
        (...) in [0, 1]; nan without answers.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.abs(sums[..., :BINS]).sum(axis=-1) / sums[..., BINS])


def expected_calibration_error(
    confidence: Sequence[float] | np.ndarray, correct: Sequence[bool] | np.ndarray, equal_number: bool = False
) -> float:
    """The expected calibration error of n answers.

    Args:
        confidence: (n,) in [0, 1].
        correct: (n,) bool.
        equal_number: Bins of equal number in place of equal width.

    Returns:
        In [0, 1]; nan without answers.

    Raises:
        ValueError: The shapes differ, or a confidence is outside [0, 1].
    """
    c, right = np.asarray(confidence, dtype=float), np.asarray(correct, dtype=float)
    parts = calibration_parts(c, right)
    if not equal_number:
        return float(calibration_error(parts.sum(axis=0)))
    bins = np.array_split(np.argsort(c, kind="stable"), BINS)
    return sum(abs(float((c[b] - right[b]).sum())) for b in bins) / c.size if c.size else float("nan")


def error_if_calibrated(
    confidence: Sequence[float] | np.ndarray, draws: int = 1000, seed: int = 0
) -> tuple[float, tuple[float, float]]:
    """What the calibration error would be were every confidence true.

    Args:
        confidence: (n,) in [0, 1], n at least 1.
        draws: How often outcomes are drawn, each answer right with its confidence as probability, independently. Answers
            that are right and wrong together, as those about one window, make the error larger.
        seed: The same seed gives the same result.

    Returns:
        Mean over draws, and what 95 % of them lie between.
    """
    c = np.asarray(confidence, dtype=float)
    rng = np.random.default_rng(seed)
    errors = [expected_calibration_error(c, rng.random(c.size) < c) for _ in range(draws)]
    interval = percentile_interval(np.array(errors))
    assert interval is not None  # every draw has an error
    return float(np.mean(errors)), interval


def selective_accuracy(confidence: np.ndarray, correct: np.ndarray, coverage: float) -> tuple[float, int]:
    """Accuracy of the answers with the highest confidence.

    Args:
        confidence: (n,).
        correct: (n,) 1 for a right answer.
        coverage: Share of the answers that is kept, in (0, 1]; at least one answer.

    Returns:
        Accuracy in [0, 1], and over how many answers.
    """
    n = max(1, round(coverage * confidence.size))
    return float(correct[np.argsort(-confidence, kind="stable")[:n]].mean()), n
