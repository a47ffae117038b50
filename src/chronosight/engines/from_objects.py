"""Answers read off the list of changed objects, without the language model.

For questions about a direction or a region ("how many new buildings in the top left"), for tasks in which the objects
were the better source on held-out places (config.json, "from_objects"), and for scenes larger than the language model can
see in one look: objects are found at full resolution, so counts and places hold for any size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import log1p, prod

from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.confidence import calibrate, is_confident, log_odds, sigmoid
from chronosight.results.answer import Answer
from chronosight.results.changed_object import ChangedObject, Direction
from chronosight.results.description import Evidence
from chronosight.tasks.caption import NO_CHANGE_SENTENCES
from chronosight.tasks.cells import join_cells, places
from chronosight.tasks.direction import direction_of
from chronosight.tasks.question import Question


def select(
    evidence: Evidence, subject: str | None, direction: Direction | None = None, cells: tuple[str, ...] = ()
) -> list[ChangedObject]:
    """Objects of a subject ("buildings", "roads" or None for all), a direction (or both) and some cells (or all)."""
    return [
        item
        for item in evidence.objects
        if (subject is None or subject.rstrip("s") == item.class_name)
        and (direction is None or item.direction == direction)
        and (not cells or item.cell in cells)
    ]


def answer_from_objects(
    question: Question,
    evidence: Evidence,
    changed: float,
    direction: Direction | None = None,
    cells: tuple[str, ...] = (),
) -> Answer:
    """A change question (binary, count, location, direction, caption) -> its answer.

    changed: probability in [0, 1] that anything changed, the ground for saying that nothing did.
    """
    found = select(evidence, question.subject, direction, cells)
    confidence = _mean_confidence(found) if found else 1 - changed
    if not found and evidence.objects:  # something changed, but not here: the map is as sure of that as of the rest
        confidence = _mean_confidence(list(evidence.objects))
    appeared = sum(item.direction == "appeared" for item in found)
    where = tuple(dict.fromkeys(item.cell for item in found))
    value: bool | int | str | tuple[str, ...]
    if question.task == "binary":
        value, text = bool(found), "Yes" if found else "No"
        confidence = max((item.confidence for item in found), default=confidence)
    elif question.task == "count":
        value = len(found)
        text = str(value)
    elif question.task == "location":
        value, text = where, join_cells(where)
    elif question.task == "direction":
        value = text = direction_of(appeared, len(found) - appeared)
    else:
        value = text = sentence(found)
    return Answer(text, question.task, value, confidence, is_confident(confidence, {}), evidence)


def read_off(bundle: Bundle, question: Question, evidence: Evidence, changed: float) -> Answer:
    """`answer_from_objects` for a count or location question, its confidence calibrated as that of the exact answer."""
    answer = answer_from_objects(question, evidence, changed)
    settings = bundle.calibration(f"{question.task}_objects")
    confidence = weigh(*reasons(question, evidence, changed), settings)
    return replace(answer, confidence=confidence, confident=is_confident(confidence, settings))


def reasons(question: Question, evidence: Evidence, changed: float) -> tuple[float, int]:
    """What the confidence of a count or location answer rests on: (raw, number).

    raw, in [0, 1]: the product over the counted objects, or over the named cells of each one's surest object; where there
    is none, the probability that nothing changed. number: of objects or of cells. The more there are, the likelier is
    one too many, one missed or two taken for one.
    """
    found = select(evidence, question.subject)
    if not found:
        return 1 - changed, 0
    if question.task == "count":
        return prod(item.confidence for item in found), len(found)
    surest: dict[str, float] = {}
    for item in found:
        surest[item.cell] = max(surest.get(item.cell, 0.0), item.confidence)
    return prod(surest.values()), len(surest)


def weigh(raw: float, number: int, settings: Mapping[str, float]) -> float:
    """Probability in [0, 1] that the answer is exactly right; raw as it is without settings.

    sigmoid(a * logit(raw) + number * log(1 + n) + b) where something is outlined, sigmoid(none * logit(raw) + b_none) where
    nothing is. settings: calibration of "count_objects" or "location_objects" (`chronosight calibrate`).
    """
    if "number" not in settings:
        return calibrate(raw, settings)
    z = log_odds(raw)
    if number == 0:
        return sigmoid(settings["none"] * z + settings["b_none"])
    return sigmoid(settings["a"] * z + settings["number"] * log1p(number) + settings["b"])


def sentence(objects: list[ChangedObject]) -> str:
    """For example "3 buildings appeared at the top and on the left, and 1 road vanished in the center"."""
    parts = []
    for class_name in sorted({item.class_name for item in objects}):
        for direction in ("appeared", "vanished"):
            chosen = [item for item in objects if item.class_name == class_name and item.direction == direction]
            if chosen:
                where = places([item.cell for item in chosen])
                parts.append(f"{len(chosen)} {class_name}{'s' * (len(chosen) != 1)} {direction} {where}")
    return ", and ".join(parts) or NO_CHANGE_SENTENCES[0]


def _mean_confidence(objects: list[ChangedObject]) -> float:
    return sum(item.confidence for item in objects) / len(objects)
