"""Trains the classifier of scene classes (`chronosight.engines.compact.scene_classifier`) on pooled features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chronosight.engines.compact.scene_classifier import SceneClassifier

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
