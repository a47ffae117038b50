"""Where did buildings or roads change? Reply: cells of the 3x3 grid joined by commas, or No change; value: their tuple.

The true cells are those of `objects.count_and_cells` on the mask of the class. Scored as sets over nine cells, No
change being the empty set: micro precision, recall and F1, subset accuracy (exact match), example accuracy (mean
Jaccard, two empty sets counting 1) (arXiv 2509.23105).
"""

from __future__ import annotations

from chronosight.tasks.binary import ANY
from chronosight.tasks.cells import join_cells, parse_cells
from chronosight.tasks.question import Question

CHANGEIMTI = (
    "Please tell me where the {subject} have changed in these two images:<image> and <image>,"
    "if no change please output: No change."
)

WORDINGS = (
    "Please tell me where the {subject} have changed in these two images,if no change please output: No change.",
    "Where have the {subject} changed?",
    "Where are the changed {subject}? If there is no change, say: No change.",
    "In which parts of the image did the {subject} change?",
    "Name the places where {subject} were built or removed.",
    "Locate the changed {subject}.",
    "Which cells of the scene show changed {subject}?",
)


def ask(subject: str | None) -> Question:
    """Asks where objects changed, in the canonical wording.

    Args:
        subject: "roads" or "buildings"; None for the places of both.

    Returns:
        The question.
    """
    return Question("location", WORDINGS[0].format(subject=subject or ANY), subject)


def write_reply(value: tuple[str, ...]) -> str:
    """The reply that a model is taught to give.

    Args:
        value: The cells.

    Returns:
        The cells, joined by commas without spaces; "No change" where there are none.
    """
    return join_cells(value)


def parse_reply(text: str) -> tuple[str, ...] | None:
    """The value that a reply means; None where it means none.

    Args:
        text: The reply.

    Returns:
        The cells, () for no change; None where the reply is anything else.
    """
    return parse_cells(text)
