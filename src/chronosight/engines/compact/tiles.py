"""Cutting a large scene into overlapping tiles, and blending what a network says of them without seams."""

from __future__ import annotations

from itertools import pairwise
from math import ceil

import numpy as np


def tile_side(length: int, most: int, overlap: int, step: int = 1) -> int:
    """The side of the tiles that cover one axis: as few as possible, and no larger than that takes.

    Args:
        length: Length to cover, in pixels.
        most: The largest side of a tile, a multiple of `step`.
        overlap: Smallest overlap of neighbours, less than `most`.
        step: A side below `length` is a multiple of it.

    Returns:
        Pixels; the length itself where one tile suffices.
    """
    if length <= most:
        return length
    count = ceil((length - overlap) / (most - overlap))
    return ceil((length + (count - 1) * overlap) / count / step) * step


def tile_starts(length: int, tile: int, overlap: int) -> list[int]:
    """Places tiles along one axis; the last one ends flush.

    Args:
        length: Length to cover, in pixels.
        tile: Length of a tile.
        overlap: Smallest overlap of neighbours, less than `tile`.

    Returns:
        The first pixel of each tile.
    """
    if length <= tile:
        return [0]
    return [*range(0, length - tile, tile - overlap), length - tile]


def blend_weights(length: int, tile: int, overlap: int) -> list[np.ndarray]:
    """Weights that blend overlapping tiles: ramps where tiles overlap; over any pixel they sum to 1.

    Args:
        length: Length to cover, in pixels.
        tile: Length of a tile.
        overlap: Smallest overlap of neighbours, less than `tile`.

    Returns:
        One (min(tile, length),) float32 array a tile, in [0, 1].
    """
    starts = tile_starts(length, tile, overlap)
    size = min(tile, length)
    total = np.zeros(length, np.float32)
    weights = []
    for index, start in enumerate(starts):
        weight = np.ones(size, np.float32)
        ramp = (np.arange(min(overlap, size), dtype=np.float32) + 0.5) / overlap
        if index > 0:
            weight[: ramp.size] = ramp
        if index < len(starts) - 1:
            weight[size - ramp.size :] = np.minimum(weight[size - ramp.size :], ramp[::-1])
        total[start : start + size] += weight
        weights.append(weight)
    return [weight / total[start : start + size] for start, weight in zip(starts, weights, strict=True)]


def owned_parts(starts: list[int], tile: int, length: int) -> list[tuple[int, int]]:
    """Divides one axis among overlapping tiles: each pixel goes to the tile from whose edge it is farther.

    For what is not blended, such as classes.

    Args:
        starts: Of `tile_starts`.
        tile: Length of a tile.
        length: Length to cover.

    Returns:
        Of each tile, its first pixel and the one after its last.
    """
    inner = [(following + start + tile) // 2 for start, following in pairwise(starts)]
    return list(pairwise([0, *inner, length]))
