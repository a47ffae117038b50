"""A data folder as training reads it, drawn here: a few places at two dates, and a few pictures of two sets."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 256
UNCHANGED, CHANGED = "the scene is the same as before", "some houses are built at the top"


def write_data(root: Path) -> Path:
    _write_pairs(root, "train", ["a", "b", "c"], 1.0)
    _write_pairs(root, "native_train", ["n"], 0.5)
    _write_pairs(root, "val", ["v"], 1.0)
    _write_images(root, "aid", ("Pond", "Port"), ("a pond near a port",) * 5)
    _write_images(root, "ucm", ("river", "runway"), ())
    return root


def _write_pairs(root: Path, split: str, names: list[str], metres_per_pixel: float) -> None:
    folder = root / "pairs" / split
    folder.mkdir(parents=True)
    lines = []
    for name in names:
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        before = np.asarray(Image.fromarray(rng.integers(60, 120, (16, 16, 3), np.uint8)).resize((SIDE, SIDE)))
        after, mask = before.copy(), np.zeros((SIDE, SIDE), bool)
        for x in (30, 90, 150):
            after[20:50, x : x + 40], mask[20:50, x : x + 40] = 220, True
        for date, image in (("before", before), ("after", after)):
            Image.fromarray(image).save(folder / f"{name}_{date}.webp", lossless=True)
        Image.fromarray(mask).save(folder / f"{name}_building.png")
        boxes = ([0, 0, 128, 128], CHANGED), ([128, 128, 256, 256], UNCHANGED)
        cells = [{"box": box, "captions": [said] * 5} for box, said in boxes]
        lines.append({"id": name, "place": name, "metres_per_pixel": metres_per_pixel, "size": SIDE, "cells": cells})
    (root / "pairs" / f"{split}.jsonl").write_text("\n".join(json.dumps(line) for line in lines))


def _write_images(root: Path, name: str, labels: tuple[str, ...], captions: tuple[str, ...]) -> None:
    """Four pictures of each class for training, and one in all that `learning_split` holds out."""
    rng = np.random.default_rng(1)
    rows = []
    for label in labels:
        numbers = [i for i in range(500) if zlib.crc32(f"{label}/{i}".encode()) % 16][:4]
        numbers += [i for i in range(500) if zlib.crc32(f"{label}/{i}".encode()) % 16 == 0][:1]
        for number in numbers:
            path = root / "images" / name / label / f"{number}.webp"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 255, (32, 32, 3), np.uint8)).save(path)
            rows.append({"id": f"{label}/{number}", "label": label, "split": "train", "captions": list(captions)})
    (root / "images" / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
