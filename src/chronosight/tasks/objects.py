"""Objects of a mask: the label rule of ChangeIMTI (arXiv 2509.23105), from which counts and places are made.

The rule, as published: external contours of a mask, each simplified to at most 8 vertices; an object's cell is the cell
of its polygon's centroid; polygons of zero area are dropped. What the paper leaves open is decided here:

- Contours are those of OpenCV's findContours with RETR_EXTERNAL and CHAIN_APPROX_SIMPLE, point for point and in its
  order (border following after Suzuki and Abe, 1985). Foreground is 8-connected; what lies in the hole of another
  object belongs to that object. Order: the object whose first pixel by rows comes LAST is first: from the bottom up.
- A contour runs through pixel centres, counter-clockwise on screen from its first pixel. A line one pixel wide is
  walked out and back, so its area is zero and it is dropped, as are single pixels.
- Simplification is that of approxPolyDP with the first epsilon of 0, 0.1, 0.2 ... pixels that leaves at most 8 vertices
  (`tasks.simplify`). A contour of 8 vertices or fewer stays as it is.
- Coordinates are pixel indices (x right, y down), as OpenCV's moments have them, not shifted by half a pixel. A centroid
  on the line between two cells is in the later one, but for the last digit of OpenCV's rounding, which is kept.

The authors' released code does two things that the text of the paper does not say; `as_published` does them too. Epsilon
starts at 5 % of the contour's length, so an object narrower than about a tenth of its length (a straight road) becomes a
line and is dropped; and the centroid is cut to whole pixels, so up to a pixel past a third still counts as before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from chronosight.tasks.cells import cell_at
from chronosight.tasks.simplify import Contour, perimeter, simplify

# Neighbours are numbered counter-clockwise on screen from the right: E, NE, N, NW, W, SW, S, SE as (dx, dy).
_NEIGHBOURS = ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))


@dataclass(frozen=True, eq=False)
class MaskObject:
    """One object of a mask.

    polygon: (n, 2) int array of x, y pixel indices, 3 <= n <= 8, counter-clockwise on screen, not closed.
    area: of the polygon, in square pixels (a w x h rectangle of pixels has (w - 1) * (h - 1)).
    centroid: (x, y) of the polygon. cell: the name of the cell of the 3x3 grid that holds the centroid.
    window, inside: the object's pixels are array[window][inside], for an array of the mask's height and width.
    """

    polygon: np.ndarray
    area: float
    centroid: tuple[float, float]
    cell: str
    window: tuple[slice, slice]
    inside: np.ndarray

    def mean(self, values: np.ndarray) -> float:
        """Mean of a (H, W) array, a probability for example, over the object's pixels."""
        return float(values[self.window][self.inside].mean())


def find_objects(mask: np.ndarray, min_area: float = 0, as_published: bool = False) -> list[MaskObject]:
    """Objects of a (H, W) mask (nonzero is foreground), bottom up; see the module's text for the rule.

    min_area: objects whose polygon is smaller, in square pixels, are dropped; zero area always is.
    as_published: the rule as the authors' released code has it.
    Raises ValueError when the mask is not two-dimensional.
    """
    mask = np.asarray(mask)
    if mask.ndim != 2:
        raise ValueError(f"mask has shape {mask.shape}, expected (height, width)")
    mask = mask.astype(bool, copy=False)
    if not mask.any():
        return []
    height, width = mask.shape
    labels, count = _label_filled(mask)
    windows = ndimage.find_objects(labels)
    objects = []
    for label, contour in _contours(labels, count):
        polygon = simplify(contour, start=0.05 * perimeter(contour)) if as_published else simplify(contour)
        area, x, y = _moments(polygon)
        if area == 0 or area < min_area:
            continue
        if as_published:
            x, y = float(int(x)), float(int(y))
        rows, columns = windows[label - 1]
        window = slice(rows.start - 1, rows.stop - 1), slice(columns.start - 1, columns.stop - 1)
        inside = (labels[rows, columns] == label) & mask[window]
        cell = cell_at(x, y, width, height)
        objects.append(MaskObject(np.array(polygon), area, (x, y), cell, window, inside))
    return objects


def count_and_cells(mask: np.ndarray, min_area: float = 0, as_published: bool = False) -> tuple[int, tuple[str, ...]]:
    """Number of objects of a (H, W) mask and their cells without repeats, in the order of `find_objects`."""
    objects = find_objects(mask, min_area, as_published)
    return len(objects), tuple(dict.fromkeys(item.cell for item in objects))


def external_contours(mask: np.ndarray) -> list[Contour]:
    """External contours of a (H, W) mask as lists of (x, y), not simplified, single pixels and lines included."""
    return [contour for _, contour in _contours(*_label_filled(np.asarray(mask).astype(bool)))]


def _label_filled(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """Labels (H + 2, W + 2) of a mask's 8-connected components, holes filled, one empty pixel around; their count."""
    background, _ = ndimage.label(~np.pad(mask, 1))  # 4-connected; the corner's label is all that lies outside
    return ndimage.label(background != background[0, 0], structure=np.ones((3, 3), bool))


def _contours(labels: np.ndarray, count: int) -> Iterator[tuple[int, Contour]]:
    """(label, contour) of every component, the one whose first pixel by rows comes last first."""
    stride = labels.shape[1]
    codes = _neighbour_codes(labels > 0)
    for start, label in sorted(_first_pixels(labels, count), reverse=True):
        yield label, [(p % stride - 1, p // stride - 1) for p in _follow(codes, start, stride)]


def _moments(polygon: Contour) -> tuple[float, float, float]:
    """Area of a polygon and its centroid (x, y); (0, 0, 0) where the area is zero."""
    doubled = sum_x = sum_y = 0
    x0, y0 = polygon[-1]
    for x1, y1 in polygon:
        cross = x0 * y1 - x1 * y0
        doubled += cross
        sum_x += (x0 + x1) * cross
        sum_y += (y0 + y1) * cross
        x0, y0 = x1, y1
    if doubled == 0:
        return 0.0, 0.0, 0.0
    half, sixth = doubled * 0.5, 1 / 6  # OpenCV's rounding: it decides where a centroid lies on the line between cells
    return abs(half), sum_x * sixth / half, sum_y * sixth / half


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
