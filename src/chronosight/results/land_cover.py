"""The land-cover map of both dates of a pair, one byte a pixel and date.

    32 k + c    class k of `tasks.land_cover`, with a confidence of c / 31
    255         no data

The confidence of bare ground and of low vegetation is that of both together: which of the two it is, the season decides too.
So a map of a large pair stays small, and a whole scene's lies on disk as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

NO_COVER = 255
NEVER = 2.0  # a confidence that no pixel reaches
LEVELS = 31  # of confidence, above 0
CLASS_FROM = 5  # bit of a packed byte
# Group of each class of `LAND_COVER_CLASSES`: sealed, open, trees, water; the last is "no data". Only ground that goes from one
# group to another has changed.
GROUPS = np.array([0, 0, 1, 1, 2, 3, 4, 4], np.uint8)
N_GROUPS = 4


@dataclass(frozen=True)
class Thresholds:
    """From which confidence on a class is named, in [0, 1]; above 1 for a class that never is.

    Attributes:
        least: Of each class, at one date, whatever the other date shows.
        agreeing: Of each class, where both dates show the same group of classes: what is seen twice is right more often.
    """

    least: tuple[float, ...]
    agreeing: tuple[float, ...]


@dataclass(frozen=True)
class LandCover:
    """What the ground is at both dates, as far as it is known.

    Attributes:
        packed: (2, H, W) uint8, class and confidence of the earlier and the later date, by `pack`; one date alone is allowed.
        thresholds: From which confidence on a class is named.
    """

    packed: np.ndarray
    thresholds: Thresholds

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
        """(2, H, W) bool, where the likeliest class is confident enough to be named, whatever the other date shows."""
        return self._reach(self.thresholds.least)

    @property
    def named(self) -> np.ndarray:
        """(2, H, W) bool, `known`, or of the same group and confident enough at both dates."""
        if len(self.packed) == 1:
            return self.known
        groups = GROUPS[self.classes]
        agreeing: np.ndarray = (groups[0] == groups[1]) & self._reach(self.thresholds.agreeing).all(axis=0)
        named: np.ndarray = self.known | agreeing
        return named

    def part(self, packed: np.ndarray) -> LandCover:
        """Other pixels, named from the same confidences on."""
        return replace(self, packed=packed)

    def _reach(self, least: tuple[float, ...]) -> np.ndarray:
        found: np.ndarray = (self.packed & LEVELS) >= _least_levels(tuple(least))[self.packed >> CLASS_FROM]
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
