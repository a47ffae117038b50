"""Published benchmarks in their own layouts, a few small made-up scenes each."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

UNCHANGED = (
    "the scene is the same as before",
    "there is no difference",
    "the two scenes seem identical",
    "no change has occurred",
    "almost nothing has changed",
)
CHANGED = (
    "two houses are built at the top",
    "some houses appear near the road",
    "two buildings and a road are built",
    "houses are built in the field",
    "a road and two houses appear",
)


def write_levir(root: Path, size: int = 64, scenes: int = 4) -> Path:
    """LEVIR-MCI: every other test pair changed, with two buildings and a road; one training pair for the vocabulary."""
    rng = np.random.default_rng(0)
    rows = []
    for split, number in (("test", scenes), ("train", 1)):
        for i in range(number):
            changed, name = i % 2 == 0, f"{split}_{i + 1:06d}.png"
            label = np.zeros((size, size), np.uint8)
            if changed:
                label[4:12, 4:12] = label[4:14, size - 16 : size - 4] = 255
                label[size // 2 : size // 2 + 6, 4 : size - 4] = 128
            before = rng.integers(60, 120, (size, size, 3)).astype(np.uint8)
            after = np.where(label[..., None] > 0, np.uint8(220), before)
            for part, pixels in (("A", before), ("B", after), ("label", label)):
                _save(root / "images" / split / part / name, pixels)
            sentences = [{"tokens": s.split(), "raw": f" {s} ."} for s in (CHANGED if changed else UNCHANGED)]
            rows.append({"filepath": split, "filename": name, "split": split, "changeflag": int(changed), "sentences": sentences})
    (root / "LevirCCcaptions.json").write_text(json.dumps({"images": rows, "dataset": "made up"}))
    return root


def write_levir_cd(root: Path) -> Path:
    for i in range(2):
        label = np.zeros((64, 64), np.uint8)
        label[8:30, 8:30] = 255 * (i == 0)
        for part, pixels in (("A", label), ("B", label), ("label", label)):
            _save(root / "test" / part / f"test_{i + 1}.png", pixels if part == "label" else np.stack([pixels] * 3, -1))
    return root


def write_questions(root: Path, prefix: str, rows: list[tuple[int, str, str, str]], files: dict[int, str] | None = None) -> Path:
    """rows: (image, type, question, answer) of an RSVQA-like set; files: image -> file name, for CDVQA."""
    root.mkdir(parents=True, exist_ok=True)
    questions = [
        {"id": i, "img_id": at, "type": kind, "question": text, "answers_ids": [i], "active": True}
        for i, (at, kind, text, _) in enumerate(rows)
    ]
    questions.append({"id": len(rows), "active": False})
    answers = [{"id": i, "question_id": i, "answer": row[3], "active": True} for i, row in enumerate(rows)]
    images = [{"id": at, "file_name": (files or {}).get(at, f"{at}.tif"), "active": True} for at in sorted({r[0] for r in rows})]
    for key, content in (("questions", questions), ("answers", answers), ("images", images)):
        (root / f"{prefix}_{key}.json").write_text(json.dumps({key: content}))
    return root


def _save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
