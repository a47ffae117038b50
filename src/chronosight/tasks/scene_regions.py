"""Parts of a whole scene as people say them ("the north-west", "the southern half") -> boxes of the scene.

Like `grid_regions`, but objects of a whole scene have coordinates, so halves and quarters are answered as well as thirds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from chronosight.tasks.cells import CELLS, places
from chronosight.tasks.grid_regions import COMPASS, UNEVEN, find_places, find_region, row_and_column

Box = tuple[float, float, float, float]  # left, top, right, bottom as shares of the scene's width and height, in [0, 1]
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class SceneRegion:
    """A part of the scene.

    Attributes:
        cells: Of the 3x3 grid, where the part is made of those; else () and the part is `box`.
        box: Left, top, right and bottom as shares of the scene's width and height, in [0, 1].
        words: The part as a phrase, "in the north-west".
        compass: Whether it is named by north, south, east or west, and so holds for scenes with north up only.
    """

    cells: tuple[str, ...]
    box: Box
    words: str
    compass: bool


def take_region(words: list[str]) -> tuple[SceneRegion | None, list[str], str]:
    """Takes the part of the scene out of the words of a question.

    Args:
        words: Lower case, as `reading.tokenise` gives them.

    Returns:
        The part or None, the words without it, and why it is not understood or "".
    """
    halved = _take_half(words)
    if halved is not None:
        region, rest = halved
        if find_region(rest).cells:
            return None, rest, "Name one part of the scene at a time."
        return region, rest, ""
    found = find_region(words)
    rest = [word for i, word in enumerate(words) if i not in found.used]
    if found.uneven:
        return None, rest, "That half or quarter is not understood; say, for example, the northern half or the top left quarter."
    if not found.cells:
        return None, words, ""
    compass = any(words[i] in COMPASS for i in found.used)
    used = sorted(found.used)
    run = used == list(range(used[0], used[-1] + 1))
    phrase = _phrase([words[i] for i in used]) if run else places(found.cells)
    return SceneRegion(found.cells, WHOLE, phrase, compass), _tidy(rest), ""


def take_two_regions(words: list[str]) -> tuple[tuple[SceneRegion, SceneRegion] | None, list[str]]:
    """Takes two parts that are compared out of the words of a question.

    Args:
        words: Lower case, as `reading.tokenise` gives them.

    Returns:
        The two parts in their order, None where there are not exactly two; and the words without them.
    """
    found = find_places(words)
    if len(found) != 2:
        return None, words
    first, second = found
    parts = []
    for place in found:
        named = words[place.start : place.end]
        if place is first and second.uneven and not first.uneven and first.end + 1 == second.start:
            named.append(words[second.end - 1])  # "the northern and southern half"
        region, _, reason = take_region(["in", "the", *named])
        if region is None or reason:
            return None, words
        parts.append(region)
    rest = words[: first.start] + words[first.end : second.start] + words[second.end :]
    return (parts[0], parts[1]), _tidy(rest)


def in_region(region: SceneRegion, cell: str, x: float, y: float) -> bool:
    """Whether an object lies in a part of the scene.

    Args:
        region: The part.
        cell: The object's place in the 3x3 grid.
        x: Of its centroid, as a share of the scene's width, in [0, 1].
        y: Of its centroid, downwards, as a share of the scene's height, in [0, 1].

    Returns:
        Whether it lies inside.
    """
    if region.cells:
        return cell in region.cells
    left, top, right, bottom = region.box
    return left <= x < right + (right == 1) and top <= y < bottom + (bottom == 1)


def grid_words(cells: tuple[str, ...]) -> str:
    """The cells by their names, for a note.

    Args:
        cells: Cells of the 3x3 grid.

    Returns:
        Such as "top left corner, top", in the grid's order.
    """
    return ", ".join(cell for cell in CELLS if cell in cells)


def equal_parts(among: Literal["halves", "quarters"]) -> tuple[SceneRegion, ...]:
    """The halves or quarters of a scene.

    Args:
        among: "halves" (upper, lower, left, right) or "quarters".

    Returns:
        Four regions.
    """
    names = ("upper half", "lower half", "left half", "right half")
    if among == "quarters":
        names = ("upper left quarter", "upper right quarter", "lower left quarter", "lower right quarter")
    found = [_take_half(name.split()) for name in names]
    return tuple(part[0] for part in found if part is not None)


def _take_half(words: list[str]) -> tuple[SceneRegion, list[str]] | None:
    for at, word in enumerate(words):
        if word not in UNEVEN:
            continue
        start = at
        while start and row_and_column(words[start - 1]) != (None, None):
            start -= 1
        rows = {row for row, _ in map(row_and_column, words[start:at]) if row is not None}
        columns = {column for _, column in map(row_and_column, words[start:at]) if column is not None}
        sides = len(rows) + len(columns)
        if len(rows) > 1 or len(columns) > 1 or sides != (1 if word == "half" else 2):
            return None
        row, column = next(iter(rows), None), next(iter(columns), None)
        left, right = {None: (0.0, 1.0), 0: (0.0, 0.5), 2: (0.5, 1.0)}[column]
        top, bottom = {None: (0.0, 1.0), 0: (0.0, 0.5), 2: (0.5, 1.0)}[row]
        compass = any(part in COMPASS for part in words[start:at])
        phrase = f"in the {' '.join(words[start : at + 1])}"
        return SceneRegion((), (left, top, right, bottom), phrase, compass), _tidy(words[:start] + words[at + 1 :])
    return None


def _phrase(words: list[str]) -> str:
    """The part as a phrase: "in the north-west", "at the top", "on the left side"."""
    joined = ("-" if len(words) > 1 and all(word in COMPASS for word in words) else " ").join(words)
    if words[0] in ("left", "right") and len(words) < 3:
        return f"on the {joined}"
    return f"at the {joined}" if words in (["top"], ["bottom"]) else f"in the {joined}"


def _tidy(words: list[str]) -> list[str]:
    """Without what a part leaves behind: "in the" at the end."""
    while words and words[-1] in ("in", "at", "on", "the", "of", "to", "within", "towards", "and", "scene"):
        words = words[:-1]
    return words
