"""Answers about a whole scene, read off its objects: no model is asked, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chronosight.reports.findings import Findings
from chronosight.reports.found import Found, Tally, tally
from chronosight.reports.narrative import story, window_fact
from chronosight.reports.sentences import length, objects
from chronosight.reports.summary import size_words
from chronosight.reports.zones import ZoneRow
from chronosight.results.answer import Answer
from chronosight.tasks.cells import CELLS, PLACES, listed, places
from chronosight.tasks.direction import direction_of
from chronosight.tasks.question import Value
from chronosight.tasks.scene_questions import SceneQuestion, read_scene_question
from chronosight.tasks.scene_regions import grid_words, in_region

SURE = 0.6  # as for the answers of the engines
TURNED = "the scene's top is not north; name the part by top, bottom, left and right, or give --at"
NO_ZONES = "no zones are known; give their file with --zones"
UNIT_WORDS = {"m2": (1.0, "m²"), "ha": (1e4, "ha"), "km2": (1e6, "km²")}


def answer_scene(findings: Findings, text: str) -> Answer:
    """A question in free wording. Task "open", without a value, where the objects cannot tell."""
    names = [row.name for row in findings.zones.rows] if findings.zones else []
    read = read_scene_question(text, names)
    if read.question is None:
        return Answer(read.note, "open", None, 0.0, False)
    answer = _answer(findings, read.question)
    return replace(answer, notes=(read.note, *answer.notes)) if read.note else answer


@dataclass(frozen=True)
class _Chosen:
    """The objects asked about, what they are called, and where they were asked for."""

    found: list[Found]
    area: float
    noun: str
    place: str
    notes: tuple[str, ...]
    confidence: float


def _answer(findings: Findings, question: SceneQuestion) -> Answer:
    if (question.among == "zones" or question.zone) and findings.zones is None and question.asks in ("rank", "list"):
        return _open(NO_ZONES)
    if question.region is not None and question.region.compass and findings.north_up is False:
        return _open(TURNED)
    if question.asks == "rank":
        return _rank(findings, question)
    if question.asks == "list":
        return _list(findings, question)
    chosen = _choose(findings, question)
    how = {"count": _count, "area": _area, "length": _length, "whether": _whether, "largest": _largest}
    how |= {"where": _where, "direction": _direction, "describe": _describe}
    return how[question.asks](findings, question, chosen)


def _open(reason: str) -> Answer:
    return Answer(f"That cannot be told: {reason}.", "open", None, 0.0, False)


def _choose(findings: Findings, question: SceneQuestion) -> _Chosen:
    row = next((row for row in findings.zones.rows if row.name == question.zone), None) if findings.zones else None
    numbers = None if row is None else set(row.numbers)
    region = question.region
    found = [
        item
        for item in findings.found
        if _wanted(question, item.class_name, item.direction)
        and (numbers is None or item.number in numbers)
        and (region is None or in_region(region, item.cell, *_share(findings, item)))
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
    return _Chosen(found, area, noun, place, notes, _confidence(findings, found))


def _wanted(question: SceneQuestion, class_name: str, direction: str) -> bool:
    subject = question.subject is None or question.subject.rstrip("s") == class_name
    return subject and question.direction in (None, direction)


def _share(findings: Findings, item: Found) -> tuple[float, float]:
    return item.position[0] / findings.width, item.position[1] / findings.height


def _of(row: ZoneRow, question: SceneQuestion) -> Tally:
    return sum((value for key, value in row.tallies.items() if _wanted(question, *key)), Tally())


def _confidence(findings: Findings, found: Sequence[Found]) -> float:
    """Mean over the objects counted; over all where none is; that nothing changed where there are none at all."""
    chosen = found or findings.found
    return sum(item.confidence for item in chosen) / len(chosen) if chosen else 1 - findings.changed


def _make(chosen: _Chosen, task: str, text: str, value: Value | None, *notes: str) -> Answer:
    text = text[:1].upper() + text[1:]
    return Answer(text, task, value, chosen.confidence, chosen.confidence >= SURE, None, (*chosen.notes, *notes))


def _verb(question: SceneQuestion) -> str:
    return question.direction or "changed"


def _parts(found: Sequence[Found], question: SceneQuestion) -> str:
    """ ": 12 buildings appeared, 3 vanished": what a sum is made of; "" for a sum of one kind."""
    kinds = tally(found)
    if len(kinds) < 2:
        return f": all {next(iter(kinds))[1]}" if len(kinds) == 1 and not question.direction and question.subject else ""
    if question.subject:
        return ": " + ", ".join(f"{value.count:,} {way}" for (_, way), value in kinds.items())
    return ": " + ", ".join(f"{objects(value.count, name).text} {way}" for (name, way), value in kinds.items())


def _count(findings: Findings, question: SceneQuestion, chosen: _Chosen) -> Answer:
    n = len(chosen.found)
    text = f"{objects(n, chosen.noun).text} {_verb(question)}{chosen.place}{_parts(chosen.found, question)}."
    return _make(chosen, "count", text, n)


def _area(findings: Findings, question: SceneQuestion, chosen: _Chosen) -> Answer:
    if not findings.metric:
        if question.unit:
            return _open("the ground size of a pixel is not known")
        note = "in pixels: the ground size of a pixel is not known"
        text = f"about {size_words(chosen.area, False)} of {chosen.noun}s {_verb(question)}{chosen.place}."
        return _make(chosen, "area", text, round(chosen.area), note)
    size = size_words(chosen.area, True)
    if question.unit:
        unit, sign = UNIT_WORDS[question.unit]
        size = f"{float(f'{chosen.area / unit:.3g}'):,g} {sign}"
    if chosen.area == 0:
        return _make(chosen, "area", f"no {chosen.noun}s {_verb(question)}{chosen.place}: 0 m².", 0)
    count = objects(len(chosen.found), chosen.noun).text
    what = f"{chosen.noun}s that {_verb(question)} cover about {size}{chosen.place} ({count})."
    return _make(chosen, "area", what, round(chosen.area), "the value is in square metres")


def _length(findings: Findings, question: SceneQuestion, chosen: _Chosen) -> Answer:
    if question.subject == "buildings":
        return _open("lengths are measured of roads only")
    roads = [item for item in chosen.found if item.class_name == "road"]
    if any(item.length is None for item in roads):
        return _open("the lengths of these roads were not measured")
    metres = sum(item.length or 0.0 for item in roads)
    if not roads:
        return _make(chosen, "length", f"no roads {_verb(question)}{chosen.place}: 0 m.", 0)
    text = (
        f"roads that {_verb(question)}{chosen.place} are {length(metres).text} long in all ({objects(len(roads), 'road').text})."
    )
    return _make(chosen, "length", text, round(metres), "the value is in metres")


def _whether(findings: Findings, question: SceneQuestion, chosen: _Chosen) -> Answer:
    n = len(chosen.found)
    if not n:
        return _make(chosen, "binary", f"no: no {chosen.noun}s {_verb(question)}{chosen.place}.", False)
    text = f"yes: {objects(n, chosen.noun).text} {_verb(question)}{chosen.place}{_parts(chosen.found, question)}."
    return _make(chosen, "binary", text, True)


def _where(findings: Findings, question: SceneQuestion, chosen: _Chosen) -> Answer:
    cells = tuple(cell for cell in CELLS if any(item.cell == cell for item in chosen.found))
    if not cells:
        return _make(chosen, "location", f"no {chosen.noun}s {_verb(question)}{chosen.place}.", ())
    text = f"{objects(len(chosen.found), chosen.noun).text} {_verb(question)} {places(cells)}."
    return _make(chosen, "location", text, cells)


def _direction(findings: Findings, question: SceneQuestion, chosen: _Chosen) -> Answer:
    appeared = sum(item.direction == "appeared" for item in chosen.found)
    gone = len(chosen.found) - appeared
    text = f"{objects(appeared, chosen.noun).text} appeared and {objects(gone, chosen.noun).text} vanished{chosen.place}."
    return _make(chosen, "direction", text, direction_of(appeared, gone))


def _describe(findings: Findings, question: SceneQuestion, chosen: _Chosen) -> Answer:
    if question.region is None and question.zone is None and question.subject is None and question.direction is None:
        text = " ".join(sentence.text for sentence in story(findings))
    else:
        text = window_fact(chosen.found, findings.metric).text
        text = f"{chosen.place.strip()}: {text}" if chosen.place else text
    return _make(chosen, "caption", text, text)


def _largest(findings: Findings, question: SceneQuestion, chosen: _Chosen) -> Answer:
    if not chosen.found:
        return _make(chosen, "largest", f"no {chosen.noun}s {_verb(question)}{chosen.place}.", None)
    item = (min if question.least else max)(chosen.found, key=lambda one: one.area)
    at = "" if item.lonlat is None else f", at {item.lonlat[1]:.5f}°, {item.lonlat[0]:.5f}° (latitude, longitude)"
    word = "smallest" if question.least else "largest"
    text = (
        f"the {word} {chosen.noun} that {_verb(question)}{chosen.place} is object {item.number}: a {item.class_name} of about "
        f"{size_words(item.area, findings.metric)}, {PLACES[item.cell]}{at}."
    )
    return _make(replace(chosen, confidence=item.confidence), "largest", text, item.number)


def _rows(findings: Findings, question: SceneQuestion) -> list[tuple[str, Tally]]:
    """Zones or cells with the sum of what is asked about."""
    if question.among == "zones":
        assert findings.zones is not None
        return [(row.name, _of(row, question)) for row in findings.zones.rows]
    sums = dict.fromkeys(CELLS, Tally())
    for item in findings.found:
        if _wanted(question, item.class_name, item.direction):
            sums[item.cell] += Tally(1, item.area)
    return list(sums.items())


def _rank(findings: Findings, question: SceneQuestion) -> Answer:
    rows = _rows(findings, question)
    chosen = _choose(findings, replace(question, zone=None))
    noun = "zone" if question.among == "zones" else "cell"
    if not any(value.count or value.area for _, value in rows):
        return _make(chosen, noun, f"no {noun} holds {chosen.noun}s that {_verb(question)}.", ())
    measure = {name: value.area if question.by == "area" else value.count for name, value in rows}
    extreme = (min if question.least else max)(measure.values())
    first = [name for name, value in measure.items() if value == extreme]
    top = dict(rows)[first[0]]
    size = f"{objects(top.count, chosen.noun).text} {_verb(question)}"
    size += f", {'about ' if top.area else ''}{size_words(top.area, findings.metric)}" if top.area else ""
    degree = "least" if question.least else "most"
    by = "area" if question.by == "area" else "number"
    text = f"{listed(first)}: {size}{' each' if len(first) > 1 and question.by == 'count' else ''}, the {degree} by {by}."
    notes = [f"{len(first)} {noun}s are level"] if len(first) > 1 else []
    if question.among == "cells":
        notes.append("cells are those of the 3x3 grid of the scene")
    elif findings.zones is not None:
        notes += findings.zones.notes
    return _make(chosen, noun, text, first[0] if len(first) == 1 else tuple(first), *notes)


def _list(findings: Findings, question: SceneQuestion) -> Answer:
    rows = _rows(findings, question)
    chosen = _choose(findings, replace(question, zone=None))
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
