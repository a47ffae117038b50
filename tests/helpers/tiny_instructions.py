"""A few synthetic ChangeIMTI records on pairs painted here, as messages JSONL: train.jsonl and images/."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from chronosight.tasks.cells import CELLS

SIDE = 60


def write_instructions(folder: Path, pairs: int = 8, seed: int = 0) -> Path:
    """Writes the folder; of every pair a caption, a yes or no, a count, a place and a dialogue of two rounds."""
    rng = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    lines = []
    for number in range(pairs):
        cell = int(rng.integers(9)) if number % 2 else None
        names = paint_pair(folder / "images", f"train_{number:06}", cell, rng)
        lines += [json.dumps({"id": f"{number}-{task}", "images": names, "messages": turns}) for task, turns in asked(cell)]
    (folder / "train.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def paint_pair(folder: Path, name: str, cell: int | None, rng: np.random.Generator) -> list[str]:
    """Before and after as PNG, a bright house in `cell` of the later date; -> their paths from the folder above."""
    before = rng.integers(60, 120, (SIDE, SIDE, 3), np.uint8)
    after = before.copy()
    if cell is not None:
        row, column = divmod(cell, 3)
        after[20 * row + 5 : 20 * row + 15, 20 * column + 5 : 20 * column + 15] = 230
    for date, pixels in (("A", before), ("B", after)):
        Image.fromarray(pixels).save(folder / f"{name}_{date}.png")
    return [f"{folder.name}/{name}_{date}.png" for date in "AB"]


def asked(cell: int | None) -> list[tuple[str, list[dict[str, str]]]]:
    changed = cell is not None
    caption_text = "some houses are built" if changed else "the scene is the same as before"
    place = CELLS[cell] if cell is not None else "No change"
    both = "<image> and <image>"
    return [
        ("caption", turn(f"Please describe the changes in {both}", caption_text)),
        ("binary", turn(f"Please check if there have been any changes to the roads or buildings in these two images:{both}. "
                        "Please answer yes or no.", "Yes" if changed else "No")),
        ("count", turn(f"How many buildings have been changed in these two images:{both}", str(int(changed)))),
        ("location", turn(f"Please tell me where the buildings have changed in these two images:{both},if no change please "
                          "output: No change.", place)),
        ("dialogue", turn(f"Have there been any changes to the roads and buildings in these two images:{both}?",
                          "Yes" if changed else "No") + turn("Please describe the changes.", caption_text)),
    ]  # fmt: skip


def turn(question: str, reply: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": reply}]
