"""The canvas of a rendered video: a painted world larger than the view, a sheet for what moves, and the camera."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from chronosight.synthetic.build import Builder
from chronosight.synthetic.layers import Layers
from chronosight.synthetic.light import Conditions

# Draws one moment: time in [0, 1], the world's planes (3, W, W) float32 in [0, 255], changed in place.
DrawMoment = Callable[[float, np.ndarray], None]


@dataclass
class Canvas:
    """The painted world of a video.

    Attributes:
        rng: Randomness of the video.
        builder: What stands in the world.
        size: Side of the world in pixels.
        step: Metres per pixel.
        planes: (3, size, size) float32 in [0, 255], the world at rest.
        cover: (size, size) uint8, land cover (`truth.LAND_COVER`).
        date: Season, light and haze.
    """

    rng: np.random.Generator
    builder: Builder
    size: int
    step: float
    planes: np.ndarray
    cover: np.ndarray
    date: Conditions

    @property
    def light(self) -> np.ndarray:
        """(3,) float32, factor from a neutral colour to this day's."""
        level = np.clip(self.date.mean / 0.42, 0.7, 1.2)
        light: np.ndarray = (level * np.asarray(self.date.cast)).astype(np.float32)
        return light

    @property
    def extent(self) -> float:
        """Side of the world in metres."""
        return self.size * self.step

    def sheet(self) -> Layers:
        """An empty sheet for what moves."""
        return Layers(self.size, self.step, (0.0, 0.0))

    def lay(self, planes: np.ndarray, sheet: Layers) -> None:
        """Puts the flat and raised parts of a sheet over the planes, in place.

        Args:
            planes: (3, size, size) float32 in [0, 255].
            sheet: What was drawn.
        """
        for name in ("flat", "raised"):
            drawn = sheet.half(name)
            planes *= 1 - drawn[3]
            planes += drawn[:3] * (255 * self.light)[:, None, None]

    def blend(self, planes: np.ndarray, amount: np.ndarray, colour: tuple[float, float, float] | np.ndarray) -> None:
        """Mixes a colour over the planes, in place.

        Args:
            planes: (3, size, size) float32 in [0, 255].
            amount: (size, size) in [0, 1].
            colour: (3,) or (3, size, size) in [0, 1].
        """
        lit = np.asarray(colour, np.float32) * 255
        if lit.ndim == 1:
            lit = lit[:, None, None]
        planes += amount * (lit * self.light[:, None, None] - planes)


def render_frames(rng: np.random.Generator, canvas: Canvas, draw: DrawMoment, frames: int, size: int) -> np.ndarray:
    """What a camera records that pans, turns, zooms and shakes a little.

    Args:
        rng: Randomness of the camera.
        canvas: The world.
        draw: Draws what happens at a moment.
        frames: Number of frames.
        size: Side of a frame in pixels.

    Returns:
        (frames, size, size, 3) uint8.
    """
    margin = canvas.size / size
    zoom0 = rng.uniform(0.72, 0.95) * margin / 1.5
    zoom1 = zoom0 * rng.choice((1.0, rng.uniform(0.85, 1.15)))
    turn0, turn1 = rng.normal(0, 0.04), rng.normal(0, 0.04)
    slack = 0.16 * size * max(0.2, 1.45 - max(zoom0, zoom1))
    start, way = rng.uniform(-0.5, 0.5, 2) * slack, rng.normal(0, 1, 2) * slack * rng.choice((0.0, 0.6, 1.2))
    shake = rng.choice((0.2, 0.8, 1.8))
    grain = rng.uniform(1, 5)
    shots = []
    for index in range(frames):
        t = index / max(1, frames - 1)
        planes = canvas.planes.copy()
        draw(t, planes)
        pixels = np.clip(planes, 0, 255).astype(np.uint8).transpose(1, 2, 0)
        zoom, turn = zoom0 + (zoom1 - zoom0) * t, turn0 + (turn1 - turn0) * t
        cx, cy = canvas.size / 2 + start + way * (t - 0.5) + rng.normal(0, shake, 2)
        c, s = zoom * np.cos(turn), zoom * np.sin(turn)
        h = size / 2
        matrix = (c, -s, cx - c * h + s * h, s, c, cy - s * h - c * h)
        image = Image.fromarray(np.ascontiguousarray(pixels))
        shot = image.transform((size, size), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
        noise = rng.standard_normal((size, size, 1), dtype=np.float32) * np.float32(grain)
        shots.append((np.asarray(shot) * np.float32(rng.normal(1, 0.01)) + noise).clip(0, 255).astype(np.uint8))
    return np.stack(shots)
