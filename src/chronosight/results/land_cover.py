"""The land-cover map of both dates of a pair, one byte a pixel and date.

    32 k + c    class k of `tasks.land_cover`, with a confidence of c / 31
    255         no data

The confidence of bare ground and of low vegetation is that of both together: which of the two it is, the season decides too.
So a map of a large pair stays small, and a whole scene's lies on disk as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

NO_COVER = 255
LEVELS = 31  # of confidence, above 0
CLASS_FROM = 5  # bit of a packed byte


@dataclass(frozen=True)
class LandCover:
    """What the ground is at both dates, as far as it is known.

    Attributes:
        packed: (2, H, W) uint8, class and confidence of the earlier and the later date, by `pack`.
        least: Of each class the confidence in [0, 1] below which it is unknown.
    """

    packed: np.ndarray
    least: tuple[float, ...]

    @property
    def classes(self) -> np.ndarray:
        """(2, H, W) uint8, index of the likeliest class in `LAND_COVER_CLASSES`, known or not; 7 where there is no data."""
        found: np.ndarray = self.packed >> CLASS_FROM
        return found

    @property
    def confidence(self) -> np.ndarray:
        """(2, H, W) float32 in [0, 1], calibrated probability of the likeliest class; 0 where there is no data."""
        found = (self.packed & LEVELS).astype(np.float32) / LEVELS
        found[self.packed == NO_COVER] = 0
        return found

    @property
    def known(self) -> np.ndarray:
        """(2, H, W) bool, where the likeliest class is confident enough to be named."""
        found: np.ndarray = (self.packed & LEVELS) >= _least_levels(tuple(self.least))[self.packed >> CLASS_FROM]
        return found


@lru_cache(maxsize=16)
def _least_levels(least: tuple[float, ...]) -> np.ndarray:
    """Of each class the lowest level of confidence at which it is known; nothing is where there is no data."""
    levels = np.full(8, LEVELS + 1, np.uint8)
    levels[: len(least)] = np.ceil(np.array(least) * LEVELS - 1e-6).clip(0, LEVELS + 1)
    return levels


def pack(classes: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """Packs classes and their confidence.

    Args:
        classes: uint8 index of class, at most 6.
        confidence: In [0, 1], of the same shape.

    Returns:
        uint8 of the same shape.
    """
    packed: np.ndarray = classes << CLASS_FROM | np.rint(confidence * LEVELS).astype(np.uint8)
    return packed
