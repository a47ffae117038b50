"""The test set of ChangeIMTI (arXiv 2509.23105), made from a LEVIR-MCI folder by its label rule.

Per pair: a caption against five references, yes or no (by the caption's flag, as published), counts and places of roads and
buildings (by the mask), and one dialogue of four turns: changed or not, roads, buildings (each count or place, drawn by
the pair's name), caption. The published test file repeats a dialogue once for each caption; here it is scored once a pair.
The mask is an extra task that a system of words may leave out.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np

from chronosight.evaluation.benchmarks.benchmark import Benchmark, Column, Loaded
from chronosight.evaluation.benchmarks.levir import (
    CAPTION_COLUMNS,
    CLASSES,
    MCI_LAYOUT,
    SPLITS,
    CaptionedPair,
    caption_item,
    mask_item,
    read_label,
    read_pairs,
)
from chronosight.evaluation.item import Item
from chronosight.tasks import binary, caption, count, location
from chronosight.tasks.objects import count_and_cells

SUBJECTS = {"roads": 1, "buildings": 2}  # subject -> class in the mask


def changeimti_items(pair: CaptionedPair) -> list[Item]:
    """All questions about a pair; reads its label file."""
    mask = read_label(pair.label)
    items = [caption_item(pair), _binary(pair, f"{pair.name}/binary", binary.CHANGEIMTI, None)]
    for subject in SUBJECTS:
        items += [_about(pair, mask, "count", subject, None), _about(pair, mask, "location", subject, None)]
    items += _dialogue(pair, mask)
    items.append(mask_item(pair.name, pair.sight, pair.label, CLASSES, read_label))
    return items


def _binary(pair: CaptionedPair, name: str, text: str, turn: tuple[str, int] | None) -> Item:
    return Item(name, pair.sight, "binary", text, pair.changed, pair.name, binary.ask(), dialogue=turn)


def _about(pair: CaptionedPair, mask: np.ndarray, task: str, subject: str, turn: tuple[str, int] | None) -> Item:
    """A question of count or location about one subject."""
    objects, cells = count_and_cells(mask == SUBJECTS[subject])
    name = f"{pair.name}/{task}/{subject}" if turn is None else f"{turn[0]}/{turn[1]}"
    if task == "count":
        text, question = count.CHANGEIMTI.format(subject=subject), count.ask(subject)
        return Item(name, pair.sight, "count", text, objects, pair.name, question, subject, dialogue=turn)
    text, question = location.CHANGEIMTI.format(subject=subject), location.ask(subject)
    return Item(name, pair.sight, "location", text, cells, pair.name, question, subject, dialogue=turn)


def _dialogue(pair: CaptionedPair, mask: np.ndarray) -> list[Item]:
    name = f"{pair.name}/dialogue"
    draw = zlib.crc32(pair.name.encode())
    tasks = [("count", "location")[draw >> bit & 1] for bit in (0, 1)]
    last = Item(
        f"{name}/3", pair.sight, "caption", caption.CHANGEIMTI_DIALOGUE, pair.sentences, pair.name,
        caption.ask("pair"), changed=pair.changed, dialogue=(name, 3),
    )  # fmt: skip
    return [
        _binary(pair, f"{name}/0", binary.CHANGEIMTI_DIALOGUE, (name, 0)),
        *(
            _about(pair, mask, task, subject, (name, at + 1))
            for at, (task, subject) in enumerate(zip(tasks, SUBJECTS, strict=True))
        ),
        last,
    ]


def _load(root: Path, split: str) -> Loaded:
    pairs, sentences, path = read_pairs(root, split, "changeimti", MCI_LAYOUT)
    items = [item for pair in pairs for item in changeimti_items(pair)]
    return Loaded(items, [path, *(p.label for p in pairs)], [file for p in pairs for file in p.sight.paths], sentences)


COLUMNS = (
    Column("binary accuracy", "binary accuracy"),
    Column("precision", "binary precision"),
    Column("recall", "binary recall"),
    Column("F1", "binary F1"),
    Column("count MAE road", "count of roads MAE", 1, False),
    Column("count MAE building", "count of buildings MAE", 1, False),
    *(
        Column(f"{subject} {name}", f"location of {subject}s {metric}")
        for subject in ("road", "building")
        for name, metric in (
            ("location example accuracy", "example accuracy"),
            ("location F1", "micro F1"),
            ("location subset accuracy", "subset accuracy"),
        )
    ),
    *CAPTION_COLUMNS,
)
CHANGEIMTI = Benchmark(
    "changeimti", "ChangeIMTI, test", "arXiv 2509.23105", MCI_LAYOUT, SPLITS, _load, COLUMNS, optional=("mask", "dialogue")
)
