"""Answers read from the list of changed objects: no model is asked, and nothing is guessed.

Two kinds of question come here. Questions that a model can answer too (`answer_task`: whether, how many, where, which way,
describe), in three cases: they are about a direction or a region ("how many new buildings in the top left"); the objects
were the better source on held-out places (config.json, "from_objects"); or the pair is larger than the language model can
see at once. And questions that only objects can answer (`answer_scene_question`: areas, lengths, the largest, zones,
halves), and all questions about a whole scene. Both take their confidence from `confidence.of_objects`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from chronosight.engines.confidence import is_confident, of_objects
from chronosight.results.answer import Answer, open_answer
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.changed_object import ChangedObject, Direction, Tally, tally
from chronosight.results.evidence import Evidence, MapsOnDisk
from chronosight.results.narrative import narrative
from chronosight.results.sentences import length, objects, summed_up
from chronosight.results.wording import size_words
from chronosight.results.zones import ZoneRow
from chronosight.tasks.caption import NO_CHANGE_SENTENCES
from chronosight.tasks.cells import CELLS, PLACES, join_cells, listed, places
from chronosight.tasks.direction import direction_of
from chronosight.tasks.question import Question, Value
from chronosight.tasks.scene_questions import ReadScene, SceneQuestion
from chronosight.tasks.scene_regions import grid_words, in_region

TURNED = "the scene's top is not north; name the part by top, bottom, left and right, or give --at"
NO_ZONES = "no zones are known; give their file with --zones"
UNIT_WORDS = {"m2": (1.0, "m²"), "ha": (1e4, "ha"), "km2": (1e6, "km²")}
_TASKS = {"whether": "binary"}


def select(
    objects_of: Sequence[ChangedObject], subject: str | None, direction: Direction | None = None, cells: tuple[str, ...] = ()
) -> list[ChangedObject]:
    """Objects of a subject ("buildings", "roads" or None for all), a direction (or both) and some cells (or all)."""
    return [
        item
        for item in objects_of
        if (subject is None or subject.rstrip("s") == item.class_name)
        and (direction is None or item.direction == direction)
        and (not cells or item.cell in cells)
    ]


def cells_of(found: Sequence[ChangedObject]) -> tuple[str, ...]:
    """Cells of the 3x3 grid that hold objects, in order of first appearance."""
    return tuple(dict.fromkeys(item.cell for item in found))


def answer_task(
    question: Question,
    evidence: Evidence | MapsOnDisk,
    changed: float,
    direction: Direction | None = None,
    cells: tuple[str, ...] = (),
) -> Answer:
    """Answers a change question (binary, count, location, direction, caption) as a short typed reply.

    Args:
        question: Its task and subject.
        evidence: The objects.
        changed: Probability in [0, 1] that anything changed: the ground for saying that nothing did.
        direction: Only objects that appeared, or that vanished; None for both.
        cells: Only objects in these cells; () for the whole scene.

    Returns:
        The answer, with the evidence.
    """
    found = select(evidence.objects, question.subject, direction, cells)
    confidence = of_objects(question.task, found, evidence.objects, changed)
    value: bool | int | str | tuple[str, ...]
    if question.task == "binary":
        value, text = bool(found), "Yes" if found else "No"
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
    return Answer(text, question.task, value, confidence, is_confident(confidence, {}), kept)


def counts_and_places(found: Sequence[ChangedObject]) -> str:
    """For example "3 buildings appeared at the top and on the left, and 1 road vanished in the center"."""
    parts = []
    for class_name in sorted({item.class_name for item in found}):
        for direction in ("appeared", "vanished"):
            chosen = [item for item in found if item.class_name == class_name and item.direction == direction]
            if chosen:
                where = places([item.cell for item in chosen])
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


def _answer(summary: ChangeSummary, question: SceneQuestion) -> Answer:
    if (question.among == "zones" or question.zone) and summary.zones is None and question.asks in ("rank", "list"):
        return _refused(NO_ZONES)
    if question.region is not None and question.region.compass and summary.north_up is False:
        return _refused(TURNED)
    if question.asks == "rank":
        return _rank(summary, question)
    if question.asks == "list":
        return _list(summary, question)
    chosen = _choose(summary, question)
    how: dict[str, Callable[[ChangeSummary, SceneQuestion, _Chosen], Answer]] = {
        "count": _count, "area": _area, "length": _length, "whether": _whether, "largest": _largest,
        "where": _where, "direction": _direction, "describe": _describe,
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
        and (region is None or in_region(region, item.cell, *_share(summary, item)))
    ]
    area = sum(item.area for item in found)
    notes: tuple[str, ...] = ()
    if row is not None:
        area = _of(row, question).area
        if row.covered < 0.995:
            notes = (f"{row.covered:.0%} of {row.name} lies in the scene",)
    elif region is not None and region.cells:
        notes = (f"{region.words} means, of the 3x3 grid: {grid_words(region.cells)}",)
    place = f" in {row.name}" if row is not None else f" {region.words}" if region is not None else ""
    noun = question.subject.rstrip("s") if question.subject else "object"
    confidence = of_objects(_TASKS.get(question.asks, question.asks), found, summary.objects, summary.changed)
    return _Chosen(found, area, noun, place, notes, confidence)


def _wanted(question: SceneQuestion, class_name: str, direction: str) -> bool:
    subject = question.subject is None or question.subject.rstrip("s") == class_name
    return subject and question.direction in (None, direction)


def _share(summary: ChangeSummary, item: ChangedObject) -> tuple[float, float]:
    return item.centroid[0] / summary.width, item.centroid[1] / summary.height


def _of(row: ZoneRow, question: SceneQuestion) -> Tally:
    return sum((value for key, value in row.tallies.items() if _wanted(question, *key)), Tally())


def _make(chosen: _Chosen, task: str, text: str, value: Value | None, *notes: str, unit: str | None = None) -> Answer:
    text = text[:1].upper() + text[1:]
    confident = is_confident(chosen.confidence, {})
    return Answer(text, task, value, chosen.confidence, confident, None, (*chosen.notes, *notes), unit)


def _verb(question: SceneQuestion) -> str:
    return question.direction or "changed"


def _parts(found: Sequence[ChangedObject], question: SceneQuestion) -> str:
    """ ": 12 buildings appeared, 3 vanished": what a sum is made of; "" for a sum of one kind."""
    kinds = tally(found)
    if len(kinds) < 2:
        return f": all {next(iter(kinds))[1]}" if len(kinds) == 1 and not question.direction and question.subject else ""
    if question.subject:
        return ": " + ", ".join(f"{value.count:,} {way}" for (_, way), value in kinds.items())
    return ": " + ", ".join(f"{objects(value.count, name).text} {way}" for (name, way), value in kinds.items())


def _count(summary: ChangeSummary, question: SceneQuestion, chosen: _Chosen) -> Answer:
    n = len(chosen.found)
    text = f"{objects(n, chosen.noun).text} {_verb(question)}{chosen.place}{_parts(chosen.found, question)}."
    return _make(chosen, "count", text, n)


def _area(summary: ChangeSummary, question: SceneQuestion, chosen: _Chosen) -> Answer:
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
    item = (min if question.least else max)(chosen.found, key=lambda one: one.area)
    at = "" if item.lonlat is None else f", at {item.lonlat[1]:.5f}°, {item.lonlat[0]:.5f}° (latitude, longitude)"
    word = "smallest" if question.least else "largest"
    text = (
        f"the {word} {chosen.noun} that {_verb(question)}{chosen.place} is object {item.number}: a {item.class_name} of about "
        f"{size_words(item.area, summary.metric)}, {PLACES[item.cell]}{at}."
    )
    return _make(replace(chosen, confidence=item.confidence), "largest", text, item.number)


def _rows(summary: ChangeSummary, question: SceneQuestion) -> list[tuple[str, Tally]]:
    """Zones or cells with the sum of what is asked about."""
    if question.among == "zones":
        assert summary.zones is not None
        return [(row.name, _of(row, question)) for row in summary.zones.rows]
    sums = dict.fromkeys(CELLS, Tally())
    for item in summary.objects:
        if _wanted(question, item.class_name, item.direction):
            sums[item.cell] += Tally(1, item.area)
    return list(sums.items())


def _rank(summary: ChangeSummary, question: SceneQuestion) -> Answer:
    rows = _rows(summary, question)
    chosen = _choose(summary, replace(question, zone=None))
    noun = "zone" if question.among == "zones" else "cell"
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
    notes = [f"{len(first)} {noun}s are level"] if len(first) > 1 else []
    if question.among == "cells":
        notes.append("cells are those of the 3x3 grid of the scene")
    elif summary.zones is not None:
        notes += summary.zones.notes
    return _make(chosen, noun, text, first[0] if len(first) == 1 else tuple(first), *notes)


def _list(summary: ChangeSummary, question: SceneQuestion) -> Answer:
    rows = _rows(summary, question)
    chosen = _choose(summary, replace(question, zone=None))
    noun = "zones" if question.among == "zones" else "cells"
    names = [name for name, value in rows if bool(value.count or value.area) != question.least]
    listing = [
        name if question.least else f"{name} ({objects(value.count, chosen.noun).text if value.count else 'part of one'})"
        for name, value in rows
        if name in names
    ]  # fmt: skip
    how = "without" if question.least else "with"
    text = f"{noun} {how} {chosen.noun}s that {_verb(question)}: {listed(listing) if listing else 'none'}."
    return _make(chosen, noun, text, tuple(names))
