"""The nine places of a scene, named as ChangeIMTI names them (arXiv 2509.23105): a 3x3 grid read by row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

CELLS = (
    "top left corner", "top", "top right corner",
    "left", "center", "right",
    "lower left corner", "lower", "lower right corner",
)  # fmt: skip

NO_CHANGE = "No change"

PLACES = {
    "top left corner": "in the top left corner",
    "top": "at the top",
    "top right corner": "in the top right corner",
    "left": "on the left",
    "center": "in the center",
    "right": "on the right",
    "lower left corner": "in the lower left corner",
    "lower": "at the bottom",
    "lower right corner": "in the lower right corner",
}


_SIDES = {"top": CELLS[:3], "lower": CELLS[6:], "left": CELLS[::3], "right": CELLS[2::3]}  # by the cell in its middle

COMPASS = dict(
    zip(
        CELLS,
        ("north-west", "north", "north-east", "west", "centre", "east", "south-west", "south", "south-east"),
        strict=True,
    )
)


def cell_at(x: float, y: float, width: int, height: int) -> str:
    """Names the cell of the 3x3 grid that holds a point.

    Args:
        x: To the right, in pixels; outside the scene counts as its edge.
        y: Downwards, in pixels.
        width: Of the scene, in pixels.
        height: Of the scene, in pixels.

    Returns:
        The name; a point on the line between two cells is in the later one.
    """
    column = min(2, max(0, int(3 * x / width)))
    row = min(2, max(0, int(3 * y / height)))
    return CELLS[3 * row + column]


def common_place(cells: Iterable[str]) -> str | None:
    """The place that cells share, in words.

    Args:
        cells: Cells of the 3x3 grid, one or more.

    Returns:
        Such as "in the top left corner" for one cell, "at the top" for several along the upper side; None where the cells lie
        along no side, or there are none.
    """
    named = set(cells)
    if len(named) == 1:
        return PLACES[named.pop()]
    return next((PLACES[middle] for middle, side in _SIDES.items() if named and named.issubset(side)), None)


def join_cells(cells: Iterable[str]) -> str:
    """The reply for a list of cells (ChangeIMTI, arXiv 2509.23105).

    Args:
        cells: Cells of the 3x3 grid.

    Returns:
        The cells, joined by commas without spaces; "No change" where there are none.
    """
    return ",".join(cells) or NO_CHANGE


def parse_cells(reply: str) -> tuple[str, ...] | None:
    """Reads the cells that a reply names.

    Args:
        reply: Names joined by commas, or "No change".

    Returns:
        The cells in its order and without repeats; () for "No change"; None for anything else.
    """
    text = reply.strip().rstrip(".").lower()
    if text == NO_CHANGE.lower():
        return ()
    names = [part.strip() for part in text.split(",") if part.strip()]
    if not names or any(name not in CELLS for name in names):
        return None
    return tuple(dict.fromkeys(names))


def places(cells: Sequence[str]) -> str:
    """Cells of the 3x3 grid as a phrase: "at the top and on the left", "everywhere but in the center".

    Args:
        cells: Their names, in any order.

    Returns:
        The phrase; "all over the scene" for all nine.
    """
    without = [cell for cell in CELLS if cell not in cells]
    if not without:
        return "all over the scene"
    if len(without) <= 2:
        return f"everywhere but {places(without)}"
    corners = [cell.removesuffix(" corner") for cell in CELLS if cell in cells and cell.endswith("corner")]
    phrases = [PLACES[cell] for cell in CELLS if cell in cells and not cell.endswith("corner")]
    if len(corners) == 4:
        phrases.append("in all four corners")
    elif corners:
        phrases.append(f"in the {listed(corners)} corner{'s' * (len(corners) > 1)}")
    return listed(phrases)


CORNER = "corner"


def whereabouts(cells: Sequence[str], north_up: bool) -> str:
    """Cells of the 3x3 grid as a phrase, by the compass where north is at the top.

    Args:
        cells: Their names, in any order.
        north_up: Whether north is at the top.

    Returns:
        Such as "in the north-west and south", else as `places` gives it.
    """
    named = [cell for cell in CELLS if cell in cells]
    if not north_up:
        return places(named)
    return f"in the {listed([COMPASS[cell] for cell in named])}"


def halves_and_quarters(cells: Sequence[str], north_up: bool) -> str:
    """Parts of a scene that is divided in two along one or both sides, by the cells that their middles lie in.

    Args:
        cells: Their names, in any order: corners stand for quarters, the others for halves.
        north_up: Whether north is at the top.

    Returns:
        Such as "in the north-western quarter", "in the top left and top right quarters", "in the left half".
    """
    named = [cell for cell in CELLS if cell in cells]
    kind = "quarter" if named[0].endswith(CORNER) else "half"
    words = [f"{COMPASS[cell]}ern" if north_up else cell.removesuffix(f" {CORNER}") for cell in named]
    plural = {"quarter": "quarters", "half": "halves"}[kind] if len(named) > 1 else kind
    return f"in the {listed(words)} {plural}"


def listed(parts: Sequence[str]) -> str:
    """Joins parts as a list in a sentence.

    Args:
        parts: The parts.

    Returns:
        "a", "a and b", or "a, b and c".
    """
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
