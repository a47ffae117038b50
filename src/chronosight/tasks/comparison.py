"""Are there more of one thing than of another in the image? Reply Yes or No; value True or False.

Scored by accuracy (RSVQA-LR and RSVQA-HR, column comparison of arXiv 2412.20742).
"""

from __future__ import annotations

from chronosight.tasks.question import Question
from chronosight.tasks.replies import SHORT_ANSWER, parse_yes_no, write_yes_no

UNIRS = "Are there more {subject} than {other}? " + SHORT_ANSWER

WORDINGS = (
    "Are there more {subject} than {other} in the image? Answer yes or no.",
    "Are there more {subject} than {other}?",
    "Does the image show more {subject} than {other}?",
    "Is the number of {subject} greater than the number of {other}?",
    "Are {subject} more numerous than {other}?",
    "Are there fewer {other} than {subject}?",
    UNIRS,
)


def ask(subject: str, other: str) -> Question:
    """Asks whether there are more of one thing than of another, in the canonical wording.

    Args:
        subject: A plural noun; yes means more of it.
        other: The plural noun it is compared with.

    Returns:
        The question.
    """
    return Question("comparison", WORDINGS[0].format(subject=subject, other=other), subject, other)


write_reply, parse_reply = write_yes_no, parse_yes_no
