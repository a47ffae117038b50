"""The nine places of a scene, named as ChangeIMTI names them (arXiv 2509.23105): a 3x3 grid read by row."""

from __future__ import annotations

from collections.abc import Iterable

CELLS = (
    "top left corner", "top", "top right corner",
    "left", "center", "right",
    "lower left corner", "lower", "lower right corner",
)  # fmt: skip

NO_CHANGE = "No change"


def cell_at(x: float, y: float, width: int, height: int) -> str:
    """Name of the cell that holds the point (x right, y down, in pixels) of a width x height scene."""
    column = min(2, max(0, int(3 * x / width)))
    row = min(2, max(0, int(3 * y / height)))
    return CELLS[3 * row + column]


def join_cells(cells: Iterable[str]) -> str:
    """Reply text for a list of cells: joined by commas without spaces, or "No change" when empty."""
    return ",".join(cells) or NO_CHANGE


def parse_cells(reply: str) -> tuple[str, ...] | None:
    """Cells named in a reply, in its order and without repeats; () for "No change"; None when it is neither."""
    text = reply.strip().rstrip(".").lower()
    if text == NO_CHANGE.lower():
        return ()
    names = [part.strip() for part in text.split(",") if part.strip()]
    if not names or any(name not in CELLS for name in names):
        return None
    return tuple(dict.fromkeys(names))
