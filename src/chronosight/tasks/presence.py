"""Is there a ... in the image? Reply Yes or No; value True or False.

Scored by accuracy (RSVQA-LR and RSVQA-HR, column presence of arXiv 2412.20742).
"""

from __future__ import annotations

from chronosight.tasks.question import Question
from chronosight.tasks.replies import SHORT_ANSWER, parse_yes_no, write_yes_no

UNIRS = "Is there {one}? " + SHORT_ANSWER

WORDINGS = (
    "Are there any {subject} in the image? Answer yes or no.",
    "Are there {subject}?",
    "Are {subject} present in this image?",
    "Does the image show any {subject}?",
    "Can you see {subject} here? Yes or no.",
    "Is there {one}?",
    "Is {one} present?",
    UNIRS,
)


def ask(subject: str) -> Question:
    """Asks whether a thing is there, in the canonical wording.

    Args:
        subject: A plural noun.

    Returns:
        The question.
    """
    return Question("presence", WORDINGS[0].format(subject=subject), subject)


def write_reply(value: bool) -> str:
    """The reply that a model is taught to give.

    Args:
        value: The true value.

    Returns:
        "Yes" or "No".
    """
    return write_yes_no(value)


def parse_reply(text: str) -> bool | None:
    """The value that a reply means; None where it means none.

    Args:
        text: The reply.

    Returns:
        True or False; None where the reply begins with neither word.
    """
    return parse_yes_no(text)
