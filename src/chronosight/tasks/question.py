"""A question as the models understand it (`Question`), and one as the list of changed objects answers it (`SceneQuestion`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from chronosight.tasks.scene_regions import SceneRegion

Task = Literal[
    "caption",          # image or pair -> a sentence
    "binary",           # pair -> yes / no: has anything changed
    "count",            # pair + subject -> integer: changed objects
    "location",         # pair + subject -> cells of the 3x3 grid
    "direction",        # pair + subject -> appeared / vanished / both / none
    "scene_class",      # image -> a class name
    "presence",         # image + subject -> yes / no
    "object_count",     # image + subject -> integer
    "comparison",       # image + subject + other -> yes / no: are there more subject than other
    "rural_urban",      # image -> rural / urban
    "event",            # video -> an event class
    "vqa",              # anything asked in free words -> a word, a phrase or a sentence; full-size engines only
]  # fmt: skip

Asks = Literal[
    "count", "area", "length", "whether", "where", "direction", "describe", "largest", "rank", "list", "compare", "share",
    "number_is", "area_is", "length_is", "grown", "largest_in", "lie_in", "land_cover",
]  # fmt: skip
Among = Literal["zones", "cells", "corners", "halves", "quarters"]
CoverAsks = Literal[
    "whether", "area", "share", "count", "where", "net", "net_area", "change", "into", "out_of", "most", "was_before",
    "came_after", "objects", "describe",
]  # fmt: skip
Value = bool | int | float | str | tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """task: which of the tasks above. text: the instruction in words. subject, other: plural nouns or None."""

    task: Task
    text: str
    subject: str | None = None
    other: str | None = None


@dataclass(frozen=True)
class CoverQuestion:
    """What is asked of the land-cover change.

    Attributes:
        asks: What is wanted of the ground that changed as the other fields say. "net": whether it has grown or, with `least`,
            shrunk; "net_area": by how much; "change": what came and what went; "into" and "out_of": what it became, what it was;
            "most": which class changed most; "was_before" and "came_after": the ground of new, and of vanished, buildings or
            roads (`under`); "objects": which, and how many, of these.
        before: Classes at the earlier date; () for any.
        after: Classes at the later date; () for any.
        either: Classes at either date; () for any.
        under: "buildings", "roads" or "objects" (both): only ground under those that are new; "" for all ground.
        former: Of `under`: only ground of those that are gone.
        word: What the question calls the ground, in the singular: "forest".
        other: What it calls the ground that it became.
        way: Of "most": "gone", "new", or "" for both.
        least: Of "net" and "net_area": whether it has shrunk.
        of_ground: Of "share": of all ground, not of the ground of that kind.
    """

    asks: CoverAsks
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    either: tuple[str, ...] = ()
    under: Literal["", "buildings", "roads", "objects"] = ""
    former: bool = False
    word: str = ""
    other: str = ""
    way: Literal["", "gone", "new"] = ""
    least: bool = False
    of_ground: bool = False


def by_length(question: SceneQuestion) -> bool:
    """Whether the lengths of the objects are needed to answer a question.

    Args:
        question: The question.

    Returns:
        True where it asks by length or limits the length.
    """
    limited = question.min_length is not None or question.max_length is not None
    return limited or question.by == "length" or question.asks in ("length", "length_is")


def superlative(question: SceneQuestion) -> str:
    """What an object of a question of kind "largest" or "largest_in" is called.

    Args:
        question: The question.

    Returns:
        "largest", "smallest", "longest" or "shortest".
    """
    if question.by == "length":
        return "shortest" if question.least else "longest"
    return "smallest" if question.least else "largest"


@dataclass(frozen=True)
class SceneQuestion:
    """What is asked of the list of changed objects.

    Attributes:
        asks: What is wanted. "compare" sets the two of `regions`, `zones` or `subjects` beside each other; "share" is the part
            that the objects of the question are of those without its last restriction (`share_of`). Answered by yes or no:
            "number_is", "area_is" and "length_is" (within limits), "grown" (more appeared than vanished, or with `least`
            fewer), "largest_in" (the largest lies in the region), "lie_in" (all or most lie there).
        subject: "buildings", "roads" or None for both.
        direction: None for both.
        region: A part of the scene; None for the whole.
        zone: The name of a zone; None for the whole.
        among: Of "rank" and "list": what is compared.
        by: Of "rank" and "compare": by number, by area or, of roads, by length; of "largest" and "largest_in": by area or
            length; of "share": of what. A share of the ground is by area.
        least: Of "rank" and "largest": the least; of "list": those without a change; of "compare": fewer is asked for.
        unit: Of areas, "m2", "ha" or "km2"; of lengths, "m" or "km"; "" to choose.
        min_area: Only objects of at least so many square metres.
        max_area: Only objects of at most so many square metres.
        min_length: Only roads at least so many metres long.
        max_length: Only roads at most so many metres long.
        top: Of "largest": how many.
        sized: Of "largest": its area, or its length, is asked for, not which one it is.
        per: Of "count" and "area": per "m2", "ha" or "km2" of ground; "" for the whole.
        regions: Of "compare": the two parts, in their order.
        zones: Of "compare": the two zones, in their order.
        share_of: Of "share": of which whole. "region": of the whole scene's objects; "direction": of both directions;
            "subject": of both classes; "size": of all sizes; "ground": of the ground itself.
        yes_no: Of "compare": whether the question is answered by yes or no.
        subjects: Of "compare": the two classes, where those are compared.
        at_least: Of "number_is", "area_is" and "length_is": the number, the square metres, or the metres, that are reached for a
            yes; None for no limit.
        at_most: The same, that are not exceeded.
        quantifier: Of "lie_in": "all" or "most" of the objects in the region.
        negated: Of "whether": no is asked for, "has nothing changed".
        difference: Of "compare": how many more is asked for.
        cover: Of "land_cover": what is asked of the land-cover change.
    """

    asks: Asks
    subject: str | None = None
    direction: Literal["appeared", "vanished"] | None = None
    region: SceneRegion | None = None
    zone: str | None = None
    among: Among = "cells"
    by: Literal["count", "area", "length"] = "area"
    least: bool = False
    unit: str = ""
    min_area: float | None = None
    max_area: float | None = None
    min_length: float | None = None
    max_length: float | None = None
    top: int = 1
    sized: bool = False
    per: str = ""
    regions: tuple[SceneRegion, ...] = ()
    zones: tuple[str, ...] = ()
    share_of: Literal["", "region", "direction", "subject", "size", "ground"] = ""
    yes_no: bool = False
    subjects: tuple[str, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    quantifier: Literal["all", "most"] = "all"
    negated: bool = False
    difference: bool = False
    cover: CoverQuestion | None = None
