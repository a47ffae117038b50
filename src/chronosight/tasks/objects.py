"""Objects of a mask: the label rule of ChangeIMTI (arXiv 2509.23105), from which counts and places are made.

The rule, as published: external contours of a mask, each simplified to at most 8 vertices; an object's cell is the cell
of its polygon's centroid; polygons of zero area are dropped. What the paper leaves open is decided here:

- Contours are those of OpenCV's findContours with RETR_EXTERNAL and CHAIN_APPROX_SIMPLE, point for point and in its
  order (border following after Suzuki and Abe, 1985). Foreground is 8-connected; what lies in the hole of another
  object belongs to that object. Order: the object whose first pixel by rows comes LAST is first: from the bottom up.
- A contour runs through pixel centres, counter-clockwise on screen from its first pixel. A line one pixel wide is
  walked out and back, so its area is zero and it is dropped, as are single pixels.
- Simplification is Douglas-Peucker on the closed contour with the smallest epsilon that leaves at most 8 vertices:
  what an epsilon grown from zero in fine steps would reach. A contour of 8 vertices or fewer stays as it is.
- Coordinates are pixel indices (x right, y down), as OpenCV's moments have them, not shifted by half a pixel.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from chronosight.tasks.cells import cell_at

MAX_VERTICES = 8
Contour = list[tuple[int, int]]  # of (x, y)

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


def find_objects(mask: np.ndarray, min_area: float = 0) -> list[MaskObject]:
    """Objects of a (H, W) mask (nonzero is foreground), bottom up; see the module's text for the rule.

    min_area: objects whose polygon is smaller, in square pixels, are dropped; zero area always is.
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
        polygon = simplify(contour)
        area, x, y = _moments(polygon)
        if area == 0 or area < min_area:
            continue
        rows, columns = windows[label - 1]
        window = slice(rows.start - 1, rows.stop - 1), slice(columns.start - 1, columns.stop - 1)
        inside = (labels[rows, columns] == label) & mask[window]
        cell = cell_at(x, y, width, height)
        objects.append(MaskObject(np.array(polygon), area, (x, y), cell, window, inside))
    return objects


def count_and_cells(mask: np.ndarray, min_area: float = 0) -> tuple[int, tuple[str, ...]]:
    """Number of objects of a (H, W) mask and their cells without repeats, in the order of `find_objects`."""
    objects = find_objects(mask, min_area)
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


def simplify(contour: Contour, max_vertices: int = MAX_VERTICES) -> Contour:
    """Closed contour of (x, y) points -> at most max_vertices (>= 2) of them, by Douglas-Peucker; order is kept.

    The first two vertices are far ends of the contour: from its first point to the farthest, then to the farthest from
    that, three times in all. Splitting goes on where the contour is farthest from its chord, largest first; epsilon is
    the distance at which one vertex too many would come in, and every vertex that owes its place to a distance of at
    most epsilon is left out (so vertices that tie come in or stay out together).
    """
    if len(contour) <= max_vertices:
        return contour
    n = len(contour)
    a = b = 0
    for _ in range(3):
        a, b = b, _farthest(contour, b)
    queue: list[tuple[float, int, int, int]] = []

    def split(first: int, last: int) -> None:
        distance, at = _farthest_from_chord(contour, first, last)
        if distance > 0:
            heapq.heappush(queue, (-distance, first, at, last))

    split(a, b if b > a else b + n)
    split(b, a if a > b else a + n)
    kept, distances = [a, b], []
    while queue and len(kept) <= max_vertices:
        distance, first, at, last = heapq.heappop(queue)
        kept.append(at % n)
        distances.append(-distance)
        split(first, at)
        split(at, last)
    if len(kept) > max_vertices:
        kept = kept[: 2 + distances.index(min(distances))]
    return [contour[i] for i in sorted(kept)]


def _farthest(contour: Contour, start: int) -> int:
    """Index of the point farthest from contour[start]; the first met going round when several tie."""
    x0, y0 = contour[start]
    squared = [(x - x0) ** 2 + (y - y0) ** 2 for x, y in contour[start:] + contour[:start]]
    return (start + squared.index(max(squared))) % len(contour)


def _farthest_from_chord(contour: Contour, first: int, last: int) -> tuple[float, int]:
    """Squared distance to the segment first-last of the farthest point between them, and its index; (0, first) if none.

    Indices may run past the end of the contour, which is closed.
    """
    n = len(contour)
    x0, y0 = contour[first % n]
    x1, y1 = contour[last % n]
    dx, dy = x1 - x0, y1 - y0
    length = dx * dx + dy * dy
    best, best_at = 0.0, first
    squared: float
    for at in range(first + 1, last):
        x, y = contour[at - n if at >= n else at]
        px, py = x - x0, y - y0
        along = px * dx + py * dy
        if along <= 0:
            squared = px * px + py * py
        elif along >= length:
            squared = (x - x1) ** 2 + (y - y1) ** 2
        else:
            squared = (py * dx - px * dy) ** 2 / length
        if squared > best:
            best, best_at = squared, at
    return best, best_at


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
    return abs(doubled) / 2, sum_x / (3 * doubled), sum_y / (3 * doubled)


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
