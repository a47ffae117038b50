"""One changed object of a pair of dates, whatever the size of the scene, and sums over many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from shapely import Geometry

Direction = Literal["appeared", "vanished"]
Key = tuple[str, Direction]  # class name in the singular, and which way it changed
DIRECTIONS: tuple[Direction, Direction] = ("appeared", "vanished")


@dataclass(frozen=True, eq=False)
class ChangedObject:
    """One changed object.

    Attributes:
        class_name: "building" or "road".
        direction: "appeared": seen at the later date only; "vanished": at the earlier one only.
        outline: (n, 2) float, its outer ring, closed, along pixel corners; x right and y down in pixels of the scene.
        area_px: its area in pixels.
        cell: the name of its place in the 3x3 grid.
        confidence: in [0, 1].
        number: from 1, the same in every file.
        centroid: (x, y) in pixels, of the outer ring.
        holes: rings like `outline`, left out of it.
        area_m2: in square metres on the ellipsoid; None where the ground size of a pixel is unknown.
        lonlat: the centroid in degrees, longitude first; None where the scene has no place on the Earth.
        shape: the outline in longitude and latitude, cut at the 180th meridian; None as `lonlat`.
        length_m: of a road, in metres; None for other classes and where the ground size is unknown.
        cells: of a long object, such as a road, the names of all places that hold a real share of it; () where `cell` says it
            all.
        tile: name of the model's tile that holds the centroid ("r3c12"); None for a pair that was seen whole.
    """

    class_name: str
    direction: Direction
    outline: np.ndarray
    area_px: float
    cell: str
    confidence: float
    number: int = 0
    centroid: tuple[float, float] = (0.0, 0.0)
    holes: tuple[np.ndarray, ...] = ()
    area_m2: float | None = None
    lonlat: tuple[float, float] | None = None
    shape: Geometry | None = None
    length_m: float | None = None
    tile: str | None = None
    cells: tuple[str, ...] = ()

    @property
    def places(self) -> tuple[str, ...]:
        """The names of its places in the 3x3 grid: one, or for a long object all that hold a real share of it."""
        return self.cells or (self.cell,)

    @property
    def key(self) -> Key:
        """Class and direction."""
        return self.class_name, self.direction

    @property
    def area(self) -> float:
        """In square metres where they are known, else in pixels."""
        return self.area_px if self.area_m2 is None else self.area_m2

    def to_dict(self) -> dict[str, Any]:
        """The facts that every file gives, by the same names; what is unknown is left out."""
        facts: dict[str, Any] = {"number": self.number, "class": self.class_name, "direction": self.direction, "cell": self.cell}
        if self.cells:
            facts["cells"] = list(self.cells)
        if self.tile is not None:
            facts["tile"] = self.tile
        facts["area_px"] = round(self.area_px, 1)
        if self.area_m2 is not None:
            facts["area_m2"] = round(self.area_m2, 1)
        if self.length_m is not None:
            facts["length_m"] = round(self.length_m, 1)
        return facts | {"confidence": round(self.confidence, 4)}


@dataclass(frozen=True)
class Tally:
    """A sum over objects.

    Attributes:
        count: number of objects.
        area: in the unit of `ChangedObject.area`.
    """

    count: int = 0
    area: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.count + other.count, self.area + other.area)


Tallies = dict[Key, Tally]


def tally(objects: Iterable[ChangedObject]) -> Tallies:
    """Sums up counts and areas by class and direction.

    Args:
        objects: The objects.

    Returns:
        Sums by (class, direction), sorted; keys without objects are left out.
    """
    sums: Tallies = {}
    for item in objects:
        sums[item.key] = sums.get(item.key, Tally()) + Tally(1, item.area)
    return dict(sorted(sums.items()))


def total(tallies: Tallies, class_name: str | None = None, direction: Direction | None = None) -> Tally:
    """Adds up sums.

    Args:
        tallies: Sums by (class, direction).
        class_name: "building" or "road"; None for all classes.
        direction: "appeared" or "vanished"; None for both.

    Returns:
        The sum.
    """
    chosen = [
        value
        for (name, way), value in tallies.items()
        if class_name in (None, name) and direction in (None, way)
    ]  # fmt: skip
    return sum(chosen, Tally())


def tally_rows(tallies: Tallies) -> list[dict[str, Any]]:
    """The sums as JSON types, areas in square metres to a tenth.

    Args:
        tallies: Sums by (class, direction), areas in square metres.

    Returns:
        One row a key: "class", "direction", "count" and "area_m2".
    """
    return [
        {"class": name, "direction": way, "count": value.count, "area_m2": round(value.area, 1)}
        for (name, way), value in tallies.items()
    ]


def classes_of(objects: Sequence[ChangedObject], known: Sequence[str] = ("building", "road")) -> tuple[str, ...]:
    """Class names to report on, in the singular: the known ones, then any other that was found.

    Args:
        objects: The changed objects.
        known: Classes that are always reported on.

    Returns:
        Class names in the singular.
    """
    return tuple(dict.fromkeys([*known, *sorted({item.class_name for item in objects})]))
