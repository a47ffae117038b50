"""Lengths in a question: "longer than 100 m", "in kilometres", "the length of". Lengths are those of roads alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chronosight.tasks.scene_phrases import LENGTH, LENGTH_OF_ONE, has_phrase

ROADS_ONLY = "Lengths are measured of roads only: ask for the longest road, or for the largest building."
Limits = tuple[float | None, float | None]

_METRES = r"m|met(?:re|er)s?|km|kilomet(?:re|er)s?"
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_ABOVE = r"longer than|more than|greater than|above|over|exceeding|at least|no shorter than|not shorter than|no less than"
_BELOW = r"shorter than|less than|below|under|at most|no more than|no longer than|not longer than|up to"
_BEFORE = r"\b(?:(?:that|which) )?(?:(?:is|are|have|has|of|with|measure|measures|a length|length|a total length|in length) )*?"
_AFTER = r"\b(?! ?(?:2|²|square))(?: (?:long|in length|of length))?"
_LIMIT = re.compile(rf"{_BEFORE}({_ABOVE}|{_BELOW}) ({_NUMBER}) ?({_METRES}){_AFTER}", re.IGNORECASE)
_OR_MORE = re.compile(rf"{_BEFORE}({_NUMBER}) ?({_METRES}){_AFTER} (?:or|and) (more|longer|less|shorter)\b", re.IGNORECASE)
_RANGE = re.compile(
    rf"{_BEFORE}(?:between|from) ({_NUMBER}) ?({_METRES})? ?(?:and|to) ({_NUMBER}) ?({_METRES}){_AFTER}", re.IGNORECASE
)
_TOGETHER = ("in total", "in all", "together", "altogether", "total length", "combined", "in sum", "all together")
_UNITS = {"km": ("km", "kilometres", "kilometers", "kilometre", "kilometer"), "m": ("metres", "meters", "metre", "meter", "m")}
WORDS = (
    *(f"{unit}{of}" for spellings in _UNITS.values() for unit in spellings for of in ("", " of")), "how many",
    "the total length of", "total length of", "the length of", "length of", "the lengths of", "lengths of", "total length",
    "length", "lengths", "longer", "long",
)  # fmt: skip


def take_lengths(text: str) -> tuple[Limits, str]:
    """Takes limits of length out of a question, such as "longer than 100 m".

    Args:
        text: The question as typed.

    Returns:
        Smallest and largest length in metres, None for no limit; and the text without them.
    """
    text = re.sub(r"\s+", " ", text).strip()
    limits: dict[bool, float] = {}

    def take(match: re.Match[str]) -> str:
        words, number, unit = match.groups()
        limits[re.fullmatch(_ABOVE, words.lower()) is not None] = _metres(number, unit)
        return ""

    def take_or_more(match: re.Match[str]) -> str:
        number, unit, words = match.groups()
        limits[words.lower() in ("more", "longer")] = _metres(number, unit)
        return ""

    def take_range(match: re.Match[str]) -> str:
        least, unit, most, last_unit = match.groups()
        limits[True], limits[False] = _metres(least, unit or last_unit), _metres(most, last_unit)
        return ""

    for pattern, take_one in ((_RANGE, take_range), (_OR_MORE, take_or_more), (_LIMIT, take)):
        text = pattern.sub(take_one, text)
    return (limits.get(True), limits.get(False)), re.sub(r"\s+", " ", text).strip()


def limits_a_sum(text: str, yes_no: bool) -> bool:
    """Whether a limit is one of roads together: "more than 1 km of roads", "longer than 1 km in total".

    Args:
        text: The question as typed.
        yes_no: Whether it is answered by yes or no: "the total length of roads longer than 100 m" limits each.

    Returns:
        True where it is.
    """
    line = re.sub(r"\s+", " ", text.lower())
    of = any(re.match(r"\s+of\b", line[found.end() :]) for found in _LIMIT.finditer(line))
    return of or (yes_no and has_phrase(f" {re.sub(r'[^a-z ]', ' ', line)} ", _TOGETHER))


def without_together(words: list[str]) -> list[str]:
    """The words of a question about roads together, without those that say so.

    Args:
        words: In lower case.

    Returns:
        The others.
    """
    line = f" {' '.join(words)} "
    for phrase in sorted((*_TOGETHER, "a total length of", "a total length", "length"), key=len, reverse=True):
        line = line.replace(f" {phrase} ", " ")
    return line.split()


def take_length_unit(words: list[str]) -> tuple[str, list[str]]:
    """Takes the unit that a length is asked for in out of a question: "how long are the new roads in km".

    Args:
        words: In lower case.

    Returns:
        "m", "km" or "" for none; and the words without it.
    """
    line = f" {' '.join(words)} "
    for unit, spellings in _UNITS.items():
        for spelling in spellings:
            if f" in {spelling} " in line:
                return unit, line.replace(f" in {spelling} ", " ").split()
    return "", words


def speaks_of_length(words: Sequence[str]) -> bool:
    """Whether what is compared or shared out is length: "which half gained the most kilometres of road".

    Args:
        words: In lower case.

    Returns:
        True where it is.
    """
    line = f" {' '.join(words)} "
    units = [spelling for spellings in _UNITS.values() for spelling in spellings if spelling != "m"]
    return has_phrase(line, (*LENGTH, *LENGTH_OF_ONE, "length", "lengths", "longer", *units))


def _metres(number: str, unit: str) -> float:
    return float(number.replace(",", "")) * (1000.0 if unit.lower().startswith("k") else 1.0)
