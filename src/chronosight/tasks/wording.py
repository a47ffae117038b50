"""What holds for every task: its wordings, and how its values are written and read."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Protocol

from chronosight.tasks import (
    binary,
    caption,
    comparison,
    count,
    direction,
    event,
    location,
    object_count,
    presence,
    rural_urban,
    scene_class,
)
from chronosight.tasks.nouns import singular, with_article
from chronosight.tasks.question import Question, Task, Value

TASKS: dict[Task, ModuleType] = {
    "caption": caption,
    "binary": binary,
    "count": count,
    "location": location,
    "direction": direction,
    "scene_class": scene_class,
    "presence": presence,
    "object_count": object_count,
    "comparison": comparison,
    "rural_urban": rural_urban,
    "event": event,
}


class Random(Protocol):
    """A random.Random or a numpy.random.Generator."""

    def random(self) -> Any:
        """A number in [0, 1)."""
        ...


def wordings(question: Question) -> tuple[str, ...]:
    """Every wording of a question with its subjects filled in, the canonical one first.

    Args:
        question: The question.

    Returns:
        The wordings, the canonical one first.
    """
    templates = caption.wordings(question) if question.task == "caption" else TASKS[question.task].WORDINGS
    change = question.task in ("binary", "count", "location", "direction")
    subject = question.subject or (binary.ANY if change else "")
    words = {"subject": subject, "other": question.other or "", "one": with_article(singular(subject))}
    return tuple(template.format(**words) for template in templates)


def vary(question: Question, rng: Random) -> Question:
    """Words a question otherwise: the canonical wording half of the time, else any of the others alike.

    Args:
        question: The question.
        rng: Draws the wording.

    Returns:
        The same question in that wording.
    """
    canonical, *others = wordings(question)
    text = canonical if rng.random() < 0.5 else others[int(rng.random() * len(others))]
    return Question(question.task, text, question.subject, question.other)


def write_reply(task: Task, value: Value) -> str:
    """The reply that a model of this project is taught to give.

    Args:
        task: The task.
        value: The true value.

    Returns:
        The reply.
    """
    return str(TASKS[task].write_reply(value))


def parse_reply(task: Task, text: str) -> Value | None:
    """Reads the value of a reply. Scene classes and events are chosen from the full label sets.

    Args:
        task: The task.
        text: The reply.

    Returns:
        The value; None where the reply has none.
    """
    value: Value | None = TASKS[task].parse_reply(text)
    return value
