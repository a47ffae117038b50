"""Counts and areas of changed objects by the user's own districts, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chronosight.results.changed_object import Tallies, Tally, tally_rows, total

if TYPE_CHECKING:
    from shapely import Geometry

OUTSIDE = "outside every zone"
SCHEMA = "chronosight.zones/1"


@dataclass(frozen=True, eq=False)
class Zone:
    """A district.

    Attributes:
        name: what it is called.
        shape: (multi)polygon in longitude and latitude on WGS 84.
    """

    name: str
    shape: Geometry


@dataclass(frozen=True)
class ZoneRow:
    """One row of a table: counts and areas of changed objects by class and direction.

    Attributes:
        name: of the zone.
        ground: area of the zone in square metres.
        covered: share of it inside the scene, in [0, 1].
        tallies: sums by class and direction.
        numbers: of the objects that are counted in it.
    """

    name: str
    ground: float
    covered: float
    tallies: Tallies
    numbers: tuple[int, ...]

    @property
    def all(self) -> Tally:
        """The sum over classes and directions."""
        return total(self.tallies)

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON types."""
        changes = tally_rows(self.tallies)
        return {
            "name": self.name,
            "ground_m2": round(self.ground, 1),
            "covered": round(self.covered, 4),
            "objects": self.all.count,
            "area_m2": round(sum(row["area_m2"] for row in changes), 1),  # the file's own numbers sum up
            "changes": changes,
            "ids": list(self.numbers),
        }


@dataclass(frozen=True)
class ZoneTable:
    """Changed objects by zone.

    Attributes:
        rows: one for each zone in the order of the file.
        outside: what lies in none.
        overlapping: whether zones share ground, so that an object may count in several of them.
        notes: one-line remarks for the user.
        zones: the zones with their outlines, to be drawn; () of a table that was read from a file.
    """

    rows: tuple[ZoneRow, ...]
    outside: ZoneRow
    overlapping: bool = False
    notes: tuple[str, ...] = ()
    zones: tuple[Zone, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The table as JSON types."""
        outside = {key: value for key, value in self.outside.to_dict().items() if key not in ("name", "ground_m2", "covered")}
        return {
            "schema": SCHEMA,
            "area_unit": "m2",
            "zones": [row.to_dict() for row in self.rows],
            "outside": outside,
            "overlapping": self.overlapping,
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> ZoneTable:
        """Reads the table that `to_dict` gave.

        Args:
            facts: The table, as JSON types.

        Returns:
            The table, without the shapes of its zones.

        Raises:
            KeyError: A key is missing.
            TypeError: A value has another type.
            ValueError: The table has another schema.
        """
        if facts["schema"] != SCHEMA:
            raise ValueError(facts["schema"])
        outside = _row_from({"name": OUTSIDE, "ground_m2": 0.0, "covered": 1.0, **facts["outside"]})
        rows = tuple(_row_from(row) for row in facts["zones"])
        return cls(rows, outside, bool(facts["overlapping"]), tuple(map(str, facts["notes"])))


def _row_from(facts: dict[str, Any]) -> ZoneRow:
    tallies: Tallies = {
        (str(row["class"]), row["direction"]): Tally(int(row["count"]), float(row["area_m2"])) for row in facts["changes"]
    }
    numbers = tuple(map(int, facts["ids"]))
    return ZoneRow(str(facts["name"]), float(facts["ground_m2"]), float(facts["covered"]), tallies, numbers)
