"""Parts of a whole scene as people say them ("the north-west", "the southern half") -> boxes of the scene.

Like `regions`, but objects of a whole scene have coordinates, so halves and quarters can be told as well as thirds.
"""

from __future__ import annotations

from dataclasses import dataclass

from chronosight.tasks.cells import CELLS, places
from chronosight.tasks.grid_regions import COMPASS, UNEVEN, find_region, row_and_column

Box = tuple[float, float, float, float]  # left, top, right, bottom as shares of the scene's width and height, in [0, 1]
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class SceneRegion:
    """cells: of the 3x3 grid, where the part is told by those; else () and the part is `box`.

    words: the part as a phrase, "in the north-west". compass: named by north, south, east or west, so it holds for scenes
    with north up only.
    """

    cells: tuple[str, ...]
    box: Box
    words: str
    compass: bool


def take_region(words: list[str]) -> tuple[SceneRegion | None, list[str], str]:
    """-> (the part named in the words of a question, the words without it, why it cannot be told or "")."""
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


def in_region(region: SceneRegion, cell: str, x: float, y: float) -> bool:
    """Whether an object lies in the part. cell: its place in the 3x3 grid; x, y: its centroid as shares of the scene."""
    if region.cells:
        return cell in region.cells
    left, top, right, bottom = region.box
    return left <= x < right + (right == 1) and top <= y < bottom + (bottom == 1)


def grid_words(cells: tuple[str, ...]) -> str:
    """The cells by their names, for a note: "top left corner, top"."""
    return ", ".join(cell for cell in CELLS if cell in cells)


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
    """ "in the north-west", "at the top", "on the left side"."""
    joined = ("-" if len(words) > 1 and all(word in COMPASS for word in words) else " ").join(words)
    if words[0] in ("left", "right") and len(words) < 3:
        return f"on the {joined}"
    return f"at the {joined}" if words in (["top"], ["bottom"]) else f"in the {joined}"


def _tidy(words: list[str]) -> list[str]:
    """Without what a part leaves behind: "in the" at the end."""
    while words and words[-1] in ("in", "at", "on", "the", "of", "to", "within", "towards", "and", "scene"):
        words = words[:-1]
    return words
