"""Which changed objects are reported, and as how many: the minimum mapping unit, and pieces of one road joined.

A road is seen in pieces wherever a tree or a car hides it, and a speck of asphalt is no road. Pieces that nearly touch and
line up become one object; then what covers less ground than the smallest area of its class is left out, and a long object
gets the names of all places that hold a real share of it. The label rule of datasets (`tasks.objects`) is another matter: it
stays as published.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from chronosight.errors import InputError
from chronosight.results.changed_object import ChangedObject
from chronosight.results.land_cover_change import CoverObject
from chronosight.tasks.cells import CELLS, cell_at

if TYPE_CHECKING:
    from shapely import Polygon

LONG = ("road",)  # classes whose pieces are joined, and that are placed by their extent
GAP = 10.0  # metres between the ends of two pieces of one road: a tree's crown, a truck
WIDER = 1.5  # two pieces line up if both together are at most this many times as wide as the wider one, and a pixel
SHORTER = 0.9  # and at least this many times as long as the two, one after the other
SHARE = 0.1  # of its area: a place that holds less of a long object is not named


@dataclass(frozen=True)
class ObjectLimits:
    """What a user wants reported.

    Attributes:
        min_area_m2: smaller objects are left out; in pixels where the ground size of a pixel is not known.
        min_confidence: in [0, 1]; less probable objects are left out.
    """

    min_area_m2: float = 0.0
    min_confidence: float = 0.0

    def __post_init__(self) -> None:
        """Raises InputError for limits that no object can meet or that mean nothing."""
        if not (math.isfinite(self.min_area_m2) and self.min_area_m2 >= 0):
            raise InputError(f"the smallest area is {self.min_area_m2:g}, expected square metres, 0 or more (--min-area)")
        if not 0 <= self.min_confidence <= 1:
            raise InputError(f"the least confidence is {self.min_confidence:g}, expected 0 to 1 (--min-confidence)")

    def __bool__(self) -> bool:
        """Whether they leave anything out."""
        return self.min_area_m2 > 0 or self.min_confidence > 0

    def allow(self, item: ChangedObject | CoverObject) -> bool:
        """Whether an object is reported.

        Args:
            item: The object.

        Returns:
            True where its area and its confidence reach the limits.
        """
        return item.area >= self.min_area_m2 and item.confidence >= self.min_confidence


def generalise(
    objects: Sequence[ChangedObject], width: int, height: int, metres: float, smallest: Mapping[str, float]
) -> list[tuple[ChangedObject, list[ChangedObject]]]:
    """Joins pieces of one road and leaves out what is too small to be reported.

    Args:
        objects: With class, direction, outline, area in pixels, cell and confidence.
        width: Of the scene, in pixels.
        height: Of the scene, in pixels.
        metres: Ground size of a pixel.
        smallest: Square metres by class name; 0 for classes that are not in it.

    Returns:
        The objects that are reported, without numbers, each with those of the given ones that it is made of; in the order
        given, a joined one where its first piece stood.
    """
    reported = []
    for group in _groups(objects, GAP / metres):
        members = [objects[index] for index in group]
        if sum(item.area_px for item in members) * metres**2 < smallest.get(members[0].class_name, 0.0):
            continue
        item = members[0] if len(members) == 1 else _joined(members, width, height)
        reported.append((replace(item, cells=_places(item, width, height)) if item.class_name in LONG else item, members))
    return reported


def drawn(ring: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Draws a ring into a mask, pixel for pixel as GDAL does, but in a fraction of its time for a small mask.

    Args:
        ring: (n, 2) x and y along pixel corners, closed; it does not cross itself.
        shape: (h, w) of the mask.

    Returns:
        (h, w) bool: the pixels whose centres lie inside.
    """
    height, width = shape
    first, second = np.asarray(ring, float)[:-1], np.asarray(ring, float)[1:]
    down = first[:, 1] < second[:, 1]
    upper, lower = np.where(down[:, None], first, second), np.where(down[:, None], second, first)
    top = np.ceil(upper[:, 1] - 0.5).clip(0, height).astype(int)  # the rows whose middle an edge crosses
    rows = np.ceil(lower[:, 1] - 0.5).clip(0, height).astype(int) - top
    edge = np.repeat(np.arange(len(rows)), rows)
    row = np.arange(len(edge)) - np.repeat(rows.cumsum() - rows, rows) + top[edge]
    (x0, y0), (x1, y1) = upper[edge].T, lower[edge].T
    x = (row + 0.5 - y0) * (x1 - x0) / (y1 - y0) + x0
    column = np.floor(x + 0.5).clip(0, width).astype(int)
    crossed = np.bincount(row * (width + 1) + column, minlength=height * (width + 1)).reshape(height, width + 1)
    inside: np.ndarray = (crossed[:, :width].cumsum(axis=1) & 1).astype(bool)
    return inside


def _groups(objects: Sequence[ChangedObject], gap: float) -> list[list[int]]:
    """Indices of objects that are one, in the order of their first members. gap: in pixels."""
    import shapely

    parent = list(range(len(objects)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    long = [index for index, item in enumerate(objects) if item.class_name in LONG]
    shapes = {index: _polygon(objects[index]) for index in long}
    if len(long) > 1:
        tree = shapely.STRtree([shapes[index] for index in long])
        pairs = tree.query([shapes[index] for index in long], predicate="dwithin", distance=gap)
        for first, second in sorted(zip(*pairs.tolist(), strict=True)):
            a, b = long[first], long[second]
            if a < b and objects[a].key == objects[b].key and line_up(shapes[a], shapes[b]):
                parent[max(root(a), root(b))] = min(root(a), root(b))
    groups: dict[int, list[int]] = {}
    for index in range(len(objects)):
        groups.setdefault(root(index), []).append(index)
    return list(groups.values())


def line_up(first: Polygon, second: Polygon) -> bool:
    """Whether two shapes follow each other along one line: together hardly wider than the wider one alone.

    Args:
        first: A polygon in pixels.
        second: Another one.

    Returns:
        True where they do.
    """
    import shapely

    (length_a, width_a), (length_b, width_b) = _sides(first), _sides(second)
    length, width = _sides(shapely.union(first, second))
    return width <= WIDER * max(width_a, width_b) + 1 and length >= SHORTER * (length_a + length_b)


def _sides(shape: Polygon) -> tuple[float, float]:
    """Length and width of the smallest rectangle around a shape."""
    import shapely

    corners = shapely.get_coordinates(shapely.oriented_envelope(shape))
    sides = np.linalg.norm(np.diff(corners[:3], axis=0), axis=1) if len(corners) > 2 else np.array([shape.length, 0.0])
    return float(sides.max()), float(sides.min())


def _polygon(item: ChangedObject) -> Polygon:
    import shapely

    polygon = shapely.Polygon(item.outline, item.holes)
    return polygon if polygon.is_valid else shapely.make_valid(polygon)


def _joined(pieces: Sequence[ChangedObject], width: int, height: int) -> ChangedObject:
    """One object of several, its outline with narrow bridges between them; area and confidence are those of the pieces."""
    import shapely

    left = [_polygon(item) for item in pieces]
    whole = left.pop(0)
    while left:
        nearest = min(range(len(left)), key=lambda index: shapely.distance(whole, left[index]))
        other = left.pop(nearest)
        bridge = shapely.shortest_line(whole, other).buffer(max(1.0, min(_sides(whole)[1], _sides(other)[1]) / 4))
        whole = shapely.union_all([whole, other, bridge])
    largest = max(getattr(whole, "geoms", [whole]), key=lambda part: part.area)
    area = sum(item.area_px for item in pieces)
    return replace(
        pieces[0],
        outline=np.asarray(largest.exterior.coords, float),
        holes=tuple(np.asarray(ring.coords, float) for ring in largest.interiors),
        area_px=area,
        cell=cell_at(largest.centroid.x, largest.centroid.y, width, height),
        confidence=sum(item.confidence * item.area_px for item in pieces) / area,
    )


def _places(item: ChangedObject, width: int, height: int) -> tuple[str, ...]:
    """Cells of the 3x3 grid that hold a real share of an object, by rows; () where its one cell says it all."""
    import shapely

    shape = _polygon(item)
    columns, rows = np.linspace(0, width, 4), np.linspace(0, height, 4)
    left, right = np.tile(columns[:3], 3), np.tile(columns[1:], 3)
    top, bottom = np.repeat(rows[:3], 3), np.repeat(rows[1:], 3)
    shares = shapely.area(shapely.intersection(shape, shapely.box(left, top, right, bottom))) / max(shape.area, 1e-9)
    named = tuple(cell for cell, share in zip(CELLS, shares, strict=True) if share >= SHARE)
    return () if named in ((), (item.cell,)) else named
