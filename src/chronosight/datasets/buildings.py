"""Single images of buildings, each building with an outline of its own, also where buildings adjoin.

DIR/buildings/chips.jsonl        one line a chip: id, metres_per_pixel, labelled, buildings (exterior rings in pixels)
DIR/buildings/chips/ID.webp
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from chronosight.datasets.index import read_index
from chronosight.datasets.sample import read_rgb


@dataclass(frozen=True)
class BuildingChip:
    """One date of one place, with its buildings.

    Attributes:
        id: Unique in the set.
        metres_per_pixel: Ground size of a pixel.
        pixels: (H, W, 3) uint8.
        labels: (H, W) int32, 0 ground, k the k-th building; adjoining buildings are a line of ground apart. None where the
            outlines are not complete.
    """

    id: str
    metres_per_pixel: float
    pixels: np.ndarray
    labels: np.ndarray | None

    @property
    def column(self) -> str:
        """Chips of one column of the map's tiles lie close together, so they are held out together."""
        return self.id.split("_")[1] if self.id.count("_") > 1 else self.id


def load_chips(root: str | Path) -> list[BuildingChip]:
    """Reads all chips, decoded.

    Args:
        root: Folder that has buildings/ in it.

    Returns:
        The chips, in the order of the index.

    Raises:
        InputError: The folder has another layout.
    """
    folder = Path(root) / "buildings"

    def parse(row: dict[str, Any]) -> BuildingChip:
        name, step, rings = str(row["id"]), float(row["metres_per_pixel"]), row["buildings"] if row["labelled"] else None
        pixels = read_rgb(folder / "chips" / f"{name}.webp")
        labels = None if rings is None else draw_buildings(rings, pixels.shape[0], pixels.shape[1])
        return BuildingChip(name, step, pixels, labels)

    layout, named = "buildings/chips.jsonl and buildings/chips/", "id, metres_per_pixel, labelled, buildings"
    return list(read_index(folder / "chips.jsonl", "chip", layout, named, parse))


def held_out_columns(chips: list[BuildingChip]) -> frozenset[str]:
    """Columns of chips that no training may see: every fourth that has outlines.

    Args:
        chips: All chips.

    Returns:
        Names of the columns.
    """
    columns = sorted({chip.column for chip in chips if chip.labels is not None})
    return frozenset(columns[1::4])


def draw_buildings(rings: list[list[list[float]]], height: int, width: int) -> np.ndarray:
    """Draws outlines, each as an object of its own.

    Args:
        rings: Exterior rings, corners as (x, y) in pixels.
        height: Rows of the result.
        width: Columns of the result.

    Returns:
        (height, width) int32: 0 ground, k the k-th ring. Where two buildings meet, two pixels of ground part them.
    """
    canvas = Image.new("I", (width, height))
    draw = ImageDraw.Draw(canvas)
    for number, ring in enumerate(rings, 1):
        if len(ring) > 2:
            draw.polygon([(float(x), float(y)) for x, y in ring], fill=number)
    labels = np.asarray(canvas).astype(np.int32)
    meeting = np.zeros(labels.shape, bool)
    for first, second in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        meeting[first] |= (labels[first] != labels[second]) & (labels[first] > 0) & (labels[second] > 0)
    labels[ndimage.binary_dilation(meeting)] = 0
    return labels
