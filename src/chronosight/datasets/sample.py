"""One sample: a scene, what is asked about it, and the right replies. Training and evaluation read the same samples.

Nothing is opened before it is needed: a benchmark of 100,000 questions is a light list. Samples with files are kept as
JSON lines, one sample a line:

    {"id": ..., "source": "levir-cc", "kind": "pair", "files": ["images/train/A/1.png", "images/train/B/1.png"],
     "turns": [{"task": "caption", "question": ..., "replies": [...]}], "clue": ""}
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from PIL import Image

from chronosight.errors import InputError
from chronosight.files import read_json, read_json_lines, write_text
from chronosight.scenes.scene import Scene, SceneKind
from chronosight.tasks import binary, count, location, vqa
from chronosight.tasks.label_set import read_label
from chronosight.tasks.question import Question, Task, Value
from chronosight.tasks.replies import SHORT_ANSWER

SPLITS = ("train", "val", "test")
ScoredAs = Literal[
    "caption",   # a sentence, against references
    "binary",    # has anything changed: yes or no
    "count",     # changed objects of a class
    "location",  # cells of the 3x3 grid
    "mask",      # classes per pixel
    "class",     # one of a list of labels
    "vqa",       # a word, a number, yes or no
]  # fmt: skip


@dataclass(frozen=True)
class Turn:
    """One question with its right replies.

    Attributes:
        question: What is asked.
        replies: Every right reply, as the dataset words it; the k-th repetition of a sample in training learns the k-th,
            and begins again at the end. () for a mask.
    """

    question: Question
    replies: tuple[str, ...]

    def reply(self, repetition: int) -> str:
        """The reply that a repetition of the sample learns, counted from 0.

        Args:
            repetition: Number of the repetition, from 0.

        Returns:
            One of the reference replies, in turn.
        """
        return self.replies[repetition % len(self.replies)]


@dataclass(frozen=True)
class Sample:
    """One scene and what is asked about it. Evaluation scores samples of one turn; training takes any number.

    Attributes:
        id: Unique in its dataset.
        dataset: Name of the dataset.
        kind: "image", "pair" or "video".
        files: Relative to `root`; one for an image or a video, two for a pair (earlier date first), () where the scene is
            rendered or cut out of a larger one.
        turns: Questions and right replies, in order.
        split: Which split of the dataset it belongs to.
        scene: Name of the scene, shared by all samples about it.
        group: What the bootstrap resamples whole: a place or an image. The scene where "".
        type: Type of question ("presence") or subject ("roads") that scores are given for; "" for none.
        part: Part of a benchmark that is scored and resampled on its own; "" for the whole.
        labels: The names a class may have.
        changed: Of captions: whether the pair changed, by the dataset's own flag.
        dialogue: Name and turn, from 0, where it is a turn of a dialogue.
        mask: Reads the true mask, (H, W) uint8 indices into `classes`.
        classes: Classes of the mask, background first.
        metres_per_pixel: Ground size of a pixel where the files do not say; None where it is not known.
        clue: What the vision guide says of the scene; "" for nothing.
        root: Folder of the dataset.
        make_scene: Makes the scene where there are no files.
    """

    id: str
    dataset: str
    kind: SceneKind
    files: tuple[str, ...]
    turns: tuple[Turn, ...]
    split: str = ""
    scene: str = ""
    group: str = ""
    type: str = ""
    part: str = ""
    labels: tuple[str, ...] = ()
    changed: bool | None = None
    dialogue: tuple[str, int] | None = None
    mask: Callable[[], np.ndarray] | None = field(default=None, repr=False, compare=False)
    classes: tuple[str, ...] = ()
    metres_per_pixel: float | None = None
    clue: str = ""
    root: Path | None = field(default=None, repr=False, compare=False)
    make_scene: Callable[[], Scene] | None = field(default=None, repr=False, compare=False)

    @property
    def question(self) -> Question:
        """The first turn's question."""
        return self.turns[0].question

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files, with the dataset's folder."""
        return tuple((self.root or Path()) / name for name in self.files)

    @property
    def resampled(self) -> str:
        """What the bootstrap resamples whole."""
        return self.group or self.scene

    @property
    def scored_as(self) -> ScoredAs:
        """How a reply to the first turn is scored."""
        if self.classes:
            return "mask"
        if self.labels:
            return "class"
        match self.question.task:
            case "caption" | "binary" | "count" | "location":
                return self.question.task
            case _:
                return "vqa"

    @property
    def text(self) -> str:
        """The question as it is asked: free wording without the request for a short answer."""
        text = self.question.text
        return text.removesuffix(SHORT_ANSWER).strip() if self.question.task == "vqa" else text

    @cached_property
    def truth(self) -> Value | None:
        """The right value: the references of a caption, a label, a plain answer; None for a mask."""
        replies = self.turns[0].replies
        match self.scored_as:
            case "caption":
                return replies
            case "binary":
                return binary.parse_reply(replies[0])
            case "count":
                return count.parse_reply(replies[0])
            case "location":
                return location.parse_reply(replies[0])
            case "class":
                return read_label(replies[0], self.labels)
            case "vqa":
                return vqa.plain_answer(replies[0]) or ""
            case _:
                return None

    def open(self) -> Scene:
        """Reads the pixels.

        Returns:
            The scene. The dates of a pair lie on one grid already, so nothing is shifted.

        Raises:
            InputError: A file is missing or cannot be read.
        """
        if self.make_scene is not None:
            return self.make_scene()
        from chronosight.scenes.open import open_scene

        scene = open_scene(*self.paths, register=False) if self.kind == "pair" else open_scene(*self.paths)
        if scene.metres_per_pixel is None:
            scene.metres_per_pixel = self.metres_per_pixel
        return scene

    def read_frames(self, video_frames: int = 8, root: Path | None = None) -> np.ndarray:
        """The plain pixels that training sees.

        Args:
            video_frames: Frames of a video, at linspace(0, n - 2) as UniRS takes them; black ones in front where it is short.
            root: Folder of the files, where it is not the sample's own.

        Returns:
            (T, H, W, 3) uint8; T is 1 for an image, 2 for a pair, `video_frames` for a video.

        Raises:
            InputError: A file is missing, damaged, or of another size than the other date.
        """
        folder = root or self.root or Path()
        paths = [folder / name for name in self.files]
        missing = next((path for path in paths if not path.is_file()), None)
        if missing is not None:
            raise InputError(f"no file {missing}, of sample {self.id}; copy the dataset again")
        if self.kind == "video":
            from chronosight.scenes.files import file_format
            from chronosight.scenes.sampling import pad_left
            from chronosight.scenes.video import read_video

            return pad_left(read_video(paths[0], file_format(paths[0]), video_frames).frames, video_frames)
        frames = [read_rgb(path) for path in paths]
        if len({frame.shape for frame in frames}) > 1:
            first, second = (f"{frame.shape[1]} x {frame.shape[0]}" for frame in frames)
            raise InputError(f"the dates of {self.id} have {first} and {second} pixels; expected one size")
        return np.stack(frames)

    def with_clue(self, clue: str) -> Sample:
        """The same sample with the guide's clue in front.

        Args:
            clue: The clue.

        Returns:
            A copy.
        """
        return replace(self, clue=clue)

    def to_json(self) -> str:
        """One line of a samples file."""
        turns = [{"task": t.question.task, "question": t.question.text, "replies": list(t.replies)} for t in self.turns]
        row = {"id": self.id, "source": self.dataset, "kind": self.kind, "files": list(self.files), "turns": turns}
        return json.dumps({**row, "clue": self.clue}, ensure_ascii=False)


def array_scene(kind: SceneKind, frames: np.ndarray, sources: tuple[str, ...], metres_per_pixel: float | None = None) -> Scene:
    """A scene of pixels that are in memory.

    Args:
        kind: "image", "pair" or "video".
        frames: (T, H, W, 3) uint8.
        sources: A name for each file that it might have come from.
        metres_per_pixel: Ground size of a pixel; None where it is not known.

    Returns:
        The scene, with data everywhere.
    """
    return Scene(kind, frames, np.ones(frames.shape[1:3], dtype=bool), sources, metres_per_pixel=metres_per_pixel)


def read_rgb(path: Path) -> np.ndarray:
    """Reads an image file.

    Args:
        path: The file.

    Returns:
        (H, W, 3) uint8.

    Raises:
        InputError: It is missing or damaged.
    """
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except FileNotFoundError:
        raise InputError(f"no file {path}; copy the dataset again") from None
    except Exception as error:  # decoders raise nearly anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path} cannot be read as an image ({reason}); download it again") from None


def write_samples(samples: Iterable[Sample], path: str | Path) -> int:
    """Writes a samples file, whole or not at all.

    Args:
        samples: The samples, in order.
        path: File to write, JSON lines.

    Returns:
        How many were written.
    """
    written = 0

    def lines() -> Iterator[str]:
        nonlocal written
        for sample in samples:
            yield sample.to_json() + "\n"
            written += 1

    write_text(path, lines())
    return written


def read_samples(path: str | Path) -> list[Sample]:
    """Reads a samples file.

    Args:
        path: What `write_samples` wrote.

    Returns:
        The samples, in order.

    Raises:
        InputError: The file is missing, or a line of it is no sample; the message names the line.
    """
    expected = "samples as `chronosight data examples NAME DIR FILE` writes them"
    return [_sample(row, f"{path}, line {number}", expected) for number, row in read_json_lines(path, expected)]


def _sample(row: Any, where: str, expected: str) -> Sample:
    try:
        turns = tuple(Turn(Question(t["task"], t["question"]), tuple(t["replies"])) for t in row["turns"])
        sample = Sample(row["id"], row["source"], row["kind"], tuple(row["files"]), turns, clue=row.get("clue", ""))
    except (AttributeError, KeyError, TypeError) as error:
        raise InputError(f"{where} is no sample ({error}); expected {expected}") from None
    if sample.kind not in get_args(SceneKind) or len(sample.files) != (2 if sample.kind == "pair" else 1):
        raise InputError(f"{where} has {len(sample.files)} files for a {sample.kind}; expected {expected}")
    if not turns or not all(turn.replies and turn.question.task in get_args(Task) for turn in turns):
        raise InputError(f"{where} has a turn of no known task or without replies; expected {expected}")
    return sample


def read_rows(path: Path, key: str | None, dataset: str) -> list[dict[str, Any]]:
    """Reads a list of JSON objects, as annotation files of published datasets hold them.

    Args:
        path: The file.
        key: The key that the list stands under; None where the document is the list.
        dataset: Name of the dataset, for messages.

    Returns:
        The objects.

    Raises:
        InputError: The file is missing or holds no such list.
    """
    under = f' under "{key}"' if key else ""
    expected = f"a list of objects{under}, as {dataset} is published"
    value = read_json(path, expected)
    rows = value.get(key) if key is not None and isinstance(value, dict) else value
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{path} has no list of objects{under}; expected {dataset} as it is published")
    return rows
