"""What is the event in the video? Reply and value: one of the 25 class names of ERA.

Scored by overall accuracy over all test videos, and per class (arXiv 2412.20742).
"""

from __future__ import annotations

from collections.abc import Sequence

from chronosight.tasks.nearest_label import nearest_label
from chronosight.tasks.question import Question

EVENTS = (
    "post-earthquake", "flood", "fire", "landslide", "mudslide", "traffic collision", "traffic congestion",
    "harvesting", "ploughing", "constructing", "police chase", "conflict", "baseball", "basketball", "boating",
    "cycling", "running", "soccer", "swimming", "car racing", "party", "concert", "parade/protest",
    "religious activity", "non-event",
)  # fmt: skip

UNIRS = "What is the event in the video?"
UNIRS_REPLY = "This is a video about {event}."

WORDINGS = (
    UNIRS,
    "What is happening in this video?",
    "Which event does the video show?",
    "Name the event.",
    "What is going on here?",
    "What is this video about?",
)


def ask() -> Question:
    """Asks what event a video shows, in the canonical wording."""
    return Question("event", WORDINGS[0])


def write_reply(value: str) -> str:
    """The class name alone: fewer tokens than UniRS's sentence, and its first token is already the answer.

    Args:
        value: The event.

    Returns:
        The event, as it is.
    """
    return value


def parse_reply(text: str, events: Sequence[str] = EVENTS) -> str | None:
    """Reads the event that a reply names, be it a name or UniRS's sentence (arXiv 2412.20742).

    Args:
        text: The reply.
        events: The events to choose from.

    Returns:
        The nearest event (`nearest_label`); None where none is near.
    """
    text = text.strip()
    opening = UNIRS_REPLY.partition("{")[0].lower()
    if text.lower().startswith(opening):
        text = text[len(opening) :]
    return nearest_label(text, events)
