"""Season, light, haze and sensor: what makes two images of an unchanged place differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from chronosight.synthetic.noise import smooth_noise


@dataclass(frozen=True)
class Conditions:
    """Light and season of a date.

    green: 0 dry or winter, 1 lush. bare_trees: share of leafless crowns in [0, 1]. sun: unit (x, y) that shadows point
    to. shadow_length: metres of shadow per metre of height. shade: how dark shadows are in [0, 1]. mean, spread:
    brightness and contrast of the finished image, the spread as a factor on the drawn one. cast: factor for red,
    green, blue. haze: [0, 1). noise: standard deviation in [0, 1] units. blur: Gaussian sigma, pixels.
    bend: of the tone curve. saturation: factor on colour.
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
    bend: float
    saturation: float


def draw_conditions(rng: np.random.Generator) -> Conditions:
    """Draws season, light, haze and sensor of a date.

    Args:
        rng: Draws them.

    Returns:
        The conditions.
    """
    angle = rng.uniform(0.2, np.pi - 0.2) + np.pi  # northern half of the sky's opposite: shadows point up mostly
    if rng.random() < 0.2:
        angle = rng.uniform(0, 2 * np.pi)
    warm, tint = rng.normal(0, 0.032), rng.normal(0, 0.01)
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
        bend=float(rng.normal(0, 0.2)),
        saturation=float(rng.uniform(0.5, 1.1)),
    )


def add_sensor(rng: np.random.Generator, planes: np.ndarray, blur: float, noise: float) -> np.ndarray:
    """Adds blur and noise. Most of the noise is grey, as JPEG leaves it.

    Args:
        rng: Draws the noise.
        planes: (3, H, W) float32 in [0, 1].
        blur: Standard deviation in pixels.
        noise: Standard deviation in [0, 1].

    Returns:
        (H, W, 3) uint8.
    """
    if blur > 0.05:
        planes = ndimage.gaussian_filter(planes, (0, blur, blur), truncate=2.5)
    grain = rng.standard_normal(planes.shape[1:], dtype=np.float32) * np.float32(255 * noise)
    out = planes * np.float32(255)
    out += grain + np.float32(0.5)
    if noise > 0.012:
        for channel, row in ((0, 7), (2, 31)):  # the same noise from elsewhere is as good as new, and free
            out[channel] += np.roll(grain, row, 0) * np.float32(0.4)
    np.clip(out, 0, 255, out=out)
    return np.ascontiguousarray(out.astype(np.uint8).transpose(1, 2, 0))


def tone(planes: np.ndarray, bend: float) -> np.ndarray:
    """Applies a tone curve through black and white.

    Args:
        planes: Values in [0, 1].
        bend: In [-1, 1]; lighter middle tones when positive.

    Returns:
        Values of the same shape.
    """
    bent: np.ndarray = planes + np.float32(bend) * planes * (1 - planes)
    return bent


def grade(rng: np.random.Generator, planes: np.ndarray, date: Conditions) -> np.ndarray:
    """Lights a drawn scene as one date's camera recorded it.

    The drawn mean is only half removed, so a bright desert stays brighter than a dark wood.

    Args:
        rng: Draws the noise.
        planes: (3, H, W) float32, about [0, 1].
        date: Season, light, haze and sensor.

    Returns:
        (H, W, 3) uint8.
    """
    drawn = float(planes.mean())
    target = 0.5 * date.mean + 0.5 * date.mean * drawn / 0.42
    grey = planes.mean(0)
    gain = np.float32(date.spread * (0.75 + 0.6 * date.mean))
    planes = grey + (planes - grey) * np.float32(date.saturation)
    planes = (planes - np.float32(drawn)) * gain + np.float32(target)
    planes *= np.asarray(date.cast, np.float32)[:, None, None]
    if abs(date.bend) > 0.03:
        planes = tone(planes.clip(0, 1), date.bend)
    if date.haze > 0.01:
        planes = _veil(rng, planes, date.haze)
    return add_sensor(rng, planes, date.blur, date.noise)


def _veil(rng: np.random.Generator, planes: np.ndarray, haze: float) -> np.ndarray:
    height, width = planes.shape[1:]
    size = max(height, width)
    thick = smooth_noise(rng, size, size / 1.5)[:height, :width]
    amount = (np.float32(haze) * (1 + 0.3 * thick)).clip(0, 0.7)
    veiled: np.ndarray = planes + amount * (np.asarray((0.66, 0.69, 0.74), np.float32)[:, None, None] - planes)
    return veiled


def difference_only(image: np.ndarray, seed: int) -> np.ndarray:
    """The same place on another day; nothing on the ground is moved, added or removed.

    Changes gain, contrast, tone, colour temperature, the hue of what is green, the depth of shadows, haze, a slow
    gradient of light, blur and noise, each by chance.

    Args:
        image: (H, W, 3) uint8.
        seed: Seed of the changes.

    Returns:
        (H, W, 3) uint8.
    """
    rng = np.random.default_rng(seed)
    planes = np.ascontiguousarray(image.transpose(2, 0, 1), np.float32) * np.float32(1 / 255)
    grey = planes.mean(0)
    if rng.random() < 0.75:  # vegetation towards straw or towards lush
        leaf = ((planes[1] - grey) * np.float32(15) + np.float32(0.1)).clip(0, 1)
        toward = rng.normal(0, (0.09, 0.05, 0.05)) * rng.uniform(0.5, 3)
        for channel in range(3):
            planes[channel] *= 1 + leaf * np.float32(toward[channel])
    if rng.random() < 0.6:  # the sun elsewhere: shadows deeper or paler
        planes *= 1 + (1 - grey / np.float32(0.28)).clip(0, 1) * np.float32(rng.uniform(-0.6, 0.9))
    grey = planes.mean(0)
    warm, tint = rng.normal(0, 0.07), rng.normal(0, 0.02)
    cast = np.asarray((1 + warm + tint, 1 - tint, 1 - warm + tint), np.float32)[:, None, None]
    planes = (grey + (planes - grey) * np.float32(np.exp(rng.normal(0, 0.25)))) * cast
    mean = float(planes.mean())
    contrast = np.exp(rng.normal(0, 0.25))
    target = float(np.clip(mean * np.exp(rng.normal(0, 0.28)), 0.15, 0.75))
    planes = (planes - np.float32(mean)) * np.float32(contrast * (target / max(mean, 0.05)) ** 0.5) + np.float32(target)
    if rng.random() < 0.4:
        planes = tone(planes.clip(0, 1), rng.uniform(-0.5, 0.5))
    if rng.random() < 0.3:
        height, width = planes.shape[1:]
        slope = np.linspace(-1, 1, height)[:, None] * rng.normal() + np.linspace(-1, 1, width)[None] * rng.normal()
        planes *= (1 + 0.06 * slope).astype(np.float32)
    if rng.random() < 0.3:
        planes = _veil(rng, planes, rng.uniform(0.05, 0.4))
    blur = rng.uniform(0.35, 1.0) if rng.random() < 0.45 else 0.0
    return add_sensor(rng, planes, blur, rng.uniform(0.0, 0.03))
