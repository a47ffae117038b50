"""A LEVIR-MCI folder painted here: a few pairs of 64 pixels with roads and houses, their labels and five captions each."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from chronosight.tasks.caption import NO_CHANGE_SENTENCES

SIDE = 64
CHANGED = ("some houses are built at the top", "a row of houses appears", "houses are built beside a road at the top",
           "several houses appear at the top", "a road and houses are built")  # fmt: skip


def write_levir(root: Path, train: tuple[int, ...] = (1, 2, 200, 201), val: tuple[int, ...] = (1, 2)) -> Path:
    """train, val: the numbers in the names; even ones did not change."""
    rows = []
    for split, numbers in (("train", train), ("val", val), ("test", (1,))):
        for folder in ("A", "B", "label"):
            (root / "images" / split / folder).mkdir(parents=True, exist_ok=True)
        for number in numbers:
            name, changed = f"{split}_{number:06}.png", number % 2 == 1
            _paint(root / "images" / split, name, number, changed)
            said = CHANGED if changed else NO_CHANGE_SENTENCES
            sentences = [{"raw": f" {text} .", "tokens": text.split()} for text in said]
            rows.append({"filename": name, "filepath": split, "split": split, "changeflag": int(changed), "sentences": sentences})
    (root / "LevirCCcaptions.json").write_text(json.dumps({"images": rows}))
    return root


def _paint(folder: Path, name: str, number: int, changed: bool) -> None:
    before = np.random.default_rng(number).integers(60, 120, (SIDE, SIDE, 3), np.uint8)
    after, label = before.copy(), np.zeros((SIDE, SIDE), np.uint8)
    if changed:
        for x in (4, 24, 44):
            after[6:20, x : x + 14], label[6:20, x : x + 14] = 230, 255
        after[30:36], label[30:36] = 160, 128
    for part, pixels in (("A", before), ("B", after), ("label", label)):
        Image.fromarray(pixels).save(folder / part / name)
