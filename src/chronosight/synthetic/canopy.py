"""Tree crowns as a height field: woods from one wrapped tile, single trees from stamps, both lit by the sun's slope."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image

TILE = 512  # pixels; the tile wraps around
TILE_STEP = 0.8  # metres per pixel of the tile


def _dome(rng: np.random.Generator, radius: float) -> np.ndarray:
    """One crown, (n, n) float32 in [0, 1]: a dome with a lumpy rim."""
    n = 2 * int(np.ceil(radius * 1.25)) + 1
    y, x = np.mgrid[:n, :n].astype(np.float32) - n // 2
    angle, distance = np.arctan2(y, x), np.hypot(x, y)
    rim = radius * np.ones_like(angle)
    for k in (2, 3, 5):
        rim += radius * 0.16 / k**0.5 * rng.normal() * np.cos(k * angle + rng.uniform(0, 6.3))
    fall = np.clip(1 - (distance / np.maximum(rim, 0.6)) ** 2, 0, 1)
    lumps = 1 + 0.18 * rng.standard_normal((n, n))
    crown: np.ndarray = (np.sqrt(fall) * lumps).clip(0, 1.3).astype(np.float32)
    return crown


@lru_cache(maxsize=1)
def wood_tile() -> np.ndarray:
    """The height field of a closed wood, (TILE, TILE) float32 in about [0, 1.3]. The same for every scene."""
    rng = np.random.default_rng(20)
    tile = np.zeros((TILE, TILE), np.float32)
    for x, y in rng.integers(0, TILE, (7000, 2)):
        radius = rng.choice((2.2, 3.0, 3.8, 4.8, 6.0), p=(0.25, 0.3, 0.25, 0.14, 0.06))
        dome = _dome(rng, radius) * rng.uniform(0.55, 1.0)
        rows = (y + np.arange(dome.shape[0])) % TILE
        columns = (x + np.arange(dome.shape[1])) % TILE
        spot = np.ix_(rows, columns)
        tile[spot] = np.maximum(tile[spot], dome)
    return tile


@lru_cache(maxsize=64)
def crown_stamps(radius_half_pixels: int) -> tuple[np.ndarray, ...]:
    """Eight crowns of one radius, the same for every scene.

    Args:
        radius_half_pixels: The radius, in half pixels.

    Returns:
        Heights of the crowns, (h, h) each.
    """
    rng = np.random.default_rng(100 + radius_half_pixels)
    return tuple(_dome(rng, max(0.8, radius_half_pixels / 2)) for _ in range(8))


def wood_heights(rng: np.random.Generator, size: int, metres_per_pixel: float) -> np.ndarray:
    """A random cut of the wood at the image's resolution.

    Args:
        rng: Draws the cut.
        size: Side of the image in pixels.
        metres_per_pixel: Ground size of a pixel.

    Returns:
        (size, size) float32 heights.
    """
    span = max(8, int(size * metres_per_pixel / TILE_STEP))
    x, y = rng.integers(0, TILE, 2)
    cut = np.take(np.take(wood_tile(), np.arange(y, y + span) % TILE, 0), np.arange(x, x + span) % TILE, 1)
    field = np.asarray(Image.fromarray(cut).resize((size, size), Image.Resampling.BILINEAR))
    turned: np.ndarray = np.rot90(field, int(rng.integers(4)))
    return turned[:, ::-1] if rng.random() < 0.5 else turned


def stamp_trees(heights: np.ndarray, trees: np.ndarray, metres_per_pixel: float, shift: tuple[float, float]) -> None:
    """Puts single crowns into a height field, in place.

    Args:
        heights: (H, W) heights.
        trees: (n, 4) x, y, radius in metres and kind in [0, 1).
        metres_per_pixel: Ground size of a pixel.
        shift: Pixels by which everything lies off, x and y.
    """
    size = heights.shape[0]
    for x, y, radius, kind in trees.tolist():
        half = max(2, round(2 * radius / metres_per_pixel))
        dome = crown_stamps(min(half, 60))[int(kind * 8)]
        n = dome.shape[0]
        left = round(x / metres_per_pixel + shift[0]) - n // 2
        top = round(y / metres_per_pixel + shift[1]) - n // 2
        x0, y0, x1, y1 = max(0, left), max(0, top), min(size, left + n), min(size, top + n)
        if x0 >= x1 or y0 >= y1:
            continue
        part = heights[y0:y1, x0:x1]
        np.maximum(part, dome[y0 - top : y1 - top, x0 - left : x1 - left], out=part)
