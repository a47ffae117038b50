"""How many buildings or roads changed between the two dates? Reply and value: a whole number, 0 if none.

The true count is that of `objects.find_objects` on the mask of the class. Scored by mean absolute error per class over
all pairs, zeros included; also root mean squared error and exact accuracy (arXiv 2509.23105).
"""

from __future__ import annotations

from chronosight.tasks.binary import ANY
from chronosight.tasks.question import Question
from chronosight.tasks.replies import parse_number, write_number

CHANGEIMTI = "How many {subject} have been changed in these two images:<image> and <image>"

WORDINGS = (
    "How many {subject} have been changed in these two images",
    "How many {subject} have changed between the two dates?",
    "How many {subject} are different in the second image?",
    "Count the {subject} that changed.",
    "What is the number of changed {subject}?",
    "How many {subject} have been built or removed?",
    "Give the number of {subject} that appeared or vanished.",
)


def ask(subject: str | None) -> Question:
    """Asks how many objects changed, in the canonical wording.

    Args:
        subject: "roads" or "buildings"; None counts both.

    Returns:
        The question.
    """
    return Question("count", WORDINGS[0].format(subject=subject or ANY), subject)


write_reply, parse_reply = write_number, parse_number
