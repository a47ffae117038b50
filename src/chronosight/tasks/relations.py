"""Positions relative to another thing, which nothing here knows: "left of the road", "near the river", "houses on the island".

"On the left of the scene" names a part of the scene, and is no such position.
"""

from __future__ import annotations

from collections.abc import Sequence

from chronosight.tasks.grid_regions import Place, find_places, is_direction
from chronosight.tasks.nouns import SUBJECTS, change_subject, singular

PART = "part"
RELATIVE = "Positions relative to other things are not known."
# Relative before anything but a part of the scene: "near the river", not "near the top".
_NEAR = tuple(
    tuple(phrase.split())
    for phrase in (
        "near", "nearby", "nearest", "close to", "closest to", "closer to", "close by", "next to", "beside", "along", "alongside",
        "behind", "in front of", "opposite", "adjacent", "adjoining", "bordering", "surrounded by", "surrounding", "far from",
        "away from", "facing", "beyond", "beneath", "underneath", "amid", "amidst",
    )
)  # fmt: skip
_BEFORE_A_THING = ("above", "below", "across", "around", "outside", "inside", "off", "between")
_BETWEEN_THINGS = ("on", "at", "in", "by", "over", "within", "inside")  # "houses on the island"
_SIDES = ("side", "sides", "edge", "edges", "end", "ends", "corner", "corners", "front", "back", "bank", "banks", "shore")
_PARTS = (*_SIDES, "part", "third", "half", "quarter")  # beside a direction: "the left side of the road"
_LIGHT = frozenset((
    "a", "an", "the", "this", "that", "these", "those", "any", "some", "all", "both", "many", "several", "few", "other", "new",
    "old", "former", "existing", "changed", "vanished", "demolished", "removed", "built", "big", "large", "small", "main",
    "largest", "biggest", "smallest", "very", "of", *_PARTS,
))  # fmt: skip
_LENGTHS = ("m", "metre", "metres", "meter", "meters", "km", "kilometre", "kilometres", "kilometer", "kilometers")
_OTHERS = ("it", "them", "town", "city", "village")
_WHOLES = (
    "scene", "scenes", "image", "images", "picture", "pictures", "photo", "photos", "photograph", "photographs", "map", "area",
    "zone", "view", "site", "date", "dates", "change", "changes",
)  # fmt: skip
# What follows is no position: "built on grass", a question about land cover; "covered by buildings", "a change in roads".
_BUILT = ("built", "build", "constructed", "stand", "stands", "stood", "paved", "up")
_NO_POSITION = frozenset((
    "covered", "occupied", "replaced", "taken", "caused", "changes", "change", "changed", "increase", "decrease", "growth",
    "grew", "grown", "differ", "outnumbered",
))  # fmt: skip
_COMPARED = frozenset(("difference", "differences", "compare", "compared", "comparison", "ratio", "balance", "change", "changes"))


def is_relative(words: Sequence[str]) -> bool:
    """Whether a question names a position relative to a thing in the scene.

    Args:
        words: Of the question, as `reading.tokenise` gives them, without the names of zones.

    Returns:
        True for "on the left of the road" and "near the river"; False for "on the left of the scene" and "near the top".
    """
    named = False  # whether a thing stands before: "houses on the island", but "changes in the buildings"
    for at, word in enumerate(words):
        named = named or bool(_thing_at(words, at))
        before, rest = words[at - 1] if at else "", words[at + 1 :]
        near = next((phrase for phrase in _NEAR if tuple(words[at : at + len(phrase)]) == phrase), ())
        if near and _follows(words[at + len(near) :]) != PART:
            return True
        compared = word == "between" and bool(_COMPARED & {*words[:at]})
        if word in _BEFORE_A_THING and not compared and _is_thing(_follows(rest)):
            return True
        within = word in _BETWEEN_THINGS and named and before not in _NO_POSITION and rest[:1] not in (["it"], ["them"])
        on_ground = before in _BUILT and word in ("on", "over") and change_subject(_follows(rest)) is None
        if within and not on_ground and _is_thing(_follows(rest)):
            return True
        remains = words[0] == "what" and before in ("is", "was")  # "what is left of the forest"
        distance = word in _LENGTHS and (rest[:1] == ["from"] or words[max(0, at - 2) : at][:1] == ["within"])  # within 5 m of
        if (distance or word in _SIDES or (is_direction(word) and not remains)) and _is_thing(_of_what(rest)):
            return True
    return False


def scene_places(words: list[str]) -> list[Place]:
    """The places in the scene that a caption names, without those relative to a thing: "on the left of the road".

    Args:
        words: Of the caption, in lower case.

    Returns:
        The places, in their order. An area, as in "at the top of the residential area", and "it" stand for the scene.
    """
    found = [(place, _of_what(words[place.end :])) for place in find_places(words)]
    return [place for place, of in found if of in (PART, "", "it", "them") or of.endswith("areas")]


def _is_thing(what: str) -> bool:
    return what not in (PART, "")


def _of_what(words: Sequence[str]) -> str:
    """Of what a direction is one, as `_follows` says it: of the road in "left side of the road"."""
    while words and (words[0] in _PARTS or is_direction(words[0])):
        words = words[1:]
    return _follows(words[1:]) if words[:1] in (["of"], ["from"]) else ""


def _follows(words: Sequence[str]) -> str:
    """What comes first after a preposition: the name of a thing, `PART` for the scene or a part of it, "" for anything else."""
    for at, word in enumerate(words):
        thing = _thing_at(words, at)
        if thing or word in _OTHERS:
            return thing or word
        if word in _WHOLES:
            return PART
        if is_direction(word):  # "near the left edge", "along the north side of the road"
            return _of_what(words[at + 1 :]) or PART
        if word not in _LIGHT:
            return ""
    return ""


def _thing_at(words: Sequence[str], at: int) -> str:
    """Plural name of the thing that is named from here on, "" for none; "square metres" are no squares."""
    if words[at] in ("square", "squares") and words[at + 1 : at + 2] and words[at + 1].startswith(("met", "kilomet")):
        return ""
    names = (singular(" ".join(words[at : at + length])) for length in (3, 2, 1) if at + length <= len(words))
    return next((SUBJECTS[name] for name in names if name in SUBJECTS), "")
