"""Whether an image resembles the training images, by the distance of its features from theirs.

A portrait or a drawing gets confident answers from a classifier that has seen nothing but aerial imagery. The distance is that of
Mahalanobis, over the root of the number of features, so that it is about 1 for the training images themselves.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

UNLIKE = "this image looks unlike the aerial images that the model was trained on: no answer about it is confident"


class Familiarity:
    """Distance from the training images.

    Args:
        table: (1 + F, F) float: the mean of the training images' pooled features, then the matrix that whitens them.
        settings: `familiar` of config.json: "limit", the largest distance of an image that is like them.
    """

    def __init__(self, table: np.ndarray, settings: Mapping[str, float]) -> None:
        self.mean, self.whitening = table[0].astype(np.float32), table[1:].astype(np.float32)
        self.limit = float(settings["limit"])

    def distance(self, pooled: np.ndarray) -> float:
        """About 1 for images like those trained on, larger for others.

        Args:
            pooled: (F,) features of the whole image, as `presence.pool` gives them.
        """
        return float(np.sqrt(np.mean(((pooled - self.mean) @ self.whitening) ** 2)))

    def doubts(self, pooled: np.ndarray) -> tuple[str, ...]:
        """Why answers about an image cannot be confident; empty where it is like those trained on.

        Args:
            pooled: (F,) features of the whole image, as `presence.pool` gives them.

        Returns:
            One doubt, or none.
        """
        return (UNLIKE,) if self.distance(pooled) > self.limit else ()
