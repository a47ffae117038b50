"""LEVIR-CC, LEVIR-MCI and LEVIR-CD: pairs of 0.5 m images of places in Texas.

    LEVIR-CC (Liu et al., 2022)    DIR/LevirCCcaptions.json and DIR/images/{train,val,test}/{A,B}/NAME.png
    LEVIR-MCI (Liu et al., 2024)   the same pairs, and masks DIR/images/{train,val,test}/label/NAME.png
    LEVIR-CD (Chen and Shi, 2020)  DIR/{train,val,test}/{A,B,label}/NAME.png

A pair of LEVIR-CC has five captions, `{"images": [{"filename": "train_000001.png", "filepath": "train", "split": "train",
"changeflag": 1, "sentences": [{"tokens": ["a", "road", "is", "built"], "raw": " a road is built ."}, ...]}]}`. A caption is
kept in one form everywhere: its words with single spaces, the full stop dropped, as ChangeIMTI (arXiv 2509.23105) takes
it. Masks of LEVIR-MCI are grey: 0 background, 128 road, 255 building; those of LEVIR-CD have buildings alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from chronosight.datasets.sample import SPLITS, Sample, Turn, read_rows
from chronosight.errors import InputError
from chronosight.scenes.boundary import decoding
from chronosight.tasks import caption
from chronosight.tasks.question import Question

CAPTIONS_FILE = "LevirCCcaptions.json"
METRES = 0.5
CLASSES = ("background", "road", "building")
LEVELS = {0: 0, 128: 1, 255: 2}  # grey value of a label file -> class
MASK_QUESTION = "Mark every pixel of the second image that shows a changed {classes}."


@dataclass(frozen=True)
class LevirPair:
    """A captioned pair.

    Attributes:
        root: Folder of the dataset.
        split: "train", "val" or "test".
        file: File name, "train_000001.png".
        captions: Five sentences, in the form named above.
        changed: The dataset's own flag; where there is none, whether any caption speaks of a change.
        mask: Its label file, which need not be there.
    """

    root: Path
    split: str
    file: str
    captions: tuple[str, ...]
    changed: bool
    mask: Path

    @property
    def name(self) -> str:
        """File name without its ending."""
        return Path(self.file).stem

    @property
    def key(self) -> str:
        """Split and file name, unique in the dataset."""
        return f"{self.split}/{self.file}"

    @property
    def before(self) -> str:
        """The earlier image, relative to `root`."""
        return f"images/{self.split}/A/{self.file}"

    @property
    def after(self) -> str:
        """The later image, relative to `root`."""
        return f"images/{self.split}/B/{self.file}"

    def sample(self, name: str, turn: Turn, **more: Any) -> Sample:
        """A sample about this pair.

        Args:
            name: What follows the pair's name in the id: "caption".
            turn: The question and its replies.
            more: Other fields of the sample.

        Returns:
            The sample.
        """
        return Sample(
            f"{self.name}/{name}", "levir-cc", "pair", (self.before, self.after), (turn,), split=self.split,
            scene=self.name, metres_per_pixel=METRES, root=self.root, **more,
        )  # fmt: skip

    def caption_sample(self, question: Question | None = None) -> Sample:
        """The five captions as the replies of one sample: repeated five times in training, each is learned once.

        Args:
            question: In place of ChangeIMTI's wording.

        Returns:
            The sample.
        """
        question = question or Question("caption", caption.CHANGEIMTI)
        return self.sample("caption", Turn(question, self.captions), changed=self.changed)

    def mask_sample(self) -> Sample:
        """The mask of changed roads and buildings as a sample."""
        return self.sample("mask", mask_turn(CLASSES), mask=lambda: read_label(self.mask), classes=CLASSES)


def read_pairs(
    root: str | Path,
    split: str | None = None,
    captions: str | Path | None = None,
    masks: str | Path | None = None,
    need_masks: bool = True,
) -> list[LevirPair]:
    """Reads the pairs of LEVIR-CC or LEVIR-MCI; no image is opened.

    Args:
        root: Folder of the dataset.
        split: "train", "val" or "test"; None for all.
        captions: The captions file, where it is elsewhere.
        masks: Folder of the masks, where they are not in images/SPLIT/label; as SPLIT/label/NAME, SPLIT/NAME or NAME.
        need_masks: Whether every pair must have its mask.

    Returns:
        The pairs, in the order of the captions file.

    Raises:
        InputError: The captions file is missing or laid out otherwise, or a mask is missing.
    """
    root = Path(root)
    file = Path(captions) if captions else root / CAPTIONS_FILE
    if not file.is_file():
        raise InputError(f"no captions file {file}; expected {CAPTIONS_FILE} of LEVIR-CC in the folder given (--captions FILE)")
    folder = Path(masks) if masks else root / "images"
    rows = read_rows(file, "images", "LEVIR-CC")
    if not rows:
        raise InputError(f"{file} lists no images; expected the captions of LEVIR-CC")
    pairs = [_pair(row, number, file, root, folder) for number, row in enumerate(rows)]
    # An entry that is listed twice counts once: twice in a set, it would be asked and answered twice.
    pairs = [pair for pair in {pair.key: pair for pair in reversed(pairs)}.values() if split is None or pair.split == split][::-1]
    missing = [pair for pair in pairs if need_masks and not pair.mask.is_file()]
    if missing:
        raise InputError(
            f"{len(missing)} of {len(pairs)} pairs have no mask, the first is {missing[0].key}; expected "
            f"{folder}/SPLIT/label/NAME, {folder}/SPLIT/NAME or {folder}/NAME (--masks DIR)"
        )
    return pairs


def read_levir_cc(root: Path, split: str = "train") -> list[Sample]:
    """LEVIR-CC as UniRS (arXiv 2412.20742) trains on it: one sample a pair, in its wording.

    Args:
        root: Folder of the dataset.
        split: "train", "val" or "test".

    Returns:
        The samples.

    Raises:
        InputError: As `read_pairs`.
    """
    question = Question("caption", caption.UNIRS_PAIR)
    return [pair.caption_sample(question) for pair in read_pairs(root, split, need_masks=False)]


def read_levir_cd(root: Path, split: str = "test") -> list[Sample]:
    """LEVIR-CD: one mask of changed buildings a pair.

    Args:
        root: Folder of the dataset.
        split: "train", "val" or "test".

    Returns:
        The samples, by name.
    """
    classes = ("background", "building")
    return [
        Sample(
            f"{label.stem}/mask", "levir-cd", "pair", (f"{split}/A/{label.name}", f"{split}/B/{label.name}"),
            (mask_turn(classes),), split=split, scene=label.stem, mask=lambda label=label: read_building(label),  # type: ignore[misc]
            classes=classes, metres_per_pixel=METRES, root=root,
        )
        for label in sorted((root / split / "label").glob("*.png"))
    ]  # fmt: skip


def mask_turn(classes: tuple[str, ...]) -> Turn:
    """The question that asks for a mask.

    Args:
        classes: Its classes, background first.

    Returns:
        The turn; it has no reply in words.
    """
    return Turn(Question("vqa", MASK_QUESTION.format(classes=" or ".join(classes[1:]))), ())


def read_label(path: Path, size: int | None = None) -> np.ndarray:
    """Reads a label file of LEVIR-MCI.

    Args:
        path: The file.
        size: Pixels a side to resize it to (nearest neighbour); None for as it is.

    Returns:
        (H, W) uint8: 0 background, 1 road, 2 building.

    Raises:
        InputError: It is missing, or has other grey values.
    """
    values = _grey(path, size)
    other = sorted(set(np.unique(values).tolist()) - set(LEVELS))
    if other:
        raise InputError(f"{path} has pixels of {other[0]}; expected 0, 128 (road) and 255 (building), as the folder label has")
    table = np.zeros(256, np.uint8)
    table[list(LEVELS)] = list(LEVELS.values())
    return np.asarray(table[values])


def read_building(path: Path) -> np.ndarray:
    """Reads a label file of LEVIR-CD.

    Args:
        path: The file.

    Returns:
        (H, W) uint8: 0 background, 1 building.

    Raises:
        InputError: It is missing.
    """
    return (_grey(path) > 127).astype(np.uint8)


def tidy_caption(text: str) -> str:
    """A caption in the one form of this project.

    Args:
        text: As published: " a road , then a house , is built ."

    Returns:
        Its words with single spaces, none before a comma, no full stop: "a road, then a house, is built". The marker `<image>`
        is left out: it stands for an image in every record made of the caption.
    """
    return re.sub(r"\s+([,;])", r"\1", " ".join(text.replace("<image>", " ").replace(".", " ").split()))


def _pair(row: dict[str, Any], number: int, file: Path, root: Path, masks: Path) -> LevirPair:
    try:
        split, name = str(row.get("filepath") or row["split"]), str(row["filename"])
        captions = tuple(tidy_caption(s.get("raw") or " ".join(s["tokens"])) for s in row["sentences"])
        captions = tuple(text for text in captions if text)
        flag = row.get("changeflag")
        changed = bool(int(flag)) if flag is not None else not all(map(caption.says_no_change, captions))
    except (KeyError, TypeError, ValueError, AttributeError):
        split, name, captions, changed = "", "", (), False
    if split not in SPLITS or not name or "/" in name or not captions:
        raise InputError(
            f"{file}: entry {number} of images is not a pair of LEVIR-CC; expected filepath (train, val or test), filename, "
            "changeflag and sentences"
        )
    places = (masks / split / "label" / name, masks / split / name, masks / name)
    mask = next((path for path in places if path.is_file()), places[0])
    return LevirPair(root, split, name, captions, changed, mask)


def _grey(path: Path, size: int | None = None) -> np.ndarray:
    if not path.is_file():
        raise InputError(f"no label {path}; expected masks in label/ beside A/ and B/")
    with decoding(path, "a mask"), Image.open(path) as image:
        grey = image.convert("L")
        if size is not None and grey.size != (size, size):
            grey = grey.resize((size, size), Image.Resampling.NEAREST)
        return np.asarray(grey)
