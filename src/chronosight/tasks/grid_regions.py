"""Places within a scene as people say them ("in the north", "top left", "left third") -> cells of the 3x3 grid."""

from __future__ import annotations

from dataclasses import dataclass

from chronosight.tasks.cells import CELLS

_ROWS = {"top": 0, "upper": 0, "north": 0, "northern": 0, "bottom": 2, "lower": 2, "south": 2, "southern": 2}
_COLUMNS = {"left": 0, "west": 0, "western": 0, "right": 2, "east": 2, "eastern": 2}
_BOTH = {"northeast": (0, 2), "northwest": (0, 0), "southeast": (2, 2), "southwest": (2, 0)}
_BOTH |= {name + "ern": place for name, place in _BOTH.items()}
_MIDDLE = ("center", "centre", "central", "middle")
# A place by themselves; "left" or "right" alone may be a verb or an adverb and need a word from below beside them.
COMPASS = ("north", "northern", "south", "southern", "west", "western", "east", "eastern", *_BOTH)
_BEFORE = (
    "in", "at", "on", "to", "the", "near", "within", "towards", "toward", "far", "and", "or", "very", "compare", "between",
    "versus", "vs",
)  # fmt: skip
_AFTER = (
    "corner", "part", "side", "third", "edge", "row", "column", "area", "section", "cell", "region", "end", "most",
)  # fmt: skip
# A half or a quarter cuts through cells, so whole cells cannot describe it.
UNEVEN = ("half", "quarter", "quadrant")


@dataclass(frozen=True)
class Place:
    """One place as it was worded.

    Attributes:
        start: Position of its first word.
        end: Position after its last word.
        cells: Of the 3x3 grid, as numbers by rows, 0 to 8.
        uneven: Whether it is a half, a quarter or a quadrant.
    """

    start: int
    end: int
    cells: frozenset[int]
    uneven: bool


@dataclass(frozen=True)
class Region:
    """All places of a question taken together.

    Attributes:
        cells: Names by rows; () if no place is named.
        used: Positions of the words that named them.
        uneven: Whether one of them is a half or such.
    """

    cells: tuple[str, ...]
    used: frozenset[int]
    uneven: bool


def find_region(words: list[str]) -> Region:
    """Finds the places named in the words of a question and takes them together.

    Args:
        words: Lower case, as `reading.tokenise` gives them.

    Returns:
        Their cells. One direction is the row or column of three cells at that side ("north": the top row); two are one
        cell ("top left"); center or middle alone is the middle cell.
    """
    found = find_places(words)
    cells = sorted(frozenset().union(*(place.cells for place in found)))
    used = frozenset(position for place in found for position in range(place.start, place.end))
    return Region(tuple(CELLS[i] for i in cells), used, any(place.uneven for place in found))


def find_places(words: list[str]) -> list[Place]:
    """Finds the places named in a question, each by itself; see `find_region`.

    Args:
        words: Words of the question, in lower case.

    Returns:
        The places, in their order.
    """
    found = []
    at = 0
    while at < len(words):
        end = at
        while end < len(words) and is_direction(words[end]):
            end += 1
        if end == at or not _is_place(words, at, end):
            at = max(end, at + 1)
            continue
        after = words[end] if end < len(words) else ""
        start, cells = at, _cells_of(words[at:end], after)
        at = end + (after in _AFTER or after in UNEVEN)
        found.append(Place(start, at, frozenset(cells), after in UNEVEN))
    return found


def is_direction(word: str) -> bool:
    """Whether a word names a direction or the middle.

    Args:
        word: In lower case.

    Returns:
        True for "left", "northern", "centre".
    """
    return word in _ROWS or word in _COLUMNS or word in _BOTH or word in _MIDDLE


def _is_place(words: list[str], start: int, end: int) -> bool:
    after = words[end] if end < len(words) else ""
    before = words[start - 1] if start else ""
    marked = end - start > 1 or after in _AFTER or after in UNEVEN or before in _BEFORE
    return marked or any(word in COMPASS for word in words[start:end])


def _cells_of(run: list[str], after: str) -> set[int]:
    """Cells of one run of direction words, as numbers by rows."""
    rows = {_ROWS[word] for word in run if word in _ROWS} | {_BOTH[word][0] for word in run if word in _BOTH}
    columns = {_COLUMNS[word] for word in run if word in _COLUMNS} | {_BOTH[word][1] for word in run if word in _BOTH}
    if any(word in _MIDDLE for word in run):
        if after == "row" or columns:
            rows = rows or {1}
        elif after == "column" or rows:
            columns = {1}
        else:
            rows, columns = {1}, {1}
    return {3 * row + column for row in rows or range(3) for column in columns or range(3)}


def row_and_column(word: str) -> tuple[int | None, int | None]:
    """Row and column of the grid that a direction word names.

    Args:
        word: Such as "north" or "southwest", in lower case.

    Returns:
        0, 2 or None each: "north" gives (0, None), "southwest" (2, 0).
    """
    return _BOTH.get(word) or (_ROWS.get(word), _COLUMNS.get(word))
