"""Scenes and conversations -> inputs of a full-size UniRS, whose language model is a pretrained chat model.

Unlike the compact form there are no special tokens for markers: they are text (`tasks.augmentation`), and only <image> has an
id of its own, outside the vocabulary. Text between placeholders is tokenised piece by piece, as VILA-1.5 was trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from chronosight.models.unirs.configuration import Kind, UniRSConfig
from chronosight.models.unirs.processing import FRAMES, UniRSProcessor
from chronosight.tasks.augmentation import PLACEHOLDER, PromptStyle, load_style, save_style
from chronosight.tasks.pixels import resize_frames
from chronosight.tasks.question import Question

IGNORED = -100
Turns = Sequence[tuple[Question, str | None]]


class ChatProcessor(UniRSProcessor):
    """Resizes frames, writes the conversation, pads on the left. A video keeps the number of frames it comes with."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, config: UniRSConfig, style: PromptStyle | None = None) -> None:
        """Puts the parts together.

        Raises:
            ValueError: The tokenizer could give the id of <image> to a text.
        """
        if config.image_token_id < len(tokenizer):
            raise ValueError(
                f"<image> is token {config.image_token_id}, expected one outside the {len(tokenizer)} of the tokenizer"
            )
        self.tokenizer, self.config, self.style = tokenizer, config, style or PromptStyle()

    @classmethod
    def from_pretrained(cls, folder: str | Path, trust_remote_code: Literal[False] = False) -> ChatProcessor:
        """Reads a folder written by `save_pretrained` of processor and model.

        Args:
            folder: The folder.
            trust_remote_code: False; there is no other value.

        Returns:
            The processor.
        """
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder, padding_side="left", trust_remote_code=False)
        return cls(tokenizer, UniRSConfig.from_pretrained(folder, trust_remote_code=False), load_style(folder))

    def save_pretrained(self, folder: str | Path) -> None:
        """Writes tokenizer, config and prompt style.

        Args:
            folder: The folder to write into.
        """
        super().save_pretrained(folder)
        save_style(self.style, folder)

    def __call__(
        self,
        frames: Sequence[np.ndarray] | None,
        kinds: Sequence[Kind],
        questions: Sequence[Question],
        clues: Sequence[str] | None = None,
        replies: Sequence[str] | None = None,
        tagged: bool = True,
    ) -> dict[str, Any]:
        """Makes a batch of one question a scene; see `UniRSProcessor.__call__`.

        Args:
            frames: (T, H, W, 3) uint8 of each scene.
            kinds: One a row.
            questions: One a row.
            clues: One a row; "" for none.
            replies: The answers to learn; None to generate them.
            tagged: Whether the task's tag is written before the instruction.

        Returns:
            The arguments of the model's `forward`.

        Raises:
            ValueError: No frames are given.
        """
        if frames is None:
            raise ValueError("frames are needed: their number decides how many visual tokens a video has")
        given: Sequence[str | None] = replies if replies is not None else [None] * len(questions)
        conversations = [[(question, reply)] for question, reply in zip(questions, given, strict=True)]
        return self.batch(frames, kinds, conversations, clues, tagged)

    def batch(
        self,
        frames: Sequence[np.ndarray],
        kinds: Sequence[Kind],
        conversations: Sequence[Turns],
        clues: Sequence[str] | None = None,
        tagged: bool = True,
        max_length: int | None = None,
    ) -> dict[str, Any]:
        """Makes a batch of conversations about scenes.

        Args:
            frames: (T, H, W, 3) uint8 of each scene.
            kinds: One a scene.
            conversations: Turns of each; the last reply is None where it is to be generated.
            clues: One a scene; "" for none.
            tagged: Whether the task's tag is written.
            max_length: Rows with more tokens lose their end.

        Returns:
            input_ids, attention_mask (B, S), labels (-100 but on replies and their ends; only where the conversations are
            complete), kinds, scenes.
        """
        rows = []
        for kind, one, turns, clue in zip(kinds, frames, conversations, clues or [""] * len(conversations), strict=True):
            ids, labels = self.encode_conversation(kind, len(one), turns, clue, tagged)
            rows.append((ids[:max_length], labels[:max_length]))
        length = max(len(ids) for ids, _ in rows)
        tokens = torch.full((len(rows), length), int(self.tokenizer.pad_token_id))
        mask, targets = torch.zeros_like(tokens), torch.full_like(tokens, IGNORED)
        for row, (ids, labels) in enumerate(rows):
            tokens[row, length - len(ids) :] = torch.tensor(ids)
            targets[row, length - len(ids) :] = torch.tensor(labels)
            mask[row, length - len(ids) :] = 1
        batch: dict[str, Any] = {"input_ids": tokens, "attention_mask": mask}
        if all(turns[-1][1] is not None for turns in conversations):
            batch["labels"] = targets
        batch["kinds"] = list(kinds)
        batch["scenes"] = [self.pixels(one, kind) for one, kind in zip(frames, kinds, strict=True)]
        return batch

    def encode_conversation(self, kind: Kind, frames: int, turns: Turns, clue: str, tagged: bool) -> tuple[list[int], list[int]]:
        """Encodes one conversation, without padding.

        Args:
            kind: Kind of the scene.
            frames: Number of its frames.
            turns: Questions with replies; None for a reply to come.
            clue: The clue; "" for none.
            tagged: Whether to write the tasks' tags.

        Returns:
            Token ids and labels, equally long; labels are IGNORED outside of the replies.
        """
        style, tokenizer = self.style, self.tokenizer
        ids, labels = [int(tokenizer.bos_token_id)], [IGNORED]
        for number, (question, reply) in enumerate(turns):
            if number:
                turn = style.again(question, tagged)
            else:
                turn = style.turn(self.placeholders(kind, frames), question, clue, tagged)
            text = f"{'' if number else style.system}{style.user}{turn}{style.assistant}"
            new = self._encode(text, self._each(kind))
            ids += new
            labels += [IGNORED] * len(new)
            if reply is not None:
                answer = [*self.encode_text(reply.strip()), int(tokenizer.eos_token_id)]
                ids += answer
                labels += answer
        return ids, labels

    def placeholders(self, kind: Kind, frames: int) -> int:
        """How many <image> are written: one for an image, one for the two dates of a pair fused, one a frame of a video.

        Args:
            kind: Kind of the scene.
            frames: Number of its frames.

        Returns:
            The number.
        """
        if kind == "video":
            return frames
        return 2 if kind == "pair" and self.config.fusion == "two_images" else 1

    def pixels(self, frames: np.ndarray, kind: Kind) -> Tensor:
        """Resizes the frames of one scene.

        Args:
            frames: (T, H, W, 3) uint8.
            kind: Kind of the scene.

        Returns:
            (T, 3, side, side) float32 in [0, 1].

        Raises:
            ValueError: The number of frames does not fit the kind.
        """
        if len(frames) == 0 or len(frames) != FRAMES.get(kind, len(frames)):
            raise ValueError(f"{len(frames)} frames for a scene of kind {kind}, expected {FRAMES.get(kind, '1 or more')}")
        side = self.config.size(kind)
        return torch.from_numpy(resize_frames(frames, side, side, self.config.resample))

    def _each(self, kind: Kind) -> int:
        """Visual tokens of one placeholder."""
        tokens = self.config.visual_tokens(kind, 1)
        return tokens // 2 if kind == "pair" and self.config.fusion == "two_images" else tokens

    def _encode(self, text: str, each: int) -> list[int]:
        first, *rest = text.split(PLACEHOLDER)
        ids = self.encode_text(first)
        for piece in rest:
            ids += [self.config.image_token_id] * each + self.encode_text(piece)
        return ids
