"""Fractal noise from resized grids of random numbers: the base of every texture."""

from __future__ import annotations

import numpy as np
from PIL import Image


def smooth_noise(rng: np.random.Generator, size: int, wavelength: float) -> np.ndarray:
    """Band of noise, (size, size) float32, about standard normal; wavelength: pixels between knots."""
    knots = max(2, round(size / wavelength) + 3)
    grid = Image.fromarray(rng.standard_normal((knots, knots), dtype=np.float32))
    span = min(size / wavelength, knots - 2)
    ox, oy = rng.uniform(0, knots - span, 2) if knots - span > 0 else (0.0, 0.0)
    # Bilinear on fine bands: they are blurred by the sensor anyway, and it takes half the time.
    how = Image.Resampling.BICUBIC if wavelength > 6 else Image.Resampling.BILINEAR
    field = np.asarray(grid.resize((size, size), how, box=(ox, oy, ox + span, oy + span)))
    return field * np.float32(1.5)  # interpolation between knots takes about a third of the spread


def fractal(
    rng: np.random.Generator, size: int, longest: float, octaves: int = 4, fade: float = 0.6
) -> np.ndarray:
    """Sum of octaves from wavelength `longest` (pixels) down by halves, (size, size) float32, about standard normal."""
    total = np.zeros((size, size), np.float32)
    power = 0.0
    for octave in range(octaves):
        wavelength = longest / 2**octave
        if wavelength < 1.5:
            break
        weight = fade**octave
        total += np.float32(weight) * smooth_noise(rng, size, wavelength)
        power += weight**2
    return total / np.float32(max(power, 1e-6) ** 0.5)
