"""Trains and calibrates the classifier of scene classes (`chronosight.engines.compact.scene_classifier`)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chronosight.engines.compact.scene_classifier import SceneClassifier
from chronosight.engines.confidence import log_odds
from chronosight.metrics.calibration import expected_calibration_error
from chronosight.training.calibration.fits import confident_from, fit_logistic

PENALTY = 5e-5  # of the squared weights of scaled features; chosen on images held out of training
STEPS = 150


def fit_scene_classes(features: np.ndarray, names: Sequence[str]) -> SceneClassifier:
    """Multinomial logistic regression.

    Args:
        features: (n, F) pooled features of training images; more may follow, which have no class.
        names: Scene classes of the first ones, n at most.

    Returns:
        The classifier, on features as they are.
    """
    from scipy.optimize import minimize

    classes = tuple(sorted(set(names)))
    rows, features = np.array([classes.index(name) for name in names]), features[: len(names)]
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-3
    scaled = np.column_stack([(features - mean) / spread, np.ones(len(features))]).astype(np.float64)
    shape = len(classes), scaled.shape[1]

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        weights = parameters.reshape(shape)
        penalised = np.column_stack([weights[:, :-1], np.zeros(len(weights))])
        scores = scaled @ weights.T
        logs = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
        residual = np.exp(logs)
        residual[np.arange(len(rows)), rows] -= 1
        slope = residual.T @ scaled / len(rows) + 2 * PENALTY * penalised
        return float(-logs[np.arange(len(rows)), rows].mean() + PENALTY * (penalised**2).sum()), slope.ravel()

    start = np.zeros(shape[0] * shape[1])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x.reshape(shape)
    weights = found[:, :-1] / spread
    return SceneClassifier(np.column_stack([weights, found[:, -1] - weights @ mean]).astype(np.float32), classes)


def fit_scene_confidence(
    classifier: SceneClassifier, features: np.ndarray, named: Sequence[object], names: Sequence[str]
) -> tuple[dict[str, float], dict[str, float]]:
    """Fits when the likeliest class is right, by its probability and by whether the language model names it too.

    Args:
        classifier: The classifier.
        features: (n, F) pooled features of images held out of training.
        named: (n,) classes that the language model names; None where it names none.
        names: (n,) their scene classes.

    Returns:
        Settings "a", "agrees", "b" and "sure" of the task "scene_class"; and how they came about: n, accuracy, that of the
        language model, calibration error before and after (on the same answers).
    """
    found = [classifier.best(pooled) for pooled in features]
    right = np.array([name == true for (name, _), true in zip(found, names, strict=True)])
    agrees = np.array([name == said for (name, _), said in zip(found, named, strict=True)])
    probability = np.array([chance for _, chance in found])
    evidence = np.column_stack([[log_odds(chance) for chance in probability], np.where(agrees, 1.0, -1.0)])
    fitted = fit_logistic(evidence, right, penalty=1e-3, nonnegative=True)
    confidence = fitted(evidence)
    settings = {"a": round(fitted.weights[0], 4), "agrees": round(fitted.weights[1], 4), "b": round(fitted.bias, 4)}
    return settings | {"sure": round(confident_from(confidence, right), 3)}, {
        "n": len(right),
        "accuracy": round(float(right.mean()), 4),
        "accuracy_language_model": round(float(np.mean([said == true for said, true in zip(named, names, strict=True)])), 4),
        "error_before": round(expected_calibration_error(probability, right), 4),
        "error_after": round(expected_calibration_error(confidence, right), 4),
    }
