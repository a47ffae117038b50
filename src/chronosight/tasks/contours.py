"""External contours of a mask, as OpenCV's findContours gives them (border following after Suzuki and Abe, 1985).

Point for point and in its order: RETR_EXTERNAL with CHAIN_APPROX_SIMPLE. Foreground is 8-connected; what lies in the hole
of another object belongs to that object.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

Contour = list[tuple[int, int]]  # of (x, y)

# Neighbours are numbered counter-clockwise on screen from the right: E, NE, N, NW, W, SW, S, SE as (dx, dy).
_NEIGHBOURS = ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))


def external_contours(mask: np.ndarray) -> tuple[np.ndarray, list[tuple[int, Contour]]]:
    """External contours of a mask, not simplified; single pixels and lines included.

    Args:
        mask: (H, W), nonzero is foreground.

    Returns:
        Labels (H + 2, W + 2) of the 8-connected components, holes filled, with one empty pixel around; and for every
        component (label, turning points), the component whose first pixel by rows comes last first. A contour runs
        through pixel centres, counter-clockwise on screen, from its first pixel by rows.
    """
    background, _ = ndimage.label(~np.pad(np.asarray(mask).astype(bool, copy=False), 1))  # 4-connected
    labels, count = ndimage.label(background != background[0, 0], structure=np.ones((3, 3), bool))
    stride = labels.shape[1]
    codes = _neighbour_codes(labels > 0)
    found = []
    for start, label in sorted(_first_pixels(labels, count), reverse=True):
        found.append((label, [(p % stride - 1, p // stride - 1) for p in _follow(codes, start, stride)]))
    return labels, found


def _first_pixels(labels: np.ndarray, count: int) -> list[tuple[int, int]]:
    """(flat index of the first pixel by rows, label) of every component."""
    flat = labels.ravel()
    pixels = np.flatnonzero(flat)[::-1]
    first = np.zeros(count + 1, dtype=np.int64)
    first[flat[pixels]] = pixels  # where indices repeat the last value stands, so the smallest
    return [(int(first[label]), label) for label in range(1, count + 1)]


def _neighbour_codes(padded: np.ndarray) -> bytes:
    """For every pixel of a mask with an empty border, row by row: bit i is set when neighbour i is foreground."""
    codes = np.zeros(padded.shape, np.uint8)
    height, width = padded.shape
    for bit, (dx, dy) in enumerate(_NEIGHBOURS):
        shifted = padded[1 + dy : height - 1 + dy, 1 + dx : width - 1 + dx]
        codes[1:-1, 1:-1] |= shifted.view(np.uint8) << bit
    return codes.tobytes()


def _next_directions() -> bytes:
    """At 8 * code + back: the first foreground neighbour counter-clockwise after `back`, which is tried last."""
    table = bytearray(256 * 8)
    for code in range(1, 256):
        for back in range(8):
            table[8 * code + back] = next(d & 7 for d in range(back + 1, back + 9) if code >> (d & 7) & 1)
    return bytes(table)


_NEXT = _next_directions()


def _follow(codes: bytes, start: int, stride: int) -> list[int]:
    """Flat indices of the contour's turning points from its first pixel by rows on, counter-clockwise on screen."""
    code = codes[start]
    if code == 0:
        return [start]
    steps = [dx + dy * stride for dx, dy in _NEIGHBOURS]
    back = next(d & 7 for d in range(11, 3, -1) if code >> (d & 7) & 1)  # clockwise from the left: where the walk ends
    last = start + steps[back]
    came = back ^ 4
    at, points, following = start, [], _NEXT
    while True:
        direction = following[8 * codes[at] + back]
        if direction != came:
            points.append(at)
            came = direction
        here = at
        at += steps[direction]
        if at == start and here == last:
            return points
        back = direction ^ 4
