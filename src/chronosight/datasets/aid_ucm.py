"""Single pictures from above: AID with RSICD captions, and UC Merced.

Layout read here: `ROOT/images/SET.jsonl`, one line a picture (`id` = CLASS/NAME, `label`, `split`, `captions` where
there are some), and `ROOT/images/SET/CLASS/NAME.webp`.

The splits are RSICD's, and its val split is the tail of the sorted file list: four classes only, two of which (stadium,
storage tanks) are in no other part but test. A model trained on its train split has never seen them, and val top-1
says nothing about 30 classes. So what is not test is put together and divided anew, see `learning_split`.
"""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from chronosight.errors import InputError

ImageSet = Literal["aid", "ucm"]
SIDES = {"aid": 150, "ucm": 256}  # pixels of a picture's side, as stored

# UC Merced writes its names without spaces.
_UCM_NAMES = {
    "baseballdiamond": "baseball diamond", "denseresidential": "dense residential", "golfcourse": "golf course",
    "mediumresidential": "medium residential", "mobilehomepark": "mobile home park", "parkinglot": "parking lot",
    "sparseresidential": "sparse residential", "storagetanks": "storage tanks", "tenniscourt": "tennis court",
}  # fmt: skip


@dataclass(frozen=True)
class StillImage:
    """One labelled picture. name: its scene class in readable words. captions: human sentences, () where there are
    none."""

    id: str
    source: ImageSet
    name: str
    captions: tuple[str, ...]
    path: Path

    def pixels(self) -> np.ndarray:
        """(H, W, 3) uint8."""
        return np.asarray(Image.open(self.path).convert("RGB"))


def readable_class(label: str) -> str:
    """ "DenseResidential" -> "dense residential", "golfcourse" -> "golf course"."""
    return _UCM_NAMES.get(label) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label).lower()


def load_images(root: str | Path, source: ImageSet, split: str) -> list[StillImage]:
    """Pictures of one split ("train", "val" or "test"; UC Merced has no val), in the order of the index file.

    Raises:
        InputError: the folder does not have the layout above.
    """
    index = Path(root) / "images" / f"{source}.jsonl"
    if not index.is_file():
        raise InputError(f"no {index.name} in {index.parent}: expected images/{index.name}; give --data")
    images = []
    for line in index.read_text().splitlines():
        row = json.loads(line)
        if row["split"] != split:
            continue
        captions = tuple(clean_caption(caption) for caption in row.get("captions") or ())
        path = index.parent / source / f"{row['id']}.webp"
        images.append(StillImage(row["id"], source, readable_class(row["label"]), captions, path))
    return images


def learning_split(root: str | Path, source: ImageSet) -> tuple[list[StillImage], list[StillImage]]:
    """(for training, held out) of everything that is not test: one picture in 16 is held out, chosen by its id."""
    splits = ("train", "val") if source == "aid" else ("train",)
    images = [image for split in splits for image in load_images(root, source, split)]
    held_out = [zlib.crc32(image.id.encode()) % 16 == 0 for image in images]
    kept = [image for image, out in zip(images, held_out, strict=True) if not out]
    return kept, [image for image, out in zip(images, held_out, strict=True) if out]


def clean_caption(caption: str) -> str:
    """Lower case, single spaces, no full stop and no space before a comma."""
    text = " ".join(caption.lower().replace(".", " ").split())
    return re.sub(r"\s+([,;])", r"\1", text).strip()


def decode_images(images: list[StillImage], side: int, cache: Path | None = None) -> np.ndarray:
    """(n, side, side, 3) uint8 of all pictures; pictures of another size are resized.

    cache: a .npy file that is written once and mapped into memory from then on, so that reading costs nothing.
    """
    shape = (len(images), side, side, 3)
    if cache is not None and cache.is_file():
        stored = np.load(cache, mmap_mode="r")
        if stored.shape == shape:
            return stored
    pixels = np.empty(shape, np.uint8)
    for i, image in enumerate(images):
        decoded = image.pixels()
        if decoded.shape[:2] != (side, side):
            decoded = np.asarray(Image.fromarray(decoded).resize((side, side), Image.Resampling.BICUBIC))
        pixels[i] = decoded
    if cache is None:
        return pixels
    cache.parent.mkdir(parents=True, exist_ok=True)
    temporary = cache.with_suffix(".tmp.npy")
    np.save(temporary, pixels)
    temporary.replace(cache)
    return np.load(cache, mmap_mode="r")
