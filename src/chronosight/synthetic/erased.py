"""Buildings taken out of an image and replaced by invented ground: one date becomes two, with known truth."""

from __future__ import annotations

import numpy as np
from scipy import ndimage


def erase(pixels: np.ndarray, gone: np.ndarray, ground: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Replaces buildings by ground.

    Args:
        pixels: (S, S, 3) uint8.
        gone: (S, S) bool, the buildings to replace.
        ground: (S, S, 3), what shows in their place.
        rng: Draws the width of the margin that goes with them.

    Returns:
        (S, S, 3) uint8.
    """
    alpha = soft_mask(gone, 1 + int(rng.integers(3)), 1.0)
    erased: np.ndarray = (alpha * ground + (1 - alpha) * pixels).astype(np.uint8)
    return erased


def ground_under(pixels: np.ndarray, free: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Invents ground: the colour of the nearest free pixel, with texture from elsewhere in the image.

    Args:
        pixels: (S, S, 3) uint8.
        free: (S, S) bool, where ground shows.
        rng: Draws where the texture comes from.

    Returns:
        (S, S, 3) float32, 0 to 255.
    """
    nearest = ndimage.distance_transform_edt(~free, return_distances=False, return_indices=True)
    base = ndimage.gaussian_filter(pixels[tuple(nearest)].astype(np.float32), (3, 3, 0))
    move = tuple(int(step) for step in rng.integers(8, pixels.shape[0] - 8, 2))
    elsewhere = np.roll(pixels, move, (0, 1)).astype(np.float32)
    texture = elsewhere - ndimage.gaussian_filter(elsewhere, (4, 4, 0))
    texture = np.where(np.roll(free, move, (0, 1))[..., None], texture, rng.normal(0, 6, pixels.shape))
    ground: np.ndarray = np.clip(base + texture, 0, 255).astype(np.float32)
    return ground


def soft_mask(mask: np.ndarray, margin: int, blur: float) -> np.ndarray:
    """A mask with a soft edge, so that the cut itself is not what a network learns to see.

    Args:
        mask: (h, w) bool.
        margin: Pixels by which it grows first.
        blur: Standard deviation of the edge, in pixels.

    Returns:
        (h, w, 1) float32, weights in [0, 1].
    """
    grown = ndimage.binary_dilation(mask, iterations=margin).astype(np.float32)
    return np.asarray(ndimage.gaussian_filter(grown, blur))[..., None]
