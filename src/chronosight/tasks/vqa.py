"""A question in free words, as GeoChat and RSVQA ask them: the question, then how to answer (arXiv 2412.20742).

Value: the reply as a phrase in lower case. Only the full-size engines are asked so; the compact form has closed tasks.
"""

from __future__ import annotations

from chronosight.tasks.question import Question
from chronosight.tasks.replies import SHORT_ANSWER


def ask(text: str, short: bool = True) -> Question:
    """short: ask for a single word or phrase, in the wording that UniRS and its sources use."""
    text = " ".join(text.split())
    return Question("vqa", f"{text} {SHORT_ANSWER}" if short and SHORT_ANSWER not in text else text)


def parse_reply(text: str) -> str | None:
    """The reply in lower case, single spaces, no full stop; None when nothing is left."""
    return " ".join(text.lower().split()).rstrip(".").rstrip() or None
