"""What a question about land cover is about: the objects, the grounds and the sums of a part of the scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chronosight.engines.chosen_objects import shared_ground
from chronosight.figures import figures
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.land_cover_change import (
    BARE,
    CLASS_OF_OBJECT,
    LOW,
    UNKNOWN,
    CoverObject,
    Flows,
    LandCoverChange,
    ObjectGround,
    Pair,
    add_flows,
    object_flows,
)
from chronosight.results.land_cover_sentences import NOUNS, REAL_SHARE, ground
from chronosight.tasks.cells import CELLS, whereabouts
from chronosight.tasks.nouns import CHANGE_WORDS
from chronosight.tasks.question import CoverQuestion, SceneQuestion
from chronosight.tasks.scene_regions import grid_words, in_region

MOST_SURE = 0.95  # confidence of a "no": a map that shows nothing may still have missed it
UNITS = {"m2": (1.0, "m²"), "ha": (1e4, "ha"), "km2": (1e6, "km²")}


@dataclass(frozen=True)
class CoverScope:
    """What a question is about: the land-cover objects, grounds and sums of a part of the scene, and the words for that part.

    Attributes:
        all_ground: Area of that part, whatever is on it; None where it is not known.
    """

    question: CoverQuestion
    change: LandCoverChange
    objects: list[CoverObject]
    grounds: list[ObjectGround]
    flows: Flows
    place: str
    notes: tuple[str, ...]
    north_up: bool
    unit: str
    all_ground: float | None = None
    ground_cells: Mapping[int, str] = field(default_factory=dict)

    def chosen(self, pair: Pair) -> bool:
        """Whether a change from one class to another is asked about."""
        asked, (before, after) = self.question, pair
        # What became built-up ground is under new buildings, or where other objects were that are gone.
        own = {CLASS_OF_OBJECT[name] for name in object_names(asked)} if asked.under else {before, after}
        if (before if asked.former else after) not in own:
            return False
        return (
            (not asked.before or before in asked.before)
            and (not asked.after or after in asked.after)
            and (not asked.either or (before in asked.either) != (after in asked.either))
            and not (before in asked.before and after in asked.before)
            and not (before in asked.after and after in asked.after)
        )

    @property
    def found(self) -> list[CoverObject]:
        """The objects that are asked about."""
        return [] if self.question.under else [item for item in self.objects if self.chosen(item.key)]

    @property
    def sums(self) -> Flows:
        """Area of what is asked about, by class before and class after."""
        return {pair: value for pair, value in self.flows.items() if self.chosen(pair)}

    @property
    def area(self) -> float:
        """Of what is asked about."""
        return sum(value.area for value in self.sums.values())

    @property
    def under(self) -> list[ObjectGround]:
        """Grounds of changed buildings and roads that are asked about."""
        return [one for one in self.grounds if any(map(self.chosen, one.flows))]

    @property
    def bearers(self) -> list[ObjectGround]:
        """Grounds of the buildings and roads that are asked about, whatever they are."""
        asked = self.question
        names = object_names(asked)
        direction = "vanished" if asked.former else "appeared"
        others = asked.after if asked.former else asked.before  # such as the roads that houses replaced
        return [
            one
            for one in self.grounds
            if (one.class_name in names and one.direction == direction)
            or (one.direction != direction and CLASS_OF_OBJECT.get(one.class_name) in others)
        ]

    @property
    def unsure(self) -> float:
        """Area that changed in a way that is not known, and may be what is asked about."""
        asked = self.question
        if asked.under:
            return sum(one.shares.get(UNKNOWN, 0.0) for one in self.bearers)

        def possible(name: str, wanted: tuple[str, ...]) -> bool:
            return not wanted or name in wanted or name == UNKNOWN

        area = 0.0
        for (before, after), value in object_flows(self.objects).items():
            either = not asked.either or UNKNOWN in (before, after)
            open_pair = possible(before, asked.before) and possible(after, asked.after) and either
            certain_not = (before in asked.after and asked.after != ()) or (after in asked.before and asked.before != ())
            area += value.area if open_pair and not certain_not and not self.chosen((before, after)) else 0.0
        return area

    @property
    def perhaps(self) -> float:
        """Area that may have changed as is asked about, by what its ground looks most like, wherever in the scene.

        Which of bare ground and low vegetation it is, the season decides too: both are meant by either.
        """
        other = {BARE: LOW, LOW: BARE}
        return 0.0 if self.question.under else sum(
            value.area
            for (a, b), value in self.change.perhaps.items()
            if any(map(self.chosen, ((a, b), (other.get(a, a), b), (a, other.get(b, b)))))
        )

    @property
    def seasonal(self) -> bool:
        """Whether open ground that is bare at one date and green at the other would count: the map reports no such change."""
        return self.chosen((BARE, LOW)) or self.chosen((LOW, BARE))

    @property
    def confidences(self) -> list[tuple[float, float]]:
        """Confidence and area of each piece of ground that is asked about."""
        of_grounds = [
            (one.confidence, sum(value.area for pair, value in one.flows.items() if self.chosen(pair))) for one in self.under
        ]
        return [*((item.confidence, item.area) for item in self.found), *of_grounds]

    @property
    def mean_confidence(self) -> float:
        """Weighted by area; that of a "no" where nothing is asked about."""
        weighted = self.confidences
        area = sum(weight for _, weight in weighted)
        return sum(confidence * weight for confidence, weight in weighted) / area if area else self.none_confidence

    @property
    def none_confidence(self) -> float:
        """That there is nothing of what is asked about: no more than the share of the ground that is known."""
        return min(MOST_SURE, self.change.known)

    def words(self, area: float) -> str:
        """An area in the unit that was asked for."""
        if not self.unit:
            return ground(area, self.change.metric).text
        size, sign = UNITS[self.unit]
        area = round(area) if size == 1 else area
        return f"about {figures(area / size)} {sign}"

    def where(self) -> str:
        """Where most of it lies."""
        cells = self.cells()
        return f" {whereabouts(cells, self.north_up)}" if cells and not self.place else self.place

    def cells(self) -> tuple[str, ...]:
        """The places that hold a real share of it, by rows."""
        pieces = [(item.cell, item.area) for item in self.found]
        for one in self.under:
            area = sum(flow.area for pair, flow in one.flows.items() if self.chosen(pair))
            pieces += [(self.ground_cells[one.number], area)] if one.number in self.ground_cells else []
        area = sum(size for _, size in pieces)
        shares = {cell: sum(size for at, size in pieces if at == cell) for cell in CELLS}
        most = max(shares.values())
        return tuple(cell for cell, share in shares.items() if share and (share >= REAL_SHARE * area or share == most))


def scope_of(summary: ChangeSummary, question: SceneQuestion, asked: CoverQuestion) -> CoverScope:
    """What a question is about.

    Args:
        summary: The change summary, with its land-cover change.
        question: The question, with its zone, its part of the scene and its unit.
        asked: What it asks of land cover.

    Returns:
        The objects, grounds and sums of that part of the scene.
    """
    change = summary.land_cover
    assert change is not None
    objects, grounds, place = list(change.objects), list(change.grounds), ""
    notes: tuple[str, ...] = ()
    flows: Flows | None = None
    if question.zone:
        zone = next(one for one in change.zones if one.name == question.zone)
        numbers, of_zone = set(zone.numbers), set(zone.grounds)
        objects = [item for item in objects if item.number in numbers]
        grounds = [one for one in grounds if one.number in of_zone]
        flows, place = zone.flows, f" in {question.zone}"
    elif question.region is not None:
        region, by_number = question.region, {item.number: item for item in summary.objects}

        def inside(cells: tuple[str, ...], centroid: tuple[float, float]) -> bool:
            x, y = centroid[0] / summary.width, centroid[1] / summary.height
            return any(in_region(region, cell, x, y) for cell in cells)

        objects = [item for item in objects if inside(item.places, item.centroid)]
        grounds = [
            one
            for one in grounds
            if (item := by_number.get(one.number)) is not None and inside(item.places, item.centroid)
        ]
        place = f" {region.words}"
        notes = (f"{region.words} means, of the 3x3 grid: {grid_words(region.cells)}",) if region.cells else ()
    if asked.under:
        objects, flows = [], None
    if flows is None:
        flows = add_flows([object_flows(objects), *(one.flows for one in grounds)])
    for word, classes in ((asked.word, asked.before or asked.after or asked.either), (asked.other, asked.after)):
        a_building = classes == (CLASS_OF_OBJECT["building"],) and word in CHANGE_WORDS
        if word and len(classes) == 1 and not a_building and word not in NOUNS.get(classes[0], ""):
            notes = (*notes, f'"{word}" is taken as the class "{classes[0]}", whose kinds the map does not distinguish')
    return CoverScope(
        asked, change, objects, grounds, flows, place, notes, bool(summary.north_up), question.unit,
        shared_ground(summary, question),
        {item.number: item.cell for item in summary.objects},
    )  # fmt: skip


def object_names(asked: CoverQuestion) -> tuple[str, ...]:
    """Classes of changed objects whose ground a question is about.

    Args:
        asked: The question, with `under` set.

    Returns:
        "building", "road" or both.
    """
    return ("building", "road") if asked.under == "objects" else (asked.under.removesuffix("s"),)
