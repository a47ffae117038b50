"""Small pairs made in memory."""

import numpy as np

from chronosight.scenes.scene import Scene


def ground(height: int, width: int) -> np.ndarray:
    """(2, H, W, 3) uint8: the same dull ground at both dates."""
    return np.full((2, height, width, 3), 100, np.uint8)


def pair(frames: np.ndarray, **facts) -> Scene:
    return Scene("pair", frames, facts.pop("valid", np.ones(frames.shape[1:3], bool)), ("a", "b"), **facts)
