"""Splits neighbouring buildings that merge in a mask, by their cores.

At 1 m per pixel the gap between two houses is one or two pixels: masks close it, and the houses are counted as one. A core
is the inside of an object, two pixels from its edge: cores of neighbours lie far enough apart to be seen as two.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

EIGHT = np.ones((3, 3), bool)
DEPTH = 2  # pixels from the edge to the core


def cores_of(mask: np.ndarray) -> np.ndarray:
    """Finds the core of every object of a mask.

    Args:
        mask: (H, W) bool.

    Returns:
        (H, W) bool, exactly one core for every 8-connected object. An object that would fall apart or vanish when two
        pixels are taken off gets a larger core: one pixel off, or itself.
    """
    return cores_of_labels(ndimage.label(mask, EIGHT)[0])


def cores_of_labels(labels: np.ndarray) -> np.ndarray:
    """Finds the core of every object where objects may touch.

    Args:
        labels: (H, W) int, 0 background, k the k-th object.

    Returns:
        (H, W) bool, as `cores_of`; cores of different objects never touch, so an object all of whose pixels touch others has
        none.
    """
    n = int(labels.max(initial=0))
    meets_other = _meeting(labels)
    cores = np.zeros(labels.shape, bool)
    left = np.ones(n + 1, bool)
    left[0] = False
    for depth in range(DEPTH, -1, -1):
        inner = (labels > 0) & ~meets_other
        if depth:
            size = 2 * depth + 1
            inner &= ndimage.minimum_filter(labels, size, mode="nearest") == ndimage.maximum_filter(labels, size, mode="nearest")
        parts, m = ndimage.label(inner, EIGHT)
        owner = np.zeros(m + 1, int)
        owner[parts[inner]] = labels[inner]
        whole = (np.bincount(owner[1:], minlength=n + 1) == 1) & left if depth else left
        cores |= inner & whole[labels]
        left = left & ~whole
    return cores


def _meeting(labels: np.ndarray) -> np.ndarray:
    """(H, W) bool: pixels of an object beside a pixel of another one, diagonals included."""
    lowest = ndimage.minimum_filter(np.where(labels > 0, labels, labels.max(initial=0) + 1), 3, mode="nearest")
    meeting: np.ndarray = (labels > 0) & ((ndimage.maximum_filter(labels, 3, mode="nearest") != labels) | (lowest != labels))
    return meeting


def split_by_cores(mask: np.ndarray, cores: np.ndarray, smallest: int = 6) -> np.ndarray:
    """Draws a line of background between parts of a mask that belong to different cores.

    Args:
        mask: (H, W) bool.
        cores: (H, W) bool; cores of fewer than `smallest` pixels and cores outside the mask do not count.
        smallest: In pixels.

    Returns:
        (H, W) bool mask. An object with one core or none stays as it is. Every pixel belongs to the core nearest to it.
    """
    mask = np.asarray(mask, bool)
    seeds, n = ndimage.label(cores & mask, EIGHT)
    if n < 2:
        return mask.copy()
    sizes = np.bincount(seeds.ravel())
    seeds[sizes[seeds] < smallest] = 0
    nearest = ndimage.distance_transform_edt(seeds == 0, return_distances=False, return_indices=True)
    owner = np.where(mask, seeds[tuple(nearest)], 0)
    # Only cores within the same object part it; the owner of pixels of a coreless object may lie in another one.
    objects, _ = ndimage.label(mask, EIGHT)
    border = np.zeros(mask.shape, bool)
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here, there = _neighbours(owner, dy, dx)
        same, other = _neighbours(objects, dy, dx)
        cut = (here != there) & (same == other) & (same > 0)
        first, second = _neighbours(border, dy, dx)
        first[cut & (here < there)] = True  # always the same side gives way, so the line is one pixel wide
        second[cut & (here > there)] = True
    line = border & _has_core(objects, seeds)[objects]
    split: np.ndarray = mask & ~line
    return split


def _neighbours(array: np.ndarray, dy: int, dx: int) -> tuple[np.ndarray, np.ndarray]:
    """Views of an array and of itself moved by (dy, dx), dy >= 0, where both exist."""
    height, width = array.shape
    rows = slice(0, height - dy), slice(dy, height)
    columns = (slice(0, width - dx), slice(dx, width)) if dx >= 0 else (slice(-dx, width), slice(0, width + dx))
    return array[rows[0], columns[0]], array[rows[1], columns[1]]


def _has_core(objects: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """(n + 1,) bool by object label: whether two or more cores lie in it."""
    pairs = np.unique(np.stack([objects[seeds > 0], seeds[seeds > 0]]), axis=1)
    return np.bincount(pairs[0], minlength=objects.max() + 1) >= 2
