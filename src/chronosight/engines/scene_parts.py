"""Parts of a scene against each other: a share, two parts compared, and which zone, cell, half or quarter changed most."""

from __future__ import annotations

from dataclasses import replace

from chronosight.engines.chosen_objects import (
    NO_GROUND,
    NO_ZONES,
    Chosen,
    choose,
    ground_of,
    is_wanted,
    make_answer,
    of_size,
    refused,
    verb,
    zone_tally,
)
from chronosight.figures import figures
from chronosight.results.answer import Answer
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.changed_object import Tally
from chronosight.results.sentences import objects
from chronosight.results.wording import about, size_words
from chronosight.tasks.cells import CELLS, listed
from chronosight.tasks.nouns import plural
from chronosight.tasks.question import SceneQuestion, Value
from chronosight.tasks.scene_regions import equal_parts


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
        ground = ground_of(summary, question)
        if not ground or not summary.metric:
            return refused(NO_GROUND)
        value = float(f"{100 * chosen.area / ground:.3g}")
        if not chosen.found:
            return make_answer(chosen, "share", f"0 %: no {chosen.noun}s {verb(question)}{chosen.place}.", value, unit="%")
        what = f"{chosen.noun}s{chosen.size} that {verb(question)} cover {about(size_words(chosen.area, True))}{chosen.place}"
        return make_answer(chosen, "share", f"about {figures(value)} %: {what}.", value, unit="%")
    without: dict[str, SceneQuestion] = {
        "region": replace(question, region=None, zone=None), "direction": replace(question, direction=None),
        "subject": replace(question, subject=None), "size": replace(question, min_area=None, max_area=None),
    }  # fmt: skip
    whole = choose(summary, without[question.share_of])
    if not whole.found:
        return make_answer(whole, "share", f"no {whole.noun}s{whole.size} {verb(without[question.share_of])}.", None)
    value = float(f"{100 * len(chosen.found) / len(whole.found):.3g}")
    part = f"{objects(len(chosen.found), chosen.noun).text}{chosen.size} {verb(question)}{chosen.place}"
    of = f"{objects(len(whole.found), whole.noun).text}{whole.size} that {verb(without[question.share_of])}{whole.place}"
    return make_answer(replace(whole, notes=chosen.notes), "share", f"{figures(value)} %: {part}, of {of}.", value, unit="%")


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
    amounts = [float(len(side.found)) if question.by == "count" else side.area for side in sides]
    if question.per:
        grounds = [ground_of(summary, side) or 1.0 for side in _sides(question, alone)]
        amounts = [amount / ground for amount, ground in zip(amounts, grounds, strict=True)]
    names = [side.place.strip() or f"{side.noun}s" for side in sides]
    parts = [
        f"{objects(len(side.found), side.noun).text}{side.size} {verb(question)}{side.place}"
        + (f" ({about(size_words(side.area, summary.metric))})" if side.area else "")
        for side in sides
    ]
    ahead = None if amounts[0] == amounts[1] else names[(min if question.least else max)((0, 1), key=lambda i: amounts[i])]
    by = "number" if question.by == "count" else "area"
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
    least = min(first.confidence, second.confidence)
    return make_answer(replace(first, notes=notes, confidence=least), "comparison", text, value)


def _sides(question: SceneQuestion, alone: SceneQuestion) -> list[SceneQuestion]:
    if question.subjects:
        return [replace(alone, subject=subject) for subject in question.subjects]
    zones = [replace(alone, zone=zone) for zone in question.zones]
    return zones or [replace(alone, region=region) for region in question.regions]


def _rows(summary: ChangeSummary, question: SceneQuestion) -> list[tuple[str, Tally]]:
    """Zones or cells with the sum of what is asked about."""
    if question.among == "zones":
        assert summary.zones is not None
        return [(row.name, zone_tally(row, question)) for row in summary.zones.rows]
    if question.among in ("halves", "quarters"):
        parts = equal_parts(question.among)
        chosen = [(part.words.removeprefix("in the "), choose(summary, replace(question, region=part)).found) for part in parts]
        return [(name, Tally(len(found), sum(item.area for item in found))) for name, found in chosen]
    sums = {cell: Tally() for cell in CELLS if question.among != "corners" or cell.endswith("corner")}
    for item in summary.objects:
        if is_wanted(question, item.class_name, item.direction) and of_size(question, item):
            for cell in sums.keys() & {*item.places}:
                sums[cell] += Tally(1, item.area / len(item.places))
    return list(sums.items())


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
    measure = {name: value.area if question.by == "area" else value.count for name, value in rows}
    extreme = (min if question.least else max)(measure.values())
    first = [name for name, value in measure.items() if value == extreme]
    top = dict(rows)[first[0]]
    size = f"{objects(top.count, chosen.noun).text}{chosen.size} {verb(question)}"
    alike = len({round(dict(rows)[name].area) for name in first}) == 1
    size += f", {about(size_words(top.area, summary.metric))}" if top.area and alike else ""
    degree = "least" if question.least else "most"
    by = "area" if question.by == "area" else "number"
    each = " each" if len(first) > 1 and top.count and question.by == "count" else ""
    text = f"{listed(first)}: {size}{each}, the {degree} by {by}."
    notes = [f"{len(first)} {plural(noun) if noun != 'half' else 'halves'} are tied"] if len(first) > 1 else []
    if question.among in ("cells", "corners"):
        notes.append("cells are those of the 3x3 grid of the scene")
    elif question.among == "zones" and summary.zones is not None:
        notes += summary.zones.notes
    return make_answer(chosen, noun, text, first[0] if len(first) == 1 else tuple(first), *notes)


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
