"""Rings around the pixels of a mask, along pixel corners: as GDAL's polygonize gives them, without its overhead for each mask.

An object has a hundred pixels or so, and a pair a hundred objects: opening GDAL for each took most of the time.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

FOUR = ndimage.generate_binary_structure(2, 1)
MEETING = b"\x06", b"\x09"  # codes of a corner (`_turns`) where two pixels meet that share no side


def largest_part(inside: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """The rings of the largest 4-connected part of a mask.

    Args:
        inside: (h, w) bool, with one True or more.

    Returns:
        Its outer ring (n, 2), closed, x right and y down, which starts at its first pixel by rows and goes down; and those of its
        holes, 4-connected too, each of which starts at its first pixel and goes right. A part is as large as what its outer ring
        holds.
    """
    padded = np.zeros((inside.shape[0] + 2, inside.shape[1] + 2), bool)
    padded[1:-1, 1:-1] = inside
    codes, stride = _codes(padded), padded.shape[1] - 1
    outer, length = _walk(codes, stride, _first(padded), 1)
    if length == _border(padded) and not any(code in codes for code in MEETING):
        return outer, []  # one part without holes, as most are
    parts, count = ndimage.label(padded, FOUR)
    found = [_rings(parts == part) for part in range(1, count + 1)]
    return max(found, key=lambda rings: area_within(rings[0]))


def area_within(ring: np.ndarray) -> float:
    """What a ring holds.

    Args:
        ring: (n, 2), closed.

    Returns:
        Square pixels.
    """
    (x0, y0), (x1, y1) = ring[:-1].T, ring[1:].T
    return abs(float((x0 * y1 - x1 * y0).sum())) / 2


def _rings(part: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Outer ring and holes of one 4-connected part; part: (h + 2, w + 2) bool, empty at its border."""
    codes, stride = _codes(part), part.shape[1] - 1
    outside, count = ndimage.label(~part, FOUR)
    holes = [_walk(codes, stride, _first(outside == hole), 0)[0] for hole in range(2, count + 1)]
    return _walk(codes, stride, _first(part), 1)[0], holes


def _codes(padded: np.ndarray) -> bytes:
    """The four pixels around every corner, row by row; the corners of the padding's outer edge are left out."""
    pixels = padded.view(np.uint8)
    return (pixels[:-1, :-1] | pixels[:-1, 1:] << 1 | pixels[1:, :-1] << 2 | pixels[1:, 1:] << 3).tobytes()


def _first(padded: np.ndarray) -> int:
    """Index among those corners of the upper left one of the first pixel by rows."""
    row, column = divmod(int(padded.argmax()), padded.shape[1])
    return int((row - 1) * (padded.shape[1] - 1) + column - 1)


def _border(padded: np.ndarray) -> int:
    """Sides of pixels between a mask and what is outside of it."""
    return int(np.count_nonzero(padded[1:] != padded[:-1]) + np.count_nonzero(padded[:, 1:] != padded[:, :-1]))


def _turns() -> bytes:
    """At 4 * pixels around a corner + direction on arrival: the direction from there on, with the part on the left.

    Directions are right, down, left, up; bits of the pixels are upper left, upper right, lower left, lower right. Where two
    pixels of the part meet at a corner alone, the walk turns right, so that every hole has a ring of its own.
    """
    ahead = ((1, 3), (3, 2), (2, 0), (0, 1))  # by direction: which pixel lies ahead to the left, which to the right
    table = bytearray(16 * 4)
    for pixels in range(16):
        for direction, (left, right) in enumerate(ahead):
            turn = 1 if pixels >> right & 1 else 0 if pixels >> left & 1 else -1
            table[4 * pixels + direction] = (direction + turn) % 4
    return bytes(table)


_TURNS = _turns()


def _walk(codes: bytes, stride: int, first: int, direction: int) -> tuple[np.ndarray, int]:
    """Follows a border from a corner where it turns back to that corner: -> the closed ring, and its length in pixels."""
    steps = (1, stride, -1, -stride)
    at, began, length = first, direction, 0
    corners = [first]
    while True:
        at += steps[direction]
        length += 1
        onwards = _TURNS[4 * codes[at] + direction]
        if at == first and onwards == began:
            break
        if onwards != direction:
            corners.append(at)
            direction = onwards
    corners.append(first)
    rows, columns = np.divmod(np.array(corners), stride)
    return np.stack([columns, rows], axis=1).astype(float), length
