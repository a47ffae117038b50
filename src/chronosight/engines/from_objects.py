"""Answers read from the list of changed objects: no model is asked, and nothing is guessed.

Two kinds of question come here. Questions that a model can answer too (`answer_task`: whether, how many, where, which way,
describe), in three cases: they are about a direction or a region ("how many new buildings in the top left"); the objects
were the better source on held-out places (config.json, "from_objects"); or the pair is larger than the language model can
see at once. And questions that only objects can answer (`answer_scene_question`: areas, lengths, the largest, zones,
halves), and all questions about a whole scene. Both take their confidence from the same place: of counts and places, that the
answer is exactly right (`confidence.of_exact_answer`); of all others that of the objects (`confidence.of_objects`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from chronosight.engines.confidence import (
    count_interval,
    exact_answer_sources,
    is_confident,
    of_exact_answer,
    of_objects,
    whether,
)
from chronosight.results.answer import Answer, open_answer
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.changed_object import ChangedObject, Direction, Tally, tally
from chronosight.results.evidence import Evidence, MapsOnDisk
from chronosight.results.narrative import narrative
from chronosight.results.sentences import length, objects, summed_up
from chronosight.results.wording import size_words
from chronosight.results.zones import ZoneRow
from chronosight.tasks.caption import NO_CHANGE_SENTENCES
from chronosight.tasks.cells import CELLS, join_cells, listed, places
from chronosight.tasks.direction import direction_of
from chronosight.tasks.nouns import plural
from chronosight.tasks.question import Question, SceneQuestion, Value
from chronosight.tasks.scene_questions import ReadScene
from chronosight.tasks.scene_regions import equal_parts, grid_words, in_region

TURNED = "the scene's top is not north; name the part by top, bottom, left and right, or give --at"
NO_GROUND = "the ground size of a pixel is not known"
NO_ZONES = "no zones are known; give their file with --zones"
UNIT_WORDS = {"m2": (1.0, "m²"), "ha": (1e4, "ha"), "km2": (1e6, "km²")}
_TASKS = {"whether": "binary", "where": "location"}
CANNOT_TELL = "Cannot tell"


Exact = Mapping[str, Mapping[str, float]]  # settings of `confidence.of_exact_answer` by task, "count" and "location"


def select(
    objects_of: Sequence[ChangedObject], subject: str | None, direction: Direction | None = None, cells: tuple[str, ...] = ()
) -> list[ChangedObject]:
    """Objects of a subject ("buildings", "roads" or None for all), a direction (or both) and some cells (or all)."""
    return [
        item
        for item in objects_of
        if (subject is None or subject.rstrip("s") == item.class_name)
        and (direction is None or item.direction == direction)
        and (not cells or not set(cells).isdisjoint(item.places))
    ]


def cells_of(found: Sequence[ChangedObject]) -> tuple[str, ...]:
    """Cells of the 3x3 grid that hold objects, in order of first appearance."""
    return tuple(dict.fromkeys(cell for item in found for cell in item.places))


def answer_task(
    question: Question,
    evidence: Evidence | MapsOnDisk,
    changed: float,
    direction: Direction | None = None,
    cells: tuple[str, ...] = (),
    exact: Exact = MappingProxyType({}),
) -> Answer:
    """Answers a change question (binary, count, location, direction, caption) as a short typed reply.

    Args:
        question: Its task and subject.
        evidence: The objects.
        changed: Probability in [0, 1] that anything changed: the ground for saying that nothing did.
        direction: Only objects that appeared, or that vanished; None for both.
        cells: Only objects in these cells; () for the whole scene.
        exact: Calibration of counts and places by task (`confidence.of_exact_answer`).

    Returns:
        The answer, with the evidence. Yes and no are at least as likely as their opposites; where the objects speak for the
        less likely one the value is None.
    """
    found = select(evidence.objects, question.subject, direction, cells)
    confidence, confident, interval = _confidence(question.task, found, evidence.objects, changed, exact)
    value: bool | int | str | tuple[str, ...] | None
    if question.task == "binary":
        value, confidence = whether(found, evidence.objects, changed)
        text = CANNOT_TELL if value is None else "Yes" if value else "No"
    elif question.task == "count":
        value = len(found)
        text = str(value)
    elif question.task == "location":
        value = cells_of(found)
        text = join_cells(value)
    elif question.task == "direction":
        appeared = sum(item.direction == "appeared" for item in found)
        value = text = direction_of(appeared, len(found) - appeared)
    else:
        value = text = counts_and_places(found)
    kept = evidence if isinstance(evidence, Evidence) else None
    notes = (_undecided(found),) if value is None else ()
    return Answer(text, question.task, value, confidence, confident and value is not None, kept, notes, None, interval=interval)


def _confidence(
    task: str, found: Sequence[ChangedObject], every: Sequence[ChangedObject], changed: float, exact: Exact
) -> tuple[float, bool, tuple[int, int] | None]:
    """Confidence of an answer read from objects, whether it is confident, and of a count the interval."""
    settings = exact.get(task, {})
    if not settings:
        confidence = of_objects(task, found, every, changed)
        return confidence, is_confident(confidence, {}), None
    number = exact_answer_sources(task, found, changed)
    confidence = of_exact_answer(*number, settings)
    interval = count_interval(len(found), confidence, settings) if task == "count" else None
    return confidence, is_confident(confidence, settings), interval


def _undecided(found: Sequence[ChangedObject]) -> str:
    if not found:
        return "nothing is outlined, but the model holds a change for more likely than not"
    n = len(found)
    return f"{n} possible change{'s' * (n != 1)} outlined, {'none of them' if n > 1 else 'which is not'} more likely than not"


def counts_and_places(found: Sequence[ChangedObject]) -> str:
    """For example "3 buildings appeared at the top and on the left, and 1 road vanished in the center"."""
    parts = []
    for class_name in sorted({item.class_name for item in found}):
        for direction in ("appeared", "vanished"):
            chosen = [item for item in found if item.class_name == class_name and item.direction == direction]
            if chosen:
                where = places(cells_of(chosen))
                parts.append(f"{len(chosen)} {class_name}{'s' * (len(chosen) != 1)} {direction} {where}")
    return ", and ".join(parts) or NO_CHANGE_SENTENCES[0]


def answer_scene_question(summary: ChangeSummary, read: ReadScene) -> Answer:
    """Answers a question about a scene as a sentence.

    Args:
        summary: The objects, and zones where there are some.
        read: The question, as `tasks.scene_questions.read_scene_question` read it.

    Returns:
        The answer; task "open", without a value, where the objects cannot tell.
    """
    if read.question is None:
        return open_answer(read.note)
    answer = _answer(summary, read.question)
    return replace(answer, notes=(read.note, *answer.notes)) if read.note else answer


@dataclass(frozen=True)
class _Chosen:
    """The objects asked about, what they are called, and where they were asked for."""

    found: list[ChangedObject]
    area: float
    noun: str
    place: str
    notes: tuple[str, ...]
    confidence: float
    confident: bool = False
    interval: tuple[int, int] | None = None


def _answer(summary: ChangeSummary, question: SceneQuestion) -> Answer:
    if (question.among == "zones" or question.zone) and summary.zones is None and question.asks in ("rank", "list"):
        return _refused(NO_ZONES)
    regions = [question.region, *question.regions]
    if any(region is not None and region.compass for region in regions) and summary.north_up is False:
        return _refused(TURNED)
    if not summary.metric and (question.min_area is not None or question.max_area is not None or question.per):
        return _refused(NO_GROUND)
    if question.asks == "compare":
        return _compare(summary, question)
    if question.asks == "rank":
        return _rank(summary, question)
    if question.asks == "list":
        return _list(summary, question)
    chosen = _choose(summary, question)
    how: dict[str, Callable[[ChangeSummary, SceneQuestion, _Chosen], Answer]] = {
        "count": _count, "area": _area, "length": _length, "whether": _whether, "largest": _largest,
        "where": _where, "direction": _direction, "describe": _describe, "share": _part_of,
    }  # fmt: skip
    return how[question.asks](summary, question, chosen)


def _refused(reason: str) -> Answer:
    return open_answer(f"This cannot be answered: {reason}.")


def _choose(summary: ChangeSummary, question: SceneQuestion) -> _Chosen:
    row = next((row for row in summary.zones.rows if row.name == question.zone), None) if summary.zones else None
    numbers = None if row is None else set(row.numbers)
    region = question.region
    found = [
        item
        for item in summary.objects
        if _wanted(question, item.class_name, item.direction)
        and (numbers is None or item.number in numbers)
        and (region is None or any(in_region(region, cell, *_share(summary, item)) for cell in item.places))
        and _of_size(question, item)
    ]
    area = sum(item.area for item in found)
    notes: tuple[str, ...] = ()
    if row is not None:
        area = area if question.min_area is not None or question.max_area is not None else _of(row, question).area
        if row.covered < 0.995:
            notes = (f"{row.covered:.0%} of {row.name} lies in the scene",)
    elif region is not None and region.cells:
        notes = (f"{region.words} means, of the 3x3 grid: {grid_words(region.cells)}",)
    place = f" in {row.name}" if row is not None else f" {region.words}" if region is not None else ""
    place = _size_phrase(question) + place
    noun = question.subject.rstrip("s") if question.subject else "object"
    task = _TASKS.get(question.asks, question.asks)
    confidence, confident, interval = _confidence(task, found, summary.objects, summary.changed, summary.exact)
    return _Chosen(found, area, noun, place, notes, confidence, confident, interval)


def _wanted(question: SceneQuestion, class_name: str, direction: str) -> bool:
    subject = question.subject is None or question.subject.rstrip("s") == class_name
    return subject and question.direction in (None, direction)


def _of_size(question: SceneQuestion, item: ChangedObject) -> bool:
    smallest, largest = question.min_area, question.max_area
    return (smallest is None or item.area >= smallest) and (largest is None or item.area <= largest)


def _size_phrase(question: SceneQuestion) -> str:
    limits = (("at least", question.min_area), ("at most", question.max_area))
    said = [f"{words} {size_words(limit, True)}" for words, limit in limits if limit is not None]
    return f" of {' and '.join(said)}" if said else ""


def _ground(summary: ChangeSummary, question: SceneQuestion) -> float | None:
    """Square metres of the ground that the question is about."""
    row = next((row for row in summary.zones.rows if row.name == question.zone), None) if summary.zones else None
    if row is not None:
        return row.ground * row.covered
    if summary.ground is None or question.region is None:
        return summary.ground
    left, top, right, bottom = question.region.box
    share = len(question.region.cells) / len(CELLS) if question.region.cells else (right - left) * (bottom - top)
    return summary.ground * share


def _share(summary: ChangeSummary, item: ChangedObject) -> tuple[float, float]:
    return item.centroid[0] / summary.width, item.centroid[1] / summary.height


def _of(row: ZoneRow, question: SceneQuestion) -> Tally:
    return sum((value for key, value in row.tallies.items() if _wanted(question, *key)), Tally())


def _make(chosen: _Chosen, task: str, text: str, value: Value | None, *notes: str, unit: str | None = None) -> Answer:
    text = text[:1].upper() + text[1:]
    exact = task in ("count", "location") and unit is None
    confident = chosen.confident if exact else is_confident(chosen.confidence, {})
    interval = chosen.interval if task == "count" and unit is None else None
    confident = confident and value is not None
    return Answer(text, task, value, chosen.confidence, confident, None, (*chosen.notes, *notes), unit, interval=interval)


def _verb(question: SceneQuestion) -> str:
    return question.direction or "changed"


def _parts(found: Sequence[ChangedObject], question: SceneQuestion) -> str:
    """Such as ": 12 buildings appeared, 3 vanished": what a sum is made of; "" for a sum of one kind."""
    kinds = tally(found)
    if len(kinds) < 2:
        return f": all {next(iter(kinds))[1]}" if len(kinds) == 1 and not question.direction and question.subject else ""
    if question.subject:
        return ": " + ", ".join(f"{value.count:,} {way}" for (_, way), value in kinds.items())
    return ": " + ", ".join(f"{objects(value.count, name).text} {way}" for (name, way), value in kinds.items())


def _count(summary: ChangeSummary, question: SceneQuestion, chosen: _Chosen) -> Answer:
    n = len(chosen.found)
    if question.per:
        return _per_ground(summary, question, chosen, "count", float(n), objects(n, chosen.noun).text)
    text = f"{objects(n, chosen.noun).text} {_verb(question)}{chosen.place}{_parts(chosen.found, question)}."
    return _make(chosen, "count", text, n)


def _per_ground(summary: ChangeSummary, question: SceneQuestion, chosen: _Chosen, task: str, amount: float, said: str) -> Answer:
    """A number or an area, divided by the ground that is asked about."""
    ground = _ground(summary, question)
    if not ground:
        return _refused(NO_GROUND)
    size, sign = UNIT_WORDS[question.per]
    value = float(f"{amount * size / ground:.3g}")
    unit = f"per {sign}" if task == "count" else f"m² per {sign}"
    text = f"{value:,g} {unit}: {said} {_verb(question)}{chosen.place}, on {ground / size:,.3g} {sign} of ground."
    return _make(chosen, task, text, value, unit=f"1/{question.per}" if task == "count" else f"m2/{question.per}")


def _part_of(summary: ChangeSummary, question: SceneQuestion, chosen: _Chosen) -> Answer:
    """A share, in percent: of the ground, or of the objects without the question's last restriction."""
    if question.share_of == "ground":
        ground = _ground(summary, question)
        if not ground or not summary.metric:
            return _refused(NO_GROUND)
        value = float(f"{100 * chosen.area / ground:.3g}")
        what = f"{chosen.noun}s that {_verb(question)} cover about {size_words(chosen.area, True)}{chosen.place}"
        return _make(chosen, "share", f"about {value:g} %: {what}.", value, unit="%")
    without: dict[str, SceneQuestion] = {
        "region": replace(question, region=None, zone=None), "direction": replace(question, direction=None),
        "subject": replace(question, subject=None), "size": replace(question, min_area=None, max_area=None),
    }  # fmt: skip
    whole = _choose(summary, without[question.share_of])
    if not whole.found:
        return _make(whole, "share", f"no {whole.noun}s {_verb(without[question.share_of])}.", None)
    value = float(f"{100 * len(chosen.found) / len(whole.found):.3g}")
    part = f"{objects(len(chosen.found), chosen.noun).text} {_verb(question)}{chosen.place}"
    of = f"{objects(len(whole.found), whole.noun).text} that {_verb(without[question.share_of])}{whole.place}"
    return _make(replace(whole, notes=chosen.notes), "share", f"{value:g} %: {part}, of {of}.", value, unit="%")


def _compare(summary: ChangeSummary, question: SceneQuestion) -> Answer:
    """Two parts or two zones beside each other, each with its own count and area."""
    if question.zones and summary.zones is None:
        return _refused(NO_ZONES)
    alone = replace(question, regions=(), zones=())
    if question.zones:
        sides = [_choose(summary, replace(alone, zone=zone)) for zone in question.zones]
    else:
        sides = [_choose(summary, replace(alone, region=region)) for region in question.regions]
    first, second = sides
    lacks_ground = question.per and not all(_ground(summary, side) for side in _sides(question, alone))
    if lacks_ground:
        return _refused(NO_GROUND)
    amounts = [float(len(side.found)) if question.by == "count" else side.area for side in sides]
    if question.per:
        grounds = [_ground(summary, side) or 1.0 for side in _sides(question, alone)]
        amounts = [amount / ground for amount, ground in zip(amounts, grounds, strict=True)]
    names = [side.place.removeprefix(_size_phrase(question)).strip() for side in sides]
    said = [
        f"{objects(len(side.found), side.noun).text} {_verb(question)} {name}"
        + (f" (about {size_words(side.area, summary.metric)})" if side.area else "")
        for side, name in zip(sides, names, strict=True)
    ]
    ahead = None if amounts[0] == amounts[1] else names[(min if question.least else max)((0, 1), key=lambda i: amounts[i])]
    by = "number" if question.by == "count" else "area"
    degree = "fewer" if question.least and question.by == "count" else "less" if question.least else "more"
    outcome = f"as much by {by} in both" if ahead is None else f"{degree} by {by} {ahead}"
    value: Value = ahead if ahead is not None else "both alike"
    text = f"{said[0]}, {said[1]}: {outcome}."
    if question.yes_no:
        value = ahead == names[0]
        text = f"{'yes' if value else 'no'}: {text}"
    notes = tuple(dict.fromkeys((*first.notes, *second.notes)))
    least = min(first.confidence, second.confidence)
    return _make(replace(first, notes=notes, confidence=least), "comparison", text, value)


def _sides(question: SceneQuestion, alone: SceneQuestion) -> list[SceneQuestion]:
    zones = [replace(alone, zone=zone) for zone in question.zones]
    return zones or [replace(alone, region=region) for region in question.regions]


def _area(summary: ChangeSummary, question: SceneQuestion, chosen: _Chosen) -> Answer:
    if question.per:
        said = f"about {size_words(chosen.area, True)} of {chosen.noun}s"
        return _per_ground(summary, question, chosen, "area", chosen.area, said)
    if not summary.metric:
        if question.unit:
            return _refused("the ground size of a pixel is not known")
        note = "in pixels: the ground size of a pixel is not known"
        text = f"about {size_words(chosen.area, False)} of {chosen.noun}s {_verb(question)}{chosen.place}."
        return _make(chosen, "area", text, round(chosen.area), note, unit="px")
    size = size_words(chosen.area, True)
    if question.unit:
        unit, sign = UNIT_WORDS[question.unit]
        size = f"{float(f'{chosen.area / unit:.3g}'):,g} {sign}"
    if chosen.area == 0:
        return _make(chosen, "area", f"no {chosen.noun}s {_verb(question)}{chosen.place}: 0 m².", 0, unit="m2")
    count = objects(len(chosen.found), chosen.noun).text
    what = f"{chosen.noun}s that {_verb(question)} cover about {size}{chosen.place} ({count})."
    return _make(chosen, "area", what, round(chosen.area), "the value is in square metres", unit="m2")


def _length(summary: ChangeSummary, question: SceneQuestion, chosen: _Chosen) -> Answer:
    if question.subject == "buildings":
        return _refused("lengths are measured of roads only")
    roads = [item for item in chosen.found if item.class_name == "road"]
    if any(item.length_m is None for item in roads):
        return _refused("the lengths of these roads were not measured")
    metres = sum(item.length_m or 0.0 for item in roads)
    if not roads:
        return _make(chosen, "length", f"no roads {_verb(question)}{chosen.place}: 0 m.", 0, unit="m")
    text = (
        f"roads that {_verb(question)}{chosen.place} are {length(metres).text} long in all ({objects(len(roads), 'road').text})."
    )
    return _make(chosen, "length", text, round(metres), "the value is in metres", unit="m")


def _whether(summary: ChangeSummary, question: SceneQuestion, chosen: _Chosen) -> Answer:
    n = len(chosen.found)
    value, confidence = whether(chosen.found, summary.objects, summary.changed)
    if value is None:
        text = f"{CANNOT_TELL}: {_undecided(chosen.found)}{chosen.place}."
        return _make(replace(chosen, confidence=confidence), "binary", text, None)
    if not n:
        return _make(chosen, "binary", f"no: no {chosen.noun}s {_verb(question)}{chosen.place}.", False)
    text = f"yes: {objects(n, chosen.noun).text} {_verb(question)}{chosen.place}{_parts(chosen.found, question)}."
    return _make(chosen, "binary", text, True)


def _where(summary: ChangeSummary, question: SceneQuestion, chosen: _Chosen) -> Answer:
    cells = cells_of(chosen.found)
    if not cells:
        return _make(chosen, "location", f"no {chosen.noun}s {_verb(question)}{chosen.place}.", ())
    text = f"{objects(len(chosen.found), chosen.noun).text} {_verb(question)} {places(cells)}."
    return _make(chosen, "location", text, cells)


def _direction(summary: ChangeSummary, question: SceneQuestion, chosen: _Chosen) -> Answer:
    appeared = sum(item.direction == "appeared" for item in chosen.found)
    gone = len(chosen.found) - appeared
    text = f"{objects(appeared, chosen.noun).text} appeared and {objects(gone, chosen.noun).text} vanished{chosen.place}."
    return _make(chosen, "direction", text, direction_of(appeared, gone))


def _describe(summary: ChangeSummary, question: SceneQuestion, chosen: _Chosen) -> Answer:
    if question.region is None and question.zone is None and question.subject is None and question.direction is None:
        text = " ".join(sentence.text for sentence in narrative(summary))
    else:
        text = summed_up(chosen.found, summary.metric).text
        text = f"{chosen.place.strip()}: {text}" if chosen.place else text
    return _make(chosen, "caption", text, text)


def _largest(summary: ChangeSummary, question: SceneQuestion, chosen: _Chosen) -> Answer:
    if not chosen.found:
        return _make(chosen, "largest", f"no {chosen.noun}s {_verb(question)}{chosen.place}.", None)
    if question.top > 1:
        return _several(summary, question, chosen)
    item = (min if question.least else max)(chosen.found, key=lambda one: one.area)
    at = "" if item.lonlat is None else f", at {item.lonlat[1]:.5f}°, {item.lonlat[0]:.5f}° (latitude, longitude)"
    word = "smallest" if question.least else "largest"
    text = (
        f"the {word} {chosen.noun} that {_verb(question)}{chosen.place} is object {item.number}: a {item.class_name} of about "
        f"{size_words(item.area, summary.metric)}, {places(item.places)}{at}."
    )
    return _make(replace(chosen, confidence=item.confidence), "largest", text, item.number)


def _several(summary: ChangeSummary, question: SceneQuestion, chosen: _Chosen) -> Answer:
    """The few largest or smallest objects, each with its number, size and place."""
    order = sorted(chosen.found, key=lambda one: one.area, reverse=not question.least)[: question.top]
    word = "smallest" if question.least else "largest"
    each = [f"object {item.number} ({size_words(item.area, summary.metric)}, {places(item.places)})" for item in order]
    total = size_words(sum(item.area for item in order), summary.metric)
    head = f"the {len(order)} {word} {chosen.noun}s that {_verb(question)}{chosen.place}"
    if len(order) == 1:
        head = f"the only {chosen.noun} that {_verb(question)}{chosen.place}"
    confidence = sum(item.confidence for item in order) / len(order)
    value = tuple(str(item.number) for item in order)
    return _make(replace(chosen, confidence=confidence), "largest", f"{head}: {listed(each)}; about {total} in all.", value)


def _rows(summary: ChangeSummary, question: SceneQuestion) -> list[tuple[str, Tally]]:
    """Zones or cells with the sum of what is asked about."""
    if question.among == "zones":
        assert summary.zones is not None
        return [(row.name, _of(row, question)) for row in summary.zones.rows]
    if question.among in ("halves", "quarters"):
        parts = equal_parts(question.among)
        chosen = [(part.words.removeprefix("in the "), _choose(summary, replace(question, region=part)).found) for part in parts]
        return [(name, Tally(len(found), sum(item.area for item in found))) for name, found in chosen]
    sums = dict.fromkeys(CELLS, Tally())
    for item in summary.objects:
        if _wanted(question, item.class_name, item.direction) and _of_size(question, item):
            for cell in item.places:
                sums[cell] += Tally(1, item.area / len(item.places))
    return list(sums.items())


def _rank(summary: ChangeSummary, question: SceneQuestion) -> Answer:
    rows = _rows(summary, question)
    chosen = _choose(summary, replace(question, zone=None))
    noun = {"zones": "zone", "cells": "cell", "halves": "half", "quarters": "quarter"}[question.among]
    if not any(value.count or value.area for _, value in rows):
        return _make(chosen, noun, f"no {noun} holds {chosen.noun}s that {_verb(question)}.", ())
    measure = {name: value.area if question.by == "area" else value.count for name, value in rows}
    extreme = (min if question.least else max)(measure.values())
    first = [name for name, value in measure.items() if value == extreme]
    top = dict(rows)[first[0]]
    size = f"{objects(top.count, chosen.noun).text} {_verb(question)}"
    size += f", {'about ' if top.area else ''}{size_words(top.area, summary.metric)}" if top.area else ""
    degree = "least" if question.least else "most"
    by = "area" if question.by == "area" else "number"
    text = f"{listed(first)}: {size}{' each' if len(first) > 1 and question.by == 'count' else ''}, the {degree} by {by}."
    notes = [f"{len(first)} {plural(noun) if noun != 'half' else 'halves'} are level"] if len(first) > 1 else []
    if question.among == "cells":
        notes.append("cells are those of the 3x3 grid of the scene")
    elif question.among == "zones" and summary.zones is not None:
        notes += summary.zones.notes
    return _make(chosen, noun, text, first[0] if len(first) == 1 else tuple(first), *notes)


def _list(summary: ChangeSummary, question: SceneQuestion) -> Answer:
    rows = _rows(summary, question)
    chosen = _choose(summary, replace(question, zone=None))
    noun = question.among
    names = [name for name, value in rows if bool(value.count or value.area) != question.least]
    listing = [
        name if question.least else f"{name} ({objects(value.count, chosen.noun).text if value.count else 'part of one'})"
        for name, value in rows
        if name in names
    ]  # fmt: skip
    how = "without" if question.least else "with"
    text = f"{noun} {how} {chosen.noun}s that {_verb(question)}: {listed(listing) if listing else 'none'}."
    return _make(chosen, noun, text, tuple(names))
