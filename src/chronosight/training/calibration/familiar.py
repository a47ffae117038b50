"""Fits how far the features of an image may lie from those of the training images (`chronosight.engines.compact.familiar`)."""

from __future__ import annotations

import numpy as np

from chronosight.engines.compact.familiar import Familiarity

LIKE = 0.975  # share of the held-out images that count as like the training images
SHRINKAGE = 1e-3  # of the mean variance, added to the covariance: features that hardly vary do not decide


def fit_familiar(training: np.ndarray, held_out: np.ndarray) -> tuple[np.ndarray, dict[str, float]]:
    """Fits mean and covariance to training images, and the limit to others of the same sets.

    Args:
        training: (n, F) pooled features of training images.
        held_out: (m, F) of images that nothing was trained on.

    Returns:
        The table of `Familiarity`, (1 + F, F) float32, and its settings.
    """
    mean = training.mean(axis=0)
    covariance = np.cov(training - mean, rowvar=False)
    covariance += SHRINKAGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    values, vectors = np.linalg.eigh(covariance)
    whitening = vectors / np.sqrt(values)
    table = np.concatenate([mean[None], whitening]).astype(np.float32)
    found = Familiarity(table, {"limit": np.inf})
    limit = float(np.quantile([found.distance(row) for row in held_out], LIKE))
    return table, {"limit": round(limit, 3)}
