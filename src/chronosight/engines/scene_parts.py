"""Parts of a scene against each other: a share, two parts compared, and which zone, cell, half or quarter changed most."""

from __future__ import annotations

from dataclasses import replace

from chronosight.engines.chosen_objects import (
    NO_GROUND,
    NO_ZONES,
    Chosen,
    choose,
    doubtful,
    ground_of,
    is_wanted,
    make_answer,
    of_size,
    refused,
    shared_ground,
    unsure_if,
    verb,
    zone_tally,
)
from chronosight.figures import figures
from chronosight.results.answer import Answer
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.changed_object import ChangedObject, Tally
from chronosight.results.sentences import objects
from chronosight.results.wording import about, length_words, size_words
from chronosight.tasks.cells import CELLS, listed
from chronosight.tasks.nouns import plural
from chronosight.tasks.question import SceneQuestion, Value
from chronosight.tasks.scene_regions import equal_parts

OTHER_GROUND = "of buildings and roads; other ground changed too: ask what share of the land cover changed"


def share(summary: ChangeSummary, question: SceneQuestion, chosen: Chosen) -> Answer:
    """Answers with a share, in percent: of the ground, or of the objects without the question's last restriction.

    Args:
        summary: The change summary.
        question: What is asked of the objects.
        chosen: The objects that the question is about.

    Returns:
        The answer, with a value and a confidence.
    """
    if question.share_of == "ground":
        ground = shared_ground(summary, question)
        if not ground:
            return refused(NO_GROUND)
        area = _amount_there(replace(question, by="area"), chosen)
        value = float(f"{100 * area / ground:.3g}")
        if not chosen.found:
            return make_answer(chosen, "share", f"0 %: no {chosen.noun}s {verb(question)}{chosen.place}.", value, unit="%")
        what = f"{chosen.noun}s{chosen.size} that {verb(question)} cover {about(size_words(area, summary.metric))}{chosen.place}"
        other = summary.land_cover is not None and summary.land_cover.objects and not (question.subject or question.direction)
        notes = (OTHER_GROUND,) if other else ()
        return make_answer(chosen, "share", f"about {figures(value)} %: {what}.", value, *notes, unit="%")
    without: dict[str, SceneQuestion] = {
        "region": replace(question, region=None, zone=None), "direction": replace(question, direction=None),
        "subject": replace(question, subject=None),
        "size": replace(question, min_area=None, max_area=None, min_length=None, max_length=None),
    }  # fmt: skip
    whole = choose(summary, without[question.share_of])
    if not whole.found:
        return make_answer(whole, "share", f"no {whole.noun}s{whole.size} {verb(without[question.share_of])}.", None)
    amount = _amount_there(question, chosen)
    value = float(f"{100 * amount / (_amount(question, whole) or 1.0):.3g}")
    part = f"{_amount_words(summary, question, chosen, amount)}{chosen.size} {verb(question)}{chosen.place}"
    all_words = _amount_words(summary, question, whole, _amount(question, whole))
    of = f"{all_words}{whole.size} that {verb(without[question.share_of])}{whole.place}"
    if question.by == "count" and 0 < amount < len(whole.found):  # a share of a number is no surer than the number
        whole = choose(summary, replace(without[question.share_of], asks="count"))
    return make_answer(replace(whole, notes=chosen.notes), "share", f"{figures(value)} %: {part}, of {of}.", value, unit="%")


def _amount_there(question: SceneQuestion, chosen: Chosen) -> float:
    """What lies in a part of the scene; of a long object, such a share as of its places lie there, so that shares add up."""
    if question.by == "count" or question.region is None or not question.region.cells:
        return _amount(question, chosen)
    cells = {*question.region.cells}
    return sum(_size(question, item) * len(cells & {*item.places}) / len(item.places) for item in chosen.found)


def _amount(question: SceneQuestion, chosen: Chosen) -> float:
    """What is compared or shared out: the number of objects, their area, or their length."""
    if question.by == "length":
        return sum(item.length_m or 0.0 for item in chosen.found)
    return chosen.area if question.by == "area" else float(len(chosen.found))


def _amount_words(summary: ChangeSummary, question: SceneQuestion, chosen: Chosen, amount: float) -> str:
    count = objects(len(chosen.found), chosen.noun).text
    if question.by == "count" or not amount:
        return count
    size = length_words(amount) if question.by == "length" else size_words(amount, summary.metric)
    return f"about {size} of {chosen.noun}s"


def compare(summary: ChangeSummary, question: SceneQuestion) -> Answer:
    """Compares two parts or two zones, each with its own count and area.

    Args:
        summary: The change summary.
        question: What is asked of the objects, with both parts.

    Returns:
        The answer; refused where zones or ground are needed and missing.
    """
    if question.zones and summary.zones is None:
        return refused(NO_ZONES)
    alone = replace(question, regions=(), zones=(), subjects=())
    sides = [choose(summary, side) for side in _sides(question, alone)]
    first, second = sides
    lacks_ground = question.per and not all(ground_of(summary, side) for side in _sides(question, alone))
    if lacks_ground:
        return refused(NO_GROUND)
    amounts = [_amount(question, side) for side in sides]
    if question.per:
        grounds = [ground_of(summary, side) or 1.0 for side in _sides(question, alone)]
        amounts = [amount / ground for amount, ground in zip(amounts, grounds, strict=True)]
    names = [side.place.strip() or f"{side.noun}s" for side in sides]
    parts = [
        f"{objects(len(side.found), side.noun).text}{side.size} {verb(question)}{side.place}"
        + (f" ({about(_measured(summary, question, side))})" if side.area else "")
        for side in sides
    ]
    ahead = None if amounts[0] == amounts[1] else names[(min if question.least else max)((0, 1), key=lambda i: amounts[i])]
    by = "number" if question.by == "count" else question.by
    degree = "fewer" if question.least and question.by == "count" else "less" if question.least else "more"
    outcome = f"as much by {by} in both" if ahead is None else f"{degree} by {by} {ahead}"
    if question.subjects and ahead is not None:
        outcome = f"{degree} {ahead} than {names[1 - names.index(ahead)]}{'' if by == 'number' else ' by area'}"
    value: Value = ahead if ahead is not None else "both alike"
    text = f"{parts[0]}, {parts[1]}: {outcome}."
    if question.yes_no:
        value = ahead == names[0]
        text = f"{'yes' if value else 'no'}: {text}"
    elif question.difference:
        value = round(amounts[1] - amounts[0] if question.least else amounts[0] - amounts[1])
        text = f"{value:,}: {text}"
    notes = tuple(dict.fromkeys((*first.notes, *second.notes)))
    if question.difference and question.by == "count":
        sides = [choose(summary, replace(side, asks="count")) for side in _sides(question, alone)]
    both = replace(first, notes=notes, confidence=min(side.confidence for side in sides))
    close = any(amounts) and abs(amounts[0] - amounts[1]) <= doubtful(sum(amounts), both)
    return make_answer(unsure_if(close and not question.difference, both), "comparison", text, value)


def _measured(summary: ChangeSummary, question: SceneQuestion, chosen: Chosen) -> str:
    return length_words(_amount(question, chosen)) if question.by == "length" else size_words(chosen.area, summary.metric)


def _sides(question: SceneQuestion, alone: SceneQuestion) -> list[SceneQuestion]:
    if question.subjects:
        return [replace(alone, subject=subject) for subject in question.subjects]
    zones = [replace(alone, zone=zone) for zone in question.zones]
    return zones or [replace(alone, region=region) for region in question.regions]


def _rows(summary: ChangeSummary, question: SceneQuestion) -> list[tuple[str, Tally]]:
    """Zones or cells with the sum of what is asked about; in the place of areas lengths, where these are asked about."""
    long = question.by == "length"
    if question.among == "zones" and long:
        assert summary.zones is not None
        of_zones = [(row.name, choose(summary, replace(question, zone=row.name)).found) for row in summary.zones.rows]
        return [(name, Tally(len(found), sum(item.length_m or 0.0 for item in found))) for name, found in of_zones]
    if question.among == "zones":
        assert summary.zones is not None
        return [(row.name, zone_tally(row, question)) for row in summary.zones.rows]
    if question.among in ("halves", "quarters"):
        parts = equal_parts(question.among)
        chosen = [(part.words.removeprefix("in the "), choose(summary, replace(question, region=part)).found) for part in parts]
        return [(name, Tally(len(found), sum(_size(question, item) for item in found))) for name, found in chosen]
    sums = {cell: Tally() for cell in CELLS if question.among != "corners" or cell.endswith("corner")}
    for item in summary.objects:
        if is_wanted(question, item.class_name, item.direction) and of_size(question, item):
            for cell in sums.keys() & {*item.places}:
                sums[cell] += Tally(1, _size(question, item) / len(item.places))
    return list(sums.items())


def _size(question: SceneQuestion, item: ChangedObject) -> float:
    return (item.length_m or 0.0) if question.by == "length" else item.area


def rank(summary: ChangeSummary, question: SceneQuestion) -> Answer:
    """Finds the zone, cell, half or quarter that changed most or least, by number or by area.

    Args:
        summary: The change summary.
        question: What is asked of the objects.

    Returns:
        The answer; its value is a name, or all names that are tied.
    """
    rows = _rows(summary, question)
    chosen = choose(summary, replace(question, zone=None))
    noun = {"zones": "zone", "cells": "cell", "corners": "corner", "halves": "half", "quarters": "quarter"}[question.among]
    if not any(value.count or value.area for _, value in rows):
        return make_answer(chosen, noun, f"no {noun} holds {chosen.noun}s{chosen.size} that {verb(question)}.", ())
    measure = {name: value.count if question.by == "count" else value.area for name, value in rows}
    extreme = (min if question.least else max)(measure.values())
    first = [name for name, value in measure.items() if value == extreme]
    others = [value for value in measure.values() if value != extreme]
    second = (min if question.least else max)(others, default=0.0)
    close = bool(others) and abs(extreme - second) <= doubtful(extreme + second, chosen)
    top = dict(rows)[first[0]]
    size = f"{objects(top.count, chosen.noun).text}{chosen.size} {verb(question)}"
    alike = len({round(dict(rows)[name].area) for name in first}) == 1
    amount = length_words(top.area) if question.by == "length" else size_words(top.area, summary.metric)
    size += f", {about(amount)}" if top.area and alike else ""
    degree = "least" if question.least else "most"
    by = "number" if question.by == "count" else question.by
    each = " each" if len(first) > 1 and top.count and question.by == "count" else ""
    text = f"{listed(first)}: {size}{each}, the {degree} by {by}."
    notes = [f"{len(first)} {plural(noun) if noun != 'half' else 'halves'} are tied"] if len(first) > 1 else []
    if question.among in ("cells", "corners"):
        notes.append("cells are those of the 3x3 grid of the scene")
    elif question.among == "zones" and summary.zones is not None:
        notes += summary.zones.notes
    return make_answer(unsure_if(close, chosen), noun, text, first[0] if len(first) == 1 else tuple(first), *notes)


def list_parts(summary: ChangeSummary, question: SceneQuestion) -> Answer:
    """Lists the zones, cells, halves or quarters with changes, or without.

    Args:
        summary: The change summary.
        question: What is asked of the objects.

    Returns:
        The answer; its value holds the names.
    """
    rows = _rows(summary, question)
    chosen = choose(summary, replace(question, zone=None))
    noun = question.among
    names = [name for name, value in rows if bool(value.count or value.area) != question.least]
    listing = [
        name if question.least else f"{name} ({objects(value.count, chosen.noun).text if value.count else 'part of one'})"
        for name, value in rows
        if name in names
    ]  # fmt: skip
    how = "without" if question.least else "with"
    text = f"{noun} {how} {chosen.noun}s{chosen.size} that {verb(question)}: {listed(listing) if listing else 'none'}."
    return make_answer(chosen, noun, text, tuple(names))
