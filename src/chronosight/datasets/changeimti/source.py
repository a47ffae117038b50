"""Pairs of LEVIR-CC and LEVIR-MCI: captions from their JSON file, paths of pictures and masks. No picture is opened.

Layout of LEVIR-MCI: `LevirCCcaptions.json` and `images/{train,val,test}/{A,B,label}/NAME.png`. LEVIR-CC is the same
without `label`; its masks may lie in any folder as SPLIT/label/NAME, SPLIT/NAME or NAME.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chronosight.errors import InputError
from chronosight.tasks.caption import says_no_change

CAPTIONS = "LevirCCcaptions.json"
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Pair:
    """name: of the file, "train_000001.png". captions: as written, five of them. changed: the caption flag.
    before, after: paths from the source folder. mask: its file."""

    split: str
    name: str
    captions: tuple[str, ...]
    changed: bool
    before: str
    after: str
    mask: Path

    @property
    def key(self) -> str:
        return f"{self.split}/{self.name}"


def read_pairs(folder: str | Path, captions: str | Path | None = None, masks: str | Path | None = None) -> list[Pair]:
    """All pairs, in the order of the captions file.

    folder: LEVIR-MCI or LEVIR-CC. captions: its JSON file, where that is elsewhere. masks: folder of the masks, where they
    are not in images/SPLIT/label.

    Raises:
        InputError: the captions file is missing or not as LEVIR-CC has it, or a mask is missing.
    """
    folder = Path(folder)
    file = Path(captions) if captions else folder / CAPTIONS
    if not file.is_file():
        raise InputError(f"no captions file {file}: expected {CAPTIONS} of LEVIR-CC in the folder; give it with --captions FILE")
    root = Path(masks) if masks else folder / "images"
    pairs = [_pair(row, n, file, root) for n, row in enumerate(_rows(file))]
    missing = [pair for pair in pairs if not pair.mask.is_file()]
    if missing:
        raise InputError(
            f"{len(missing)} of {len(pairs)} pairs have no mask, the first is {missing[0].key}: expected "
            f"{root}/SPLIT/label/NAME, {root}/SPLIT/NAME or {root}/NAME; give their folder with --masks DIR"
        )
    return pairs


def _rows(file: Path) -> list[Any]:
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))["images"]
    except (ValueError, KeyError, TypeError):
        rows = None
    if not isinstance(rows, list) or not rows:
        raise InputError(f'{file} is no captions file: expected JSON with a list "images", as {CAPTIONS} of LEVIR-CC has it')
    return rows


def _pair(row: Any, number: int, file: Path, root: Path) -> Pair:
    try:
        split, name = str(row.get("filepath") or row["split"]), str(row["filename"])
        captions = tuple(_sentence(sentence) for sentence in row["sentences"])
        changed = bool(row["changeflag"]) if "changeflag" in row else not all(map(says_no_change, captions))
    except (KeyError, TypeError, AttributeError):
        split, name, captions, changed = "", "", (), False
    if split not in SPLITS or not name or "/" in name or not captions:
        raise InputError(
            f"{file}: entry {number} of images is not a pair of LEVIR-CC; expected filepath (train, val or test), filename, "
            "changeflag and sentences"
        )
    places = (root / split / "label" / name, root / split / name, root / name)
    mask = next((path for path in places if path.is_file()), places[0])
    return Pair(split, name, captions, changed, f"images/{split}/A/{name}", f"images/{split}/B/{name}", mask)


def _sentence(sentence: dict[str, Any]) -> str:
    """A caption without its full stop: the raw text, or the tokens where there is none."""
    return str(sentence.get("raw") or " ".join(sentence["tokens"])).replace(".", "").strip()
