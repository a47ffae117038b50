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


def places(cells: Sequence[str]) -> str:
    """Cells of the 3x3 grid as a phrase: "at the top and on the left", "everywhere but in the center"."""
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


def listed(parts: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
