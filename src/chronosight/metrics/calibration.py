"""Is a confidence of 0.8 right four times in five? Expected calibration error, its table, and fits for held-out data.

The error is the mean distance between confidence and accuracy over bins, weighted by the answers in each
(Naeini et al., 2015; Guo et al., 2017). Bins: 15 of equal width over [0, 1], closed on the right; `adaptive` makes them
of equal number instead, which is steadier when most confidences are high. Even a perfectly calibrated model shows an
error above zero on few answers (`error_if_calibrated`), so a figure is read beside that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BINS = 15
RIGHT_WHEN_SURE = 0.8  # share of right answers among those that call themselves sure
SURE_RANGE = (0.5, 0.9)


@dataclass(frozen=True)
class ReliabilityBin:
    """low, high: edges of the bin. n: answers in it. confidence, accuracy: their means over it."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


def reliability_table(
    confidence: Sequence[float] | np.ndarray,
    correct: Sequence[bool] | np.ndarray,
    bins: int = BINS,
    adaptive: bool = False,
) -> list[ReliabilityBin]:
    """Bins that hold at least one answer. confidence: (n,) in [0, 1]; correct: (n,) bool."""
    sure, right = np.asarray(confidence, dtype=float), np.asarray(correct, dtype=float)
    if sure.shape != right.shape:
        raise ValueError(f"{sure.size} confidences for {right.size} outcomes: give one for each")
    if sure.size and (sure.min() < 0 or sure.max() > 1 or np.isnan(sure).any()):
        raise ValueError(f"confidences from {sure.min()} to {sure.max()}: they must lie in [0, 1]")
    if adaptive:
        groups = [g for g in np.array_split(np.argsort(sure, kind="stable"), bins) if g.size]
        return [_bin(sure[g], right[g], float(sure[g[0]]), float(sure[g[-1]])) for g in groups]
    edges = np.linspace(0, 1, bins + 1)
    index = np.clip(np.searchsorted(edges, sure, side="left") - 1, 0, bins - 1)
    return [
        _bin(sure[index == b], right[index == b], float(edges[b]), float(edges[b + 1])) for b in range(bins) if (index == b).any()
    ]


def _bin(sure: np.ndarray, right: np.ndarray, low: float, high: float) -> ReliabilityBin:
    return ReliabilityBin(low, high, sure.size, float(sure.mean()), float(right.mean()))


def expected_calibration_error(
    confidence: Sequence[float] | np.ndarray,
    correct: Sequence[bool] | np.ndarray,
    bins: int = BINS,
    adaptive: bool = False,
) -> float:
    """In [0, 1]; nan without answers."""
    table = reliability_table(confidence, correct, bins, adaptive)
    total = sum(row.n for row in table)
    return sum(row.n * abs(row.confidence - row.accuracy) for row in table) / total if total else float("nan")


def error_if_calibrated(
    confidence: Sequence[float] | np.ndarray, bins: int = BINS, draws: int = 1000, seed: int = 0
) -> tuple[float, tuple[float, float]]:
    """What the error would be were every confidence true: mean over draws, and what 95 % of them lie between.

    confidence: (n,) in [0, 1], n at least 1. Each draw makes an answer right with its confidence as probability,
    independently. Answers that are right and wrong together, as those about one window, make it larger.
    """
    sure = np.asarray(confidence, dtype=float)
    rng = np.random.default_rng(seed)
    errors = [expected_calibration_error(sure, rng.random(sure.size) < sure, bins) for _ in range(draws)]
    low, high = np.percentile(errors, [2.5, 97.5])
    return float(np.mean(errors)), (float(low), float(high))


def logit(probability: np.ndarray | Sequence[float] | float) -> np.ndarray:
    """Log odds, with probabilities kept 1e-6 away from 0 and 1."""
    p = np.clip(np.asarray(probability, dtype=float), 1e-6, 1 - 1e-6)
    return np.log(p / (1 - p))


def fit_temperature(probability: Sequence[float] | np.ndarray, outcome: Sequence[bool] | np.ndarray) -> float:
    """The T > 0 for which sigmoid(logit(probability) / T) has the least log loss on `outcome`, within [0.05, 20]."""
    from scipy.optimize import minimize_scalar

    z, y = logit(probability), np.asarray(outcome, dtype=float)

    def loss(log_t: float) -> float:
        return float(_log_loss(z / np.exp(log_t), y))

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.05), np.log(20.0)), method="bounded").x))


def apply_temperature(probability: np.ndarray | Sequence[float], temperature: float) -> np.ndarray:
    return 1 / (1 + np.exp(-logit(probability) / temperature))


def fit_platt(
    probability: Sequence[float] | np.ndarray, outcome: Sequence[bool] | np.ndarray, penalty: float = 2.0
) -> tuple[float, float]:
    """(a, b) for which sigmoid(a * logit(probability) + b) has the least log loss on `outcome`, a > 0 (Platt, 1999).

    penalty: of log(a)^2 + b^2 in sums of log loss, not per answer: few answers leave (1, 0), "as it is", almost alone,
    many move it freely.
    """
    from scipy.optimize import minimize

    z, y = logit(probability), np.asarray(outcome, dtype=float)

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        log_a, b = parameters
        slope = np.exp(log_a) * z
        residual = 1 / (1 + np.exp(-(slope + b))) - y
        total = y.size * _log_loss(slope + b, y) + penalty * (log_a**2 + b**2)
        return total, np.array([residual @ slope + 2 * penalty * log_a, residual.sum() + 2 * penalty * b])

    bounds = [(np.log(0.05), np.log(20.0)), (-10.0, 10.0)]
    log_a, b = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=bounds).x
    return float(np.exp(log_a)), float(b)


def apply_platt(probability: np.ndarray | Sequence[float], a: float, b: float) -> np.ndarray:
    return 1 / (1 + np.exp(-(a * logit(probability) + b)))


@dataclass(frozen=True)
class Logistic:
    """Probability of being right from features: sigmoid(features @ weights + bias). weights: one per feature."""

    weights: tuple[float, ...]
    bias: float

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """features: (n, d) -> (n,) in [0, 1]."""
        return 1 / (1 + np.exp(-(np.asarray(features, dtype=float) @ np.array(self.weights) + self.bias)))


def fit_logistic(features: np.ndarray, outcome: Sequence[bool] | np.ndarray, penalty: float = 1e-2) -> Logistic:
    """Logistic regression of `outcome` (n,) on `features` (n, d) by L-BFGS.

    penalty: of the squared weights (not the bias), per answer, on features as given: scale them to about one.
    """
    from scipy.optimize import minimize

    x, y = np.asarray(features, dtype=float), np.asarray(outcome, dtype=float)
    if x.ndim != 2 or x.shape[0] != y.size:
        raise ValueError(f"features of shape {x.shape} for {y.size} outcomes: expected ({y.size}, d)")

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        weights, bias = parameters[:-1], parameters[-1]
        z = x @ weights + bias
        residual = (1 / (1 + np.exp(-z)) - y) / y.size
        slope = np.append(x.T @ residual + 2 * penalty * weights, residual.sum())
        return float(_log_loss(z, y) + penalty * (weights @ weights)), slope

    found = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return Logistic(tuple(float(w) for w in found[:-1]), float(found[-1]))


def _log_loss(z: np.ndarray, y: np.ndarray) -> float:
    """Mean negative log likelihood of outcomes y under log odds z."""
    return float(np.mean(np.logaddexp(0, z) - y * z))


def confidence_of(probability: np.ndarray, outcome: np.ndarray, yes_no: bool) -> tuple[np.ndarray, np.ndarray]:
    """-> confidence of the answer given, and whether it is right. For yes / no `probability` is that of yes."""
    if not yes_no:
        return probability, outcome
    said = probability >= 0.5
    return np.where(said, probability, 1 - probability), said == outcome


def sure_from(confidence: np.ndarray, right: np.ndarray) -> float:
    """The lowest confidence from which on RIGHT_WHEN_SURE of the answers are right, kept within SURE_RANGE."""
    order = np.argsort(-confidence, kind="stable")
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(share >= RIGHT_WHEN_SURE)
    lowest = float(confidence[order[good[-1]]]) if good.size else SURE_RANGE[1]
    return min(max(lowest, SURE_RANGE[0]), SURE_RANGE[1])
