"""Other views of an image: mirrored, and in another light."""

from __future__ import annotations

import numpy as np


def flip(image: np.ndarray, sideways: bool, upside_down: bool) -> np.ndarray:
    """Mirrors an image or mask.

    Args:
        image: (H, W) or (H, W, C), of any type.
        sideways: Whether left and right are exchanged.
        upside_down: Whether top and bottom are exchanged.

    Returns:
        A contiguous array of the same shape.
    """
    image = image[:, ::-1] if sideways else image
    return np.ascontiguousarray(image[::-1] if upside_down else image)


def shine(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Varies the light of an image: gain, offset, a cast per channel, and gamma.

    Args:
        image: (H, W, 3) uint8.
        rng: Draws the light.

    Returns:
        (H, W, 3) uint8.
    """
    x = np.arange(256, dtype=np.float32) / 255
    gamma, gain = np.exp(rng.normal(0, 0.12)), np.exp(rng.normal(0, 0.1) + rng.normal(0, 0.04, 3))
    table = x[None] ** gamma * gain[:, None] + rng.normal(0, 0.03)
    table = (np.clip(table, 0, 1) * 255).astype(np.uint8)
    return np.stack([table[c][image[..., c]] for c in range(3)], axis=-1)
