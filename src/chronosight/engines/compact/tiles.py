"""Cutting a large scene into overlapping tiles, and blending what a network says of them without seams."""

from __future__ import annotations

import numpy as np


def tile_starts(length: int, tile: int, overlap: int) -> list[int]:
    """First pixels of tiles that cover `length`; neighbours overlap by `overlap` or more, the last ends flush."""
    if length <= tile:
        return [0]
    return [*range(0, length - tile, tile - overlap), length - tile]


def blend_weights(length: int, tile: int, overlap: int) -> list[np.ndarray]:
    """One (min(tile, length),) float32 array a tile: ramps where tiles overlap; over any pixel they sum to 1."""
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
