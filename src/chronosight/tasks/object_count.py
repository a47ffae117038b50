"""How many ... are in the image? Reply and value: a whole number.

Scored by mean absolute error and exact accuracy; left out of UniRS's RSVQA average (arXiv 2412.20742).
"""

from __future__ import annotations

from chronosight.tasks.question import Question
from chronosight.tasks.replies import SHORT_ANSWER, parse_number, write_number

UNIRS = "How many {subject} are there? " + SHORT_ANSWER

WORDINGS = (
    "How many {subject} are there in the image?",
    "How many {subject} can be seen?",
    "Count the {subject}.",
    "What is the number of {subject} in this image?",
    "Give the number of {subject}.",
    UNIRS,
)


def ask(subject: str) -> Question:
    """Asks how many of a thing there are, in the canonical wording.

    Args:
        subject: A plural noun.

    Returns:
        The question.
    """
    return Question("object_count", WORDINGS[0].format(subject=subject), subject)


write_reply, parse_reply = write_number, parse_number
