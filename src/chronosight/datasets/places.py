"""Real places at two dates: pictures, the mask of changed buildings, and human captions of parts of the scene.

Layout read here: `ROOT/pairs/SPLIT.jsonl` with one line a pair (`id`, `place`, `metres_per_pixel`, `size`, `cells`), and
`ROOT/pairs/SPLIT/ID_{before,after}.webp`, `ID_building.png`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from chronosight.errors import InputError


@dataclass(frozen=True)
class CaptionedCell:
    """A part of a scene with its human captions. box: (x0, y0, x1, y1) in pixels of the scene."""

    box: tuple[int, int, int, int]
    captions: tuple[str, ...]


@dataclass(frozen=True)
class PlacePair:
    """One place at two dates. before, after: (H, W, 3) uint8. building: (H, W) bool, buildings that changed."""

    id: str
    place: str
    metres_per_pixel: float
    before: np.ndarray
    after: np.ndarray
    building: np.ndarray
    cells: tuple[CaptionedCell, ...]


def load_places(root: str | Path, split: str, limit: int | None = None) -> list[PlacePair]:
    """All pairs of a split ("train", "native_train", "val", "test"), decoded.

    A pair whose place is unknown gets its own id as its place.

    Raises:
        InputError: the folder does not have the layout above.
    """
    folder = Path(root) / "pairs"
    index = folder / f"{split}.jsonl"
    if not index.is_file():
        raise InputError(f"no {split}.jsonl in {folder}: expected pairs/{split}.jsonl and pairs/{split}/; give --data")
    places = []
    for line in index.read_text().splitlines()[:limit]:
        row = json.loads(line)
        stem = folder / split / row["id"]
        places.append(
            PlacePair(
                id=row["id"],
                place=row["place"] or row["id"],
                metres_per_pixel=float(row["metres_per_pixel"]),
                before=_rgb(f"{stem}_before.webp"),
                after=_rgb(f"{stem}_after.webp"),
                building=np.asarray(Image.open(f"{stem}_building.png").convert("1")),
                cells=tuple(CaptionedCell(tuple(cell["box"]), tuple(cell["captions"])) for cell in row["cells"]),
            )
        )
    return places


def windows(size: int, window: int = 256) -> list[tuple[int, int, int, int]]:
    """Boxes (x0, y0, x1, y1) of the windows of a square scene, by row; the unit of the questions about a place."""
    starts = range(0, size - window + 1, window)
    return [(x, y, x + window, y + window) for y in starts for x in starts]


def _rgb(path: str) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))
