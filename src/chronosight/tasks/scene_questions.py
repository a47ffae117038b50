"""Questions about a whole scene, in free wording -> what to read off its list of changed objects.

Counts, areas, lengths, shares, densities, the largest objects, two parts compared, and which zone, cell, half or quarter
changed most. A question is read whole or not at all, as in `reading`: what the objects of a change map cannot answer is
refused with the reason, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from chronosight.tasks import word_lists as lists
from chronosight.tasks.grid_regions import find_places
from chronosight.tasks.nouns import change_subject
from chronosight.tasks.reading import Reading, read, tokenise
from chronosight.tasks.replies import NUMBER_WORDS
from chronosight.tasks.routing import route, unreadable
from chronosight.tasks.scene_regions import SceneRegion, take_region, take_two_regions

Asks = Literal[
    "count", "area", "length", "whether", "where", "direction", "describe", "largest", "rank", "list", "compare", "share",
]  # fmt: skip
Among = Literal["zones", "cells", "halves", "quarters"]

ZONE_WORDS = (
    "zone", "zones", "district", "districts", "borough", "boroughs", "ward", "wards", "municipality", "municipalities",
)  # fmt: skip
HALF_WORDS, QUARTER_WORDS = ("half", "halves"), ("quarter", "quarters", "quadrant", "quadrants")
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

COMPARED = ("compare", "compared", "comparison", "versus", "vs", "than", "between", "difference")
SHARE = (
    "what share of", "what percentage of", "what percent of", "what proportion of", "what fraction of", "which share of",
    "what is the share of", "what is the percentage of", "what is the proportion of", "how many percent of", "share of",
    "percentage of", "percent of", "proportion of", "fraction of", "how much of", "what share", "what percentage",
    "what proportion", "what fraction",
)  # fmt: skip
GROUND = ("scene", "ground", "land", "image", "area", "surface", "site", "territory")  # "what share of the scene changed"
# "larger than 200 m2": the words before the number, and the units after it in square metres.
_ABOVE = r"larger than|bigger than|greater than|more than|above|over|exceeding|at least"
_BELOW = r"smaller than|less than|below|under|at most|no more than|no larger than"
_UNIT = {"m": 1.0, "h": 1e4, "k": 1e6}
_LIMIT = re.compile(
    rf"\b(?:(?:that|which) )?(?:(?:is|are|have|has|of|with|an area|a size|of area|in area) )*?({_ABOVE}|{_BELOW}) "
    r"(\d[\d,]*(?:\.\d+)?) ?(square met(?:re|er)s?|m2|sqm|sq\.? ?m|hectares?|ha|square kilomet(?:re|er)s?|km2|sq\.? ?km)\b"
)
_PER = re.compile(
    r"\b(?:per|each|every|for every|for each) (square kilomet(?:re|er)|km2|sq\.? ?km|hectare|ha|square met(?:re|er)|m2)\b"
)
COMPARES = frozenset(COMPARED) | {"which"}
_DENSITY = re.compile(r"\bdensity of\b", re.IGNORECASE)
MAX_LISTED = 100  # of "the five largest"

HELP = (
    "Of a whole scene you can ask how many buildings or roads changed, appeared or vanished, what area or share they cover, "
    "where they are, which are the largest, how two parts compare, and which zone or cell changed most; of a place in it "
    "(--at, --within) anything the model can answer about two dates."
)


@dataclass(frozen=True)
class SceneQuestion:
    """What is asked of the list of changed objects.

    Attributes:
        asks: What is wanted. "compare" sets the two of `regions` or `zones` beside each other; "share" is the part that
            the objects of the question are of those without its last restriction (`share_of`).
        subject: "buildings", "roads" or None for both.
        direction: None for both.
        region: A part of the scene; None for the whole.
        zone: The name of a zone; None for the whole.
        among: Of "rank" and "list": what is compared.
        by: Of "rank" and "compare": by number or by area.
        least: Of "rank" and "largest": the least; of "list": those without a change; of "compare": fewer is asked for.
        unit: Of areas, "m2", "ha" or "km2"; "" to choose.
        min_area: Only objects of at least so many square metres.
        max_area: Only objects of at most so many square metres.
        top: Of "largest": how many.
        per: Of "count" and "area": per "m2", "ha" or "km2" of ground; "" for the whole.
        regions: Of "compare": the two parts, in their order.
        zones: Of "compare": the two zones, in their order.
        share_of: Of "share": of which whole. "region": of the whole scene's objects; "direction": of both directions;
            "subject": of both classes; "size": of all sizes; "ground": of the ground itself.
        yes_no: Of "compare": whether the question is answered by yes or no.
    """

    asks: Asks
    subject: str | None = None
    direction: Literal["appeared", "vanished"] | None = None
    region: SceneRegion | None = None
    zone: str | None = None
    among: Among = "cells"
    by: Literal["count", "area"] = "area"
    least: bool = False
    unit: str = ""
    min_area: float | None = None
    max_area: float | None = None
    top: int = 1
    per: str = ""
    regions: tuple[SceneRegion, ...] = ()
    zones: tuple[str, ...] = ()
    share_of: Literal["", "region", "direction", "subject", "size", "ground"] = ""
    yes_no: bool = False


@dataclass(frozen=True)
class ReadScene:
    """A question that was read.

    Attributes:
        question: None where it cannot be answered from objects.
        note: Then why; else a remark for the user, or "".
    """


    question: SceneQuestion | None
    note: str = ""


def read_scene_question(text: str, zones: Sequence[str] = ()) -> ReadScene:
    """Reads a question about a whole scene; never raises.

    Args:
        text: As typed; the time taken grows with its length, up to `routing.MAX_CHARACTERS`.
        zones: The names of zones that it may use.

    Returns:
        What to read off the objects, or why it cannot be answered from them.
    """
    reason = unreadable(text)
    if reason:
        return ReadScene(None, reason)
    limits, rest = _take_limits(text)
    per, rest = _take_per(rest)
    words = tokenise(rest)
    if not words:
        return _refuse("The question is empty.")
    named, words = _take_zones(rest, words, zones)
    if COMPARES & set(words):
        found = _read_comparison(named, words, limits, per)
        if found is not None:
            return found
    if len(named) > 1:
        return _refuse(f"Ask about one zone at a time, not about {' and '.join(named)}.")
    among = _among(words)
    region = None
    if among not in ("halves", "quarters"):
        region, words, reason = take_region(_without_top(words))
        if reason:
            return _refuse(reason)
    if region is not None and named:
        return _refuse("Ask about a zone or about a part of the scene, not about both.")
    place = _Place(region, named[0] if named else None, *limits, per)
    line = f" {' '.join(words)} "
    if _has(line, SHARE):
        return _read_share(line, place)
    unit, words = _take_unit(words)
    if {"than", "average", "mean", "median", "percent", "percentage", "share"} & set(words):
        return _refuse("Sums and shares are computed; differences and averages are not.")
    line = f" {' '.join(words)} "
    area, length = unit != "" or _has(line, AREA), _has(line, LENGTH)
    superlative = _has(line, MOST) or _has(line, LEAST)
    if among == "zones" or (superlative and (among or "where" in words) and not _largest(words)):
        return _read_ranking(line, among or "cells", area, place)
    if superlative or _counted_top(words):
        return _read_largest(line, place)
    if area or length:
        return _read_measure(line, "length" if length else "area", unit, place)
    return _read_plain(" ".join(words), place)


def only_objects_answer(read: ReadScene) -> bool:
    """Whether only the list of changed objects answers a question about a pair.

    Args:
        read: The question.

    Returns:
        True for an area, a length, a share, a density, a size, the largest objects, a ranking, a comparison of two parts, a
        zone, a half.
    """
    wanted = read.question
    if wanted is None:
        return False
    halved = wanted.region is not None and not wanted.region.cells
    restricted = wanted.min_area is not None or wanted.max_area is not None or wanted.per != ""
    measured = wanted.asks in ("area", "length", "largest", "rank", "list", "compare", "share")
    return measured or wanted.zone is not None or halved or restricted


@dataclass(frozen=True)
class _Place:
    """What restricts the objects of a question: where they are and how large."""

    region: SceneRegion | None
    zone: str | None
    min_area: float | None = None
    max_area: float | None = None
    per: str = ""

    def restrict(self, question: SceneQuestion) -> SceneQuestion:
        return replace(
            question, region=self.region, zone=self.zone, min_area=self.min_area, max_area=self.max_area, per=self.per
        )  # fmt: skip


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
        return _refuse("Places are given for the whole scene, not within a zone.")
    wanted = place.restrict(SceneQuestion(asks[question.task], question.subject, routed.direction))
    if wanted.per and wanted.asks != "count":
        return _refuse("Numbers and areas are given per unit of ground, nothing else.")
    return ReadScene(wanted, "" if question.task == "binary" and "whole scene" in routed.note else routed.note)


def _read_measure(line: str, asks: Literal["area", "length"], unit: str, place: _Place) -> ReadScene:
    said, reason = _read_rest(line, (*AREA, *LENGTH), asks == "length")
    if said is None:
        return _refuse(reason)
    if place.per and asks == "length":
        return _refuse("Numbers and areas are given per unit of ground, nothing else.")
    return ReadScene(place.restrict(SceneQuestion(asks, _subject(said), _direction(said), unit=unit)))


def _read_largest(line: str, place: _Place) -> ReadScene:
    if place.zone or place.per:
        return _refuse("The largest objects are given for the whole scene or a part of it, not for a zone.")
    words = line.split()
    top, words = _take_number(words)
    if top is None or not 1 <= top <= MAX_LISTED:
        return _refuse(f"At most {MAX_LISTED} objects are listed.")
    line = f" {' '.join(words)} "
    said, reason = _read_rest(line, (*MOST, *LEAST, "top", "where is", "where are", "where", "which is", "which are", "what is",
                                     "what are"), True)  # fmt: skip
    if said is None:
        return _refuse(reason)
    least = _has(line, LEAST)
    return ReadScene(place.restrict(SceneQuestion("largest", _subject(said), _direction(said), least=least, top=top)))


def _read_ranking(line: str, among: Among, area: bool, place: _Place) -> ReadScene:
    if place.region is not None or place.zone or place.per:
        return _refuse("Zones and cells are compared over the whole scene.")
    most, least = _has(line, MOST), _has(line, LEAST)
    negated = bool({"not", "no", "unchanged", "without"} & set(line.split()))
    phrases = (*AREA, *ZONE_WORDS, *MOST, *LEAST, "not", "no", "unchanged", "without", "number of", "the number")
    cells = {"cells": CELL_WORDS, "zones": (), "halves": HALF_WORDS, "quarters": QUARTER_WORDS}[among]
    said, reason = _read_rest(line, (*phrases, *cells), True)
    if said is None:
        return _refuse(reason)
    subject, direction = _subject(said), _direction(said)
    if not (most or least):
        if said.says(lists.COUNT):
            return _refuse("Zones are not counted; ask which zones changed.")
        return ReadScene(place.restrict(SceneQuestion("list", subject, direction, among=among, least=negated)))
    if negated:
        return _refuse("Ask for the zone that changed most or least.")
    # "The most buildings" is a number; "changed most" is ground; "the most" of an area is ground again.
    by: Literal["count", "area"] = "area" if area or not said.subjects else "count"
    return ReadScene(place.restrict(SceneQuestion("rank", subject, direction, among=among, by=by, least=least)))


def _read_comparison(
    named: Sequence[str], words: list[str], limits: tuple[float | None, float | None], per: str
) -> ReadScene | None:
    """Two parts or two zones beside each other; None where the question names no two."""
    if len(named) == 2:
        regions: tuple[SceneRegion, ...] = ()
        rest = words
    else:
        two, rest = take_two_regions(words)
        if two is None or named:
            parts = len(find_places(words)) + len(named)
            explicit = {"compare", "versus", "vs"} & set(words)
            return _refuse("Compare two parts of the scene, or two zones, at a time.") if explicit and parts > 1 else None
        regions = two
    least = bool({"fewer", "less"} & set(rest))
    more = least or "more" in rest
    if more and "than" not in rest and "which" not in rest:
        return None
    if {"image", "images", "date", "dates"} & set(rest):
        return None
    yes_no = more and rest[0] in lists.YES_NO
    unit, rest = _take_unit(rest)
    line = f" {' '.join(rest)} "
    area = unit != "" or _has(line, AREA)
    phrases = (*COMPARED, *AREA, "more", "fewer", "less", "which", "with", "how", "does", "do", "number of", "how many")
    said, reason = _read_rest(line, phrases, True)
    if said is None:
        return _refuse(reason)
    # Two nouns compared ("more buildings than roads in the north") are another question.
    if len({change_subject(name) for name in said.subjects}) > 1 and "than" in rest:
        return _refuse("Compare two parts of the scene by one kind of object.")
    by: Literal["count", "area"] = "count" if said.subjects and not area else "area"
    wanted = SceneQuestion(
        "compare", _subject(said), _direction(said), by=by, least=least, unit=unit, min_area=limits[0], max_area=limits[1],
        per=per, regions=regions, zones=tuple(named) if len(named) == 2 else (), yes_no=yes_no,
    )  # fmt: skip
    return ReadScene(wanted)


def _read_share(line: str, place: _Place) -> ReadScene:
    """What part of a whole: the whole is what the question says without its last restriction."""
    if place.per:
        return _refuse("A share is of a whole, not per unit of ground.")
    words = line.split()
    of = next((i for i, word in enumerate(words) if word == "of"), len(words))
    after = [word for word in words[of + 1 :] if word not in ("the", "this", "all")]
    ground = (after and after[0] in GROUND) or not after[:1] or (place.zone is not None and not _names_objects(after))
    phrases = [*SHARE, "covered by", "covered", "cover", "covers", "taken up by", "larger", "lie", "lies", "located"]
    said, reason = _read_rest(line, (*phrases, *(GROUND if ground else ())), True)
    if said is None:
        return _refuse(reason)
    if not ground and place.region is not None and not _names_objects(after):
        ground = True
    wanted = place.restrict(SceneQuestion("share", _subject(said), _direction(said)))
    changed = any(said.says(phrases) for phrases in (lists.CHANGED, lists.APPEARED, lists.VANISHED))
    share_of: Literal["", "region", "direction", "subject", "size", "ground"]
    if ground:
        if not changed and not said.subjects:
            return _refuse("Ask what share changed.")
        share_of = "ground"
    elif wanted.region is not None or wanted.zone is not None:
        share_of = "region"
    elif wanted.min_area is not None or wanted.max_area is not None:
        share_of = "size"
    elif wanted.direction is not None:
        share_of = "direction"
    elif wanted.subject is not None:
        share_of = "subject"
    else:
        return _refuse("Ask which share of the changes: of one kind, direction, place or size.")
    return ReadScene(replace(wanted, share_of=share_of))


def _names_objects(words: Sequence[str]) -> bool:
    """Whether the words speak of changed objects, not of ground alone."""
    said = read(" ".join(words))
    return bool(said.subjects) or {"objects", "object", "changes", "differences"} & set(words) != set()


def _read_rest(line: str, phrases: Sequence[str], change_meant: bool) -> tuple[Reading | None, str]:
    """The question without the phrases of its measure; (None, why) where objects cannot answer what is left."""
    for phrase in sorted(phrases, key=len, reverse=True):
        line = line.replace(f" {phrase} ", " ")
    said = read(line)
    if said.unknown:
        return None, f"Not understood: {', '.join(said.unknown)}."
    others = [name for name in said.subjects if change_subject(name) is None]
    if others:
        return None, f"Changes are known of buildings and roads, not of {' or '.join(others)}."
    changes = any(said.says(words) for words in (lists.CHANGED, lists.APPEARED, lists.VANISHED, lists.HAPPENED))
    if said.says(lists.SAME) or (said.says(lists.NEGATED) and not said.says(lists.VANISHED)):
        return None, "Only what changed is known, not what stayed."
    if not (changes or change_meant):
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


def _among(words: list[str]) -> Among | None:
    if any(word in ZONE_WORDS for word in words):
        return "zones"
    for kind, names in (("halves", HALF_WORDS), ("quarters", QUARTER_WORDS), ("cells", CELL_WORDS)):
        if any(a in ("which", "what") and b in names for a, b in pairwise(words)):
            return kind  # type: ignore[return-value]  # one of them
    return None


def _largest(words: list[str]) -> bool:
    """Whether the superlative stands for one object: "where is the largest new building"."""
    objects = {"largest", "biggest", "smallest"}
    return bool(objects & set(words)) and not any(word in ZONE_WORDS for word in words) and _among(words) is None


def _take_zones(text: str, words: list[str], zones: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names of zones in the question, longest first, and the words without them and a "zone" beside them."""
    named = []
    typed = set(words)
    for name in sorted(zones, key=len, reverse=True):
        parts = tokenise(name)
        if not typed.issuperset(parts):
            continue
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


def _take_limits(text: str) -> tuple[tuple[float | None, float | None], str]:
    """Least and largest area in square metres ("larger than 200 m2"), and the text without them."""
    text = re.sub(r"\s+", " ", text.replace("²", "2")).strip()
    limits: dict[bool, float] = {}

    def take(match: re.Match[str]) -> str:
        words, number, unit = match.groups()
        square = unit.lower().replace("square ", "").replace("sq", "").strip(" .")
        above = re.fullmatch(_ABOVE, words.lower()) is not None
        limits[above] = float(number.replace(",", "")) * _UNIT[square[0]]
        return ""

    rest = re.sub(_LIMIT.pattern, take, text, flags=re.IGNORECASE)
    return (limits.get(True), limits.get(False)), rest


def _take_per(text: str) -> tuple[str, str]:
    """The unit of ground that numbers are given per, "" for none, and the text without it."""
    found = re.search(_PER.pattern, text, re.IGNORECASE)
    if found is None:
        return ("ha", _DENSITY.sub("number of", text)) if _DENSITY.search(text) else ("", text)
    unit = found[1].lower().replace("square ", "").replace("sq", "").strip(" .")
    return {"k": "km2", "h": "ha", "m": "m2"}[unit[0]], _DENSITY.sub("number of", text[: found.start()] + text[found.end() :])


def _take_number(words: list[str]) -> tuple[int | None, list[str]]:
    """How many of the largest, 1 where no number stands beside the superlative, and the words without it."""
    superlatives = (*MOST, *LEAST, "top")
    for at, word in enumerate(words):
        number = int(word) if word.isdecimal() else NUMBER_WORDS.index(word) if word in NUMBER_WORDS else None
        beside = [*words[max(0, at - 1) : at], *words[at + 1 : at + 2]]
        if number is not None and any(one in superlatives for one in beside):
            return number, words[:at] + words[at + 1 :]
    return 1, words


def _counted_top(words: list[str]) -> bool:
    """Whether it asks for the "top five"."""
    return any(a == "top" and (b.isdecimal() or b in NUMBER_WORDS) for a, b in pairwise(words))


def _without_top(words: list[str]) -> list[str]:
    """The words with "top five" written as "five largest", so that the top is no place."""
    if not _counted_top(words):
        return words
    at = next(i for i, (a, b) in enumerate(pairwise(words)) if a == "top" and (b.isdecimal() or b in NUMBER_WORDS))
    said = {"largest", "biggest", "greatest", "smallest"} & set(words)
    return [*words[:at], words[at + 1], *([] if said else ["largest"]), *words[at + 2 :]]


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
