"""Nouns in the captions of RSICD: countable nouns, their spellings, and the truth that can be made from them.

Rule (ours; the captions are the only truth there is): an image HAS a noun when at least two of its five captions name
it, and LACKS it when none does; one mention decides nothing. Its coarse count is the most frequent quantity word before
the noun. A caption that leaves something out does not show that it is absent, so "no" is a noisy answer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from chronosight.tasks.nouns import OBJECTS

# Plural noun as asked -> spellings in captions (longest first where one holds the other).
NOUNS: dict[str, tuple[str, ...]] = {
    "trees": ("trees", "tree", "woods"),
    "buildings": ("buildings", "building"),
    "houses": ("houses", "house", "villas", "villa"),
    "roads": ("roads", "road", "street", "streets", "highway", "highways"),
    "cars": ("cars", "car", "vehicles", "vehicle"),
    "planes": ("planes", "plane", "airplanes", "airplane", "aircraft", "aircrafts"),
    "boats": ("boats", "boat", "ships", "ship", "yachts"),
    "bridges": ("bridges", "bridge"),
    "rivers": ("rivers", "river"),
    "ponds": ("ponds", "pond", "lake", "lakes"),
    "pools": ("swimming pools", "swimming pool", "pools", "pool"),
    "parking lots": ("parking lots", "parking lot", "parkinglot"),
    "playgrounds": ("playgrounds", "playground"),
    "football fields": ("football fields", "football field", "soccer fields", "soccer field"),
    "baseball fields": ("baseball fields", "baseball field", "baseball diamond", "baseball diamonds"),
    "tennis courts": ("tennis courts", "tennis court"),
    "basketball courts": ("basketball courts", "basketball court", "basketball fields", "basketball field"),
    "storage tanks": ("storage tanks", "storage tank", "tanks", "tank"),
    "farmlands": ("farmlands", "farmland", "farm lands"),
    "mountains": ("mountains", "mountain"),
    "runways": ("runways", "runway"),
    "railways": ("railways", "railway", "railroad", "railroads"),
    "viaducts": ("viaducts", "viaduct", "overpass", "overpasses"),
    "meadows": ("meadows", "meadow", "grassland", "lawn", "lawns"),
    "beaches": ("beaches", "beach"),
    "churches": ("churches", "church"),
    "stadiums": ("stadiums", "stadium"),
    "waves": ("waves", "wave"),
}

# Nouns a question can be about: those of `tasks.nouns.OBJECTS`.
ASKED = tuple(noun for noun in NOUNS if noun in OBJECTS)

# How many training images of AID have each noun: "no" questions draw their noun from the same distribution as "yes"
# questions get theirs, so that the noun alone gives nothing away.
FREQUENCY = {
    "trees": 3805, "buildings": 3408, "roads": 1251, "rivers": 923, "ponds": 772, "cars": 679, "parking lots": 596,
    "meadows": 588, "houses": 491, "farmlands": 464, "beaches": 431, "boats": 374, "mountains": 330,
    "playgrounds": 322, "bridges": 314, "planes": 293, "railways": 250, "football fields": 228, "pools": 227,
    "baseball fields": 225, "churches": 217, "viaducts": 125, "runways": 80, "tennis courts": 56,
    "basketball courts": 44, "stadiums": 30, "storage tanks": 30,
}  # fmt: skip

# Where one of these is named, the noun is probably there though no caption says so: it is not asked about as absent.
IMPLIED_BY = {
    "buildings": ("houses", "churches", "stadiums", "parking lots", "pools"),
    "houses": ("buildings",),
    "roads": ("viaducts", "bridges", "cars", "parking lots", "houses", "buildings", "churches"),
    "cars": ("parking lots", "roads", "viaducts"),
    "trees": ("meadows", "houses", "mountains"),
    "meadows": ("playgrounds", "football fields", "baseball fields", "farmlands", "trees"),
    "rivers": ("bridges", "ponds", "boats"),
    "ponds": ("rivers",),
    "playgrounds": ("football fields", "basketball courts", "stadiums"),
    "football fields": ("playgrounds", "stadiums"),
    "runways": ("planes",),
    "bridges": ("viaducts",),
    "viaducts": ("bridges", "roads"),
}

# Quantity words -> rank; only ranks that differ are compared. 1 and 2 are numbers, 3 several, 4 many.
_QUANTITIES = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 3, "five": 3, "six": 3, "some": 3, "several": 3, "few": 3,
    "many": 4, "lots": 4, "numerous": 4, "rows": 4,
}  # fmt: skip
_EXACT = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_ADJECTIVE_REACH = 3  # words that may stand between the quantity and the noun: "many small white boats"
# "a lot of", "rows of" count, "a piece of green trees" does not say how many.
_PATTERNS = {
    noun: re.compile(rf"((?:[a-z]+ ){{0,{_ADJECTIVE_REACH + 1}}})\b({'|'.join(forms)})\b") for noun, forms in NOUNS.items()
}


def mentions(captions: Sequence[str]) -> dict[str, int]:
    """Counts the captions that name each noun.

    Args:
        captions: Of one image.

    Returns:
        Number by noun.
    """
    return dict(_mentions(tuple(captions)))


@lru_cache(maxsize=256)  # every noun of an image is asked about in turn
def _mentions(captions: tuple[str, ...]) -> dict[str, int]:
    return {noun: sum(bool(pattern.search(caption)) for caption in captions) for noun, pattern in _PATTERNS.items()}


def present(captions: Sequence[str]) -> tuple[str, ...]:
    """Nouns that the image has.

    Args:
        captions: Of one image.

    Returns:
        Those that at least two captions name.
    """
    return tuple(noun for noun, count in mentions(captions).items() if count >= 2)


def absent(captions: Sequence[str]) -> tuple[str, ...]:
    """Nouns that no caption names.

    Args:
        captions: Of one image.

    Returns:
        The nouns.
    """
    return tuple(noun for noun, count in mentions(captions).items() if count == 0)


def surely_absent(captions: Sequence[str]) -> tuple[str, ...]:
    """Nouns that can be asked about with the reply "no".

    Args:
        captions: Of one image.

    Returns:
        Those that are not named, nor anything that implies them (`IMPLIED_BY`).
    """
    counts = mentions(captions)
    return tuple(noun for noun in ASKED if counts[noun] == 0 and not any(counts[other] for other in IMPLIED_BY.get(noun, ())))


def quantities(captions: Sequence[str]) -> dict[str, str]:
    """The most frequent quantity word of each noun that at least two captions count.

    Args:
        captions: Of one image.

    Returns:
        Word by noun: {"planes": "many"}.
    """
    return dict(_quantities(tuple(captions)))


@lru_cache(maxsize=256)
def _quantities(captions: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, Counter[str]] = {}
    for caption in captions:
        for noun, pattern in _PATTERNS.items():
            match = pattern.search(caption)
            word = match and _quantity_before(match.group(1).split())
            if word:
                found.setdefault(noun, Counter())[word] += 1
    return {noun: words.most_common(1)[0][0] for noun, words in found.items() if sum(words.values()) >= 2}


def rank(word: str) -> int:
    """The rank of a quantity word.

    Args:
        word: As `quantities` gives it.

    Returns:
        1 (one), 2 (two), 3 (several) or 4 (many).
    """
    return _QUANTITIES[word]


def exact(word: str) -> int | None:
    """The number that a quantity word states.

    Args:
        word: As `quantities` gives it.

    Returns:
        The number; None for "some" or "many".
    """
    return _EXACT.get(word)


def _quantity_before(words: list[str]) -> str | None:
    for i in range(len(words) - 1, -1, -1):
        if words[i] == "of" and i and words[i - 1] in ("lot", "lots", "rows", "number"):
            return "many"
        if words[i] in ("of", "and", "in", "near", "by", "with", "are", "is", "on", "the"):
            return None
        if words[i] in _QUANTITIES:
            return words[i]
    return None
