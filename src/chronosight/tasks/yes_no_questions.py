"""Yes/no questions about the changed objects of a scene: limits of a number or an area, growth, where all or most of them lie.

Each reader returns what to compute, or None where the question is of another kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from chronosight.tasks import word_lists as lists
from chronosight.tasks.replies import NUMBER_WORDS
from chronosight.tasks.scene_phrases import AREA, has_phrase

Bounds = tuple[float | None, float | None]  # least and most, both included

_MORE, _FEWER = r"more than|over|(?<!the )above", r"fewer than|less than|under|below"
_AT_LEAST = r"at least|no fewer than|not fewer than|no less than|not less than"
_AT_MOST = r"at most|no more than|not more than|up to"
_EXACTLY = "exactly|just|only|precisely"
_NUMBER = re.compile(rf"\b({_AT_LEAST}|{_AT_MOST}|{_MORE}|{_FEWER}|{_EXACTLY}) ([a-z]+|\d[\d,]*)\b(?! ?(?:%|percent|per cent))")
COVER = ("cover", "covers", "covered", "total area", "area", "surface", "ground")
GROW = ("increased", "increase", "grown", "grow", "grew")
SHRINK = ("decreased", "decrease", "shrunk", "shrink", "shrank", "declined", "decline")


def asks_yes_no(words: Sequence[str]) -> bool:
    """Whether it begins as a question that is answered by yes or no.

    Args:
        words: Words of the question, in lower case.

    Returns:
        True where it does.
    """
    return any(" ".join(words[: len(start.split())]) == start for start in (*lists.YES_NO, "do", "whether"))


def take_bounds(text: str) -> tuple[Bounds | None, str]:
    """Limits of a number ("at least 5", "fewer than three"), and the text without them; None where there are none.

    Args:
        text: Lower case.
    """
    for found in _NUMBER.finditer(text):
        words, present = found.groups()
        if present.replace(",", "").isdecimal():
            number = int(present.replace(",", ""))
        elif present in NUMBER_WORDS:
            number = NUMBER_WORDS.index(present)
        else:
            continue
        rest = text[: found.start()] + text[found.end() :]
        if re.fullmatch(_AT_LEAST, words):
            return (number, None), rest
        if re.fullmatch(_AT_MOST, words):
            return (None, number), rest
        if re.fullmatch(_MORE, words):
            return (number + 1, None), rest
        if re.fullmatch(_FEWER, words):
            return (None, number - 1), rest
        return (number, number), rest
    return None, text


def speaks_of_area(words: Sequence[str]) -> bool:
    """Whether the size that a question names is that of all objects together: "do the buildings cover more than 1 ha".

    Args:
        words: Words of the question, in lower case.

    Returns:
        True where it is.
    """
    line = f" {' '.join(words)} "
    return has_phrase(line, AREA) or has_phrase(line, COVER)


def growth(words: Sequence[str]) -> Literal["more", "fewer"] | None:
    """Whether a question asks if there are more or fewer than before: "did the number of buildings decrease".

    Args:
        words: Words of the question, in lower case.

    Returns:
        "more" or "fewer"; None where it asks neither.
    """
    present = set(words)
    if present & set(GROW) and ("number" in present or "count" in present):
        return "more"
    if present & set(SHRINK) and ("number" in present or "count" in present):
        return "fewer"
    more, fewer = "more" in present, bool(present & {"fewer", "less"})
    if more == fewer or "how" in present:
        return None
    if "than" not in words:
        return ("more" if more else "fewer") if "now" in present else None
    split = list(words).index("than")
    left, right = words[:split], words[split + 1 :]
    if {"before", "earlier", "previously", "past"} & set(right) or right[:1] == ["now"]:
        ahead = right[:1] != ["now"]  # "fewer before than now" is more
        return "more" if more == ahead else "fewer"
    grew, gone = ({True: lists.APPEARED, False: lists.VANISHED}[way] for way in (True, False))
    if set(left) & set(grew) and set(right) & set(gone):
        return "more" if more else "fewer"
    if set(left) & set(gone) and set(right) & set(grew):
        return "fewer" if more else "more"
    return None


def quantifier(words: Sequence[str]) -> Literal["all", "most"] | None:
    """The quantifier of a question: "are all new buildings in the south", "are most of them there", "are they only there".

    Args:
        words: Words of the question, in lower case.

    Returns:
        "all" or "most"; None where it has none.
    """
    present = set(words)
    if {"mostly", "mainly", "majority"} & present or "most" in words[1:2]:  # not "the part that changed most"
        return "most"
    line = f" {' '.join(words)} "
    counted = any(a == "only" and (b.isdecimal() or b in NUMBER_WORDS) for a, b in pairwise(words))  # "only one new building"
    present -= {"only"} if counted else set()
    if {"every", "each", "only", "exclusively", "solely"} & present or ("all" in present and " at all " not in line):
        return "all"
    return None
