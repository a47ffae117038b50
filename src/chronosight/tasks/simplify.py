"""Contours with fewer vertices, as OpenCV's approxPolyDP leaves them: Douglas-Peucker, then straight runs joined.

`simplify` takes the first epsilon of a series that leaves few enough vertices. The splits of a contour do not depend on
epsilon, only how many of them are made does, so they are found once. Distances are to the chord, as OpenCV has them from
4.13 on; older ones measure to the endless line through it.
"""

from __future__ import annotations

import heapq
import math

import numpy as np

from chronosight.tasks.contours import Contour

MAX_VERTICES = 8
STEP = 0.1  # pixels


def simplify(contour: Contour, max_vertices: int = MAX_VERTICES, start: float = 0.0) -> Contour:
    """Leaves out vertices of a contour until it has few enough.

    Args:
        contour: Closed, (x, y) points in pixels.
        max_vertices: How many may stay, at least 4.
        start: First epsilon in pixels; the others follow in steps of 0.1.

    Returns:
        At most `max_vertices` of the points where that can be done, in their order: those of the first epsilon that leaves
        few enough. A contour that has few enough already, with start 0, stays as it is.
    """
    n = len(contour)
    if n <= max_vertices and start == 0:
        return contour
    a = b = 0
    for _ in range(3):  # far ends: from the first point to the farthest, then to the farthest from that, three times
        a, b = b, _farthest(contour, b)
    # Joining takes away at most every second vertex, so an epsilon that leaves more than this is too small.
    most = 2 * max_vertices + 1
    kept, floor = _splits(contour, a, b, most, start)
    epsilon = start
    while epsilon < floor:
        epsilon += STEP
    limit = _squared(contour[a], contour[b])
    from_a = sorted(((at - a) % n, at, distance) for at, distance in kept)
    while True:
        squared = epsilon * epsilon
        if limit <= squared:  # the whole contour is a point at this epsilon
            return [contour[a]]
        vertices = _join([at for _, at, distance in from_a if distance > squared], contour, squared)
        if len(vertices) <= max_vertices:
            return [contour[at] for at in sorted(vertices)]
        epsilon += STEP


def perimeter(contour: Contour) -> float:
    """Length of a closed contour; its sides are rounded to single precision, as in OpenCV's arcLength.

    Args:
        contour: Corners in pixels, the first one not repeated.

    Returns:
        The length in pixels.
    """
    sides = np.diff(np.array([*contour, contour[0]], np.float32), axis=0)
    return float(np.sqrt((sides * sides).sum(axis=1), dtype=np.float32).sum(dtype=np.float64))


def _splits(contour: Contour, a: int, b: int, most: int, start: float) -> tuple[list[tuple[int, float]], float]:
    """Vertices from coarse to fine, as (index, squared epsilon below which it is kept).

    And the epsilon below which more than `most` are kept; vertices that no epsilon from there or `start` on keeps are left
    out.
    """
    n = len(contour)
    queue: list[tuple[float, int, int, int]] = []

    def split(first: int, last: int, bound: float) -> None:
        distance, at = _farthest_from_chord(contour, first, last)
        if distance > 0:
            heapq.heappush(queue, (-min(distance, bound), first, at, last))

    split(a, b if b > a else b + n, math.inf)
    split(b, a if a > b else a + n, math.inf)
    kept = [(a, math.inf), (b, math.inf)]
    while queue:
        distance, first, at, last = heapq.heappop(queue)
        bound = -distance
        if bound <= start * start:
            break
        if len(kept) >= most:
            return kept, math.sqrt(bound)
        kept.append((at % n, bound))
        split(first, at, bound)
        split(at, last, bound)
    return kept, start


def _join(vertices: list[int], contour: Contour, squared: float) -> list[int]:
    """Takes out vertices that lie nearly on the line between their neighbours, unless that line is level or upright.

    vertices: indices into the contour, in the order of the walk. squared: epsilon squared. After a vertex is taken out
    the next one stays, and two are left at least.
    """
    count = left = len(vertices)
    points = [contour[at] for at in vertices]
    half = 0.5 * squared
    kept: list[int] = []  # positions in `vertices`
    (x0, y0), (x1, y1), i = points[-1], points[0], 0
    while i < count and left > 2:
        following = i + 1 if i + 1 < count else kept[0] if kept else 0
        x2, y2 = points[following]
        dx, dy = x2 - x0, y2 - y0
        px, py = x1 - x0, y1 - y0
        off_line = px * dy - py * dx
        straight = dx != 0 != dy and off_line * off_line <= half * (dx * dx + dy * dy)
        if straight and px * (x2 - x1) + py * (y2 - y1) >= 0:
            left -= 1
            kept.append(following)
            x0, y0 = x2, y2
            i += 2
        else:
            kept.append(i)
            x0, y0 = x1, y1
            i += 1
        if i < count:
            x1, y1 = points[i]
    return [vertices[at] for at in (*kept, *range(i, count))[:left]]


def _squared(p: tuple[int, int], q: tuple[int, int]) -> int:
    return (p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2


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
