"""Has anything changed between the two dates? Reply Yes or No; value True or False.

Scored by accuracy, and precision, recall and F1 with change as the positive class (arXiv 2509.23105).
"""

from __future__ import annotations

from chronosight.tasks.question import Question
from chronosight.tasks.replies import parse_yes_no, write_yes_no

ANY = "roads or buildings"

CHANGEIMTI = (
    "Please check if there have been any changes to the roads or buildings in these two images:<image> and <image>. "
    "Please answer yes or no."
)
CHANGEIMTI_DIALOGUE = "Have there been any changes to the roads and buildings in these two images:<image> and <image>?"

WORDINGS = (
    "Please check if there have been any changes to the {subject} in these two images. Please answer yes or no.",
    "Have there been any changes to the {subject} in these two images?",
    "Did the {subject} change between the two dates?",
    "Is there any change in the {subject}?",
    "Are any {subject} different in the second image? Answer yes or no.",
    "Are there changed {subject}?",
    "Any change to the {subject}?",
    "Do the two images differ in their {subject}? Yes or no.",
)


def ask(subject: str | None = None) -> Question:
    """Asks whether anything changed, in the canonical wording.

    Args:
        subject: "roads" or "buildings"; None for a change of either.

    Returns:
        The question.
    """
    return Question("binary", WORDINGS[0].format(subject=subject or ANY), subject)


write_reply, parse_reply = write_yes_no, parse_yes_no
