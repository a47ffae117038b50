"""What no answer here could respect: exceptions, positions beside other things, ordinals, the future, two questions in one.

The readers of questions look for the words they know. A word such as "except" or "second" would be passed over, and the answer
would be one to another question: it is refused instead, with what to ask.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from chronosight.tasks.grid_regions import find_region
from chronosight.tasks.nouns import SUBJECTS, singular
from chronosight.tasks.relations import RELATIVE, is_relative
from chronosight.tasks.scene_phrases import LEAST, MOST, take_zones
from chronosight.tasks.yes_no_questions import asks_yes_no, quantifier, take_bounds

ONE_QUESTION = "Ask one question at a time."
NUMBER_ITSELF = "Ask for the number itself, and compare it."
_EXCEPT = (
    "other than", "others than", "besides", "apart from", "except", "excepting", "excluding", "excluded", "aside from",
    "anything else", "something else", "everything else", "but not", "but no", "ignoring", "leaving out", "in addition to",
    "as well as", "rather than", "instead of",
)  # fmt: skip
_ORDINALS = (
    "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "next", "last", "2nd", "3rd", "4th",
    "5th", "6th", "7th", "8th", "9th", "10th",
)  # fmt: skip
_ASKS = (
    "how", "where", "what", "which", "when", "why", "who", "did", "does", "do", "is", "are", "was", "were", "has", "have", "can",
)  # fmt: skip
_TELLS = ("say", "tell", "show", "list", "count", "locate", "highlight")
_HOW = "|".join(_ASKS[:7])
_ASKS_AGAIN = re.compile(rf"\b(?:{_HOW})\b.*[;,.]\s*(?:then )?(?:{_HOW})\b", re.IGNORECASE | re.DOTALL)
_DESCRIBES = ("describe", "explain", "summarise", "summarize")
_FOREIGN_UNITS = frozenset(("feet", "foot", "ft", "sqft", "acre", "acres", "mile", "miles", "yard", "yards"))
_FUTURE = ("will", "shall", "should", "would")
_PERSONS = ("you", "i", "we")
_SIDE_IMAGE = re.compile(
    r"\b(?:left|right|upper|lower|top|bottom)(?: hand)? (?:image|picture|photo|photograph|one)\b"
    r"|\b(?:image|picture|photo|photograph) (?:that is )?(?:on|at|to) the (?:left|right|top|bottom)\b"
)


def unanswerable(words: Sequence[str], text: str, two_dates: bool, zones: Sequence[str] = ()) -> str:
    """Why a question cannot be answered as it was meant.

    Args:
        words: Of the question, as `reading.tokenise` gives them.
        text: As typed.
        two_dates: Whether it is about a pair.
        zones: Names of zones that it may use; "in Park View" names no park.

    Returns:
        One line for the user, or "".
    """
    line = f" {' '.join(words)} "
    if any(f" {phrase} " in line for phrase in _EXCEPT):
        return "Exceptions are not understood: name the kind of thing that you ask about."
    if _asks_twice(words, text):
        return ONE_QUESTION
    if is_relative(take_zones(text, [*words], zones)[1]):
        return RELATIVE
    if not two_dates:
        exact = asks_yes_no(words) and (take_bounds(" ".join(words))[0] is not None or _asks_single(words))
        return NUMBER_ITSELF if exact else ""
    superlatives = (*MOST, *LEAST)
    if any(a in _ORDINALS and b in superlatives for a, b in pairwise(words)):
        return "Only the largest or the smallest is given, or several of them: ask for the three largest, for example."
    if _speaks_of_the_future(words):
        return "Two dates say nothing about the future: ask what has changed."
    region = find_region(list(words))
    if _FOREIGN_UNITS & {*words}:
        return "Areas are given in square metres, hectares and square kilometres, lengths in metres and kilometres."
    if asks_yes_no(words) and _asks_single(words):
        return NUMBER_ITSELF
    if asks_yes_no(words) and quantifier(words) and not region.cells and not region.uneven:
        return "Only what changed is known, not what stayed: ask how many changed, or in which part of the scene."
    if _SIDE_IMAGE.search(line):
        return "Call the images before and after; left, right, top and bottom are parts of the scene."
    if " how many times " in line or " times more " in line or " times as many " in line:
        return "Ratios are not computed: ask for the two numbers."
    return ""


def negated(words: Sequence[str]) -> bool:
    """Whether a question holds a negation; "no longer" says vanished, and "both or none" offers an answer: neither is one.

    Args:
        words: Words of the question, in lower case.

    Returns:
        True where it has one.
    """
    denials = ("not", "no", "none", "without", "never", "nothing", "neither", "nor")
    around = zip(["", *words], words, [*words[1:], ""], strict=False)
    return any(word in denials and before != "or" and after not in ("longer", "more") for before, word, after in around)


def _asks_twice(words: Sequence[str], text: str) -> bool:
    """Such as "how many appeared and where are they", or two sentences with a question mark each."""
    if sum(any(map(str.isalnum, part)) for part in text.split("?")[:-1]) > 1 or _ASKS_AGAIN.search(text):
        return True
    for at, (word, after) in enumerate(pairwise(words)):
        if word not in ("and", "or") or after not in ((*_ASKS, *_TELLS) if word == "and" else _ASKS[:7]):
            continue
        if words[0] in _ASKS or (words[0] not in _DESCRIBES and at > 2 and (after in _TELLS or {*_ASKS[:7]} & {*words[:at]})):
            return True
    return False


def _asks_single(words: Sequence[str]) -> bool:
    """Such as "is there a single building"; not "in this single image"."""
    return any(a == "single" and singular(b) in SUBJECTS for a, b in pairwise(words))


def _speaks_of_the_future(words: Sequence[str]) -> bool:
    words = list(words)
    for at, word in enumerate(words):
        beside = (*words[max(0, at - 1) : at], *words[at + 1 : at + 2])
        if word in _FUTURE and not any(person in _PERSONS for person in beside):
            return True
        if word == "going" and words[at + 1 : at + 2] == ["to"] and words[at - 1 : at] != ["on"]:
            return True
    return bool({"future", "tomorrow"} & set(words)) or any(a == "next" and b == "year" for a, b in pairwise(words))
