"""LEVIR-CC, LEVIR-MCI and LEVIR-CD: pairs of 0.5 m pictures of places in Texas.

LEVIR-CC (Liu et al., 2022) has five sentences a pair, LEVIR-MCI (Liu et al., 2024) adds masks of changed roads (128) and
buildings (255) to the same pairs. LEVIR-CD (Chen and Shi, 2020) has larger pairs and masks of changed buildings alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from chronosight.errors import InputError
from chronosight.evaluation.benchmarks.benchmark import Benchmark, Column, Loaded, need_file
from chronosight.evaluation.benchmarks.sights import pair_sight
from chronosight.evaluation.item import Item, Sight
from chronosight.tasks import caption

SPLITS = ("test", "val", "train")
METRES = 0.5
CC_LAYOUT = "LevirCCcaptions.json and images/{train,val,test}/{A,B}/*.png"
MCI_LAYOUT = "LevirCCcaptions.json and images/{train,val,test}/{A,B,label}/*.png"
CD_LAYOUT = "{train,val,test}/{A,B,label}/*.png"
MASK_WORDING = "Mark every pixel of the second picture that shows a changed {classes}."
CLASSES = ("background", "road", "building")
LEVELS = {0: 0, 128: 1, 255: 2}  # value in a label file -> class


@dataclass(frozen=True)
class CaptionedPair:
    """name: file name without its ending. sentences: five. changed: the data set's own flag."""

    name: str
    sight: Sight
    sentences: tuple[str, ...]
    changed: bool
    label: Path


def read_pairs(root: Path, split: str, benchmark: str, layout: str) -> tuple[list[CaptionedPair], list[str], Path]:
    """(pairs of a split, in the order of the file; sentences of all splits; the captions file)."""
    path = need_file(root / "LevirCCcaptions.json", benchmark, layout)
    try:
        rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["images"]
        sentences = [_sentence(s) for row in rows for s in row["sentences"]]
        pairs = [_pair(root, row) for row in rows if row["split"] == split]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not laid out as LEVIR-CC's captions ({error!r}); expected images[].sentences[]") from None
    return pairs, sentences, path


def _pair(root: Path, row: dict[str, Any]) -> CaptionedPair:
    folder, file = root / "images" / row.get("filepath", row["split"]), row["filename"]
    name = Path(file).stem
    sentences = tuple(_sentence(s) for s in row["sentences"])
    flag = row.get("changeflag")
    changed = bool(int(flag)) if flag is not None else not all(caption.says_no_change(s) for s in sentences)
    return CaptionedPair(
        name, pair_sight(name, folder / "A" / file, folder / "B" / file, METRES), sentences, changed, folder / "label" / file
    )


def _sentence(row: dict[str, Any]) -> str:
    return " ".join(row["tokens"]) if "tokens" in row else str(row["raw"]).strip()


def caption_item(pair: CaptionedPair) -> Item:
    return Item(
        f"{pair.name}/caption", pair.sight, "caption", caption.CHANGEIMTI, pair.sentences, pair.name,
        caption.ask("pair"), changed=pair.changed,
    )  # fmt: skip


def mask_item(name: str, sight: Sight, label: Path, classes: tuple[str, ...], read: Callable[[Path], np.ndarray]) -> Item:
    text = MASK_WORDING.format(classes=" or ".join(classes[1:]))
    return Item(f"{name}/mask", sight, "mask", text, None, name, mask=lambda: read(label), classes=classes)


def read_label(path: Path) -> np.ndarray:
    """(H, W) uint8 of 0 background, 1 road, 2 building."""
    values = _grey(path)
    if not np.isin(values, list(LEVELS)).all():
        odd = sorted(set(np.unique(values).tolist()) - set(LEVELS))
        raise InputError(f"{path} has pixels of {odd[0]}; expected 0, 128 (road) and 255 (building)")
    table = np.zeros(256, np.uint8)
    for value, at in LEVELS.items():
        table[value] = at
    return table[values]


def read_building(path: Path) -> np.ndarray:
    """(H, W) uint8 of 0 background, 1 building."""
    return (_grey(path) > 127).astype(np.uint8)


def _grey(path: Path) -> np.ndarray:
    if not path.is_file():
        raise InputError(f"no label {path}; masks are scored against label/*.png beside A/ and B/")
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L"))


def _load_cc(root: Path, split: str) -> Loaded:
    pairs, sentences, path = read_pairs(root, split, "levir-cc", CC_LAYOUT)
    seen = [file for pair in pairs for file in pair.sight.paths]
    return Loaded([caption_item(pair) for pair in pairs], [path], seen, sentences)


def _load_mci(root: Path, split: str) -> Loaded:
    pairs, sentences, path = read_pairs(root, split, "levir-mci", MCI_LAYOUT)
    items = []
    for pair in pairs:
        items += [caption_item(pair), mask_item(pair.name, pair.sight, pair.label, CLASSES, read_label)]
    labels = [pair.label for pair in pairs if pair.label.is_file()]
    return Loaded(items, [path, *labels], [file for pair in pairs for file in pair.sight.paths], sentences)


def _load_cd(root: Path, split: str) -> Loaded:
    folder = root / split
    labels = sorted((folder / "label").glob("*.png"))
    items = []
    for label in labels:
        sight = pair_sight(label.stem, folder / "A" / label.name, folder / "B" / label.name, METRES)
        items.append(mask_item(label.stem, sight, label, ("background", "building"), read_building))
    return Loaded(items, labels, [file for item in items for file in item.sight.paths])


CAPTION_COLUMNS = tuple(Column(name, f"{name} [{{c}}]") for name in ("BLEU-4", "METEOR", "ROUGE-L", "CIDEr-D", "S*m"))
MASK_COLUMNS = (
    Column("mIoU", "mask mIoU, background included"),
    Column("building IoU under 400 px", "mask of building IoU, under 400 px"),
)
LEVIR_CC = Benchmark(
    "levir-cc", "LEVIR-CC: captions of change", "RSICCformer, Liu et al. 2022", CC_LAYOUT, SPLITS, _load_cc, CAPTION_COLUMNS
)
LEVIR_MCI = Benchmark(
    "levir-mci", "LEVIR-MCI: captions and masks", "Change-Agent, arXiv 2403.19646", MCI_LAYOUT, SPLITS, _load_mci,
    (*CAPTION_COLUMNS, *MASK_COLUMNS), optional=("mask", "caption"),
)  # fmt: skip
LEVIR_CD = Benchmark(
    "levir-cd", "LEVIR-CD: building change", "Chen and Shi 2020", CD_LAYOUT, SPLITS, _load_cd,
    (Column("F1", "mask of building F1"), Column("IoU", "mask of building IoU")),
)  # fmt: skip
