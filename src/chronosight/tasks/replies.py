"""Replies that several tasks share: yes or no, and whole numbers."""

from __future__ import annotations

import re

# What UniRS and its sources put after a question on one image (arXiv 2412.20742).
SHORT_ANSWER = "Answer the question using a single word or phrase."

NUMBER_WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip


def write_yes_no(value: bool) -> str:
    """The reply Yes or No.

    Args:
        value: The true value.

    Returns:
        "Yes" or "No".
    """
    return "Yes" if value else "No"


def parse_yes_no(reply: str) -> bool | None:
    """True or False when the reply's first word is yes or no, in any case; None otherwise.

    Args:
        reply: The reply.

    Returns:
        The value, or None.
    """
    first = re.match(r"\W*(yes|no)\b", reply, re.IGNORECASE)
    return None if first is None else first[1].lower() == "yes"


def write_number(value: int) -> str:
    """The reply with a number.

    Args:
        value: The true value, 0 or more.

    Returns:
        The number in digits.
    """
    return str(value)


def parse_number(reply: str) -> int | None:
    """Reads the one whole number >= 0 that a reply names, in digits or in words up to twenty ("none", "no ..." are 0).

    Args:
        reply: In words.

    Returns:
        The number; None where it names none, several different ones, a negative one or one with a fraction.
    """
    if re.search(r"-\s*\d|\d[.,]\d", reply):
        return None
    words = re.findall(r"[a-z]+|\d+", reply.lower())
    found = {int(word) for word in words if word.isdigit()}
    found |= {NUMBER_WORDS.index(word) for word in words if word in NUMBER_WORDS}
    if not found and words and words[0] in ("no", "none"):
        return 0
    return found.pop() if len(found) == 1 else None
