"""Answers to questions that only objects can answer: counts, areas, lengths, places and the largest, of a scene of any size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from chronosight.engines.chosen_objects import (
    NO_GROUND,
    NO_ZONES,
    TURNED,
    Chosen,
    choose,
    extent,
    ground_of,
    is_wanted,
    make_answer,
    refused,
    unmeasured,
    verb,
)
from chronosight.engines.confidence import (
    whether,
)
from chronosight.engines.from_objects import CANNOT_TELL, cells_of, undecided
from chronosight.engines.land_cover_answers import answer_cover_question, came_or_went
from chronosight.engines.scene_parts import compare, list_parts, rank, share
from chronosight.engines.yes_no_answers import area_is, grown, largest_in, length_is, lie_in, number_is
from chronosight.figures import figures
from chronosight.results.answer import Answer, open_answer, opposite
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.changed_object import ChangedObject, tally
from chronosight.results.narrative import narrative
from chronosight.results.sentences import length, objects, summed_up
from chronosight.results.wording import about, length_words, size_words
from chronosight.tasks.cells import listed, places
from chronosight.tasks.direction import direction_of
from chronosight.tasks.question import SceneQuestion, by_length, superlative
from chronosight.tasks.scene_reading import ReadScene

IN_PIXELS = f"in pixels: {NO_GROUND}"
UNIT_WORDS = {"m2": (1.0, "m²"), "ha": (1e4, "ha"), "km2": (1e6, "km²")}


def answer_scene_question(summary: ChangeSummary, read: ReadScene) -> Answer:
    """Answers a question about a scene as a sentence.

    Args:
        summary: The objects, and zones where there are some.
        read: The question, as `tasks.scene_questions.read_scene_question` read it.

    Returns:
        The answer; task "open", without a value, where the objects cannot tell.
    """
    if read.without_cover is not None and summary.land_cover is None:
        read = read.without_cover
    if read.question is None:
        return open_answer(read.note)
    answer = _answer(summary, read.question)
    return replace(answer, notes=(read.note, *answer.notes)) if read.note else answer


def _answer(summary: ChangeSummary, question: SceneQuestion) -> Answer:
    if question.asks == "land_cover":
        return answer_cover_question(summary, question)
    if (question.among == "zones" or question.zone) and summary.zones is None and question.asks in ("rank", "list"):
        return refused(NO_ZONES)
    regions = [question.region, *question.regions]
    if any(region is not None and region.compass for region in regions) and summary.north_up is False:
        return refused(TURNED)
    if not summary.metric and (question.min_area is not None or question.max_area is not None or question.per):
        return refused(NO_GROUND)
    if by_length(question):
        every = [item for item in summary.objects if is_wanted(replace(question, subject="roads"), *item.key)]
        if reason := unmeasured(question, every):
            return refused(reason if summary.metric else NO_GROUND)
    if question.asks == "compare":
        return compare(summary, question)
    if question.asks == "rank":
        return rank(summary, question)
    if question.asks == "list":
        return list_parts(summary, question)
    chosen = choose(summary, question)
    how: dict[str, Callable[[ChangeSummary, SceneQuestion, Chosen], Answer]] = {
        "count": _count, "area": _area, "length": _length, "whether": _whether, "largest": _largest,
        "where": _where, "direction": _direction, "describe": _describe, "share": share, "number_is": number_is,
        "area_is": area_is, "length_is": length_is, "grown": grown, "largest_in": largest_in, "lie_in": lie_in,
    }  # fmt: skip
    answer = how[question.asks](summary, question, chosen)
    return opposite(answer) if question.negated else answer


def _parts(found: Sequence[ChangedObject], question: SceneQuestion) -> str:
    """Such as ": 12 buildings appeared, 3 vanished": what a sum is made of; "" for a sum of one kind."""
    kinds = tally(found)
    if len(kinds) < 2:
        if len(kinds) != 1 or question.direction or not question.subject:
            return ""
        return f": {'it' if len(found) == 1 else 'all'} {next(iter(kinds))[1]}"
    if question.subject:
        return ": " + ", ".join(f"{value.count:,} {way}" for (_, way), value in kinds.items())
    return ": " + ", ".join(f"{objects(value.count, name).text} {way}" for (name, way), value in kinds.items())


def _count(summary: ChangeSummary, question: SceneQuestion, chosen: Chosen) -> Answer:
    n = len(chosen.found)
    if question.per:
        return _per_ground(summary, question, chosen, "count", float(n), objects(n, chosen.noun).text)
    text = f"{objects(n, chosen.noun).text}{chosen.size} {verb(question)}{chosen.place}{_parts(chosen.found, question)}."
    return make_answer(chosen, "count", text, n)


def _per_ground(summary: ChangeSummary, question: SceneQuestion, chosen: Chosen, task: str, amount: float, words: str) -> Answer:
    """A number or an area, divided by the ground that is asked about."""
    ground = ground_of(summary, question)
    if not ground:
        return refused(NO_GROUND)
    size, sign = UNIT_WORDS[question.per]
    value = float(f"{amount * size / ground:.3g}")
    unit = f"per {sign}" if task == "count" else f"m² per {sign}"
    text = f"{figures(value)} {unit}: {words} {verb(question)}{chosen.place}, on {figures(ground / size)} {sign} of ground."
    return make_answer(chosen, task, text, value, unit=f"1/{question.per}" if task == "count" else f"m2/{question.per}")


def _area(summary: ChangeSummary, question: SceneQuestion, chosen: Chosen) -> Answer:
    if question.per:
        words = f"{about(size_words(chosen.area, True))} of {chosen.noun}s{chosen.size}"
        return _per_ground(summary, question, chosen, "area", chosen.area, words)
    if not summary.metric:
        if question.unit:
            return refused(NO_GROUND)
        text = f"{about(size_words(chosen.area, False))} of {chosen.noun}s{chosen.size} {verb(question)}{chosen.place}."
        return make_answer(chosen, "area", text, round(chosen.area), IN_PIXELS, unit="px")
    size = _size(chosen.area, summary, question)
    if chosen.area == 0:
        return make_answer(chosen, "area", f"no {chosen.noun}s{chosen.size} {verb(question)}{chosen.place}: 0 m².", 0, unit="m2")
    count = objects(len(chosen.found), chosen.noun).text
    what = f"{chosen.noun}s{chosen.size} that {verb(question)} cover {about(size)}{chosen.place} ({count})."
    return make_answer(chosen, "area", what, round(chosen.area), unit="m2")


def _length(summary: ChangeSummary, question: SceneQuestion, chosen: Chosen) -> Answer:
    roads = chosen.found
    metres = sum(item.length_m or 0.0 for item in roads)
    if not roads:
        return make_answer(chosen, "length", f"no roads{chosen.size} {verb(question)}{chosen.place}: 0 m.", 0, unit="m")
    shown = f"about {length_words(metres, question.unit)}"
    count = objects(len(roads), "road").text
    text = f"roads{chosen.size} that {verb(question)}{chosen.place} are {shown} long in all ({count})."
    return make_answer(chosen, "length", text, round(metres), unit="m")


def _whether(summary: ChangeSummary, question: SceneQuestion, chosen: Chosen) -> Answer:
    n = len(chosen.found)
    value, confidence = whether(chosen.found, summary.objects, summary.changed)
    if value is None:
        text = f"{CANNOT_TELL}: {undecided(chosen.found)}{chosen.place}."
        return make_answer(replace(chosen, confidence=confidence), "binary", text, None)
    if not n:
        return make_answer(chosen, "binary", f"no: no {chosen.noun}s{chosen.size} {verb(question)}{chosen.place}.", False)
    text = f"yes: {objects(n, chosen.noun).text}{chosen.size} {verb(question)}{chosen.place}{_parts(chosen.found, question)}."
    return make_answer(chosen, "binary", text, True)


def _where(summary: ChangeSummary, question: SceneQuestion, chosen: Chosen) -> Answer:
    cells = cells_of(chosen.found)
    if not cells:
        return make_answer(chosen, "location", f"no {chosen.noun}s{chosen.size} {verb(question)}{chosen.place}.", ())
    text = f"{objects(len(chosen.found), chosen.noun).text}{chosen.size} {verb(question)} {places(cells)}."
    return make_answer(chosen, "location", text, cells)


def _direction(summary: ChangeSummary, question: SceneQuestion, chosen: Chosen) -> Answer:
    appeared = sum(item.direction == "appeared" for item in chosen.found)
    gone = len(chosen.found) - appeared
    text = f"{objects(appeared, chosen.noun).text} appeared and {objects(gone, chosen.noun).text} vanished{chosen.place}."
    return make_answer(chosen, "direction", text, direction_of(appeared, gone))


def _describe(summary: ChangeSummary, question: SceneQuestion, chosen: Chosen) -> Answer:
    if question.region is None and question.zone is None and question.subject is None and question.direction is None:
        text = " ".join(sentence.text for sentence in narrative(summary))
    else:
        text = summed_up(chosen.found, summary.metric).text
        if not chosen.found and question.direction:
            text = f"no {chosen.noun}s {question.direction}."
        if question.subject is None and question.direction:
            text = " ".join((text, *came_or_went(summary, question)))
        text = f"{chosen.place.strip()}: {text}" if chosen.place else text[:1].upper() + text[1:]
    return make_answer(chosen, "caption", text, text)


def _largest(summary: ChangeSummary, question: SceneQuestion, chosen: Chosen) -> Answer:
    if not chosen.found:
        return make_answer(chosen, "largest", f"no {chosen.noun}s{chosen.size} {verb(question)}{chosen.place}.", None)
    if question.unit and not summary.metric:
        return refused(NO_GROUND)
    if question.top > 1:
        return _several(summary, question, chosen)
    item = (min if question.least else max)(chosen.found, key=lambda one: extent(question, one))
    at = "" if item.lonlat is None else f", at {item.lonlat[1]:.5f}°, {item.lonlat[0]:.5f}° (latitude, longitude)"
    size = f"of about {_size(item.area, summary, question)}"
    if question.by == "length":
        size = f"{length(extent(question, item)).text} long"
    text = (
        f"the {superlative(question)} {chosen.noun}{chosen.size} that {verb(question)}{chosen.place} is object {item.number}: "
        f"a {item.class_name} {size}, {places(item.places)}{at}."
    )
    chosen = replace(chosen, confidence=item.confidence)
    if question.sized:
        return _sized(summary, question, chosen, text, extent(question, item))
    return make_answer(chosen, "largest", text, item.number)


def _several(summary: ChangeSummary, question: SceneQuestion, chosen: Chosen) -> Answer:
    """The few largest or smallest objects, each with its number, size and place."""
    order = sorted(chosen.found, key=lambda one: extent(question, one), reverse=not question.least)[: question.top]
    total = sum(extent(question, item) for item in order)
    by_length = question.by == "length"
    sizes = [length(extent(question, item)).text if by_length else _size(item.area, summary, question) for item in order]
    each = [f"object {item.number} ({size}, {places(item.places)})" for item, size in zip(order, sizes, strict=True)]
    head = f"the {len(order)} {superlative(question)} {chosen.noun}s{chosen.size} that {verb(question)}{chosen.place}"
    if len(order) == 1:
        head = f"the only {chosen.noun}{chosen.size} that {verb(question)}{chosen.place}"
    whole = length(total).text if by_length else f"about {_size(total, summary, question)}"
    text = f"{head}: {listed(each)}; {whole} in all."
    chosen = replace(chosen, confidence=sum(item.confidence for item in order) / len(order))
    if question.sized:
        return _sized(summary, question, chosen, text, total)
    return make_answer(chosen, "largest", text, tuple(str(item.number) for item in order))


def _sized(summary: ChangeSummary, question: SceneQuestion, chosen: Chosen, text: str, area: float) -> Answer:
    """The length of the longest objects, or the area of the largest, in pixels where the ground size is unknown."""
    if question.by == "length":
        return make_answer(chosen, "length", text, round(area), unit="m")
    if summary.metric:
        return make_answer(chosen, "area", text, round(area), unit="m2")
    return make_answer(chosen, "area", text, round(area), IN_PIXELS, unit="px")


def _size(area: float, summary: ChangeSummary, question: SceneQuestion) -> str:
    """An area in the unit that the question names, or in one that suits it."""
    if not question.unit:
        return size_words(area, summary.metric)
    unit, sign = UNIT_WORDS[question.unit]
    return f"{figures(area / unit)} {sign}"
