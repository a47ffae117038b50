"""Land-cover change of a pair: ground that was of one class and is of another, beside changed buildings and roads.

The map of it is one byte a pixel:

    0           no change is reported
    1 + 7a + b  class a of `CLASSES` became class b; class 6 is "unknown"
    254         no change is reported, and the land cover of one of the dates is not known
    255         no data at one of the dates
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chronosight.results.changed_object import Direction, Tally
from chronosight.results.evidence import Rows
from chronosight.results.outlined import OutlinedObject
from chronosight.tasks.land_cover import LAND_COVER_CLASSES

UNKNOWN = "unknown"
CLASSES = (*LAND_COVER_CLASSES, UNKNOWN)
NOT_KNOWN = 254
KNOWN_ENOUGH = 0.8  # share of the ground whose land cover is known, to say of all of it that nothing changed
BUILT_UP, PAVED, BARE, LOW, _, WATER = LAND_COVER_CLASSES
CLASS_OF_OBJECT = {"building": BUILT_UP, "road": PAVED}

Pair = tuple[str, str]  # class before, class after
Flows = dict[Pair, Tally]


def code_of(pair: Pair) -> int:
    """The value of the map where ground of one class became another.

    Args:
        pair: Class before and class after, of `CLASSES`.

    Returns:
        1 to 49.
    """
    return 1 + len(CLASSES) * CLASSES.index(pair[0]) + CLASSES.index(pair[1])


def pair_of(code: int) -> Pair:
    """The classes of a value of the map.

    Args:
        code: 1 to 49.

    Returns:
        Class before and class after.
    """
    before, after = divmod(code - 1, len(CLASSES))
    return CLASSES[before], CLASSES[after]


@dataclass(frozen=True, eq=False)
class CoverObject(OutlinedObject):
    """One connected piece of ground whose land cover changed; numbered apart from changed objects.

    Its confidence is the mean probability that both classes are right; where one is unknown, a lower bound for the probability
    that the ground changed. Outline, area and place as in `OutlinedObject`.

    Attributes:
        class_from: class at the earlier date, one of `CLASSES`.
        class_to: class at the later date.
    """

    class_from: str
    class_to: str

    @property
    def key(self) -> Pair:
        """Class before and class after."""
        return self.class_from, self.class_to

    def to_dict(self) -> dict[str, Any]:
        """The facts that every file gives, by the same names; what is unknown is left out."""
        facts: dict[str, Any] = {"number": self.number, "from": self.class_from, "to": self.class_to, "cell": self.cell}
        return facts | self.place_facts() | {"confidence": round(self.confidence, 4)}


@dataclass(frozen=True)
class ObjectGround:
    """The ground of a changed building or road at the date on which it does not stand.

    Attributes:
        number: of the changed object.
        class_name: "building" or "road".
        direction: "appeared": the ground is what was there before; "vanished": what came after.
        class_of: land-cover class of most of that ground, "unknown" where most of it is not known.
        confidence: in [0, 1], mean probability of the likeliest classes over the ground of that class, never above the
            object's own.
        shares: area by class, in the unit of `ChangedObject.area`; they sum to the area of the object.
    """

    number: int
    class_name: str
    direction: Direction
    class_of: str
    confidence: float
    shares: Mapping[str, float]

    @property
    def flows(self) -> Flows:
        """Area by (class before, class after); ground that was of the object's own class is no change of land cover."""
        own = CLASS_OF_OBJECT.get(self.class_name, UNKNOWN)
        pairs = {name: (name, own) if self.direction == "appeared" else (own, name) for name in self.shares}
        areas = {name: round(area, 1) for name, area in self.shares.items()}  # as the files give them
        return {pairs[name]: Tally(0, area) for name, area in areas.items() if name not in (own, UNKNOWN) and area}

    def to_dict(self) -> dict[str, Any]:
        """As JSON types."""
        return {
            "object": self.number,
            "class": self.class_name,
            "direction": self.direction,
            "was" if self.direction == "appeared" else "became": self.class_of,
            "confidence": round(self.confidence, 4),
            "areas": {name: round(area, 1) for name, area in self.shares.items()},
        }


@dataclass(frozen=True)
class CoverZone:
    """Land-cover change in one zone.

    Attributes:
        name: of the zone.
        flows: areas shared out by the ground in the zone, objects counted where their centroid lies.
        numbers: of the land-cover objects that are counted in it.
        grounds: numbers of the changed buildings and roads that are counted in it.
    """

    name: str
    flows: Flows
    numbers: tuple[int, ...] = ()
    grounds: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class LandCoverChange:
    """How the land cover of a pair changed.

    Attributes:
        objects: ground that changed, without that under changed buildings and roads.
        grounds: what was there before each new building and road, and what came after each that is gone.
        known: share in [0, 1] of the compared ground whose class is named at both dates.
        metric: whether areas are square metres; else pixels.
        totals: area by class at the earlier and at the later date, where it is known.
        zones: by zone, where zones were given.
        rows: reads rows of the map, coded as this module says; None where there is no map.
        dates: reads rows of the land cover of both dates, (2, rows, width) uint8: index of `CLASSES`, 255 without data; None
            where there is none.
        left_out: number of objects that limits of size or confidence leave out.
        perhaps: area by likeliest class at both dates where these are of different groups but not both known, beside
            changed buildings and roads, where it is not too little for an object.
    """

    objects: tuple[CoverObject, ...]
    grounds: tuple[ObjectGround, ...] = ()
    known: float = 1.0
    metric: bool = True
    totals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    zones: tuple[CoverZone, ...] = ()
    rows: Rows | None = None
    dates: Rows | None = None
    left_out: int = 0
    perhaps: Flows = field(default_factory=dict)

    @property
    def flows(self) -> Flows:
        """Number of objects and area by (class before, class after), the ground of changed buildings and roads included."""
        return add_flows([object_flows(self.objects), *(ground.flows for ground in self.grounds)])

    def to_dict(self) -> dict[str, Any]:
        """Everything but outlines and maps, as JSON types."""
        return {
            "known_share": round(self.known, 4),
            "area_unit": "m2" if self.metric else "px",
            "changes": flow_rows(self.flows),
            "classes": [
                {"class": name, "before": round(before, 1), "after": round(after, 1)}
                for name, (before, after) in self.totals.items()
            ],
            "grounds": [ground.to_dict() for ground in self.grounds],
            **({"left_out": self.left_out} if self.left_out else {}),
            "perhaps": flow_rows(self.perhaps),
            "zones": [
                {"name": zone.name, "changes": flow_rows(zone.flows), "ids": list(zone.numbers), "grounds": list(zone.grounds)}
                for zone in self.zones
            ],
        }


def object_flows(objects: Iterable[CoverObject]) -> Flows:
    """Number and area of objects by class before and class after.

    Args:
        objects: The objects.

    Returns:
        Sums, the largest area first; of areas as the files give them, so that a result folder has the same sums.
    """
    return add_flows({item.key: Tally(1, round(item.area, 1))} for item in objects)


def known_first(pairs: Iterable[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Kinds of change parted by whether both classes are known: those that are say more, whatever their area.

    Args:
        pairs: Class before and class after of each, in their order.

    Returns:
        Those of which both are known, and the others; each in their order.
    """
    pairs = list(pairs)
    return [pair for pair in pairs if UNKNOWN not in pair], [pair for pair in pairs if UNKNOWN in pair]


def add_flows(many: Iterable[Flows]) -> Flows:
    """Adds up sums by class before and class after.

    Args:
        many: The sums.

    Returns:
        One sum each, the largest area first.
    """
    sums: Flows = {}
    for flows in many:
        for pair, tally in flows.items():
            sums[pair] = sums.get(pair, Tally()) + tally
    return dict(sorted(sums.items(), key=lambda one: (-one[1].area, one[0])))


def flow_rows(flows: Flows) -> list[dict[str, Any]]:
    """Sums as JSON types, areas to a tenth.

    Args:
        flows: Sums by class before and class after.

    Returns:
        One row a pair: "from", "to", "objects" and "area".
    """
    return [{"from": a, "to": b, "objects": value.count, "area": round(value.area, 1)} for (a, b), value in flows.items()]


def read_flows(rows: Iterable[Mapping[str, Any]]) -> Flows:
    """Sums read back from `flow_rows`.

    Args:
        rows: The rows.

    Returns:
        The sums.

    Raises:
        KeyError: A key is missing.
        ValueError: A class is not known, or a number is none.
    """
    return {(known_class(row["from"]), known_class(row["to"])): Tally(int(row["objects"]), float(row["area"])) for row in rows}


def known_class(name: Any) -> str:
    """The name of a class, checked.

    Args:
        name: The name.

    Returns:
        The name.

    Raises:
        ValueError: There is no such class.
    """
    if name not in CLASSES:
        raise ValueError(name)
    return str(name)
