"""Sentences for a pair: how many of what came or went, and where."""

from __future__ import annotations

from collections import Counter

import numpy as np

from chronosight.synthetic.truth import ChangedObject
from chronosight.tasks.cells import CELLS

# The five sentences of LEVIR-CC for an unchanged pair (papers: arXiv 2509.23105 and the data it builds on).
NO_CHANGE_SENTENCES = (
    "the scene is the same as before", "there is no difference", "the two scenes seem identical",
    "no change has occurred", "almost nothing has changed",
)  # fmt: skip
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
PLACES = {
    "top left corner": ("in the top left corner", "at the top left", "in the upper left corner"),
    "top": ("at the top", "in the upper part", "along the top"),
    "top right corner": ("in the top right corner", "at the top right", "in the upper right corner"),
    "left": ("on the left", "on the left side", "at the left edge"),
    "center": ("in the middle", "in the center", "in the middle of the scene"),
    "right": ("on the right", "on the right side", "at the right edge"),
    "lower left corner": ("in the lower left corner", "at the bottom left", "in the bottom left corner"),
    "lower": ("at the bottom", "in the lower part", "along the bottom"),
    "lower right corner": ("in the lower right corner", "at the bottom right", "in the bottom right corner"),
}
STRIPES = (  # the three rows of the grid, then its three columns
    ("at the top", "in the upper part"),
    ("across the middle", "in the middle"),
    ("at the bottom", "in the lower part"),
    ("on the left", "on the left side"),
    ("in the middle", "down the middle"),
    ("on the right", "on the right side"),
)
GROUND_WORDS = {
    "grass": ("grass", "grassland"), "scrub": ("bareland", "scrubland"), "soil": ("bareland", "bare ground"),
    "red soil": ("bareland", "bare soil"), "sand": ("desert", "sand"), "crop": ("field", "farmland"),
    "stubble": ("field", "farmland"), "ploughed": ("field", "farmland"), "lawn": ("lawn", "grass"),
    "wood floor": ("forest", "woods"),
}  # fmt: skip


def describe_pair(
    rng: np.random.Generator, objects: tuple[ChangedObject, ...], size: int, grounds: tuple[str, str]
) -> tuple[str, ...]:
    """Describes a pair in five sentences, lower case, without full stops.

    Args:
        rng: Draws the words.
        objects: What changed.
        size: Side of the images in pixels.
        grounds: Kind of the old ground and the setting.

    Returns:
        The sentences; the no-change sentences of LEVIR-CC where nothing changed.
    """
    if not objects:
        return NO_CHANGE_SENTENCES
    sentences: list[str] = []
    for _ in range(5):
        for _ in range(4):
            sentence = _sentence(rng, objects, size, grounds)
            if sentence not in sentences:
                break
        sentences.append(sentence)
    return tuple(sentences)


def _sentence(rng: np.random.Generator, objects: tuple[ChangedObject, ...], size: int, grounds: tuple[str, str]) -> str:
    new = [thing for thing in objects if thing.appeared]
    gone = [thing for thing in objects if not thing.appeared]
    if new and gone and rng.random() < 0.75:
        first, second = _clause(rng, new, size, grounds, True), _clause(rng, gone, size, grounds, False)
        return f"{first} and {second}" if rng.random() < 0.7 else f"{second} and {first}"
    main = new if len(new) >= len(gone) else gone
    return _clause(rng, main, size, grounds, main is new)


def _clause(rng: np.random.Generator, things: list[ChangedObject], size: int, grounds: tuple[str, str], new: bool) -> str:
    buildings = [thing for thing in things if thing.class_name == "buildings"]
    roads = [thing for thing in things if thing.class_name == "roads"]
    ground = _one(rng, GROUND_WORDS.get(grounds[0], ("open land",)))
    where = _place(rng, things)
    if buildings and roads:
        many, plural = _count(rng, buildings, size)
        road = "a road" if len(roads) == 1 and rng.random() < 0.6 else _one(rng, ("roads", "some roads", "new roads"))
        if not new:
            return _one(rng, (
                f"{many} and {road} have been removed{where}",
                f"{road} and {many} disappear{where}",
                f"{many} along with {road} vanished{where}",
            ))  # fmt: skip
        return _one(rng, (
            f"{road} and {many} have been built{where}",
            f"{many} {_one(rng, ('appear', 'show up'))} along {_road(rng, roads)}{where}",
            f"{many} {_are(plural)} built beside {_road(rng, roads)}{where}",
            f"{_road(rng, roads)} with {many} {_one(rng, ('on its sides', 'beside it', 'along it'))} appears{where}",
            f"the {ground} is replaced by {road} and {many}{where}",
            f"{many} and {road} are constructed on the {ground}{where}",
        ))  # fmt: skip
    if buildings:
        many, plural = _count(rng, buildings, size)
        if not new:
            return _one(rng, (
                f"{many} {_have(plural)} been removed{where}",
                f"{many} {'disappear' if plural else 'disappears'}{where}",
                f"{many} {_have(plural)} been demolished{where}",
                f"{many} {_are(plural)} gone{where}",
            ))  # fmt: skip
        return _one(rng, (
            f"{many} {_have(plural)} been built{where}",
            f"{many} {'appear' if plural else 'appears'}{where}",
            f"{many} {_are(plural)} built on the {ground}{where}",
            f"{many} {_have(plural)} been constructed{where}",
            f"{many} {'show' if plural else 'shows'} up{where}",
            f"the {ground} is replaced by {many}{where}",
        ))  # fmt: skip
    road, plural = _roads(rng, roads)
    if not new:
        return _one(rng, (
            f"{road} {_have(plural)} been removed{where}",
            f"{road} {'disappear' if plural else 'disappears'}{where}",
            f"{road} {_are(plural)} gone{where}",
        ))  # fmt: skip
    return _one(rng, (
        f"{road} {_have(plural)} been built{where}",
        f"{road} {'appear' if plural else 'appears'} on the {ground}{where}",
        f"{road} {'run' if plural else 'runs'} across the {ground}{where}",
        f"{road} {_are(plural)} constructed{where}",
    ))  # fmt: skip


def _count(rng: np.random.Generator, buildings: list[ChangedObject], size: int) -> tuple[str, bool]:
    """The buildings in words, and whether they are several."""
    count = len(buildings)
    mean = float(np.mean([thing.area for thing in buildings]))
    large = mean > 700
    noun = _one(rng, ("building", "large building") if large else ("house", "building", "villa", "house"))
    if count == 1:
        return (f"a {noun}", False)
    plural = noun + "s"
    if count <= 9 and rng.random() < 0.55:
        return f"{WORDS[count]} {plural}", True
    if count <= 3:
        return _one(rng, (f"a few {plural}", f"some {plural}")), True
    if count <= 9:
        return _one(rng, (f"several {plural}", f"some {plural}", f"a group of {plural}")), True
    return _one(rng, (f"many {plural}", f"rows of {plural}", f"lots of {plural}", f"a large number of {plural}")), True


def _roads(rng: np.random.Generator, roads: list[ChangedObject]) -> tuple[str, bool]:
    if len(roads) == 1:
        return _one(rng, ("a road", "a new road", "a paved road")), False
    if rng.random() < 0.5 and len(roads) <= 9:
        return f"{WORDS[len(roads)]} roads", True
    return _one(rng, ("some roads", "several roads")) if len(roads) > 2 else "some roads", True


def _road(rng: np.random.Generator, roads: list[ChangedObject]) -> str:
    return _one(rng, ("a new road", "the new road", "a road"))


def _place(rng: np.random.Generator, things: list[ChangedObject]) -> str:
    """Where most of the things are, " in the ..." or an empty string when they are all over."""
    cells = Counter(thing.cell for thing in things)
    total = len(things)
    top, most = cells.most_common(1)[0]
    if most >= 0.6 * total:
        return " " + _one(rng, PLACES[top]) if rng.random() < 0.85 else ""
    rows, columns = [0, 0, 0], [0, 0, 0]
    for cell, count in cells.items():
        index = CELLS.index(cell)
        rows[index // 3] += count
        columns[index % 3] += count
    for part, words in zip((*rows, *columns), STRIPES, strict=True):
        if part >= 0.7 * total:
            return " " + _one(rng, words) if rng.random() < 0.85 else ""
    if len(cells) >= 5 and rng.random() < 0.3:
        return " " + _one(rng, ("all over the scene", "across the whole area", "throughout the area"))
    return ""


def _one(rng: np.random.Generator, choices: tuple[str, ...]) -> str:
    return choices[int(rng.integers(len(choices)))]


def _have(plural: bool) -> str:
    return "have" if plural else "has"


def _are(plural: bool) -> str:
    return "are" if plural else "is"
