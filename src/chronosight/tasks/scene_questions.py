"""Questions about a whole scene, in free wording -> what to read off its list of changed objects.

Counts, areas, lengths, the largest object, and which zone or cell changed most. A question is read whole or not at all,
as in `reading`: what cannot be told from the objects of a change map is refused with the reason, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from chronosight.tasks import word_lists as lists
from chronosight.tasks.nouns import change_subject
from chronosight.tasks.reading import Reading, read, tokenise
from chronosight.tasks.routing import route
from chronosight.tasks.scene_regions import SceneRegion, take_region

Asks = Literal["count", "area", "length", "whether", "where", "direction", "describe", "largest", "rank", "list"]

ZONE_WORDS = (
    "zone", "zones", "district", "districts", "borough", "boroughs", "ward", "wards", "municipality", "municipalities",
)  # fmt: skip
CELL_WORDS = ("cell", "cells", "part", "parts", "place", "places", "area", "areas", "corner", "side", "section", "tile")
MOST, LEAST = ("most", "biggest", "largest", "greatest", "highest", "strongest"), ("least", "fewest", "smallest", "lowest")
UNITS = {
    "m2": ("square metres", "square meters", "square metre", "square meter", "m2", "sqm", "sq m"),
    "ha": ("hectares", "hectare", "ha"),
    "km2": ("square kilometres", "square kilometers", "square kilometre", "square kilometer", "km2", "sq km"),
}
AREA = (
    "what is the total area of", "what is the area of", "what was the area of", "what total area of", "what area of",
    "what area", "how much area of", "how much area", "how large an area of", "how large an area", "how big an area of",
    "how big an area", "how large is the area of", "how big is the area of", "how large is the", "how big is the",
    "total area of", "the area of", "area of", "area covered by", "how much ground", "how much land", "how much surface",
    "surface of", "footprint of", "size of the area of",
)  # fmt: skip
LENGTH = (
    "how many kilometres of", "how many kilometers of", "how many km of", "how many metres of", "how many meters of",
    "what length of", "what is the length of", "what is the total length of", "total length of", "the length of",
    "length of", "how long are the", "how long is the",
)  # fmt: skip

HELP = (
    "Of a whole scene you can ask how many buildings or roads changed, appeared or vanished, what area they cover, where "
    "they are, which is the largest, and which zone or cell changed most; of a place in it (--at, --within) anything the "
    "model can tell of two dates."
)


@dataclass(frozen=True)
class SceneQuestion:
    """asks: what is wanted. subject: "buildings", "roads" or None for both. direction: None for both.

    region: a part of the scene, zone: the name of a zone; None for the whole. Of "rank": among ("zones" or "cells"), by
    ("count" or "area") and least. Of "list": among, and least for those without a change. unit: of areas, "" to choose.
    """

    asks: Asks
    subject: str | None = None
    direction: Literal["appeared", "vanished"] | None = None
    region: SceneRegion | None = None
    zone: str | None = None
    among: Literal["zones", "cells"] = "cells"
    by: Literal["count", "area"] = "area"
    least: bool = False
    unit: str = ""


@dataclass(frozen=True)
class ReadScene:
    """question: None where it cannot be answered from objects; then note says why."""

    question: SceneQuestion | None
    note: str = ""


def read_scene_question(text: str, zones: Sequence[str] = ()) -> ReadScene:
    """Reads a question about a whole scene; never raises. zones: the names it may use."""
    words = tokenise(text)
    if not words:
        return _refuse("The question is empty.")
    named, words = _take_zones(text, words, zones)
    if len(named) > 1:
        return _refuse(f"Ask about one zone at a time, not about {' and '.join(named)}.")
    region, words, reason = take_region(words)
    if reason:
        return _refuse(reason)
    if region is not None and named:
        return _refuse("Ask about a zone or about a part of the scene, not about both.")
    place = _Place(region, named[0] if named else None)
    unit, words = _take_unit(words)
    if {"than", "average", "mean", "median", "percent", "percentage", "share"} & set(words):
        return _refuse("Numbers are told one at a time; differences, averages and shares are not worked out.")
    line = f" {' '.join(words)} "
    area, length = unit != "" or _has(line, AREA), _has(line, LENGTH)
    among = _among(words)
    superlative = _has(line, MOST) or _has(line, LEAST)
    if among == "zones" or (superlative and (among or "where" in words) and not _largest(words)):
        return _read_ranking(line, among or "cells", area, place)
    if superlative:
        return _read_largest(line, place)
    if area or length:
        return _read_measure(line, "length" if length else "area", unit, place)
    return _read_plain(" ".join(words), place)


def only_objects_answer(read: ReadScene) -> bool:
    """Whether a question about a pair is one that only the list of its objects answers: an area, a length, the largest
    object, a ranking, a zone, a half."""
    wanted = read.question
    if wanted is None:
        return False
    halved = wanted.region is not None and not wanted.region.cells
    return wanted.asks in ("area", "length", "largest", "rank", "list") or wanted.zone is not None or halved


@dataclass(frozen=True)
class _Place:
    region: SceneRegion | None
    zone: str | None


def _refuse(reason: str) -> ReadScene:
    return ReadScene(None, f"{reason} {HELP}".strip())


def _read_plain(text: str, place: _Place) -> ReadScene:
    """Count, place, direction, whether and description: what a pair of any size can be asked."""
    routed = route(text, "pair")
    if routed.question is None:
        return _refuse(routed.note.replace(_PAIR_HELP, "").strip())
    asks: dict[str, Asks] = {
        "count": "count",
        "location": "where",
        "direction": "direction",
        "binary": "whether",
        "caption": "describe",
    }
    question = routed.question
    if place.zone and question.task == "location":
        return _refuse("Places are told of the whole scene, not within a zone.")
    wanted = SceneQuestion(asks[question.task], question.subject, routed.direction, place.region, place.zone)
    return ReadScene(wanted, "" if question.task == "binary" and "whole scene" in routed.note else routed.note)


def _read_measure(line: str, asks: Literal["area", "length"], unit: str, place: _Place) -> ReadScene:
    said, reason = _read_rest(line, (*AREA, *LENGTH), asks == "length")
    if said is None:
        return _refuse(reason)
    return ReadScene(SceneQuestion(asks, _subject(said), _direction(said), place.region, place.zone, unit=unit))


def _read_largest(line: str, place: _Place) -> ReadScene:
    if place.zone:
        return _refuse("The largest object is told of the whole scene or a part of it, not of a zone.")
    said, reason = _read_rest(line, (*MOST, *LEAST, "where is", "where", "which is", "what is"), True)
    if said is None:
        return _refuse(reason)
    least = _has(line, LEAST)
    return ReadScene(SceneQuestion("largest", _subject(said), _direction(said), place.region, least=least))


def _read_ranking(line: str, among: Literal["zones", "cells"], area: bool, place: _Place) -> ReadScene:
    if place.region is not None or place.zone:
        return _refuse("Zones and cells are compared over the whole scene.")
    most, least = _has(line, MOST), _has(line, LEAST)
    negated = bool({"not", "no", "unchanged", "without"} & set(line.split()))
    phrases = (*AREA, *ZONE_WORDS, *MOST, *LEAST, "not", "no", "unchanged", "without", "number of", "the number")
    cells = CELL_WORDS if among == "cells" else ()
    said, reason = _read_rest(line, (*phrases, *cells), True)
    if said is None:
        return _refuse(reason)
    subject, direction = _subject(said), _direction(said)
    if not (most or least):
        if said.says(lists.COUNT):
            return _refuse("Zones are not counted; ask which zones changed.")
        return ReadScene(SceneQuestion("list", subject, direction, among=among, least=negated))
    if negated:
        return _refuse("Ask for the zone that changed most or least.")
    # "The most buildings" is a number; "changed most" is ground; "the most" of an area is ground again.
    by: Literal["count", "area"] = "area" if area or not said.subjects else "count"
    return ReadScene(SceneQuestion("rank", subject, direction, among=among, by=by, least=least))


def _read_rest(line: str, phrases: Sequence[str], change_meant: bool) -> tuple[Reading | None, str]:
    """The question without the phrases of its measure; (None, why) where what is left cannot be told from objects."""
    for phrase in sorted(phrases, key=len, reverse=True):
        line = line.replace(f" {phrase} ", " ")
    said = read(line)
    if said.unknown:
        return None, f"Not understood: {', '.join(said.unknown)}."
    others = [name for name in said.subjects if change_subject(name) is None]
    if others:
        return None, f"Changes are told of buildings and roads, not of {' or '.join(others)}."
    told = any(said.says(words) for words in (lists.CHANGED, lists.APPEARED, lists.VANISHED, lists.HAPPENED))
    if said.says(lists.SAME) or (said.says(lists.NEGATED) and not said.says(lists.VANISHED)):
        return None, "Only what changed can be told, not what stayed."
    if not (told or change_meant):
        return None, "Only what changed between the dates is known, not all there is."
    return said, ""


def _subject(said: Reading) -> str | None:
    classes = {change_subject(name) for name in said.subjects}
    return classes.pop() if len(classes) == 1 else None


def _direction(said: Reading) -> Literal["appeared", "vanished"] | None:
    appeared, vanished = said.says(lists.APPEARED), said.says(lists.VANISHED)
    if appeared == vanished:
        return None
    return "appeared" if appeared else "vanished"


def _among(words: list[str]) -> Literal["zones", "cells"] | None:
    if any(word in ZONE_WORDS for word in words):
        return "zones"
    asked = any(a in ("which", "what") and b in CELL_WORDS for a, b in pairwise(words))
    return "cells" if asked else None


def _largest(words: list[str]) -> bool:
    """Whether the superlative stands for one object: "where is the largest new building"."""
    objects = {"largest", "biggest", "smallest"}
    return bool(objects & set(words)) and not any(word in ZONE_WORDS for word in words) and _among(words) is None


def _take_zones(text: str, words: list[str], zones: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names of zones in the question, longest first, and the words without them and a "zone" beside them."""
    named = []
    for name in sorted(zones, key=len, reverse=True):
        parts = tokenise(name)
        for at in range(len(words) - len(parts) + 1 if parts else 0):
            end = at + len(parts)
            before, after = words[at - 1 : at], words[end : end + 1]
            beside = [word for word in (*before, *after) if word in ZONE_WORDS]
            if words[at:end] != parts or (_means_something_else(parts) and not beside and not _as_a_name(name, text)):
                continue
            start = at - (bool(before) and before[0] in ZONE_WORDS)
            stop = end + (bool(after) and after[0] in ZONE_WORDS)
            words = words[:start] + words[stop:]
            while start and words[start - 1 : start] and words[start - 1] in ("in", "of", "the", "within"):
                words = words[: start - 1] + words[start:]
                start -= 1
            named.append(name)
            break
    return named, words


def _as_a_name(name: str, text: str) -> bool:
    """Whether the text writes it as a name: "in East", with its capital, not "in the East"."""
    return name[:1].isupper() and re.search(rf"\b(?<!the )(?<!^){re.escape(name)}\b", text) is not None


def _means_something_else(parts: list[str]) -> bool:
    """A zone called "North" or "New" is meant only beside the word zone, or written as a name."""
    said = read(" ".join(parts))
    return not said.unknown and not any(part.isdigit() for part in parts[1:])


def _take_unit(words: list[str]) -> tuple[str, list[str]]:
    """A unit of area in the question, and the words without it."""
    line = f" {' '.join(words)} "
    for unit, spellings in UNITS.items():
        for spelling in spellings:
            if f" {spelling} " in line:
                for lead in (" how many ", " in ", " "):
                    line = line.replace(f"{lead}{spelling} of ", " ").replace(f"{lead}{spelling} ", " ")
                return unit, line.split()
    return "", words


def _has(line: str, phrases: Sequence[str]) -> bool:
    return any(f" {phrase} " in line for phrase in phrases)


_PAIR_HELP = str(route("", "pair").note).removeprefix("The question is empty. ")
