"""Season, light, haze and sensor: what makes two pictures of an unchanged place differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from chronosight.data.synthetic.noise import smooth_noise


@dataclass(frozen=True)
class Conditions:
    """How a date looks.

    green: 0 dry or winter, 1 lush. bare_trees: share of leafless crowns in [0, 1]. sun: unit (x, y) that shadows point
    to. shadow_length: metres of shadow per metre of height. shade: how dark shadows are in [0, 1]. mean, spread:
    brightness and contrast of the finished picture, the spread as a factor on the drawn one. cast: factor for red,
    green, blue. haze: [0, 1). noise: standard deviation in [0, 1] units. blur: Gaussian sigma, pixels. gamma: exponent.
    """

    green: float
    bare_trees: float
    sun: tuple[float, float]
    shadow_length: float
    shade: float
    mean: float
    spread: float
    cast: tuple[float, float, float]
    haze: float
    noise: float
    blur: float
    gamma: float


def draw_conditions(rng: np.random.Generator) -> Conditions:
    angle = rng.uniform(0.2, np.pi - 0.2) + np.pi  # northern half of the sky's opposite: shadows point up mostly
    if rng.random() < 0.2:
        angle = rng.uniform(0, 2 * np.pi)
    warm, tint = rng.normal(0, 0.05), rng.normal(0, 0.012)
    return Conditions(
        green=float(rng.beta(1.1, 1.1)),
        bare_trees=float(rng.choice((0.0, 0.0, 0.3, 0.8))),
        sun=(float(np.cos(angle)), float(np.sin(angle))),
        shadow_length=float(rng.uniform(0.35, 1.5)),
        shade=float(rng.uniform(0.35, 0.75)),
        mean=float(rng.uniform(0.24, 0.56)),
        spread=float(rng.uniform(0.65, 1.35)),
        cast=(float(1 + warm + tint), float(1 - tint), float(1 - warm + tint)),
        haze=float(rng.choice((0.0, rng.uniform(0, 0.35)), p=(0.65, 0.35))),
        noise=float(rng.uniform(0.004, 0.028)),
        blur=float(rng.choice((0.0, rng.uniform(0.35, 0.95)), p=(0.4, 0.6))),
        gamma=float(np.exp(rng.normal(0, 0.16))),
    )


def add_sensor(rng: np.random.Generator, pixels: np.ndarray, blur: float, noise: float) -> np.ndarray:
    """Blur and noise on (H, W, 3) float32 in [0, 1]; gives uint8. Part of the noise is grey, as film and JPEG leave it."""
    if blur > 0.05:
        pixels = ndimage.gaussian_filter(pixels, (blur, blur, 0), truncate=2.5)
    height, width = pixels.shape[:2]
    grain = rng.standard_normal((height, width, 1), dtype=np.float32) * np.float32(noise)
    pixels = pixels + grain
    if noise > 0.015:
        pixels += rng.standard_normal(pixels.shape, dtype=np.float32) * np.float32(noise * 0.5)
    return (pixels * np.float32(255) + np.float32(0.5)).clip(0, 255).astype(np.uint8)


def grade(rng: np.random.Generator, pixels: np.ndarray, date: Conditions) -> np.ndarray:
    """Light a drawn scene, (H, W, 3) float32 about [0, 1], as one date's camera saw it; gives uint8.

    The drawn mean is only half removed, so a bright desert stays brighter than a dark wood.
    """
    drawn = float(pixels.mean())
    target = 0.5 * date.mean + 0.5 * date.mean * drawn / 0.42
    pixels = (pixels - drawn) * np.float32(date.spread * (0.75 + 0.6 * date.mean)) + np.float32(target)
    pixels = pixels * np.asarray(date.cast, np.float32)
    if abs(date.gamma - 1) > 0.03:
        level = np.float32(max(target, 0.05))
        pixels = level * (np.maximum(pixels, 1e-3) / level) ** np.float32(date.gamma)
    if date.haze > 0.01:
        pixels = _veil(rng, pixels, date.haze)
    return add_sensor(rng, pixels, date.blur, date.noise)


def _veil(rng: np.random.Generator, pixels: np.ndarray, haze: float) -> np.ndarray:
    size = max(pixels.shape[:2])
    thick = smooth_noise(rng, size, size / 1.5)[: pixels.shape[0], : pixels.shape[1], None]
    amount = (np.float32(haze) * (1 + 0.3 * thick)).clip(0, 0.7)
    return pixels + amount * (np.asarray((0.66, 0.69, 0.74), np.float32) - pixels)


def difference_only(image: np.ndarray, seed: int) -> np.ndarray:
    """The same place on another day: (H, W, 3) uint8 in and out; nothing on the ground is moved, added or taken away.

    Changes gain, contrast, gamma, colour temperature, the hue of what is green, the depth of shadows, haze, a slow
    gradient of light, blur and noise, each by chance.
    """
    rng = np.random.default_rng(seed)
    pixels = image.astype(np.float32) / np.float32(255)
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    if rng.random() < 0.75:  # vegetation towards straw or towards lush
        leaf = ((2 * green - red - blue) * np.float32(5) + np.float32(0.1)).clip(0, 1)[..., None]
        toward = rng.normal(0, (0.09, 0.05, 0.05)).astype(np.float32)
        pixels = pixels * (1 + leaf * toward * np.float32(rng.uniform(0.5, 3)))
    if rng.random() < 0.6:  # the sun elsewhere: shadows deeper or paler
        grey = pixels.mean(-1, keepdims=True)
        dark = (1 - grey / np.float32(0.28)).clip(0, 1)
        pixels = pixels * (1 + dark * np.float32(rng.uniform(-0.6, 0.9)))
    saturation = np.float32(np.exp(rng.normal(0, 0.25)))
    grey = pixels.mean(-1, keepdims=True)
    warm, tint = rng.normal(0, 0.07), rng.normal(0, 0.02)
    cast = np.asarray((1 + warm + tint, 1 - tint, 1 - warm + tint), np.float32)
    pixels = (grey + (pixels - grey) * saturation) * cast
    mean = float(pixels.mean())
    contrast = np.float32(np.exp(rng.normal(0, 0.25)))
    target = np.float32(np.clip(mean * np.exp(rng.normal(0, 0.28)), 0.15, 0.75))
    pixels = (pixels - np.float32(mean)) * contrast * (target / np.float32(max(mean, 0.05))) ** 0.5 + target
    if rng.random() < 0.4:
        gamma = np.float32(np.exp(rng.normal(0, 0.25)))
        pixels = target * (np.maximum(pixels, 1e-3) / target) ** gamma
    if rng.random() < 0.3:
        height, width = pixels.shape[:2]
        slope = np.linspace(-1, 1, height)[:, None] * rng.normal() + np.linspace(-1, 1, width)[None] * rng.normal()
        pixels = pixels * (1 + 0.06 * slope[..., None]).astype(np.float32)
    if rng.random() < 0.3:
        pixels = _veil(rng, pixels, rng.uniform(0.05, 0.4))
    blur = rng.uniform(0.35, 1.0) if rng.random() < 0.45 else 0.0
    return add_sensor(rng, pixels, blur, rng.uniform(0.0, 0.03))
