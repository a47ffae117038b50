"""Is the image of a rural or an urban area? Reply and value: "rural" or "urban".

Scored by accuracy (RSVQA-LR, column rural/urban of arXiv 2412.20742).
"""

from __future__ import annotations

from typing import Literal

from chronosight.tasks.question import Question
from chronosight.tasks.replies import SHORT_ANSWER

UNIRS = "Is it a rural or an urban area? " + SHORT_ANSWER

WORDINGS = (
    "Is it a rural or an urban area?",
    "Is this area rural or urban?",
    "Does the image show a rural or an urban place?",
    "Rural or urban?",
    UNIRS,
)


def ask() -> Question:
    """Asks whether a place is rural or urban, in the canonical wording."""
    return Question("rural_urban", WORDINGS[0])


def write_reply(value: str) -> str:
    """The reply that a model is taught to give.

    Args:
        value: "rural" or "urban".

    Returns:
        The word, as it is.
    """
    return value


def parse_reply(text: str) -> Literal["rural", "urban"] | None:
    """The one of the two words that the reply has; None where it has both or neither.

    Args:
        text: The reply.

    Returns:
        "rural", "urban" or None.
    """
    text = text.lower()
    if ("rural" in text) == ("urban" in text):
        return None
    return "rural" if "rural" in text else "urban"
