"""Reads a question in free wording: which things, directions of change, places and asking words it has.

A question is read whole or not at all: a word that is in none of the lists stays in `unknown`, and a question with
unknown words is not answered. So "how many houses were built" is understood, and "what colour is the car" is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from chronosight.tasks import word_lists as lists
from chronosight.tasks.grid_regions import Region, find_region
from chronosight.tasks.nouns import CHANGE_WORDS, SUBJECTS, change_subject, plural, singular


@dataclass(frozen=True)
class Reading:
    """What a question says; the rest is asked with `says`.

    Attributes:
        words: Of the question, lower case.
        subjects: Plural names of the things named, in order.
        region: The places named.
        unknown: Words that are in no list.
        narrow: Kinds of buildings and roads that a map of change does not distinguish from others: "villas", "highways".
    """

    words: tuple[str, ...]
    subjects: tuple[str, ...]
    region: Region
    unknown: tuple[str, ...]
    narrow: tuple[str, ...] = ()

    def says(self, phrases: tuple[str, ...]) -> bool:
        """Whether one of the phrases is among the words; words that name a place in the scene do not count.

        Args:
            phrases: Phrases in lower case.

        Returns:
            True where one is.
        """
        return any(f" {phrase} " in self._line for phrase in phrases)

    @cached_property
    def _line(self) -> str:
        return f" {' '.join('/' if i in self.region.used else word for i, word in enumerate(self.words))} "

    def asks_which(self) -> bool:
        """Whether it begins with "which", or with "what" and a thing: "what buildings ..."."""
        return self.starts("which") or (self.starts("what") and len(self.words) > 1 and singular(self.words[1]) in SUBJECTS)

    def starts(self, *phrases: str) -> bool:
        """Whether the question begins with one of the phrases.

        Args:
            *phrases: Phrases in lower case.

        Returns:
            True where it does.
        """
        line = f"{' '.join(self.words)} "
        return any(line.startswith(f"{phrase} ") for phrase in phrases)


NOTHING = Reading((), (), find_region([]), ())
_LISTS = tuple(value for name, value in vars(lists).items() if name.isupper() and isinstance(value, tuple))
_KNOWN = tuple(dict.fromkeys(tuple(phrase.split()) for phrases in _LISTS for phrase in phrases))
_LONGEST = max(map(len, _KNOWN))
_KNOWN_SET = frozenset(_KNOWN)
_REPLY_FORMS = tuple(tuple(form.split()) for form in lists.REPLY_FORM)


def read(words: Sequence[str]) -> Reading:
    """Reads a question; never raises.

    Args:
        words: Of the question, as `tokenise` gives them.

    Returns:
        Its words, subjects, region, and the words that are not known.
    """
    words = _without_reply_form(list(words))
    region = find_region(words)
    used = set(region.used)
    subjects: list[str] = []
    narrow: list[str] = []
    at = 0
    while at < len(words):
        length = _subject_at(words, at) if at not in used else 0
        if length:
            name = singular(" ".join(words[at : at + length]))
            subjects.append(SUBJECTS[name])
            if change_subject(SUBJECTS[name]) is not None and name not in CHANGE_WORDS:
                narrow.append(plural(name))
            used.update(range(at, at + length))
        at += length or 1
    for start in range(len(words)):
        for length in range(1, _LONGEST + 1):
            if tuple(words[start : start + length]) in _KNOWN_SET:
                used.update(range(start, start + length))
    unknown = tuple(word for i, word in enumerate(words) if i not in used and word not in lists.FILLERS)
    return Reading(tuple(words), tuple(dict.fromkeys(subjects)), region, unknown, tuple(dict.fromkeys(narrow)))


_PERCENT = re.compile(r"\s*%|\bper cents?\b|\bpercents\b")


def tokenise(text: str) -> list[str]:
    """Splits a text into words in lower case, short forms written out, without punctuation.

    Args:
        text: The text, such as "It isn't there."

    Returns:
        The words, such as "it", "is", "not", "there".
    """
    text = _PERCENT.sub(" percent ", text.lower().replace("’", "'"))
    words: list[str] = []
    for word in re.findall(r"[a-z0-9][a-z0-9']*", text):
        if word in lists.SPELLINGS:
            words += lists.SPELLINGS[word].split()
        elif word.endswith("n't"):  # at the beginning it asks the same as without: "isn't there", "is there"
            words += [word[:-3], "not"] if words else [word[:-3]]
        else:
            words.append(word.removesuffix("'s").strip("'"))
    return [word for word in words if word]


def _without_reply_form(words: list[str]) -> list[str]:
    """The words up to an instruction for the reply such as "answer yes or no", unless that comes first."""
    for end in range(1, len(words)):
        if any(tuple(words[end : end + len(form)]) == form for form in _REPLY_FORMS):
            return words[:end]
    return words


def _subject_at(words: list[str], at: int) -> int:
    """Number of words, 3 at most, of the longest name of a thing that starts here; 0 if none does."""
    for length in (3, 2, 1):
        if at + length <= len(words) and singular(" ".join(words[at : at + length])) in SUBJECTS:
            return length
    return 0
