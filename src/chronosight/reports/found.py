"""Changed objects as reports tell of them: one list, whatever the scene's size and wherever the objects come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chronosight.reports.ground import areas_m2, centroid, to_lonlat
from chronosight.results.changed_object import Direction
from chronosight.results.description import Description
from chronosight.scenes.scene import Scene

if TYPE_CHECKING:
    from shapely import Geometry

Key = tuple[str, Direction]  # class name in the singular, and which way it changed
DIRECTIONS: tuple[Direction, Direction] = ("appeared", "vanished")


@dataclass(frozen=True, eq=False)
class Found:
    """One changed object.

    number: from 1, its id in the vector files. area: in square metres, in pixels where the ground size is unknown.
    position: (x, y) of the centroid in pixels of the scene, x right, y down. cell: its place in the 3x3 grid.
    ring: (n, 2) outer edge in those pixels, closed. confidence: in [0, 1]. length: of a road in metres, if known.
    shape: the outline in longitude and latitude, and lonlat its centroid; None where the scene has no place on the Earth.
    """

    number: int
    class_name: str
    direction: Direction
    area: float
    position: tuple[float, float]
    cell: str
    ring: np.ndarray
    confidence: float
    length: float | None = None
    lonlat: tuple[float, float] | None = None
    shape: Geometry | None = None

    @property
    def key(self) -> Key:
        return self.class_name, self.direction


@dataclass(frozen=True)
class Tally:
    """count: of objects. area: their sum, in the unit of `Found.area`."""

    count: int = 0
    area: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.count + other.count, self.area + other.area)


Tallies = dict[Key, Tally]


def tally(found: Iterable[Found]) -> Tallies:
    """Counts and areas by class and direction; keys without objects are left out."""
    sums: Tallies = {}
    for item in found:
        sums[item.key] = sums.get(item.key, Tally()) + Tally(1, item.area)
    return dict(sorted(sums.items()))


def total(tallies: Tallies, class_name: str | None = None, direction: Direction | None = None) -> Tally:
    """The sum over one class or all (None), and one direction or both (None)."""
    chosen = [
        value
        for (name, way), value in tallies.items()
        if class_name in (None, name) and direction in (None, way)
    ]  # fmt: skip
    return sum(chosen, Tally())


def tally_rows(tallies: Tallies) -> list[dict[str, Any]]:
    """JSON types, areas in square metres to a tenth."""
    return [
        {"class": name, "direction": way, "count": value.count, "area_m2": round(value.area, 1)}
        for (name, way), value in tallies.items()
    ]


def found_in_pair(scene: Scene, description: Description) -> list[Found]:
    """The objects of a pair that was described whole, in their order."""
    from shapely import Polygon

    objects = description.evidence.objects
    areas = areas_m2(scene, objects) or [item.area for item in objects]
    middles = np.array([centroid(item.polygon) for item in objects]).reshape(-1, 2)
    rings = [item.polygon for item in objects]
    lonlat = to_lonlat(scene, np.concatenate([middles, *rings])) if objects else None
    shapes: list[Any] = [None] * len(objects)
    if lonlat is not None:
        ends = np.cumsum([len(ring) for ring in rings])[:-1]
        shapes = [Polygon(corners) for corners in np.split(lonlat[len(objects) :], ends)]
    return [
        Found(
            index + 1,
            item.class_name,
            item.direction,
            float(areas[index]),
            (float(middles[index, 0]), float(middles[index, 1])),
            item.cell,
            item.polygon,
            item.confidence,
            lonlat=None if lonlat is None else (float(lonlat[index, 0]), float(lonlat[index, 1])),
            shape=shapes[index],
        )
        for index, item in enumerate(objects)
    ]


def classes_of(found: Sequence[Found], known: Sequence[str] = ("building", "road")) -> tuple[str, ...]:
    """Class names to tell of, in the singular: the known ones, then any other that was found."""
    return tuple(dict.fromkeys([*known, *sorted({item.class_name for item in found})]))
