"""Instruction records of a user's pairs, for LoRA tuning of a Qwen-VL: yes or no, how many, where, as ChangeIMTI asks.

    OUT/train.jsonl, val.jsonl, test.jsonl     messages, as `chronosight train` reads them
    OUT/images/NAME_X_Y_{before,after}.png     windows of the pairs

Captions are not made: nobody wrote any.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from chronosight.datasets.changeimti.build import messages
from chronosight.datasets.changeimti.labels import label_mask, parse_classes
from chronosight.datasets.changeimti.records import Labelled, Settings, records
from chronosight.datasets.levir import LevirPair
from chronosight.errors import InputError
from chronosight.files import write_text
from chronosight.training.checkpoints import finished_folder
from chronosight.training.tune.measure import windows_of
from chronosight.training.tune.pairs import OwnPair
from chronosight.training.tune.split import PARTS, Split

KINDS = ("binary", "count_buildings", "location_buildings")
CLASSES = parse_classes("buildings=255")


def write_records(pairs: Sequence[OwnPair], split: Split, out: Path) -> dict[str, int]:
    """Writes windows and records.

    Args:
        pairs: The labelled pairs.
        split: Their parts; where places are shared, there is no test part.
        out: Folder to write; must not be there yet.

    Returns:
        Records by part.

    Raises:
        InputError: `out` is there already.
    """
    if out.exists():
        raise InputError(f"{out} is there already; give another folder as --records, or delete it")
    settings, counts = Settings(CLASSES), {}
    with finished_folder(out) as folder:
        (folder / "images").mkdir()
        for part in PARTS:
            if split.shared and part == "test":
                continue
            lines = []
            for number, pair in enumerate(split.of(part, pairs)):
                for at, window in enumerate(windows_of([pair])):
                    name = f"{part}{number:04}_{at:02}"
                    for date, image in (("before", window.before), ("after", window.after)):
                        Image.fromarray(image).save(folder / "images" / f"{name}_{date}.png")
                    mask = window.building.astype(np.uint8) * 255
                    source = LevirPair(folder, part, f"{name}.png", (), bool(mask.any()), folder / f"{name}.png")
                    item = Labelled(source, label_mask(mask, CLASSES))
                    files = f"images/{name}_before.png", f"images/{name}_after.png"
                    for kind in KINDS:
                        made = (replace(record, images=files) for record in records(item, kind, settings))
                        lines += [json.dumps(messages(record), ensure_ascii=False) + "\n" for record in made]
            write_text(folder / f"{part}.jsonl", lines)
            counts[part] = len(lines)
    return counts
