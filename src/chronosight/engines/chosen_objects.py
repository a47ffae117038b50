"""The objects that a question is about, chosen by class, direction, region, zone and size, and an answer made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chronosight.engines.confidence import (
    EVEN,
    is_confident,
)
from chronosight.engines.from_objects import answer_confidence
from chronosight.results.answer import Answer, open_answer
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.changed_object import ChangedObject, Tally
from chronosight.results.wording import length_words, size_words
from chronosight.results.zones import ZoneRow
from chronosight.tasks.cells import CELLS
from chronosight.tasks.question import SceneQuestion, Value, by_length
from chronosight.tasks.scene_regions import grid_words, in_region

TURNED = "the scene's top is not north; name the part by top, bottom, left and right, or give --at"
NO_GROUND = "the ground size of a pixel is not known"
NO_ZONES = "no zones are known; give their file with --zones"
_TASKS = {"whether": "binary", "where": "location", "number_is": "count"}


@dataclass(frozen=True)
class Chosen:
    """The objects asked about; in words: what they are called, their size (" of at least 50 m²"), and where (" in East")."""

    found: list[ChangedObject]
    area: float
    noun: str
    size: str
    place: str
    notes: tuple[str, ...]
    confidence: float
    confident: bool = False
    interval: tuple[int, int] | None = None


def choose(summary: ChangeSummary, question: SceneQuestion) -> Chosen:
    """Chooses the objects that a question is about.

    Args:
        summary: The objects, and zones where there are some.
        question: Class, direction, region, zone and limits of size in square metres.

    Returns:
        The objects with their area (square metres; pixels where the ground size is unknown), and the confidence of an answer read
        from them.
    """
    row = next((row for row in summary.zones.rows if row.name == question.zone), None) if summary.zones else None
    numbers = None if row is None else set(row.numbers)
    region = question.region
    found = [
        item
        for item in summary.objects
        if is_wanted(question, item.class_name, item.direction)
        and (numbers is None or item.number in numbers)
        and (region is None or any(in_region(region, cell, *_position(summary, item)) for cell in item.places))
        and of_size(question, item)
    ]
    area = sum(item.area for item in found)
    notes: tuple[str, ...] = ()
    if row is not None:
        area = area if size_phrase(question) else zone_tally(row, question).area
        if row.covered < 0.995:
            notes = (f"{row.covered:.0%} of {row.name} lies in the scene",)
    elif region is not None and region.cells:
        notes = (f"{region.words} means, of the 3x3 grid: {grid_words(region.cells)}",)
    place = f" in {row.name}" if row is not None else f" {region.words}" if region is not None else ""
    noun = question.subject.rstrip("s") if question.subject else "object"
    task = _TASKS.get(question.asks, question.asks)
    changed = summary.changed
    if summary.exact.get(task) and summary.guide_changed is not None:
        changed = summary.guide_changed  # as in the fit of exact counts and places
    confidence, confident, interval = answer_confidence(task, found, summary.objects, changed, summary.exact)
    return Chosen(found, area, noun, size_phrase(question), place, notes, confidence, confident, interval)


def is_wanted(question: SceneQuestion, class_name: str, direction: str) -> bool:
    """Whether objects of a class and a direction are asked about.

    Args:
        question: What is asked of the objects.
        class_name: "building" or "road".
        direction: "appeared" or "vanished".

    Returns:
        True where they are.
    """
    subject = question.subject is None or question.subject.rstrip("s") == class_name
    return subject and question.direction in (None, direction)


def extent(question: SceneQuestion, item: ChangedObject) -> float:
    """By what objects are ranked in a question for the largest or the longest.

    Args:
        question: What is asked of the objects.
        item: One of them.

    Returns:
        Its length in metres or its area.
    """
    return (item.length_m or 0.0) if question.by == "length" else item.area


def unmeasured(question: SceneQuestion, objects: Sequence[ChangedObject]) -> str:
    """Why the lengths of objects cannot be given; "" where they can, or none are asked for.

    Args:
        question: What is asked of the objects.
        objects: The objects that it is about.

    Returns:
        The reason, as the end of a sentence.
    """
    missing = by_length(question) and any(item.class_name == "road" and item.length_m is None for item in objects)
    return "the lengths of these roads were not measured" if missing else ""


def of_size(question: SceneQuestion, item: ChangedObject) -> bool:
    """Whether an object is within the sizes that the question gives.

    Args:
        question: What is asked of the objects; its limits are in square metres and metres.
        item: The object.

    Returns:
        True where it is, or the question gives no size.
    """
    smallest, largest = question.min_area, question.max_area
    if not ((smallest is None or item.area >= smallest) and (largest is None or item.area <= largest)):
        return False
    shortest, longest, metres = question.min_length, question.max_length, item.length_m
    if shortest is None and longest is None:
        return True
    return metres is not None and (shortest is None or metres >= shortest) and (longest is None or metres <= longest)


def size_phrase(question: SceneQuestion) -> str:
    """The sizes that the question gives, in words.

    Args:
        question: What is asked of the objects.

    Returns:
        Such as " of at least 200 m²" or " at least 100 m long"; "" where it gives no size.
    """
    lengths = (("at least", question.min_length), ("at most", question.max_length))
    long = " and ".join(f"{words} {length_words(limit)}" for words, limit in lengths if limit is not None)
    limits = (("at least", question.min_area), ("at most", question.max_area))
    phrases = [f"{words} {size_words(limit, True)}" for words, limit in limits if limit is not None]
    areas = f" of {' and '.join(phrases)}" if phrases else ""
    return f"{areas}{' and' if areas and long else ''}{f' {long} long' if long else ''}"


def ground_of(summary: ChangeSummary, question: SceneQuestion) -> float | None:
    """The ground that a question is about.

    Args:
        summary: The whole scene.
        question: Its zone or region.

    Returns:
        Square metres; None where the ground size of a pixel is unknown.
    """
    row = next((row for row in summary.zones.rows if row.name == question.zone), None) if summary.zones else None
    if row is not None:
        return row.ground * row.covered
    if summary.ground is None or question.region is None:
        return summary.ground
    left, top, right, bottom = question.region.box
    share = len(question.region.cells) / len(CELLS) if question.region.cells else (right - left) * (bottom - top)
    return summary.ground * share


def shared_ground(summary: ChangeSummary, question: SceneQuestion) -> float | None:
    """The ground that a share is of, in the unit of the areas of objects: a share needs no metres.

    Args:
        summary: The whole scene.
        question: Its zone or region.

    Returns:
        Square metres, or pixels where the ground size of a pixel is unknown; None where that of a zone is not known.
    """
    if summary.metric:
        return ground_of(summary, question)
    return None if question.zone else ground_of(replace(summary, ground=float(summary.width * summary.height)), question)


def _position(summary: ChangeSummary, item: ChangedObject) -> tuple[float, float]:
    return item.centroid[0] / summary.width, item.centroid[1] / summary.height


def zone_tally(row: ZoneRow, question: SceneQuestion) -> Tally:
    """Number and area of the objects asked about, in one zone.

    Args:
        row: The zone, with its sums.
        question: What is asked of the objects.

    Returns:
        The sum, its area in square metres.
    """
    return sum((value for key, value in row.tallies.items() if is_wanted(question, *key)), Tally())


def make_answer(chosen: Chosen, task: str, text: str, value: Value | None, *notes: str, unit: str | None = None) -> Answer:
    """Makes an answer about chosen objects.

    Args:
        chosen: The objects.
        task: Of the answer.
        text: The sentence; its first letter becomes a capital.
        value: The typed value; None makes the answer not confident.
        *notes: Added to those of the choice.
        unit: Of the value, such as "m2"; None for a plain number or a word.

    Returns:
        The answer.
    """
    text = text[:1].upper() + text[1:]
    exact = task in ("count", "location") and unit is None
    confident = chosen.confident if exact else is_confident(chosen.confidence, {})
    interval = chosen.interval if task == "count" and unit is None else None
    confident = confident and value is not None
    return Answer(text, task, value, chosen.confidence, confident, None, (*chosen.notes, *notes), unit, interval=interval)


def doubtful(amount: float, chosen: Chosen) -> float:
    """How much of a sum over objects may not be there: the share that their mean confidence leaves.

    Args:
        amount: The sum.
        chosen: The objects.

    Returns:
        The part of the sum.
    """
    return (1 - min(chosen.confidence, 1.0)) * amount


def unsure_if(close: bool, chosen: Chosen) -> Chosen:
    """The objects for an answer that is as likely as not where their doubtful part could reverse it.

    Args:
        close: Whether it could.
        chosen: The objects.

    Returns:
        The objects with the confidence of the answer.
    """
    return replace(chosen, confidence=min(EVEN, chosen.confidence)) if close else chosen


def refused(reason: str) -> Answer:
    """An answer of task "open" that says why there is none.

    Args:
        reason: The reason, as the end of a sentence and without a full stop.

    Returns:
        The answer, without a value.
    """
    return open_answer(f"This cannot be answered: {reason}.")


def verb(question: SceneQuestion) -> str:
    """What the objects did.

    Args:
        question: What is asked of the objects.

    Returns:
        "appeared", "vanished" or "changed".
    """
    return question.direction or "changed"
