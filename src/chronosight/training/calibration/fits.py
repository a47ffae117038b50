"""Logistic fits of confidences on held-out answers, and the confidence from which answers count as confident."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RIGHT_WHEN_CONFIDENT = 0.8  # share of right answers among those that count as confident
THRESHOLD_RANGE = (0.7, 0.9)  # the least is `confidence.CONFIDENT_FROM`
ASSURANCE = 0.9  # one-sided, of the bound on a share


def logit(probability: np.ndarray | Sequence[float] | float) -> np.ndarray:
    """Log odds, with probabilities kept 1e-6 away from 0 and 1.

    Args:
        probability: Probabilities in [0, 1], of any shape.

    Returns:
        Log odds, of the same shape.
    """
    p = np.clip(np.asarray(probability, dtype=float), 1e-6, 1 - 1e-6)
    odds: np.ndarray = np.log(p / (1 - p))
    return odds


def fit_platt(
    probability: Sequence[float] | np.ndarray, outcome: Sequence[bool] | np.ndarray, penalty: float = 2.0
) -> tuple[float, float]:
    """Fits Platt scaling (Platt, 1999): sigmoid(a * logit(probability) + b) has the least log loss, a > 0.

    Args:
        probability: Raw probabilities in [0, 1], (n,).
        outcome: Whether each came true, (n,).
        penalty: Weight of log(a)^2 + b^2, in sums of log loss and not per answer: few answers leave (1, 0), which changes
            nothing, almost as it is; many move it freely.

    Returns:
        (a, b), with a in [0.05, 20] and b in [-10, 10].
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
    """Calibrated probabilities: sigmoid(a * logit(probability) + b).

    Args:
        probability: Raw probabilities in [0, 1], (n,).
        a: Slope on the log odds.
        b: Offset on the log odds.

    Returns:
        Probabilities in [0, 1], (n,).
    """
    return 1 / (1 + np.exp(-(a * logit(probability) + b)))


@dataclass(frozen=True)
class Logistic:
    """Probability of being right from features: sigmoid(features @ weights + bias). weights: one per feature."""

    weights: tuple[float, ...]
    bias: float

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """features: (n, d) -> (n,) in [0, 1]."""
        right: np.ndarray = 1 / (1 + np.exp(-(np.asarray(features, dtype=float) @ np.array(self.weights) + self.bias)))
        return right


def fit_logistic(
    features: np.ndarray, outcome: Sequence[bool] | np.ndarray, penalty: float = 1e-2, nonnegative: bool = False
) -> Logistic:
    """Fits a logistic regression by L-BFGS.

    Args:
        features: (n, d) features; scaled to about one, since the penalty applies to them as given.
        outcome: (n,) outcomes, true or false.
        penalty: Weight of the squared weights, but not of the bias, per answer.
        nonnegative: Whether no feature may lower the probability; the bias may.

    Returns:
        The d weights and the bias.

    Raises:
        ValueError: Features and outcomes differ in number, or the features are not a matrix.
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

    bounds = [*[(0.0 if nonnegative else None, None)] * x.shape[1], (None, None)]
    found = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    return Logistic(tuple(float(w) for w in found[:-1]), float(found[-1]))


def _log_loss(z: np.ndarray, y: np.ndarray) -> float:
    """Mean negative log likelihood of outcomes y under log odds z."""
    return float(np.mean(np.logaddexp(0, z) - y * z))


def confidence_of(probability: np.ndarray, outcome: np.ndarray, yes_no: bool) -> tuple[np.ndarray, np.ndarray]:
    """Turns probabilities into the confidence of the answer that is given.

    Args:
        probability: (n,) in [0, 1]: of yes for yes / no questions, else of the answer being right.
        outcome: (n,) bool: whether yes is true, else whether the answer is right.
        yes_no: Whether these are yes / no questions.

    Returns:
        Confidence in [0, 1] of the answer given, and whether it is right, (n,) each.
    """
    if not yes_no:
        return probability, outcome
    yes = probability >= 0.5
    return np.where(yes, probability, 1 - probability), yes == outcome


def confident_from(confidence: np.ndarray, right: np.ndarray) -> float:
    """The lowest confidence from which on a share of RIGHT_WHEN_CONFIDENT of the answers is right.

    Args:
        confidence: (n,) calibrated confidences in [0, 1].
        right: (n,) bool: whether each answer is right.

    Returns:
        The threshold, kept within THRESHOLD_RANGE.
    """
    order = np.argsort(-confidence, kind="stable")
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(share >= RIGHT_WHEN_CONFIDENT)
    lowest = float(confidence[order[good[-1]]]) if good.size else THRESHOLD_RANGE[1]
    return min(max(lowest, THRESHOLD_RANGE[0]), THRESHOLD_RANGE[1])


def lower_bound(right: int, n: int) -> float:
    """Lower confidence bound of a share of right answers (Clopper and Pearson, 1934).

    Args:
        right: Number of right answers.
        n: Number of answers.

    Returns:
        The share in [0, 1] that is exceeded with a probability of ASSURANCE; 0 where none is right.
    """
    from scipy.stats import beta

    return float(beta.ppf(1 - ASSURANCE, right, n - right + 1)) if right else 0.0


def assured_from(confidence: np.ndarray, right: np.ndarray, sources: np.ndarray, share: float = RIGHT_WHEN_CONFIDENT) -> float:
    """The lowest confidence from which on answers are right often enough, luck aside, in each source by itself.

    A sample of few places can be lucky; only a bound that holds in every source is relied on. And no answer is confident that is
    itself less probable than the share.

    Args:
        confidence: (n,) in [0, 1].
        right: (n,) bool.
        sources: (n,) where each answer comes from, such as a split.
        share: What `lower_bound` has to reach.

    Returns:
        A confidence in [share, 1]; just above 1 where no answers are right often enough.
    """
    found = 1.001
    for lowest in np.unique(confidence[confidence >= share])[::-1]:
        confident = confidence >= lowest
        chosen = [confident & (sources == source) for source in set(sources)]
        held = [lower_bound(int(right[one].sum()), int(one.sum())) for one in chosen]
        found = float(lowest) if min(held) >= share else found
    return found
