"""Predictions of any system as a JSONL file, one a line, and how a run that was killed continues in it.

    {"id": "test_000004/count/roads", "reply": "2", "value": 2, "confidence": 0.81, "seconds": 0.09, "mask": "m.png"}

`id` and `reply` are needed; for masks `mask` in place of `reply`, a PNG beside the file whose pixels are class indices. The
rest is optional: without `value` the words are parsed, without `confidence` there is no calibration, without `seconds` no
timing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from chronosight.datasets.sample import Sample
from chronosight.errors import InputError
from chronosight.files import read_json_lines, read_json_object, write_json, write_text
from chronosight.tasks import binary, caption, count, location, vqa
from chronosight.tasks.nearest_label import nearest_label
from chronosight.tasks.question import Value

EXPECTED = "one prediction a line, with id and reply"


@dataclass(frozen=True)
class Prediction:
    """What a system replied to one sample.

    Attributes:
        id: Of the sample.
        text: The words.
        value: As the system means it; None where only words were given.
        confidence: In [0, 1]; None where the system gives none.
        mask: PNG whose pixels are indices into the sample's classes.
        seconds: How long the answer took.
    """

    id: str
    text: str
    value: Value | None = None
    confidence: float | None = None
    mask: Path | None = None
    seconds: float | None = None


def value_of(sample: Sample, prediction: Prediction) -> Value | None:
    """The typed value of a prediction.

    Args:
        sample: What was asked.
        prediction: What was replied.

    Returns:
        Its own value, else what its words mean for the task; None where they mean nothing.
    """
    value, text = prediction.value, prediction.text
    match sample.scored_as:
        case "binary" | "count" | "location" if value is not None:
            return value
        case "caption":
            return caption.parse_reply(text)
        case "binary":
            return binary.parse_reply(text)
        case "count":
            return count.parse_reply(text)
        case "location":
            return location.parse_reply(text)
        case "class":
            return value if isinstance(value, str) and value in sample.labels else nearest_label(text, sample.labels)
        case "vqa":
            if isinstance(value, bool):
                text = "yes" if value else "no"
            elif isinstance(value, int | str):
                text = str(value)
            return vqa.plain_answer(text, sample.truth in ("yes", "no"))
        case _:
            return None


def read_predictions(path: Path) -> dict[str, Prediction]:
    """Reads a predictions file.

    Args:
        path: The file.

    Returns:
        Predictions by id.

    Raises:
        InputError: It is missing, or a line cannot be used or comes twice; the message names the line.
    """
    found: dict[str, Prediction] = {}
    for number, row in read_json_lines(path, EXPECTED):
        prediction = _prediction(row, f"{path}, line {number}", path.parent)
        if prediction.id in found:
            raise InputError(f'{path}, line {number} predicts "{prediction.id}" again; expected one prediction an id')
        found[prediction.id] = prediction
    return found


def match_predictions(samples: Sequence[Sample], found: Mapping[str, Prediction], source: str) -> list[Prediction]:
    """The prediction for each sample. A score over part of a benchmark is another score, so none may be missing.

    Args:
        samples: What was asked.
        found: Predictions by id.
        source: Where they come from, for the message.

    Returns:
        One prediction a sample, in order.

    Raises:
        InputError: One is missing, or a mask has no file.
    """
    missing = [sample.id for sample in samples if sample.id not in found]
    if missing:
        raise InputError(
            f'{source} lacks {len(missing):,} of {len(samples):,} answers, "{missing[0]}" is the first; '
            "answer all (an empty reply counts as wrong), or score part of them with --limit and --tasks"
        )
    without = [sample.id for sample in samples if sample.scored_as == "mask" and found[sample.id].mask is None]
    if without:
        raise InputError(f'{source} has no mask for "{without[0]}"; give the name of a PNG as "mask"')
    return [found[sample.id] for sample in samples]


def read_mask(path: Path) -> np.ndarray:
    """Reads a predicted mask.

    Args:
        path: A PNG.

    Returns:
        (H, W) uint8 class indices.

    Raises:
        InputError: It is missing or no image of one band.
    """
    if not path.is_file():
        raise InputError(f"no mask {path}; expected a PNG whose pixels are class indices")
    try:
        with Image.open(path) as image:
            if image.mode not in ("L", "P", "1"):
                raise InputError(f"{path} has mode {image.mode}; expected one band whose pixels are class indices")
            return np.asarray(image).astype(np.uint8)
    except InputError:
        raise
    except Exception:  # decoders raise nearly anything
        raise InputError(f"{path} cannot be read as a mask; expected a PNG whose pixels are class indices") from None


class PredictionFile:
    """Appends predictions to a file as they come; what a killed run left is kept, but for a last, broken line.

    Attributes:
        path: The file.
        done: Predictions by id, those of earlier runs included.
    """

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        """Opens a file, new or from an earlier run.

        Args:
            path: The file; its folder is made.
            header: Facts that must not change between runs that share it (engine, weights, benchmark, split); they are
                kept in NAME.run.json.

        Raises:
            InputError: The file was started with another header.
        """
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._check_header(dict(header))
        if path.is_file():
            content = path.read_bytes()
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                os.truncate(path, whole)
        self.done = read_predictions(path) if path.is_file() else {}
        self._file: BinaryIO | None = None

    def _check_header(self, header: dict[str, Any]) -> None:
        kept = self.path.with_suffix(".run.json")
        if not kept.is_file():
            if self.path.is_file():
                raise InputError(f"{self.path} exists but {kept.name} does not; give another --out, or remove it")
            write_json(kept, header)
            return
        before = read_json_object(kept, "facts of the run that started the predictions")
        other = [name for name in {*before, *header} if before.get(name) != header.get(name)]
        if other:
            raise InputError(
                f"{self.path} was started with another {', '.join(sorted(other))}; "
                "give another --out, or remove the folder to start over"
            )

    def __enter__(self) -> PredictionFile:
        self._file = self.path.open("ab", buffering=0)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, prediction: Prediction) -> None:
        """Writes one line in one write, so that a kill leaves it whole or broken at the very end.

        Args:
            prediction: Its mask, if any, lies in the file's folder.
        """
        assert self._file is not None, "use it in a with statement"
        row: dict[str, Any] = {"id": prediction.id, "reply": prediction.text}
        if prediction.value is not None:
            row["value"] = list(prediction.value) if isinstance(prediction.value, tuple) else prediction.value
        if prediction.confidence is not None:
            row["confidence"] = float(prediction.confidence)
        if prediction.mask is not None:
            row["mask"] = prediction.mask.relative_to(self.path.parent).as_posix()
        if prediction.seconds is not None:
            row["seconds"] = round(prediction.seconds, 6)
        self._file.write((json.dumps(row, ensure_ascii=False) + "\n").encode())
        self.done[prediction.id] = _prediction(row, str(self.path), self.path.parent)  # as a resumed run reads it


def write_questions(samples: Iterable[Sample], path: Path) -> None:
    """Writes the questions of a benchmark, without their truth, for another system to answer.

    Args:
        samples: What is asked.
        path: JSONL file to write. images: file names, [] for what is not a file of its own.
    """
    rows = (
        {
            "id": sample.id, "scene": sample.scene, "input": sample.kind, "images": [str(path) for path in sample.paths],
            "task": sample.scored_as, "kind": sample.type, "question": sample.text,
        }
        for sample in samples
    )  # fmt: skip
    write_text(path, (json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def _prediction(row: Any, where: str, folder: Path) -> Prediction:
    if not isinstance(row, dict) or not isinstance(row.get("id"), str):
        raise InputError(f'{where} has no text "id"; expected {EXPECTED}')
    text, mask = row.get("reply", ""), row.get("mask")
    if not isinstance(text, str) or not (mask is None or isinstance(mask, str)) or ("reply" not in row and mask is None):
        raise InputError(f'{where} has no text "reply"; expected the words of the answer, or for masks a file as "mask"')
    value = row.get("value")
    if isinstance(value, list):
        value = tuple(str(part) for part in value)
    if not (value is None or isinstance(value, bool | int | str | tuple)):
        raise InputError(f'{where} has an unusable "value"; expected true or false, a whole number, a text, or a list')
    confidence, seconds = row.get("confidence"), row.get("seconds")
    if confidence is not None and not (isinstance(confidence, int | float) and 0 <= confidence <= 1):
        raise InputError(f"{where} has confidence {confidence!r}; expected a number from 0 to 1")
    if seconds is not None and not (isinstance(seconds, int | float) and seconds >= 0):
        raise InputError(f"{where} has seconds {seconds!r}; expected a number from 0")
    return Prediction(row["id"], text, value, confidence, None if mask is None else folder / mask, seconds)
