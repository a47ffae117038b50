"""Fractal noise from resized grids of random numbers: the base of every texture."""

from __future__ import annotations

import numpy as np
from PIL import Image

_BILINEAR = Image.Resampling.BILINEAR


def smooth_noise(rng: np.random.Generator, size: int, wavelength: float) -> np.ndarray:
    """One band of noise, about standard normal.

    Args:
        rng: Draws it.
        size: Side in pixels.
        wavelength: Pixels between knots.

    Returns:
        (size, size) float32.
    """
    knots = max(4, round(size / wavelength) + 3)
    return _stretch(rng.standard_normal((knots, knots), dtype=np.float32), rng, size, wavelength) * np.float32(1.5)


def fractal(rng: np.random.Generator, size: int, longest: float, octaves: int = 4, fade: float = 0.7) -> np.ndarray:
    """Octaves of noise, about standard normal.

    Each octave is added to the coarser ones at its own small size, so only the last is stretched to the image.

    Args:
        rng: Draws it.
        size: Side in pixels.
        longest: Wavelength of the first octave in pixels; each next one is half as long.
        octaves: Number of octaves.
        fade: Weight of an octave over that of the one before.

    Returns:
        (size, size) float32.
    """
    knots = max(4, round(size / longest) + 3)
    field = rng.standard_normal((knots, knots), dtype=np.float32)
    weight, power, wavelength = 1.0, 1.0, longest
    for _ in range(octaves - 1):
        if wavelength < 3:
            break
        knots, wavelength, weight = 2 * knots, wavelength / 2, weight * fade
        finer = rng.standard_normal((knots, knots), dtype=np.float32)
        field = np.asarray(Image.fromarray(field).resize((knots, knots), Image.Resampling.BICUBIC))
        field = field + np.float32(weight) * finer
        power += weight**2
    return _stretch(field, rng, size, wavelength) * np.float32(1.4 / power**0.5)


def _stretch(field: np.ndarray, rng: np.random.Generator, size: int, wavelength: float) -> np.ndarray:
    """A random cut of the field, stretched so that knots lie `wavelength` pixels apart."""
    span = min(size / wavelength, field.shape[0] - 1.0)
    ox, oy = rng.uniform(0, field.shape[0] - span, 2)
    how = _BILINEAR if wavelength < 8 else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(field).resize((size, size), how, box=(ox, oy, ox + span, oy + span)))
