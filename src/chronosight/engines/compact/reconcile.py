"""Words and map of a pair must not contradict each other in silence.

The rule, the same for `ask` and `describe`:

1. Whether anything changed is weighed from the language model, the guide, the outlines and the captioner
   (`confidence.weigh_sources`).
2. The answer is No with a confidence of EMPTIES or more: the map is emptied, and a note says how many outlines were left off.
3. It is No with less: the outlines stay as possible changes, and a note says so.
4. It is Yes while nothing is outlined: a note says that the map shows no place.

Counts and places follow from that, and so does whether any of some objects changed: none where nothing changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from chronosight.engines.compact.objects import without_objects
from chronosight.engines.confidence import EVEN, is_confident
from chronosight.engines.from_objects import select
from chronosight.engines.router import FOLLOWS
from chronosight.results.answer import Answer
from chronosight.results.evidence import Evidence
from chronosight.tasks.cells import NO_CHANGE
from chronosight.tasks.direction import direction_of
from chronosight.tasks.question import Question, Value

EMPTIES = 0.9  # one wrong No in ten may hide what the map had found
NOTHING: dict[str, tuple[bool | int | str | tuple[str, ...], str]] = {  # value and text where nothing changed
    "binary": (False, "No"),
    "count": (0, "0"),
    "location": ((), NO_CHANGE),
    "direction": ("none", "none"),
}


@dataclass(frozen=True)
class Reconciled:
    """changed: the answer to "has anything changed", with the evidence that goes with it. notes: for the user."""

    changed: Answer
    evidence: Evidence
    notes: tuple[str, ...]


def reconcile(yes: float, settings: Mapping[str, float], evidence: Evidence) -> Reconciled:
    """Makes words and map agree.

    Args:
        yes: Probability in [0, 1] that anything changed (`confidence.weigh_sources`).
        settings: Calibration "any_change", or "binary" where there is none.
        evidence: What the guide outlined.
    """
    changed = yes >= EVEN
    confidence = yes if changed else 1 - yes
    confident = is_confident(confidence, settings)
    n, notes = len(evidence.objects), []
    if not changed and n and confidence >= EMPTIES:
        evidence = without_objects(evidence)
        notes.append(f"{outlines(n)} left off the map: the answer is that nothing was built or removed")
    elif not changed and n:
        notes.append(f"the map shows {outlines(n)} as possible changes, although the answer is no: check them")
    elif changed and not n:
        notes.append("the map outlines no changed building or road: compare the images to see where it changed")
    text = "Yes" if changed else "No"
    return Reconciled(Answer(text, "binary", changed, confidence, confident, evidence), evidence, tuple(notes))


def agreeing(question: Question, answer: Answer, reconciled: Reconciled) -> Answer:
    """The answer to a question about a class as it may stand beside the answer to whether anything changed, and beside the map.

    Args:
        question: Of task binary, count, location or direction.
        answer: What the language model or the objects say.
        reconciled: Whether anything changed, and the map.

    Returns:
        The answer, with a note where the map differs; that there is nothing, where the answer is that nothing changed.
    """
    changed, evidence = reconciled.changed, reconciled.evidence
    if changed.value or not answer.value or answer.value == "none":
        note = outlined_otherwise(question, answer.value, evidence)
        confident = answer.confident and not (note and question.task in ("binary", "direction"))
        return replace(answer, evidence=evidence, notes=(note,) if note else answer.notes, confident=confident)
    value, text = NOTHING[question.task]
    return Answer(text, question.task, value, changed.confidence, False, evidence, (FOLLOWS,))


def outlined_otherwise(question: Question, value: Value | None, evidence: Evidence) -> str:
    """Compares an answer with the number of objects that the map outlines.

    Args:
        question: A question of task count, binary or direction.
        value: Value of the answer.
        evidence: The maps and objects.

    Returns:
        A note where they differ; "" else.
    """
    found = select(evidence.objects, question.subject)
    n = len(found)
    if question.task == "count" and isinstance(value, int) and value != n:
        return f"{question.subject or 'objects'}: {value} counted, {n} outlined on the map"
    if question.task == "binary" and isinstance(value, bool) and value != bool(n):
        return f"the map shows {outlines(n) if n else 'no outline'} of {question.subject or 'buildings or roads'}"
    if question.task == "direction" and isinstance(value, str):
        appeared = sum(item.direction == "appeared" for item in found)
        if value != direction_of(appeared, n - appeared):
            new, gone = outlines(appeared), outlines(n - appeared)
            return f"the map shows {new} of new and {gone} of vanished {question.subject or 'buildings or roads'}"
    return ""


def outlines(n: int) -> str:
    """A number of outlines in words.

    Args:
        n: The number.

    Returns:
        Such as "1 outline" or "2 outlines".
    """
    return f"{n} outline{'s' * (n != 1)}"
