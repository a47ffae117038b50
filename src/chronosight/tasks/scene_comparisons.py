"""Comparisons within a scene: two parts or zones beside each other, and which zone, cell, half or quarter changed most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from chronosight.tasks import word_lists as lists
from chronosight.tasks.grid_regions import find_places
from chronosight.tasks.lengths import ROADS_ONLY, speaks_of_length
from chronosight.tasks.lengths import WORDS as LENGTH_WORDS
from chronosight.tasks.nouns import change_subject
from chronosight.tasks.question import Among, SceneQuestion
from chronosight.tasks.reading import read
from chronosight.tasks.scene_phrases import (
    AREA,
    CELL_WORDS,
    COMPARED,
    HALF_WORDS,
    LEAST,
    MOST,
    QUARTER_WORDS,
    ZONE_WORDS,
    has_phrase,
    take_unit,
)
from chronosight.tasks.scene_reading import ReadScene, Restrictions, one_direction, one_subject, read_rest, refuse
from chronosight.tasks.scene_regions import SceneRegion, take_region, take_two_regions


def read_comparison(named: Sequence[str], words: list[str], sizes: Restrictions) -> ReadScene | None:
    """Reads a question that compares two parts, two zones, or buildings and roads.

    Args:
        named: Zones that the question names.
        words: Its words without the names of zones, in lower case.
        sizes: Limits of area and length, and the unit of ground that numbers are given per.

    Returns:
        What to compare or why it cannot be compared; None where the question does not name two.
    """
    regions: tuple[SceneRegion, ...] = ()
    classes = tuple(dict.fromkeys(change_subject(name) or "" for name in read(words).subjects))
    compared = {"compare", "versus", "vs", "than", "difference"} & set(words)
    by_class = len(classes) == 2 and "" not in classes and not named and compared
    if len(named) == 2:
        rest = words
    elif by_class:
        region, rest, reason = take_region(words)
        if reason or region is not None:
            return refuse("Compare buildings and roads over the whole scene.")
    else:
        two, rest = take_two_regions(words)
        if two is None or named:
            parts = len(find_places(words)) + len(named)
            explicit = {"compare", "versus", "vs"} & set(words)
            one = parts == 1 and "with" in words and not {"image", "images", "date", "dates"} & set(words)
            two_at_a_time = explicit and (parts > 1 or one)
            return refuse("Compare two parts of the scene, or two zones, at a time.") if two_at_a_time else None
        regions = two
    least = bool({"fewer", "less"} & set(rest))
    more = least or "more" in rest
    either = "or" in rest
    if more and "than" not in rest and "which" not in rest and not either:
        return None
    if {"image", "images", "date", "dates"} & set(rest):
        return None
    yes_no = more and rest[0] in lists.YES_NO and not either
    difference = more and rest[:2] == ["how", "many"] and "than" in rest
    unit, rest = take_unit(rest)
    line = f" {' '.join(rest)} "
    area = unit != "" or has_phrase(line, AREA) or "area" in rest
    length = not area and speaks_of_length(rest)
    phrases = (*COMPARED, *AREA, "more", "fewer", "less", "which", "with", "how", "does", "do", "number of", "how many", "or",
               *(LENGTH_WORDS if length else ()))  # fmt: skip
    reading, reason = read_rest(line, phrases, True)
    if reading is None:
        return refuse(reason)
    # Two nouns compared ("more buildings than roads in the north") are another question.
    if len({change_subject(name) for name in reading.subjects}) > 1 and "than" in rest and not by_class:
        return refuse("Compare two parts of the scene by one kind of object.")
    by: Literal["count", "area", "length"] = "length" if length else "count" if reading.subjects and not area else "area"
    if length and (by_class or one_subject(reading) == "buildings"):
        return refuse(ROADS_ONLY)
    wanted = SceneQuestion(
        "compare", "roads" if length else one_subject(reading), one_direction(reading), by=by, least=least, unit=unit,
        regions=regions, zones=tuple(named) if len(named) == 2 else (), yes_no=yes_no, difference=difference,
        subjects=classes if by_class else (),
    )  # fmt: skip
    return ReadScene(sizes.restrict(wanted))


def read_ranking(line: str, among: Among, area: bool, place: Restrictions) -> ReadScene:
    """Reads a question for the zone, cell, half or quarter that changed most or least, or for all zones that changed.

    Args:
        line: Words of the question, with a space at both ends.
        among: What is ranked.
        area: Whether it asks for ground rather than numbers.
        place: Restrictions of size.

    Returns:
        What to rank, or why it cannot be ranked.
    """
    if place.region is not None or place.zone or place.per:
        return refuse("Zones and cells are compared over the whole scene.")
    most, least = has_phrase(line, MOST), has_phrase(line, LEAST)
    without = bool({"not", "no", "unchanged", "without"} & set(line.split()))
    phrases = (*AREA, *ZONE_WORDS, *MOST, *LEAST, "not", "no", "unchanged", "without", "number of", "the number")
    named = {"zones": (), "halves": HALF_WORDS, "quarters": QUARTER_WORDS}.get(among, (*CELL_WORDS, "corners"))
    length = not area and speaks_of_length(line.split())
    reading, reason = read_rest(line, (*phrases, *named, *(LENGTH_WORDS if length else ())), True)
    if reading is None:
        return refuse(reason)
    subject, direction = one_subject(reading), one_direction(reading)
    if not (most or least):
        if reading.says(lists.COUNT):
            return refuse("Zones are not counted; ask which zones changed.")
        return ReadScene(place.restrict(SceneQuestion("list", subject, direction, among=among, least=without)))
    if without:
        return refuse("Ask for the zone that changed most or least.")
    # "The most buildings" is a number; "changed most" is ground; "the most" of an area is ground again.
    by: Literal["count", "area", "length"] = "length" if length else "area" if area or not reading.subjects else "count"
    if length and subject == "buildings":
        return refuse(ROADS_ONLY)
    subject = "roads" if length else subject
    return ReadScene(place.restrict(SceneQuestion("rank", subject, direction, among=among, by=by, least=least)))
