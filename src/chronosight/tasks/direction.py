"""Did buildings or roads appear or vanish? Reply and value: "appeared", "vanished", "both" or "none".

A task of this project's own: swapping the two dates swaps appeared and vanished. Scored by accuracy over four values.
"""

from __future__ import annotations

from typing import Literal, get_args

from chronosight.tasks.binary import ANY
from chronosight.tasks.question import Question

Direction = Literal["appeared", "vanished", "both", "none"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)

WORDINGS = (
    "Have {subject} appeared or vanished between the two images? Answer appeared, vanished, both or none.",
    "Did {subject} appear or disappear?",
    "Were {subject} built or removed?",
    "What happened to the {subject}: appeared, vanished, both or none?",
    "Are there {subject} that are new, {subject} that are gone, or both?",
    "Are there new {subject}, missing {subject}, or both?",
)


def ask(subject: str | None) -> Question:
    """Asks whether objects appeared or vanished, in the canonical wording.

    Args:
        subject: "roads" or "buildings"; None for both together.

    Returns:
        The question.
    """
    return Question("direction", WORDINGS[0].format(subject=subject or ANY), subject)


def direction_of(appeared: int, vanished: int) -> Direction:
    """The direction of a change of several objects.

    Args:
        appeared: Number of objects that appeared.
        vanished: Number of objects that vanished.

    Returns:
        "none", "appeared", "vanished" or "both".
    """
    if appeared and vanished:
        return "both"
    return "appeared" if appeared else "vanished" if vanished else "none"


def write_reply(value: str) -> str:
    """The reply that a model is taught to give.

    Args:
        value: The direction.

    Returns:
        The direction, as it is.
    """
    return value


def parse_reply(text: str) -> Direction | None:
    """Reads the direction that a reply names.

    Args:
        text: The reply.

    Returns:
        The direction; "both" where appeared and vanished are both named; None for anything else.
    """
    words = text.lower().replace(",", " ").replace(".", " ").split()
    named = {direction for direction in DIRECTIONS if direction in words}
    if named == {"appeared", "vanished"} or (named == {"appeared", "vanished", "both"}):
        return "both"
    return named.pop() if len(named) == 1 else None
