"""The ground size of a pixel, estimated from the images of a pair whose files do not say.

A linear regression of its logarithm on the tower's pooled features, of windows cut at the images' own resolution. It separates
half-metre imagery from imagery at 1 m, which decides what guide compares the dates; areas are never computed from it. Of imagery
unlike that trained on it is far off, and nothing in the features tells so (the distance of `familiar.py` does not): the range is
therefore that of the errors on imagery of both kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.presence import pool
from chronosight.figures import figures
from chronosight.scenes.scene import Scene
from chronosight.tasks.pixels import resize_frames

SIDE = 192  # pixels of a window
# Up to this estimate a pair counts as fine, as where the size is known: 56 of 64 held-out pairs at 0.5 m do, and 24 of 80 at 1 m,
# whose counts lose nothing by it. Half-metre pairs taken for coarser ones lose much (docs/experiments.md).
FINE_UP_TO = 0.75


@dataclass(frozen=True)
class GroundSize:
    """An estimate.

    Attributes:
        metres: Metres per pixel.
        low: Lower end of the range that the true size lies in, in nine of ten pairs of imagery like and unlike that trained on.
        high: Upper end of it.
    """

    metres: float
    low: float
    high: float

    @property
    def fine(self) -> bool:
        """Whether the pair counts as fine imagery."""
        return self.metres <= FINE_UP_TO

    @property
    def note(self) -> str:
        """What the user should know."""
        metres, low, high = (figures(size, 2) for size in (self.metres, self.low, self.high))
        return (
            f"the files do not say the ground size of a pixel; it was estimated from the images as about {metres} m "
            f"({low} to {high} m): state it with --metres-per-pixel for areas, and for better counts"
        )


def assumed_note(metres: float) -> str:
    """What the user should know of a pair whose ground size is neither known nor estimated.

    Args:
        metres: Metres per pixel that it is compared as.

    Returns:
        The note.
    """
    return (
        f"the files do not say the ground size of a pixel, and it could not be estimated (that takes {SIDE} x {SIDE} pixels): "
        f"they were compared as imagery of about {figures(metres, 2)} m; state it with --metres-per-pixel for areas, "
        "and for better counts"
    )


class GroundSizeEstimator:
    """Estimates the ground size of a pair's pixels.

    Args:
        weights: (F + 1,) float32; the last is the bias.
        settings: `ground_size` of config.json: "finer" and "coarser", how far the true size may lie below and above an
            estimate, in octaves; weights of version 0.10 and older have "spread" for both.
        features: (N, 3, S, S) in [0, 1] -> (N, D, h, w), the vision tower.
    """

    def __init__(self, weights: np.ndarray, settings: Mapping[str, float], features: Callable[[np.ndarray], np.ndarray]) -> None:
        self.weights, self.features = weights, features
        self.finer, self.coarser = (float(settings[side if side in settings else "spread"]) for side in ("finer", "coarser"))

    def estimate(self, scene: Scene) -> GroundSize | None:
        """Estimates from two windows of each date.

        Args:
            scene: A pair.

        Returns:
            The estimate; None for a pair with a side of less than 192 pixels, or with too little data.
        """
        cut = [part for frame in scene.frames for part in windows_of(frame, scene.valid)]
        if not cut:
            return None
        octaves = float(np.mean([self.octaves(part) for part in cut]))
        return GroundSize(*(2 ** (octaves + step) for step in (0.0, -self.finer, self.coarser)))

    def octaves(self, window: np.ndarray) -> float:
        """Base-2 logarithm of the ground size of a window's pixels.

        Args:
            window: (192, 192, 3) uint8.

        Returns:
            The logarithm of metres per pixel.
        """
        return float(window_features(window, self.features) @ self.weights[:-1] + self.weights[-1])


def window_features(window: np.ndarray, features: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """What the regression reads of a window.

    Args:
        window: (S, S, 3) uint8.
        features: The vision tower.

    Returns:
        (F,) float32.
    """
    return pool(features(resize_frames(window[None], *window.shape[:2])))


def windows_of(frame: np.ndarray, valid: np.ndarray) -> list[np.ndarray]:
    """Windows in two opposite corners of the valid area's middle part; none where an image is too small.

    Args:
        frame: (H, W, 3) uint8.
        valid: (H, W) bool; a window must be valid throughout.

    Returns:
        Up to two windows (192, 192, 3).
    """
    height, width = valid.shape
    if min(height, width) < SIDE:
        return []
    places = {(height // 4, width // 4), (3 * height // 4, 3 * width // 4)}
    found = []
    for y, x in sorted(places):
        top, left = (int(np.clip(at - SIDE // 2, 0, side - SIDE)) for at, side in ((y, height), (x, width)))
        here = (slice(top, top + SIDE), slice(left, left + SIDE))
        if valid[here].all():
            found.append(frame[here])
    return found


def tower_of(bundle: Bundle) -> Callable[[np.ndarray], np.ndarray]:
    """The vision tower of the weights.

    Args:
        bundle: The weights; the tower is opened when first used.

    Returns:
        (N, 3, S, S) in [0, 1] -> (N, D, h, w).
    """

    def features(frames: np.ndarray) -> np.ndarray:
        found: np.ndarray = bundle.session("tower").run(["features"], {"frames": frames})[0]
        return found

    return features
