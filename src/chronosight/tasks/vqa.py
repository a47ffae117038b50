"""A question in free words, as GeoChat and RSVQA ask them: the question, then how to answer (arXiv 2412.20742).

Value: the reply as a phrase in lower case. Only the full-size engines are asked so; the compact form has closed tasks.
"""

from __future__ import annotations

from chronosight.tasks.question import Question
from chronosight.tasks.replies import SHORT_ANSWER


def ask(text: str, short: bool = True) -> Question:
    """Asks a question in free words.

    Args:
        text: The question as typed.
        short: Whether to ask for a single word or phrase, in the wording that UniRS and its sources use.

    Returns:
        The question.
    """
    text = " ".join(text.split())
    return Question("vqa", f"{text} {SHORT_ANSWER}" if short and SHORT_ANSWER not in text else text)


def parse_reply(text: str) -> str | None:
    """The reply in lower case, single spaces, no full stop; None when nothing is left.

    Args:
        text: The reply.

    Returns:
        The text, or None.
    """
    return " ".join(text.lower().split()).rstrip(".").rstrip() or None


def plain_answer(text: str, yes_no: bool = False) -> str | None:
    """A short answer in the form in which answers are compared.

    Args:
        text: The answer in words.
        yes_no: Whether the right answer is yes or no; then "Yes, there is" counts as yes.

    Returns:
        Lower case, blanks for underscores, single spaces, no full stop; None when nothing is left.
    """
    words = text.lower().replace("_", " ").strip().rstrip(".").split()
    if not words:
        return None
    if yes_no and words[0].strip(",.;:!") in ("yes", "no"):
        return words[0].strip(",.;:!")
    return " ".join(words)
