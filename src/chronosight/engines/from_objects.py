"""Answers to a model's tasks, read from the list of changed objects: no model is asked, and nothing is guessed.

Whether, how many, where, which way, describe, in three cases: the question is about a direction or a region ("how many new
buildings in the top left"); the objects were the better source on held-out places (config.json, "from_objects"); or the pair
is larger than the language model can see at once. Questions that only objects can answer are in `scene_answers`. Both take
their confidence from the same place: of counts and places, that the answer is exactly right (`confidence.of_exact_answer`);
of all others that of the objects (`confidence.of_objects`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from chronosight.engines.confidence import (
    count_interval,
    exact_answer_sources,
    is_confident,
    of_exact_answer,
    of_objects,
    whether,
)
from chronosight.results.answer import Answer
from chronosight.results.changed_object import ChangedObject, Direction
from chronosight.results.evidence import Evidence, MapsOnDisk
from chronosight.tasks.caption import NO_CHANGE_SENTENCES
from chronosight.tasks.cells import join_cells, places
from chronosight.tasks.direction import direction_of
from chronosight.tasks.question import Question

CANNOT_TELL = "Cannot tell"
Exact = Mapping[str, Mapping[str, float]]  # settings of `confidence.of_exact_answer` by task, "count" and "location"


def select(
    objects_of: Sequence[ChangedObject], subject: str | None, direction: Direction | None = None, cells: tuple[str, ...] = ()
) -> list[ChangedObject]:
    """Selects objects.

    Args:
        objects_of: The changed objects.
        subject: "buildings", "roads" or None for all.
        direction: "appeared", "vanished" or None for both.
        cells: Cells of the 3x3 grid, one of which an object must lie in; () for all.

    Returns:
        The objects, in their order.
    """
    return [
        item
        for item in objects_of
        if (subject is None or subject.rstrip("s") == item.class_name)
        and (direction is None or item.direction == direction)
        and (not cells or not set(cells).isdisjoint(item.places))
    ]


def cells_of(found: Sequence[ChangedObject]) -> tuple[str, ...]:
    """Cells of the 3x3 grid that hold objects.

    Args:
        found: The objects.

    Returns:
        The cells, in order of first appearance.
    """
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
    confidence, confident, interval = answer_confidence(question.task, found, evidence.objects, changed, exact)
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
    notes = (undecided(found),) if value is None else ()
    return Answer(text, question.task, value, confidence, confident and value is not None, kept, notes, None, interval=interval)


def answer_confidence(
    task: str, found: Sequence[ChangedObject], every: Sequence[ChangedObject], changed: float, exact: Exact
) -> tuple[float, bool, tuple[int, int] | None]:
    """Confidence of an answer read from objects.

    Args:
        task: The task.
        found: The objects asked about.
        every: All objects of the pair.
        changed: Probability in [0, 1] that anything changed.
        exact: Calibration by task.

    Returns:
        The confidence in [0, 1], whether the answer is confident, and for a count its interval, where calibrated.
    """
    settings = exact.get(task, {})
    if not settings:
        confidence = of_objects(task, found, every, changed)
        return confidence, is_confident(confidence, {}), None
    number = exact_answer_sources(task, found, changed)
    confidence = of_exact_answer(*number, settings)
    interval = count_interval(len(found), confidence, settings) if task == "count" else None
    return confidence, is_confident(confidence, settings), interval


def beside_undecided(answer: Answer, whether_any: Answer) -> Answer:
    """A number or places of nothing, as they may stand beside "cannot tell" to whether anything changed.

    Args:
        answer: Of task count or location.
        whether_any: The answer to whether anything changed.

    Returns:
        The answer; that there is nothing is no surer than that nothing changed.
    """
    if whether_any.value is not None or answer.value:
        return answer
    return replace(answer, confidence=min(answer.confidence, whether_any.confidence), confident=False)


def undecided(found: Sequence[ChangedObject]) -> str:
    """Why neither yes nor no can be said: what is outlined and the probability of a change disagree.

    Args:
        found: The objects asked about.

    Returns:
        The reason, as part of a sentence.
    """
    if not found:
        return "nothing is outlined, but the model holds a change for more likely than not"
    n = len(found)
    return f"{n} possible change{'s' * (n != 1)} outlined, {'none of them' if n > 1 else 'which is not'} more likely than not"


def counts_and_places(found: Sequence[ChangedObject]) -> str:
    """Counts and places of objects in words.

    Args:
        found: The objects.

    Returns:
        Such as "3 buildings appeared at the top and on the left, and 1 road vanished in the center".
    """
    parts = []
    for class_name in sorted({item.class_name for item in found}):
        for direction in ("appeared", "vanished"):
            chosen = [item for item in found if item.class_name == class_name and item.direction == direction]
            if chosen:
                where = places(cells_of(chosen))
                parts.append(f"{len(chosen)} {class_name}{'s' * (len(chosen) != 1)} {direction} {where}")
    return ", and ".join(parts) or NO_CHANGE_SENTENCES[0]
