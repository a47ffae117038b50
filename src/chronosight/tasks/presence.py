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


write_reply, parse_reply = write_yes_no, parse_yes_no
