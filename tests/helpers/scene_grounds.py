"""Smooth ground for tests of scenes: detail that survives resampling, and every level of 8 bit."""

import numpy as np
from scipy.ndimage import gaussian_filter


def ground(seed=0, size=96):
    """(H, W, 3) uint8 with levels from 0 to 255."""
    field = gaussian_filter(np.random.default_rng(seed).normal(size=(size, size, 3)), (2, 2, 0))
    out = (110 + 45 * field / field.std()).clip(0, 255).astype(np.uint8)
    out[40, 40], out[41, 41] = 0, 255
    return out


def changed(pixels):
    """The same with one new roof."""
    out = pixels.copy()
    out[20:40, 30:60] = (180, 90, 70)
    return out
