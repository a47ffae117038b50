"""Mosaics of real ground: parts of single images joined along natural borders, with the land cover of every part known.

A scene class names one kind of ground for a whole image, and a network that sees nothing else learns images, not ground.
In a mosaic several kinds meet, so that each pixel has to be classified by what surrounds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from chronosight.datasets.ground_images import UNLABELLED, GroundImage

MOST = 5  # parts of a mosaic
SHADED = 0.5  # share of mosaics that shadows fall on
MOST_SHRUNK = 5.0  # times an image is shrunk, where any size may be shown
COARSEST = 1.3  # metres per pixel that fine ground is shown at, unless another range is asked for


@dataclass(frozen=True)
class Mosaic:
    """Ground of several kinds.

    Attributes:
        pixels: (S, S, 3) uint8.
        labels: (S, S) int8, index into `LAND_COVER_CLASSES`, UNLABELLED or DRY.
    """

    pixels: np.ndarray
    labels: np.ndarray


def draw_mosaic(
    rng: np.random.Generator, grounds: Mapping[int, Sequence[GroundImage]], size: int,
    steps: tuple[float, float] = (0.0, COARSEST),
) -> Mosaic:  # fmt: skip
    """Draws a mosaic of one to five parts, each of a kind of its own.

    Args:
        rng: Draws everything.
        grounds: Images by kind; no kind without images.
        size: Side of the mosaic in pixels.
        steps: Metres per pixel between which images are shown; each is shown between 0.85 and 1.6 times its own where that is
            finer or coarser than all of them.

    Returns:
        The mosaic.
    """
    kinds = list(grounds)
    drawn = rng.permutation(kinds)[: int(rng.integers(1, min(MOST, len(kinds)) + 1))]
    parts = [_shown(rng, grounds[kind][int(rng.integers(len(grounds[kind])))], size, steps) for kind in drawn.tolist()]
    region = _regions(rng, len(parts), size)
    blur = float(rng.uniform(0.4, 1.6))
    pixels = np.zeros((size, size, 3), np.float32)
    labels = np.full((size, size), UNLABELLED, np.int8)
    for index, (shown, known) in enumerate(parts):
        inside = region == index
        pixels += np.asarray(ndimage.gaussian_filter(inside.astype(np.float32), blur))[..., None] * shown
        labels[inside] = known[inside]
    if rng.random() < SHADED:
        pixels *= _shade(rng, size)[..., None]
    border = ndimage.grey_dilation(region, 3) != ndimage.grey_erosion(region, 3)
    labels[border] = UNLABELLED  # blended there
    return Mosaic(np.clip(pixels, 0, 255).astype(np.uint8), labels)


def _shown(
    rng: np.random.Generator, ground: GroundImage, size: int, steps: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """A part of an image at a drawn scale, turned and flipped: (size, size, 3) uint8 and its labels."""
    high, wide = ground.labels.shape
    own = ground.metres_per_pixel
    finest = max(0.85 * own, steps[0])
    coarsest = max(1.6 * own, finest, steps[1] if steps[0] else min(MOST_SHRUNK * own, steps[1]))
    factor = float(np.exp(rng.uniform(np.log(finest), np.log(coarsest)))) / own
    side = min(round(size * factor), high, wide)
    pieces = _labelled_place(rng, ground.labels, side)
    y, x = pieces
    shown_size = min(size, max(1, round(side / factor)))
    how = Image.Resampling.BOX if side > shown_size else Image.Resampling.BICUBIC
    part = np.ascontiguousarray(ground.pixels[y : y + side, x : x + side])
    pixels = np.asarray(Image.fromarray(part).resize((shown_size, shown_size), how))
    at = np.minimum((np.arange(shown_size) + 0.5) * side / shown_size, side - 1).astype(int)
    labels = ground.labels[y : y + side, x : x + side][at][:, at]
    short = size - shown_size
    if short:  # an image that is too small at this scale goes on mirrored
        pixels = np.pad(pixels, ((0, short), (0, short), (0, 0)), "symmetric")
        labels = np.pad(labels, ((0, short), (0, short)), "symmetric")
    turns, flip = int(rng.integers(4)), bool(rng.integers(2))
    pixels, labels = np.rot90(pixels, turns), np.rot90(labels, turns)
    return (pixels[:, ::-1], labels[:, ::-1]) if flip else (pixels, labels)


def _labelled_place(rng: np.random.Generator, labels: np.ndarray, side: int) -> tuple[int, int]:
    """The upper left corner of a square that has labelled ground, if a few tries find one."""
    best, found = -1.0, (0, 0)
    for _ in range(4):
        y, x = int(rng.integers(labels.shape[0] - side + 1)), int(rng.integers(labels.shape[1] - side + 1))
        share = float((labels[y : y + side : 4, x : x + side : 4] >= 0).mean())
        if share > best:
            best, found = share, (y, x)
        if best > 0.3:
            break
    return found


def _shade(rng: np.random.Generator, size: int) -> np.ndarray:
    """(size, size) float32, what shadows of things that stand elsewhere leave of the light: 1 in the sun."""
    light = np.ones((size, size), np.float32)
    rows, columns = np.mgrid[:size, :size].astype(np.float32)
    towards, depth = rng.uniform(0, np.pi), float(rng.uniform(0.2, 0.6))
    for _ in range(int(rng.integers(2, 12))):
        y, x = rng.uniform(0, size, 2)
        angle = towards + rng.choice([0, np.pi / 2]) + rng.normal(0, 0.1)
        along = (columns - x) * np.cos(angle) + (rows - y) * np.sin(angle)
        across = (rows - y) * np.cos(angle) - (columns - x) * np.sin(angle)
        length, width = np.exp(rng.uniform(np.log(3), np.log(40))), np.exp(rng.uniform(np.log(2), np.log(12)))
        box = rng.random() < 0.5
        inside = np.maximum(np.abs(along) / length, np.abs(across) / width) if box else np.hypot(along / length, across / width)
        light[inside < 1] = depth
    return np.asarray(ndimage.gaussian_filter(light, float(rng.uniform(0.4, 1.2))))


def _regions(rng: np.random.Generator, count: int, size: int) -> np.ndarray:
    """(size, size) int: to which part a pixel belongs, by the nearest of drawn points, with coordinates warped by noise."""
    seeds = rng.uniform(0, size, (int(rng.integers(count, 2 * count + 1)), 2))
    owner = np.concatenate([np.arange(count), rng.integers(count, size=len(seeds) - count)])
    at = np.mgrid[:size, :size].astype(np.float32)
    straight = rng.random() < 0.25  # as fields are
    for cells, reach in () if straight else ((4, 0.09), (10, 0.035), (28, 0.012)):
        noise = rng.normal(0, reach * size, (2, cells, cells))
        at += np.stack([ndimage.zoom(part, size / cells, order=1, mode="nearest", grid_mode=True) for part in noise])
    distance = ((at[:, None] - seeds.T[:, :, None, None]) ** 2).sum(0)
    region: np.ndarray = owner[distance.argmin(0)]
    return region
