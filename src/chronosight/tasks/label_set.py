"""Replies to questions whose answer is one of a set of labels: every reply gets a label, and what lay outside is counted.

`nearest_label` says None where no label is near; a benchmark's accuracy needs an answer to every question. The rule
here, in turn, letters and digits only and in lower case:

1. the reply is a label, or a sentence "this is a video about LABEL": that label, and the reply is inside the set;
2. `nearest_label` (the one label named within the reply, or one similar by 0.8): that label, outside the set;
3. the longest label whose letters stand in the reply in one run ("flooding": flood): outside the set;
4. the label with the largest difflib ratio to the reply, the first of the set where several are equal: outside the set.
An empty reply has no label at all: None, outside the set.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from chronosight.tasks.event import UNIRS_REPLY
from chronosight.tasks.nearest_label import nearest_label

_OPENING = re.compile(re.escape(UNIRS_REPLY.partition("{")[0].strip()), re.IGNORECASE)


@dataclass
class Outside:
    """Count of replies and of those outside the label set; `texts` holds what they were. Merge with +."""

    replies: int = 0
    outside: int = 0
    texts: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Outside) -> Outside:
        return Outside(self.replies + other.replies, self.outside + other.outside, self.texts + other.texts)


def read_label(reply: str, labels: Sequence[str], count: Outside | None = None) -> str | None:
    """Finds the label that a reply is taken for, by the rule above.

    Args:
        reply: In words.
        labels: The set to choose from.
        count: Counts the reply, and whether it lay outside the set.

    Returns:
        The label; None for an empty reply.

    Raises:
        ValueError: The set of labels is empty.
    """
    if not labels:
        raise ValueError("no labels to choose from; give at least one")
    label, inside = _choose(reply, labels)
    if count is not None:
        count.replies += 1
        if not inside:
            count.outside += 1
            count.texts[" ".join(reply.split())[:80]] += 1
    return label


def _choose(reply: str, labels: Sequence[str]) -> tuple[str | None, bool]:
    letters = _letters(_OPENING.sub("", reply, count=1))
    if not letters:
        return None, False
    compact = {_letters(label): label for label in labels}
    if letters in compact:
        return compact[letters], True
    near = nearest_label(reply, labels)
    if near is None:
        near = max((label for label in labels if _letters(label) in letters), key=len, default=None)
    if near is None:  # max keeps the first of equals
        near = max(labels, key=lambda label: SequenceMatcher(None, letters, _letters(label)).ratio())
    return near, False


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
