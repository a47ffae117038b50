"""LEVIR-MCI without its pictures: a captions file and masks whose objects are known. A mask is written as (class value,
cell) of its objects: (128, "top") is a road at the top."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from chronosight.tasks.caption import NO_CHANGE_SENTENCES
from chronosight.tasks.cells import CELLS

SIDE = 90
ROAD, BUILDING = 128, 255
Objects = Sequence[tuple[int, str]]
SAID = ("some houses are built", "houses appear beside a road", "a road and houses are built", "villas appear", "a house is new")

# By name: (caption flag, objects). The last two disagree: captions see trees where the mask is empty, and the other way.
PAIRS: Mapping[str, tuple[bool, Objects]] = {
    "train_000001": (True, [(BUILDING, "center"), (BUILDING, "center"), (BUILDING, "top left corner")]),
    "train_000002": (False, []),
    "train_000003": (True, [(ROAD, "left"), (BUILDING, "lower right corner")]),
    "val_000001": (True, [(ROAD, "top")]),
    "val_000002": (False, []),
    "test_000001": (True, [(BUILDING, "right")]),
    "test_000002": (True, []),
    "test_000003": (False, [(BUILDING, "lower")]),
}


def write_levir_captions(root: Path, pairs: Mapping[str, tuple[bool, Objects]] = PAIRS) -> Path:
    rows = []
    for name, (changed, objects) in pairs.items():
        split = name.split("_")[0]
        folder = root / "images" / split / "label"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(paint(objects)).save(folder / f"{name}.png")
        said = SAID if changed else NO_CHANGE_SENTENCES
        rows.append(
            {
                "filepath": split,
                "filename": f"{name}.png",
                "changeflag": int(changed),
                "sentences": [{"raw": f" {text} .", "tokens": text.split()} for text in said],
            }
        )
    (root / "LevirCCcaptions.json").write_text(json.dumps({"images": rows}))
    return root


def paint(objects: Objects) -> np.ndarray:
    """(90, 90) uint8 mask; objects of one cell lie side by side, three at most, apart from each other."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    placed: dict[str, int] = {}
    for value, cell in objects:
        row, column = divmod(CELLS.index(cell), 3)
        x = 30 * column + 2 + 10 * placed.setdefault(cell, 0)
        mask[30 * row + 5 : 30 * row + 15, x : x + 6] = value
        placed[cell] += 1
    return mask
