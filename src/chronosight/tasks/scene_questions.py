"""Questions about a whole scene, in free wording -> what to read off its list of changed objects.

Counts, areas, lengths, shares, densities, the largest objects, two parts compared, and which zone, cell, half or quarter
changed most. A question is read whole or not at all, as in `reading`: what the objects of a change map cannot answer is
refused with the reason, never guessed. Comparisons and rankings are read in `scene_comparisons`, land cover in
`land_cover_questions`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal

from chronosight.tasks import word_lists as lists
from chronosight.tasks.grid_regions import find_places
from chronosight.tasks.land_cover_questions import NO_COVER, read_cover_question
from chronosight.tasks.lengths import (
    ROADS_ONLY,
    speaks_of_length,
    take_length_unit,
    take_lengths,
    without_together,
)
from chronosight.tasks.lengths import WORDS as LENGTH_WORDS
from chronosight.tasks.lengths import limits_a_sum as limits_a_length
from chronosight.tasks.nouns import CHANGE_WORDS, singular
from chronosight.tasks.question import Among, Asks, SceneQuestion, by_length
from chronosight.tasks.reading import Reading, read, tokenise
from chronosight.tasks.routing import HELP as TASKS_HELP
from chronosight.tasks.routing import Routed, TypedQuestion, route_reading
from chronosight.tasks.scene_comparisons import read_comparison, read_ranking
from chronosight.tasks.scene_phrases import (
    AREA,
    BY_LENGTH,
    CELL_WORDS,
    COMPARED,
    GROUND,
    HALF_WORDS,
    LEAST,
    LENGTH,
    LENGTH_OF_ONE,
    MOST,
    QUARTER_WORDS,
    SHARE,
    SIZE,
    ZONE_WORDS,
    asks_top,
    has_phrase,
    limits_a_sum,
    more_as_most,
    take_limits,
    take_number,
    take_per,
    take_unit,
    take_zones,
    top_as_largest,
)
from chronosight.tasks.scene_reading import ReadScene, Restrictions, one_direction, one_subject, read_rest, refuse
from chronosight.tasks.scene_regions import take_region
from chronosight.tasks.unanswerable import negated
from chronosight.tasks.yes_no_questions import (
    COVER,
    GROW,
    SHRINK,
    Bounds,
    asks_yes_no,
    growth,
    quantifier,
    speaks_of_area,
    take_bounds,
)

_AREA_OF = re.compile(
    r" of (?:the )?(?:total )?(?:area|surface|footprint) of (?:the )?((?:\w+ )?(?:buildings|houses|roads|objects|changes)) "
)
_PARTS_OF_ALL = ("percent", "half of the", "half the", "third of the", "quarter of the")  # "did more than half of it change"
_SUCH_AREA = re.compile(r" of (?:the )?(?:total )?(built|new|changed|vanished|demolished) (?:area|surface|ground) ")
COMPARES = frozenset(COMPARED) | {"which"}
OBJECT_SIZES = frozenset(("largest", "biggest", "smallest", *BY_LENGTH))
_CELLS = (("corners", ("corner", "corners")), ("cells", CELL_WORDS))
MAX_LISTED = 100  # of "the five largest"


def read_scene_question(typed: TypedQuestion, routed: Routed, zones: Sequence[str] = ()) -> ReadScene:
    """Reads a question about a whole scene; never raises.

    Args:
        typed: The question, of a pair.
        routed: The task that the whole of it asks for.
        zones: The names of zones that it may use.

    Returns:
        What to read off the objects or the land-cover change, or why it cannot be answered from them.
    """
    if typed.unreadable:
        return ReadScene(None, typed.unreadable)
    cover = _read_cover(typed, zones)
    if cover is None:
        return _read_objects_question(typed, routed, zones)
    return replace(cover, without_cover=ReadScene(None, NO_COVER))


def _read_cover(typed: TypedQuestion, zones: Sequence[str]) -> ReadScene | None:
    """A question about land cover; None for any other, which is read off the objects."""
    if typed.unanswerable and " instead of " not in f" {' '.join(typed.words)} ":
        return None
    limited = (take_limits(typed.text)[0], take_lengths(typed.text)[0]) != ((None, None), (None, None))
    if limited or take_per(typed.text)[0]:
        return None
    named, words = take_zones(typed.text, [*typed.words], zones)
    unit, words = take_unit(words)
    if len(named) > 1 or not words:
        return None
    asked = read_cover_question(words)
    if {*COMPARED, "more", "less"} & set(words) and len(find_places(words)) > 1:
        rest = take_region(words)[1]
        return refuse("Land cover is not compared between parts: ask for each part.") if read_cover_question(rest) else None
    region = None
    if asked is None:
        region, words, reason = take_region(words)
        asked = None if reason or not words or (region is not None and named) else read_cover_question(words)
    if asked is None:
        return None
    if isinstance(asked, str):
        return refuse(asked)
    if unit and asked.asks not in ("area", "into", "out_of"):
        asked = replace(asked, asks="area")
    wanted = SceneQuestion("land_cover", region=region, zone=named[0] if named else None, unit=unit, cover=asked)
    return ReadScene(wanted)


def _read_objects_question(typed: TypedQuestion, routed: Routed, zones: Sequence[str]) -> ReadScene:
    """A question about changed buildings and roads."""
    if typed.unanswerable:
        return refuse(typed.unanswerable)
    limits, rest = take_limits(typed.text)
    if None not in limits and (limits[0] > limits[1] or " or " in f" {rest} "):  # type: ignore[operator]  # neither is None
        return refuse("Ask about one range of sizes at a time.")
    lengths, rest = take_lengths(re.sub(r"(?i)\bhow much (?=(?:of the )?(?:new )?roads?\b)", "what length of ", rest))
    if None not in lengths and lengths[0] > lengths[1]:  # type: ignore[operator]  # neither is None
        return refuse("Ask about one range of lengths at a time.")
    per, rest = take_per(rest)
    yes_no = asks_yes_no(typed.words)
    if yes_no and has_phrase(f" {' '.join(typed.words)} ", _PARTS_OF_ALL) and " by " not in typed.text:
        return refuse("Ask for the share itself, and compare it: what share of the ground changed?")
    bounds, rest = take_bounds(rest.lower()) if yes_no else (None, rest)
    words = more_as_most(tokenise(rest))
    if not words:
        return refuse("The question is empty.")
    sum_of_lengths = lengths != (None, None) and limits_a_length(typed.text, yes_no)
    words = without_together(words) if sum_of_lengths else words
    if lengths != (None, None) and one_subject(read(words)) == "buildings":
        return refuse(ROADS_ONLY)
    if has_phrase(f" {' '.join(words)} ", ("at least", "at most")):
        return refuse("Give the number: are there at least five new buildings?")
    named, words = take_zones(rest, words, zones)
    grown = growth(words) if yes_no else None
    if grown is None and (COMPARES & set(words) or ({"more", "fewer", "less"} & set(words) and "or" in words)):
        found = read_comparison(named, words, Restrictions(None, None, *limits, per, *lengths))
        if found is not None:
            return found
    if len(named) > 1:
        return refuse(f"Ask about one zone at a time, not about {' and '.join(named)}.")
    among = _among(words)
    region = None
    if among not in ("halves", "quarters"):
        region, words, reason = take_region(top_as_largest(words))
        if reason:
            return refuse(reason)
    if region is not None and named:
        return refuse("Ask about a zone or about a part of the scene, not about both.")
    place = Restrictions(region, named[0] if named else None, *limits, per, *lengths)
    of_area = limits != (None, None) and (speaks_of_area(words) or limits_a_sum(typed.text))
    if sum_of_lengths and not (yes_no and not (bounds or grown or quantifier(words) or of_area)):
        return refuse("Ask for the length itself, and compare it.")
    if yes_no and (bounds or grown or quantifier(words) or of_area or sum_of_lengths):
        return _read_yes_no(words, place, bounds, grown, sum_of_lengths)
    line = f" {' '.join(words)} "
    if has_phrase(line, SHARE):
        return _read_share(line, place)
    unit, words = take_unit(words)
    if re.search(r"\bthan \d", rest):
        return refuse("Sizes are given as areas: in square metres or hectares; of roads also as lengths: longer than 100 m.")
    if {"than", "average", "mean", "median", "percent", "percentage", "share"} & set(words):
        return refuse("Sums and shares are computed; differences and averages are not.")
    line = f" {' '.join(words)} "
    area, length = unit != "" or has_phrase(line, AREA), has_phrase(line, LENGTH)
    if length and not unit:
        unit, words = take_length_unit(words)
        line = f" {' '.join(words)} "
    superlative = has_phrase(line, MOST) or has_phrase(line, LEAST)
    if any(a in OBJECT_SIZES and b in ZONE_WORDS for a, b in pairwise(words)):
        return refuse("Zones are compared by what changed in them, not by their own size.")
    if among == "zones" and superlative and _of_an_object(words):
        return refuse("The largest objects are given with their place, not with their zone.")
    if among == "zones" or (superlative and (among or "where" in words) and not _largest(words)):
        return read_ranking(line, among or "cells", area, place)
    if {"largest", "biggest", "smallest"} & set(words) and (length or has_phrase(line, LENGTH_OF_ONE)):
        return refuse("The largest and the smallest are by area: ask how large they are, or how long the longest road is.")
    if superlative or asks_top(words):
        return _read_largest(line, place, yes_no, unit)
    if area or length:
        return _read_measure(line, "length" if length else "area", unit, place)
    if not words:
        return refuse("Say what you ask about that part of the scene.")
    plain = read(words)
    return _read_plain(routed if words == [*typed.words] else route_reading(plain, "pair"), plain, place)


def only_objects_answer(read: ReadScene) -> bool:
    """Whether only the list of changed objects answers a question about a pair.

    Args:
        read: The question.

    Returns:
        True for an area, a length, a share, a density, a size, the largest objects, a ranking, a comparison of two parts, a
        zone, a half, a part, a class or a direction that is described, and whether a number or an area lies within limits or
        has grown.
    """
    wanted = read.question
    if wanted is None:
        return False
    halved = wanted.region is not None and not wanted.region.cells
    restricted = (wanted.min_area, wanted.max_area) != (None, None) or wanted.per != "" or by_length(wanted)
    of_a_model = wanted.asks in ("count", "where", "direction", "whether", "describe")
    part_described = wanted.asks == "describe" and (wanted.region, wanted.subject, wanted.direction) != (None, None, None)
    return not of_a_model or part_described or wanted.zone is not None or halved or restricted


def _read_plain(routed: Routed, reading: Reading, place: Restrictions) -> ReadScene:
    """Count, place, direction, whether and description: what a pair of any size can be asked."""
    if routed.question is None:
        return refuse(routed.note.replace(TASKS_HELP["pair"], "").strip())
    asks: dict[str, Asks] = {
        "count": "count",
        "location": "where",
        "direction": "direction",
        "binary": "whether",
        "caption": "describe",
    }
    question = routed.question
    if place.zone and question.task == "location":
        return refuse("Places are given for the whole scene, not within a zone.")
    described = question.task == "caption"  # a model describes all of a pair, the objects those that are named
    subject = one_subject(reading) if described else question.subject
    direction = routed.direction or (one_direction(reading) if described else None)
    wanted = place.restrict(SceneQuestion(asks[question.task], subject, direction, negated=routed.negated))
    if wanted.per and wanted.asks != "count":
        return refuse("Numbers and areas are given per unit of ground, nothing else.")
    whole = question.task == "binary" and "whole scene" in routed.note
    return ReadScene(wanted, "" if whole or question.task == "caption" else routed.note)


def _read_measure(line: str, asks: Literal["area", "length"], unit: str, place: Restrictions) -> ReadScene:
    reading, reason = read_rest(line, (*AREA, *LENGTH, *COVER, "do the", "does the", "take up", "takes up"), asks == "length")
    if reading is None:
        return refuse(reason)
    if place.per and asks == "length":
        return refuse("Numbers and areas are given per unit of ground, nothing else.")
    subject = one_subject(reading)
    if asks == "length" and subject == "buildings":
        return refuse(ROADS_ONLY)
    subject = "roads" if asks == "length" else subject
    return ReadScene(place.restrict(SceneQuestion(asks, subject, one_direction(reading), unit=unit)))


def _read_yes_no(
    words: list[str], place: Restrictions, bounds: Bounds | None, grown: Literal["more", "fewer"] | None, of_lengths: bool
) -> ReadScene:
    """Limits of a number, an area or a length, growth, and whether all or most objects lie in a part."""
    how_many = quantifier(words)
    of_length = of_lengths and bounds is None and grown is None and how_many is None
    of_area = not of_length and bounds is None and grown is None and how_many is None
    if place.per or negated(words) or (bounds and (grown or how_many)):
        return refuse("Ask for the number itself, and compare it.")
    if how_many and (place.region is None or place.zone):
        return refuse("All and most are answered of a part of the scene: are all new buildings in the north?")
    phrases = (
        *AREA, *COVER, *GROW, *SHRINK, "more", "fewer", "less", "than", "before", "now", "earlier", "previously", "most",
        "mostly", "mainly", "majority", "every", "each", "all", "only", "exclusively", "solely", "number", "count",
    )  # fmt: skip
    line = f" {' '.join(words)} "
    if grown and "than" in words:  # "more built than demolished": both directions are counted
        line = " ".join(word for word in line.split() if word not in (*lists.APPEARED, *lists.VANISHED))
    reading, reason = read_rest(f" {line.strip()} ", phrases, True)
    if reading is None:
        return refuse(reason)
    subject, direction = one_subject(reading), one_direction(reading)
    if grown:
        return ReadScene(place.restrict(SceneQuestion("grown", subject, least=grown == "fewer")))
    if of_length:
        wanted = SceneQuestion("length_is", "roads", direction, at_least=place.min_length, at_most=place.max_length)
        return ReadScene(replace(place, min_length=None, max_length=None).restrict(wanted))
    if of_area:
        wanted = SceneQuestion("area_is", subject, direction, at_least=place.min_area, at_most=place.max_area)
        return ReadScene(replace(place, min_area=None, max_area=None).restrict(wanted))
    if how_many:
        return ReadScene(place.restrict(SceneQuestion("lie_in", subject, direction, quantifier=how_many)))
    assert bounds is not None
    return ReadScene(place.restrict(SceneQuestion("number_is", subject, direction, at_least=bounds[0], at_most=bounds[1])))


def _read_largest(line: str, place: Restrictions, yes_no: bool, unit: str) -> ReadScene:
    if place.zone or place.per:
        return refuse("The largest objects are given for the whole scene or a part of it, not for a zone.")
    words = line.split()
    if yes_no and (place.region is None or not _largest(words)):
        return refuse("Ask which the largest is, and read its size and its place.")
    top, words = take_number(words)
    if yes_no and top != 1:
        return refuse("Ask where they are.")
    if top is None or not 1 <= top <= MAX_LISTED:
        return refuse(f"At most {MAX_LISTED} objects are listed.")
    line = f" {' '.join(words)} "
    by_length = has_phrase(line, BY_LENGTH)
    if by_length and (unit or has_phrase(line, (*AREA, *SIZE))):
        return refuse("The longest and the shortest roads are given with their length: ask how long they are.")
    lengths = (*LENGTH, *LENGTH_OF_ONE)
    sized = unit != "" or has_phrase(line, lengths if by_length else (*AREA, *SIZE))
    phrases = () if not sized else lengths if by_length else (*AREA, *SIZE, *COVER)
    reading, reason = read_rest(line, (*MOST, *LEAST, "top", "where is", "where are", "where", "which is", "which are",
                                        "what is", "what are", *CELL_WORDS, *phrases), True)  # fmt: skip
    if reading is None:
        return refuse(reason)
    least, subject = has_phrase(line, LEAST), one_subject(reading)
    if by_length and not reading.subjects:
        subject = "roads"  # nothing else is long
    if by_length and subject != "roads":
        return refuse(ROADS_ONLY)
    asks: Asks = "largest_in" if yes_no else "largest"
    wanted = SceneQuestion(
        asks, subject, one_direction(reading), by="length" if by_length else "area", least=least, unit=unit, top=top,
        sized=sized and not yes_no,
    )  # fmt: skip
    return ReadScene(place.restrict(wanted))


def _read_share(line: str, place: Restrictions) -> ReadScene:
    """What part of a whole: the whole is what the question says without its last restriction."""
    if place.per:
        return refuse("A share is of a whole, not per unit of ground.")
    words = line.split()
    if {*GROW, *SHRINK} & {*words} or words[:1] == ["by"]:
        return refuse("How many there are in all is not known, so that growth in percent is not known either.")
    by: Literal["count", "area", "length"] = "length" if speaks_of_length(words) else "count"
    of_objects = _SUCH_AREA.sub(r" of the \1 objects ", _AREA_OF.sub(r" of the \1 ", line))
    if of_objects != line and by == "count":  # of the area of objects, not of the ground
        by, line = "area", of_objects
        words = line.split()
    line = line.replace(" was built up ", " was built ")
    if " built up " in line:
        return refuse("Only what changed between the dates is known, not all there is.")
    of = next((i for i, word in enumerate(words) if word == "of"), len(words))
    after = [word for word in words[of + 1 :] if word not in ("the", "this", "all")]
    of_ground = not after or after[0] in (*GROUND, "is", "are", "was")
    ground = of_ground or (place.zone is not None and not _names_objects(after))
    phrases = [*SHARE, *COVER[:3], "covered by", "taken up by", "take up", "took up", "larger", "lie", "lies", "located"]
    phrases += LENGTH_WORDS if by == "length" else ()
    reading, reason = read_rest(line, (*phrases, *(GROUND if ground else ())), True)
    if reading is None:
        return refuse(reason)
    if not ground and place.region is not None and not _names_objects(after):
        ground = True
    subject = "roads" if by == "length" else one_subject(reading)
    if by == "length" and one_subject(reading) == "buildings":
        return refuse(ROADS_ONLY)
    wanted = place.restrict(SceneQuestion("share", subject, one_direction(reading), by=by))
    changed = any(reading.says(phrases) for phrases in (lists.CHANGED, lists.APPEARED, lists.VANISHED))
    share_of: Literal["", "region", "direction", "subject", "size", "ground"]
    if ground:
        if not changed and not reading.subjects:
            return refuse("Ask what share changed.")
        share_of, wanted = "ground", replace(wanted, by="area")
    elif wanted.region is not None or wanted.zone is not None:
        share_of = "region"
    elif (wanted.min_area, wanted.max_area) != (None, None) or place.of_length:
        share_of = "size"
    elif wanted.direction is not None:
        share_of = "direction"
    elif wanted.subject is not None:
        share_of = "subject"
    else:
        return refuse("Ask which share of the changes: of one kind, direction, place or size.")
    return ReadScene(replace(wanted, share_of=share_of))


def _names_objects(words: Sequence[str]) -> bool:
    """Whether the words speak of changed objects, not of ground alone."""
    reading = read(words)
    return bool(reading.subjects) or {"objects", "object", "changes", "differences"} & set(words) != set()


def _among(words: list[str]) -> Among | None:
    if any(word in ZONE_WORDS for word in words):
        return "zones"
    for kind, names in (("halves", HALF_WORDS), ("quarters", QUARTER_WORDS), *_CELLS):
        if any(a in ("which", "what") and b in names for a, b in pairwise(words)):
            return kind  # type: ignore[return-value]  # one of them
    return None


def _largest(words: list[str]) -> bool:
    """Whether the superlative stands for one object: "where is the largest new building"."""
    among = _among(words)
    return bool(OBJECT_SIZES & set(words)) and among != "zones" and (among is None or _of_an_object(words))


def _of_an_object(words: list[str]) -> bool:
    """Whether a superlative is one of an object, as in "which part holds the largest new building", not "the largest area"."""
    for at, word in enumerate(words):
        rest = words[at + 1 :]
        while word in OBJECT_SIZES and rest and rest[0] in (*lists.APPEARED, *lists.VANISHED, *lists.CHANGED):
            rest = rest[1:]
        if word in OBJECT_SIZES and rest and (singular(rest[0]) in CHANGE_WORDS or rest[0] in ("object", "one")):
            return True
    return False
