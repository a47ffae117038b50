"""Rendered pictures kept for training: drawing one takes longer than learning from it.

A store is a folder: `pixels.npy` (n, S, S, 3) uint8, `classes.npy` (n, S, S) uint8 index into LAND_COVER, and
`truth.jsonl` with, for each picture, its objects' classes and centres, rural or urban, captions, questions and replies.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from chronosight.data.synthetic.truth import LAND_COVER, OBJECT_CLASSES


class RenderedStills:
    """Pictures read from a store; the first `held_out` ones are left for measuring."""

    def __init__(self, folder: str | Path, held_out: int = 200):
        folder = Path(folder)
        self.pixels = np.load(folder / "pixels.npy", mmap_mode="r")
        self.classes = np.load(folder / "classes.npy", mmap_mode="r")
        self.rows = [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()]
        self.held_out = min(held_out, len(self.rows) // 10)

    def window(self, rng: np.random.Generator, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A random window: pixels (side, side, 3) uint8, land cover one-hot (C, side, side) float32, counts of objects."""
        i = int(rng.integers(self.held_out, len(self.rows)))
        size = self.pixels.shape[1]
        x, y = int(rng.integers(size - side + 1)), int(rng.integers(size - side + 1))
        here = (slice(y, y + side), slice(x, x + side))
        classes = self.classes[i][here]
        cover = (classes[None] == np.arange(len(LAND_COVER), dtype=np.uint8)[:, None, None]).astype(np.float32)
        counts = np.zeros(len(OBJECT_CLASSES), np.float32)
        for name, cx, cy in self.rows[i]["objects"]:
            if x <= cx < x + side and y <= cy < y + side:
                counts[OBJECT_CLASSES.index(name)] += 1
        return np.ascontiguousarray(self.pixels[i][here]), cover, counts
