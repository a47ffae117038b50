"""Instruction records as a vision-language model of the Qwen-VL family is trained on them: whole, replies alone counted.

A file holds one JSON record a line: {"messages": [{"role", "content"}, ...], "images": [paths]}. A content is text with
`<image>` where a image stands, in the order of `images`; or a list of parts {"type": "text", "text"} and {"type":
"image", "image": path}. Paths are relative to the file, or to `images` of `read_records`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from chronosight.errors import InputError
from chronosight.models.changevg.processing import ChangeVGProcessor

IMAGE = "<image>"
IGNORED = -100  # label of a token that is read, not learned
TURN, TURN_END = "<|im_start|>", "<|im_end|>"  # ChatML, the turn markers of every Qwen-VL
IMAGE_TOKEN, VIDEO_TOKEN = "<|image_pad|>", "<|video_pad|>"


@dataclass(frozen=True)
class Record:
    """One dialogue.

    Attributes:
        name: For messages.
        messages: Contents as lists of parts, images without their pixels.
        images: Files.
        guide_form: Form of the clue that `chronosight data guide` put into it; None where the file does not say.
    """

    name: str
    messages: tuple[dict[str, Any], ...]
    images: tuple[Path, ...]
    guide_form: str | None = None

    @property
    def replies(self) -> int:
        """Number of assistant turns."""
        return sum(message["role"] == "assistant" for message in self.messages)


def read_records(path: str | Path, images: str | Path | None = None) -> list[Record]:
    """Reads all records of a messages JSONL file.

    Args:
        path: The file, as `chronosight data build` writes it.
        images: Folder that relative image paths start from; the file's own folder when None.

    Returns:
        The records, in the order of the file.

    Raises:
        InputError: A line is no record, its number of images differs from the number of `<image>`, or it has no reply. The
            line is named. Also where the file is missing or empty.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"no file {path}: expected messages JSONL, as chronosight data build writes it")
    root = Path(images) if images else path.parent
    lines = path.read_text(encoding="utf-8").splitlines()
    records = [_record(line, f"{path.name} line {n}", root) for n, line in enumerate(lines, 1) if line.strip()]
    if not records:
        raise InputError(f"{path} holds no record; expected one JSON record a line")
    return records


def _record(line: str, where: str, root: Path) -> Record:
    try:
        row = json.loads(line)
        turns = [(turn["role"], turn["content"]) for turn in row["messages"]]
    except (ValueError, TypeError, KeyError):
        raise InputError(f'{where} is no record, expected {{"messages": [...], "images": [...]}}') from None
    files = [str(name) for name in row.get("images") or []]
    messages: list[dict[str, Any]] = []
    markers = 0
    for role, content in turns:
        if role not in ("system", "user", "assistant"):
            raise InputError(f'{where} has a turn of "{role}", expected system, user or assistant')
        if isinstance(content, str):
            parts = _split(content)
        else:
            parts = [{"type": part.get("type"), "text": part.get("text", "")} for part in content]
            files += [str(part["image"]) for part in content if part.get("type") == "image" and part.get("image")]
        markers += sum(part["type"] == "image" for part in parts)
        text = "".join(part.get("text", "") for part in parts)
        marker = next((m for m in (TURN, TURN_END, IMAGE_TOKEN, VIDEO_TOKEN) if m in text), None)
        if marker:
            raise InputError(f"{where} has the model's own marker {marker} in its text; take it out")
        messages.append({"role": role, "content": parts})
    if markers != len(files):
        raise InputError(f"{where} names {markers} images in its text and {len(files)} files; give one file each")
    form = row.get("guide_form")
    images = tuple(root / name for name in files)
    record = Record(str(row.get("id", where)), tuple(messages), images, None if form is None else str(form))
    if not record.replies:
        raise InputError(f"{where} has no assistant turn, so nothing to learn; take it out")
    return record


def check_guide_form(records: Sequence[Record], form: str) -> None:
    """Checks that the clues in the records have the form that inference will use.

    Args:
        records: Of the training file.
        form: `guide_form` of the recipe.

    Raises:
        InputError: A record was guided with another form.
    """
    for record in records:
        if record.guide_form not in (None, form):
            raise InputError(
                f"{record.name} was guided with the form {record.guide_form}, but the recipe's guide_form is {form}; "
                f"set guide_form: {record.guide_form}, or guide the records again with --form {form}"
            )


def _split(text: str) -> list[dict[str, Any]]:
    """Splits "in <image> and <image>" -> text, image, text, image."""
    parts: list[dict[str, Any]] = []
    for n, piece in enumerate(text.split(IMAGE)):
        if n:
            parts.append({"type": "image"})
        if piece:
            parts.append({"type": "text", "text": piece})
    return parts


class Dialogues(torch.utils.data.Dataset[dict[str, torch.Tensor]]):
    """Map-style dataset of encoded records; images are read when a record is asked for.

    An item: input_ids, labels, attention_mask, mm_token_type_ids (L,) int64; pixel_values (P, 3 * 2 * 14 * 14) float;
    image_grid_thw (n_images, 3) int64. mm_token_type_ids is 1 at visual tokens: without it the model falls back to
    one-dimensional positions and says nothing (seen with transformers 5.23).
    """

    def __init__(self, records: Sequence[Record], processor: ChangeVGProcessor, max_length: int) -> None:
        """processor: with the pixel budget set. max_length: tokens; a longer record is an error, never cut."""
        self.records, self.processor, self.max_length = records, processor, max_length
        self._measured: dict[Path, int] = {}
        tokenizer = processor.tokenizer
        self.turn, self.turn_end = tokenizer.convert_tokens_to_ids(TURN), processor.end_id
        self.header = tokenizer.encode("assistant\n", add_special_tokens=False)

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        record = self.records[index]
        images = [_open(path, record.name) for path in record.images]
        batch = self.processor.batch([record.messages], [images], reply_next=False)
        ids = batch["input_ids"][0]
        self._check_length(record, len(ids))
        item = {
            "input_ids": ids,
            "labels": self.labels(ids, record),
            "attention_mask": torch.ones_like(ids),
            "mm_token_type_ids": (ids == self.processor.image_token_id).long()
            + 2 * (ids == self.processor.video_token_id).long(),
        }
        if images:
            item |= {name: batch[name] for name in ("pixel_values", "image_grid_thw")}
        return item

    def labels(self, ids: torch.Tensor, record: Record) -> torch.Tensor:
        """The tokens to learn: every assistant turn up to and with its end marker.

        Args:
            ids: (S,) token ids of a whole conversation.
            record: The record they were made from.

        Returns:
            (S,) token ids; IGNORED outside of the replies.

        Raises:
            InputError: The chat template gives another number of replies than the record.
        """
        labels = torch.full_like(ids, IGNORED)
        tokens, size, found = ids.tolist(), len(self.header), 0
        for start in (i for i, token in enumerate(tokens) if token == self.turn):
            first = start + 1 + size
            if tokens[start + 1 : first] == self.header:
                last = tokens.index(self.turn_end, first) + 1
                labels[first:last] = ids[first:last]
                found += 1
        if found != record.replies:
            raise InputError(f"{record.name}: {record.replies} replies but {found} found in the chat template; expected ChatML")
        return labels

    def length(self, index: int) -> int:
        """Tokens of a record, its images measured and not decoded.

        Args:
            index: Index of the record, from 0.

        Returns:
            Number of tokens, visual ones included.
        """
        record = self.records[index]
        tokens = len(self.processor.encode_text(self.processor.render(record.messages, reply_next=False)))
        return tokens + sum(self._visual(path, record.name) - 1 for path in record.images)  # in the text each is one token

    def _visual(self, path: Path, name: str) -> int:
        """Visual tokens of a image; many records share one, so it is measured once."""
        if path not in self._measured:
            with _opened(path, name) as image:
                width, height = image.size
            processor = self.processor.image_processor
            self._measured[path] = processor.get_number_of_image_patches(height, width, {}) // processor.merge_size**2
        return self._measured[path]

    def check_lengths(self) -> int:
        """Checks every record before any time is spent on training.

        Returns:
            Tokens of the longest record.

        Raises:
            InputError: A record is too long, or its image is missing.
        """
        longest = 0
        for index, record in enumerate(self.records):
            tokens = self.length(index)
            self._check_length(record, tokens)
            longest = max(longest, tokens)
        return longest

    def _check_length(self, record: Record, tokens: int) -> None:
        if tokens > self.max_length:
            raise InputError(
                f"{record.name} has {tokens} tokens with its {len(record.images)} images, at most {self.max_length} are "
                "taken and nothing is cut; raise max_length, lower max_pixels, or shorten the record"
            )


def _opened(path: Path, name: str) -> Image.Image:
    try:
        return Image.open(path)
    except OSError:
        raise InputError(f"{name}: image {path} is missing or cannot be read; give the folder it lies in") from None


def _open(path: Path, name: str) -> np.ndarray:
    with _opened(path, name) as image:
        return np.array(image.convert("RGB"))


def collate(items: Sequence[dict[str, torch.Tensor]], pad: int) -> dict[str, torch.Tensor]:
    """Puts items side by side, padded on the right to the longest; images stand one after the other.

    Args:
        items: Samples, as `Dialogues` gives them.
        pad: Id of the padding token.

    Returns:
        input_ids, labels, attention_mask and mm_token_type_ids, (B, S) each, and the images' tensors where there are any.
    """
    fill = {"input_ids": pad, "labels": IGNORED, "attention_mask": 0, "mm_token_type_ids": 0}
    batch = {
        name: torch.nn.utils.rnn.pad_sequence([item[name] for item in items], batch_first=True, padding_value=value)
        for name, value in fill.items()
    }
    for name in ("pixel_values", "image_grid_thw"):
        parts = [item[name] for item in items if name in item]
        if parts:
            batch[name] = torch.cat(parts)
    return batch
