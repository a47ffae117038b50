"""From scenes and questions to the inputs of `UniRSForConditionalGeneration`, and from its tokens back to words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from chronosight.models.unirs.configuration import Kind, UniRSConfig
from chronosight.tasks.pixels import pick_frames, resize_frames
from chronosight.tasks.prompt import EOS, IMAGE, question_suffix, scene_prefix
from chronosight.tasks.question import Question

FRAMES = {"image": 1, "pair": 2}


class UniRSProcessor:
    """Resizes frames by kind of scene, puts prompts together, pads them on the left.

    Sizes and token counts are those of the model's config, so both live in one folder and cannot disagree.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, config: UniRSConfig) -> None:
        """Puts the parts together.

        Raises:
            ValueError: The tokenizer's <image> is not the config's.
        """
        found = tokenizer.convert_tokens_to_ids(IMAGE)
        if found != config.image_token_id:
            raise ValueError(f"{IMAGE} is token {found} of the tokenizer but {config.image_token_id} of the config")
        self.tokenizer, self.config = tokenizer, config

    @classmethod
    def from_pretrained(cls, folder: str | Path, trust_remote_code: Literal[False] = False) -> UniRSProcessor:
        """Reads a folder written by `save_pretrained` of processor and model.

        Args:
            folder: The folder.
            trust_remote_code: False; there is no other value.

        Returns:
            The processor.
        """
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder, padding_side="left", trust_remote_code=False)
        return cls(tokenizer, UniRSConfig.from_pretrained(folder, trust_remote_code=False))

    def save_pretrained(self, folder: str | Path) -> None:
        """Writes tokenizer and config.

        Args:
            folder: The folder to write into.
        """
        self.tokenizer.save_pretrained(folder)
        self.config.save_pretrained(folder)

    def __call__(
        self,
        frames: Sequence[np.ndarray] | None,
        kinds: Sequence[Kind],
        questions: Sequence[Question],
        clues: Sequence[str] | None = None,
        replies: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Makes a batch, one row a question; kinds may be mixed.

        Args:
            frames: Per row (T, H, W, 3) uint8 or (T, 3, H, W) float in [0, 1]; None where visual tokens are passed to the
                model instead.
            kinds: One a row.
            questions: One a row.
            clues: One a row; "" for none.
            replies: The answers to learn; labels are then set on the reply and its end, and nowhere else.

        Returns:
            Arguments of the model's `forward`: input_ids and attention_mask (B, S), kinds, scenes (with frames), labels
            (with replies).
        """
        clues = clues or [""] * len(questions)
        ids, reply_lengths = [], []
        for row, (kind, question, clue) in enumerate(zip(kinds, questions, clues, strict=True)):
            prompt = self.encode_text(scene_prefix(self.config.visual_tokens(kind), clue) + question_suffix(question))
            reply = self.encode_text(replies[row] + EOS) if replies is not None else []
            ids.append(prompt + reply)
            reply_lengths.append(len(reply))
        batch: dict[str, Any] = {"kinds": list(kinds)}
        length = max(map(len, ids))
        tokens = torch.full((len(ids), length), int(self.tokenizer.pad_token_id))
        batch["input_ids"], batch["attention_mask"] = tokens, torch.zeros_like(tokens)
        for row, one in enumerate(ids):
            tokens[row, length - len(one) :] = torch.tensor(one)
            batch["attention_mask"][row, length - len(one) :] = 1
        if replies is not None:
            learned = torch.arange(length) >= length - torch.tensor(reply_lengths)[:, None]
            batch["labels"] = tokens.masked_fill(~learned, -100)
        if frames is not None:
            batch["scenes"] = [self.pixels(one, kind) for one, kind in zip(frames, kinds, strict=True)]
        return batch

    def pixels(self, frames: np.ndarray, kind: Kind) -> Tensor:
        """Resizes the frames of one scene.

        Args:
            frames: (T, H, W, 3) uint8, or (T, 3, H, W) float in [0, 1].
            kind: Of the scene; a video gets the model's number of frames.

        Returns:
            (T, 3, side, side) float32 in [0, 1].

        Raises:
            ValueError: The number of frames does not fit the kind.
        """
        if frames.dtype != np.uint8:
            frames = np.rint(frames.transpose(0, 2, 3, 1) * 255).clip(0, 255).astype(np.uint8)
        expected = FRAMES.get(kind, "1 or more")
        if len(frames) == 0 or len(frames) != FRAMES.get(kind, len(frames)):
            raise ValueError(f"{len(frames)} frames for a scene of kind {kind}, expected {expected}")
        if kind == "video":
            frames = pick_frames(frames, self.config.video_frames)
        side = self.config.size(kind)
        return torch.from_numpy(resize_frames(frames, side, side, self.config.resample))

    def encode_text(self, text: str) -> list[int]:
        """Tokens of a text, without special tokens of its own.

        Args:
            text: The text.

        Returns:
            Token ids.
        """
        return self.tokenizer.encode(text, add_special_tokens=False)

    def decode(self, tokens: Tensor) -> list[str]:
        """Turns generated tokens into replies.

        Args:
            tokens: (B, n) token ids.

        Returns:
            B texts, without special tokens.
        """
        return [text.strip() for text in self.tokenizer.batch_decode(tokens, skip_special_tokens=True)]
