"""Phrases of a question about a scene: measures, units, limits of size, names of zones, numbers beside a superlative.

Each `take_` function returns what it found and the question without it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from chronosight.tasks.reading import read, tokenise
from chronosight.tasks.replies import NUMBER_WORDS

ZONE_WORDS = (
    "zone", "zones", "district", "districts", "borough", "boroughs", "ward", "wards", "municipality", "municipalities",
)  # fmt: skip
HALF_WORDS, QUARTER_WORDS = ("half", "halves"), ("quarter", "quarters", "quadrant", "quadrants")
CELL_WORDS = ("cell", "cells", "part", "parts", "place", "places", "area", "areas", "corner", "side", "section", "tile")
BY_LENGTH = ("longest", "shortest")
MOST = ("most", "biggest", "largest", "greatest", "highest", "strongest", "longest")
LEAST = ("least", "fewest", "smallest", "lowest", "shortest")
UNITS = {
    "m2": ("square metres", "square meters", "square metre", "square meter", "m2", "sqm", "sq m"),
    "ha": ("hectares", "hectare", "ha"),
    "km2": ("square kilometres", "square kilometers", "square kilometre", "square kilometer", "km2", "sq km"),
}
AREA = (
    "what is the total area of", "what is the area of", "what was the area of", "what total area of", "what area of",
    "what area", "how much area of", "how much area", "how large an area of", "how large an area", "how big an area of",
    "how big an area", "how large is the area of", "how big is the area of", "how large is the", "how big is the",
    "how large are the", "how big are the", "what is the total area", "total area", "how much space",
    "total area of", "the area of", "area of", "area covered by", "how much ground", "how much land", "how much surface",
    "surface of", "footprint of", "size of the area of",
)  # fmt: skip
SIZE = ("how large", "how big", "what size", "size of", "sizes of", "areas of", "how much area")  # of the largest object
LENGTH = (
    "how many kilometres of", "how many kilometers of", "how many km of", "how many metres of", "how many meters of",
    "what length of", "what is the length of", "what is the total length of", "total length of", "the length of",
    "length of", "how long are the", "how long is the", "how much length of", "what length", "what is the total length",
    "total length",
)  # fmt: skip
LENGTH_OF_ONE = (
    "how many metres long is", "how many meters long is", "how long is", "how long are", "how long", "what length has",
    "the lengths of", "lengths of",
)  # fmt: skip
COMPARED = ("compare", "compared", "comparison", "versus", "vs", "than", "between", "difference")
SHARE = (
    "what share of", "what percentage of", "what percent of", "what proportion of", "what fraction of", "which share of",
    "what is the share of", "what is the percentage of", "what is the proportion of", "how many percent of", "share of",
    "percentage of", "percent of", "proportion of", "fraction of", "how much of", "what share", "what percentage",
    "what proportion", "what fraction", "how many percent", "what percent", "which percentage of", "which percentage",
)  # fmt: skip
OF_GROUND = re.compile(
    r" (?:share|percentage|percent|proportion|fraction|much) of (?:the |this |all |of |whole |entire |total )*"
    r"(?:scene|ground|land|image|picture|area|surface|site|territory|place)(?! of| cover) "
)
GROUND = ("scene", "ground", "land", "image", "area", "surface", "site", "territory")  # "what share of the scene changed"

# "larger than 200 m2": the words before the number, and the units after it in square metres.
_ABOVE = r"larger than|bigger than|greater than|more than|above|over|exceeding|at least"
_BELOW = r"smaller than|less than|below|under|at most|no more than|no larger than"
_SQUARE = r"square met(?:re|er)s?|m2|sqm|sq\.? ?m|hectares?|ha|square kilomet(?:re|er)s?|km2|sq\.? ?km"
_UNIT = {"m": 1.0, "h": 1e4, "k": 1e6}
_LIMIT = re.compile(
    rf"\b(?:(?:that|which) )?(?:(?:is|are|have|has|of|with|an area|a size|of area|in area) )*?({_ABOVE}|{_BELOW}) "
    rf"(\d[\d,]*(?:\.\d+)?) ?({_SQUARE})\b"
)
_RANGE = re.compile(
    r"\b(?:(?:that|which) )?(?:(?:is|are|have|has|of|with|an area|a size) )*?(?:between|from) (\d[\d,]*(?:\.\d+)?) ?"
    rf"({_SQUARE})? ?(?:and|to) (\d[\d,]*(?:\.\d+)?) ?({_SQUARE})\b"
)
_PER = re.compile(
    r"\b(?:per|each|every|for every|for each) (square kilomet(?:re|er)|km2|sq\.? ?km|hectare|ha|square met(?:re|er)|m2)\b"
)
_DENSITY = re.compile(r"\bdensity of\b", re.IGNORECASE)


def take_zones(text: str, words: list[str], zones: Sequence[str]) -> tuple[list[str], list[str]]:
    """Takes the names of zones out of a question.

    Args:
        text: The question as typed.
        words: Its words, in lower case.
        zones: Names of all zones.

    Returns:
        The names found, longest first, and the words without them and without a "zone" beside them.
    """
    named = []
    typed = set(words)
    for name in sorted(zones, key=len, reverse=True):
        parts = tokenise(name)
        if not typed.issuperset(parts):
            continue
        for at in range(len(words) - len(parts) + 1 if parts else 0):
            end = at + len(parts)
            before, after = words[at - 1 : at], words[end : end + 1]
            beside = [word for word in (*before, *after) if word in ZONE_WORDS]
            if words[at:end] != parts or (_means_something_else(parts) and not beside and not _as_a_name(name, text)):
                continue
            start = at - (bool(before) and before[0] in ZONE_WORDS)
            stop = end + (bool(after) and after[0] in ZONE_WORDS)
            words = words[:start] + words[stop:]
            while start and words[start - 1 : start] and words[start - 1] in ("in", "of", "the", "within"):
                words = words[: start - 1] + words[start:]
                start -= 1
            named.append(name)
            break
    return named, words


def _as_a_name(name: str, text: str) -> bool:
    """Whether the text writes it as a name: "in East", with its capital, not "in the East"."""
    return name[:1].isupper() and re.search(rf"\b(?<!the )(?<!^){re.escape(name)}\b", text) is not None


def _means_something_else(parts: list[str]) -> bool:
    """A zone called "North" or "New" is meant only beside the word zone, or written as a name."""
    said = read(parts)
    return not said.unknown and not any(part.isdigit() for part in parts[1:])


def limits_a_sum(text: str) -> bool:
    """Whether a limit is one of objects together: "more than 3 ha of buildings", not "buildings of more than 3 ha".

    Args:
        text: The question as typed.

    Returns:
        True where "of" follows the limit.
    """
    return any(re.match(r"\s+of\b", text[found.end() :], re.IGNORECASE) for found in _LIMIT.finditer(text.lower()))


def take_limits(text: str) -> tuple[tuple[float | None, float | None], str]:
    """Takes limits of size out of a question, such as "larger than 200 m2".

    Args:
        text: The question as typed.

    Returns:
        Smallest and largest area in square metres, None for no limit; and the text without them.
    """
    text = re.sub(r"\s+", " ", text.replace("²", "2")).strip()
    limits: dict[bool, float] = {}

    def take(match: re.Match[str]) -> str:
        words, number, unit = match.groups()
        above = re.fullmatch(_ABOVE, words.lower()) is not None
        limits[above] = _square_metres(number, unit)
        return ""

    def take_range(match: re.Match[str]) -> str:
        least, unit, most, last_unit = match.groups()
        limits[True], limits[False] = _square_metres(least, unit or last_unit), _square_metres(most, last_unit)
        return ""

    text = re.sub(_RANGE.pattern, take_range, text, flags=re.IGNORECASE)
    rest = re.sub(_LIMIT.pattern, take, text, flags=re.IGNORECASE)
    return (limits.get(True), limits.get(False)), rest


def _square_metres(number: str, unit: str) -> float:
    square = unit.lower().replace("square ", "").replace("sq", "").strip(" .")
    return float(number.replace(",", "")) * _UNIT[square[0]]


def take_per(text: str) -> tuple[str, str]:
    """Takes the unit of ground that numbers are given per out of a question.

    Args:
        text: The question as typed.

    Returns:
        "m2", "ha", "km2" or "" for none; and the text without it.
    """
    found = re.search(_PER.pattern, text, re.IGNORECASE)
    if found is None:
        return ("ha", _DENSITY.sub("number of", text)) if _DENSITY.search(text) else ("", text)
    unit = found[1].lower().replace("square ", "").replace("sq", "").strip(" .")
    return {"k": "km2", "h": "ha", "m": "m2"}[unit[0]], _DENSITY.sub("number of", text[: found.start()] + text[found.end() :])


def take_number(words: list[str]) -> tuple[int | None, list[str]]:
    """Takes the number of the largest objects out of a question, such as "the three largest".

    Args:
        words: Words of the question, in lower case.

    Returns:
        The number, 1 where none stands beside the superlative; and the words without it.
    """
    superlatives = (*MOST, *LEAST, "top")
    for at, word in enumerate(words):
        number = int(word) if word.isdecimal() else NUMBER_WORDS.index(word) if word in NUMBER_WORDS else None
        beside = [*words[max(0, at - 1) : at], *words[at + 1 : at + 2]]
        if number is not None and any(one in superlatives for one in beside):
            return number, words[:at] + words[at + 1 :]
    return 1, words


def take_unit(words: list[str]) -> tuple[str, list[str]]:
    """Takes a unit of area out of a question.

    Args:
        words: Words of the question, in lower case.

    Returns:
        The unit, "" for none; and the words without it.
    """
    line = f" {' '.join(words)} "
    for unit, spellings in UNITS.items():
        for spelling in spellings:
            if f" {spelling} " in line:
                for lead in (" how many ", " in ", " "):
                    line = line.replace(f"{lead}{spelling} of ", " ").replace(f"{lead}{spelling} ", " ")
                return unit, line.split()
    return "", words


def asks_top(words: list[str]) -> bool:
    """Whether it asks for the "top five".

    Args:
        words: Words of the question, in lower case.

    Returns:
        True where "top" stands before a number.
    """
    return any(a == "top" and (b.isdecimal() or b in NUMBER_WORDS) for a, b in pairwise(words))


def top_as_largest(words: list[str]) -> list[str]:
    """Writes "top five" as "five largest", so that the top is no place.

    Args:
        words: Words of the question, in lower case.

    Returns:
        The words.
    """
    if not asks_top(words):
        return words
    at = next(i for i, (a, b) in enumerate(pairwise(words)) if a == "top" and (b.isdecimal() or b in NUMBER_WORDS))
    said = {"largest", "biggest", "greatest", "smallest", *BY_LENGTH} & set(words)
    return [*words[:at], words[at + 1], *([] if said else ["largest"]), *words[at + 2 :]]


def more_as_most(words: list[str]) -> list[str]:
    """Writes "which half changed more" as "which half changed most": two parts or several, it is the same question.

    Args:
        words: Words of the question, in lower case.

    Returns:
        The words; as they were where they compare with something that they name.
    """
    parts = (*HALF_WORDS, *QUARTER_WORDS, *ZONE_WORDS, *CELL_WORDS)
    asked = any(a in ("which", "what") and b in parts for a, b in pairwise(words))
    if not asked or {"than", "or", *MOST, *LEAST} & {*words} or sum(word in ("more", "less", "fewer") for word in words) != 1:
        return words
    return [{"more": "most", "less": "least", "fewer": "fewest"}.get(word, word) for word in words]


def has_phrase(line: str, phrases: Sequence[str]) -> bool:
    """Whether a line, with a space at both ends, holds one of the phrases as whole words.

    Args:
        line: The words of the question, with a space at both ends.
        phrases: Phrases in lower case.

    Returns:
        True where one is there.
    """
    return any(f" {phrase} " in line for phrase in phrases)
