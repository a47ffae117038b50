"""AID (with the captions of RSICD) and UC Merced: single aerial images.

    DIR/images/{aid,ucm}.jsonl            one line an image: id = CLASS/NAME, label, split, captions where there are some
    DIR/images/{aid,ucm}/CLASS/NAME.webp

The splits are RSICD's. Its val split is the tail of the sorted file list: four classes only, two of which (stadium, storage
tanks) are in no other part but test, so val accuracy says nothing about 30 classes. What is not test is therefore put
together and split again, see `learning_split`.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from chronosight.datasets.image_questions import questions_of
from chronosight.datasets.sample import Sample, Turn, array_scene, read_rgb
from chronosight.errors import InputError
from chronosight.files import read_json_lines
from chronosight.scenes.scene import Scene
from chronosight.tasks import caption, scene_class
from chronosight.tasks.question import Question
from chronosight.tasks.wording import write_reply

ImageSet = Literal["aid", "ucm"]
SIDES = {"aid": 150, "ucm": 256}  # pixels of an image's side, as stored
TITLES: dict[ImageSet, str] = {"aid": "AID", "ucm": "UC Merced"}

# UC Merced writes its names without spaces.
_UCM_NAMES = {
    "baseballdiamond": "baseball diamond", "denseresidential": "dense residential", "golfcourse": "golf course",
    "mediumresidential": "medium residential", "mobilehomepark": "mobile home park", "parkinglot": "parking lot",
    "sparseresidential": "sparse residential", "storagetanks": "storage tanks", "tenniscourt": "tennis court",
}  # fmt: skip


@dataclass(frozen=True)
class StillImage:
    """One labelled image.

    Attributes:
        id: CLASS/NAME.
        source: "aid" or "ucm".
        name: Its scene class in readable words.
        captions: Sentences that people wrote; () where there are none.
        path: The file.
    """

    id: str
    source: ImageSet
    name: str
    captions: tuple[str, ...]
    path: Path

    def pixels(self) -> np.ndarray:
        """(H, W, 3) uint8."""
        return read_rgb(self.path)

    def scene(self) -> Scene:
        """The image as a scene."""
        return array_scene("image", self.pixels()[None], (self.id,))

    def sample(self, name: str, question: Question, replies: tuple[str, ...], part: str, **more: Any) -> Sample:
        """A sample about this image.

        Args:
            name: What follows the image's id: "caption".
            question: What is asked.
            replies: The right replies.
            part: Part of the benchmark.
            more: Other fields of the sample.

        Returns:
            The sample.
        """
        return Sample(
            f"{self.source}/{self.id}/{name}", self.source, "image", (), (Turn(question, replies),),
            scene=self.id, part=part, make_scene=self.scene, **more,
        )  # fmt: skip


def readable_class(label: str) -> str:
    """A class name in words.

    Args:
        label: As the dataset writes it: "DenseResidential", "golfcourse".

    Returns:
        "dense residential", "golf course".
    """
    return _UCM_NAMES.get(label) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label).lower()


def load_images(root: str | Path, source: ImageSet, split: str) -> list[StillImage]:
    """Reads the index of a split; no image is opened.

    Args:
        root: Folder that has images/ in it.
        source: "aid" or "ucm".
        split: "train", "val" or "test"; UC Merced has no val.

    Returns:
        The images, in the order of the index.

    Raises:
        InputError: The folder has another layout.
    """
    index = Path(root) / "images" / f"{source}.jsonl"
    if not index.is_file():
        raise InputError(f"no {index.name} in {index.parent}; expected images/{index.name} (--data DIR)")
    images = []
    for number, row in read_json_lines(index, "one image a line"):
        try:
            if row["split"] == split:
                captions = tuple(clean_caption(text) for text in row.get("captions") or ())
                path = index.parent / source / f"{row['id']}.webp"
                images.append(StillImage(row["id"], source, readable_class(row["label"]), captions, path))
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{index}, line {number} is no image ({error}); expected id, label, split, captions") from None
    return images


def learning_split(root: str | Path, source: ImageSet) -> tuple[list[StillImage], list[StillImage]]:
    """Divides everything that is not test.

    Args:
        root: Folder that has images/ in it.
        source: "aid" or "ucm".

    Returns:
        Images to train on, and those held out: one in 16, chosen by its id.

    Raises:
        InputError: As `load_images`.
    """
    splits = ("train", "val") if source == "aid" else ("train",)
    images = [image for split in splits for image in load_images(root, source, split)]
    held_out = [zlib.crc32(image.id.encode()) % 16 == 0 for image in images]
    kept = [image for image, out in zip(images, held_out, strict=True) if not out]
    return kept, [image for image, out in zip(images, held_out, strict=True) if out]


def clean_caption(caption: str) -> str:
    """A caption of RSICD in plain form.

    Args:
        caption: As published.

    Returns:
        Lower case, single spaces, no full stop, no space before a comma.
    """
    text = " ".join(caption.lower().replace(".", " ").split())
    return re.sub(r"\s+([,;])", r"\1", text).strip()


def image_samples(image: StillImage) -> list[Sample]:
    """The questions about an image: its scene class; where there are captions, a caption and questions made from them.

    Args:
        image: The image.

    Returns:
        The samples; each set and each kind of question is a part of its own.
    """
    labels = scene_class.SCENE_CLASSES
    samples = [image.sample("class", scene_class.ask(), (image.name,), TITLES[image.source], type="scene class", labels=labels)]
    if image.captions:
        samples.append(image.sample("caption", caption.ask("image"), image.captions, "captions"))
        for number, (question, value) in enumerate(questions_of(image.id, image.captions)):
            reply = write_reply(question.task, value)
            part = f"{question.task}, from captions"
            samples.append(image.sample(f"{question.task}/{number}", question, (reply,), part, type=question.task))
    return samples


def decode_images(images: list[StillImage], side: int, cache: Path | None = None) -> np.ndarray:
    """Decodes images to one size.

    Args:
        images: The images.
        side: Pixels a side; images of another size are resized.
        cache: A .npy file that is written once and mapped into memory from then on.

    Returns:
        (n, side, side, 3) uint8.
    """
    shape = (len(images), side, side, 3)
    if cache is not None and cache.is_file():
        stored: np.ndarray = np.load(cache, mmap_mode="r")
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
    mapped: np.ndarray = np.load(cache, mmap_mode="r")
    return mapped
