"""One changed object of a pair of dates, whatever the size of the scene, and sums over many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from chronosight.results.outlined import OutlinedObject

Direction = Literal["appeared", "vanished"]
Key = tuple[str, Direction]  # class name in the singular, and which way it changed
DIRECTIONS: tuple[Direction, Direction] = ("appeared", "vanished")


@dataclass(frozen=True, eq=False)
class ChangedObject(OutlinedObject):
    """One changed object; outline, area and place as in `OutlinedObject`.

    Attributes:
        class_name: "building" or "road".
        direction: "appeared": seen at the later date only; "vanished": at the earlier one only.
        length_m: of a road, in metres; None for other classes and where the ground size is unknown.
        cells: of a long object, such as a road, the names of all places that hold a real share of it; () where `cell` says it
            all.
    """

    class_name: str
    direction: Direction
    length_m: float | None = field(default=None, kw_only=True)
    cells: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def places(self) -> tuple[str, ...]:
        """The names of its places in the 3x3 grid: one, or for a long object all that hold a real share of it."""
        return self.cells or (self.cell,)

    @property
    def key(self) -> Key:
        """Class and direction."""
        return self.class_name, self.direction

    def to_dict(self) -> dict[str, Any]:
        """The facts that every file gives, by the same names; what is unknown is left out."""
        facts: dict[str, Any] = {"number": self.number, "class": self.class_name, "direction": self.direction, "cell": self.cell}
        if self.cells:
            facts["cells"] = list(self.cells)
        facts |= self.place_facts()
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
