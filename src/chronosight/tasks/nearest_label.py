"""The rule of the nearest label: which label of a set a reply in free words means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches


def nearest_label(reply: str, labels: Sequence[str]) -> str | None:
    """Finds the label that a reply means.

    In turn, letters and digits only and in lower case: the label itself; the longest label named within the reply, where
    that is one alone; the most similar one (difflib ratio of at least 0.8).

    Args:
        reply: In words.
        labels: The set to choose from.

    Returns:
        The label; None where none is meant, or several are.
    """
    compact = {re.sub(r"[^a-z0-9]", "", label.lower()): label for label in labels}
    letters = re.sub(r"[^a-z0-9]", "", reply.lower())
    if letters in compact:
        return compact[letters]
    words = {label: _words(label) for label in labels}
    named = [label for label in labels if words[label] in _words(reply)]
    longest = [one for one in named if not any(one != other and words[one] in words[other] for other in named)]
    if longest:
        return longest[0] if len(longest) == 1 else None
    close = get_close_matches(letters, compact, n=1, cutoff=0.8)
    return compact[close[0]] if close else None


def _words(text: str) -> str:
    """Words of a text with a space before, between and after, so that `in` finds whole words only."""
    return f" {' '.join(re.findall(r'[a-z0-9]+', text.lower()))} "
