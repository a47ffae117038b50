"""A full-size model in memory, and batches of questions put to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from chronosight.engines.reply import Reply
from chronosight.engines.unirs.placement import Placement, Precision, measure, place
from chronosight.errors import InputError
from chronosight.models.changevg.adapter import read_adapter_config
from chronosight.models.unirs.chat_processing import ChatProcessor
from chronosight.models.unirs.config_file import read_unirs_config
from chronosight.models.unirs.configuration import Kind, UniRSConfig
from chronosight.models.unirs.int8 import quantise
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.models.weight_files import check_parameters, library_errors
from chronosight.tasks.question import Question

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "int8": torch.bfloat16}


@dataclass(frozen=True)
class Asked:
    """One question about one scene. frames: (T, H, W, 3) uint8; T = 1 image, 2 pair, n video."""

    frames: np.ndarray
    kind: Kind
    question: Question
    clue: str = ""


class UniRSModel:
    """Weights, processor and, where there is one, an adapter that can be switched off: one copy in memory serves both."""

    def __init__(
        self, model: UniRSForConditionalGeneration, processor: ChatProcessor, placement: Placement, folder: Path | None = None
    ) -> None:
        self.model, self.processor, self.placement, self.folder = model.eval(), processor, placement, folder  # type: ignore[no-untyped-call]
        self._peft: Any = None

    @classmethod
    def load(
        cls, folder: Path, adapter: Path | None = None, precision: Precision = "auto", device: str | None = None
    ) -> UniRSModel:
        """Loads a converted weights folder.

        Args:
            folder: Made by `chronosight convert`.
            adapter: Folder of a LoRA adapter.
            precision: "auto", "fp32", "bf16" or "int8".
            device: "cpu", "cuda:0", ...; "auto" spreads over all; None chooses (`placement.place`).

        Returns:
            The model, ready to answer.

        Raises:
            InputError: The folder cannot be loaded, or the machine is too small.
        """
        read_unirs_config(folder)
        with library_errors(str(folder), "convert it again"):
            config = UniRSConfig.from_pretrained(folder, trust_remote_code=False)
            processor = ChatProcessor.from_pretrained(folder, trust_remote_code=False)
            with torch.device("meta"):
                parameters = sum(p.numel() for p in UniRSForConditionalGeneration(config).parameters())
        check_parameters(folder, parameters)
        gpus, ram, bf16 = measure()
        placement = place(parameters, gpus, ram, precision, device, bf16)
        options: dict[str, Any] = {"dtype": DTYPES[placement.precision]}
        if placement.device == "auto":
            options["device_map"] = "auto"
        with library_errors(f"weights in {folder}", "convert them again"):
            both: Any = UniRSForConditionalGeneration.from_pretrained(
                folder, output_loading_info=True, trust_remote_code=False, **options
            )
            model, info = both
        wrong = sorted([*info["missing_keys"], *info["unexpected_keys"], *map(str, info.get("mismatched_keys", ()))])
        if wrong:
            raise InputError(f"{folder} does not fit its config.json: {', '.join(wrong[:4])}; convert it again")
        loaded = cls(model, processor, placement, folder)
        if adapter is not None:
            loaded.add_adapter(adapter)
        if placement.precision == "int8":
            quantise(model)
        if placement.device != "auto":
            model.to(placement.device)
        return loaded

    def add_adapter(self, adapter: Path) -> None:
        """Lays a LoRA adapter over the weights; it can be switched off again.

        Args:
            adapter: Its folder.

        Raises:
            InputError: The folder holds no LoRA adapter for these weights.
        """
        from peft import PeftModel

        read_adapter_config(adapter)
        with library_errors(f"adapter in {adapter}", "give one that was made for these weights"):
            self._peft = PeftModel.from_pretrained(self.model, str(adapter), trust_remote_code=False).eval()

    @cached_property
    def identity(self) -> str:
        """Hash that identifies weights: of config and of every weights file's size and head, without reading gigabytes."""
        digest = hashlib.sha256()
        for path in sorted(self.folder.glob("*.json")) + sorted(self.folder.glob("*.safetensors")) if self.folder else []:
            with path.open("rb") as file:
                digest.update(f"{path.name}|{path.stat().st_size}|".encode() + file.read(2**20))
        return digest.hexdigest()[:16]

    def resize(self, side: int) -> None:
        """Frames of another size from now on; positions of tower and change extraction are interpolated.

        Args:
            side: Side of the frames in pixels.

        Raises:
            InputError: The side is less than two patches, or too large for the language model's length.
        """
        config = self.processor.config
        longest = getattr(config.text_config, "max_position_embeddings", 4096)
        if side < 2 * config.patch or ((side // config.patch + 1) // 2) ** 2 > longest:
            raise InputError(f"resolution is {side}, expected {2 * config.patch} or more, and at most {longest} visual tokens")
        for each in (config, self.model.config):
            each.image_size = each.pair_size = each.video_size = side

    @contextmanager
    def base_weights(self) -> Iterator[None]:
        """Within it the adapter is off: the model is what it was before fine-tuning."""
        with self._peft.disable_adapter() if self._peft is not None else nullcontext():
            yield

    @torch.inference_mode()
    def ask(
        self, asked: Sequence[Asked], batch: int = 8, max_tokens: int = 128, temperature: float = 0.0, tagged: bool = True
    ) -> list[Reply]:
        """Puts questions to the model; image, pair and video may be mixed. Long prompts go together.

        Args:
            asked: Frames, questions and clues.
            batch: Questions answered at once.
            max_tokens: Largest number of tokens of a reply.
            temperature: 0 takes the likeliest token; UniRS's scripts draw at 0.2.
            tagged: Whether to write the task's tag.

        Returns:
            The replies, in the order of the questions.
        """
        order = sorted(range(len(asked)), key=lambda i: len(asked[i].frames) if asked[i].kind == "video" else 1)
        replies: dict[int, Reply] = {}
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            replies |= zip(rows, self._ask([asked[i] for i in rows], max_tokens, temperature, tagged), strict=True)
        return [replies[i] for i in range(len(asked))]

    def _ask(self, asked: Sequence[Asked], max_tokens: int, temperature: float, tagged: bool) -> list[Reply]:
        processor, device = self.processor, self.model.get_input_embeddings().weight.device
        inputs = processor(
            [a.frames for a in asked],
            [a.kind for a in asked],
            [a.question for a in asked],
            [a.clue for a in asked],
            tagged=tagged,
        )
        inputs["scenes"] = [one.to(device) for one in inputs["scenes"]]
        inputs |= {name: inputs[name].to(device) for name in ("input_ids", "attention_mask")}
        decoding: dict[str, Any] = {"do_sample": False}
        if temperature > 0:
            decoding = {"do_sample": True, "temperature": temperature, "top_k": 0}
        tokenizer = processor.tokenizer
        output: Any = self.model.generate(
            **inputs, **decoding, max_new_tokens=max_tokens, return_dict_in_generate=True, output_logits=True,
            pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id,
        )  # fmt: skip
        tokens = output.sequences  # (B, n), new tokens only
        logprobs = torch.stack(
            [logits.float().log_softmax(-1).gather(1, tokens[:, [i]])[:, 0] for i, logits in enumerate(output.logits)], 1
        )
        ended = (tokens == tokenizer.eos_token_id).long()
        counted = (ended.cumsum(1) - ended) == 0  # up to the end, the end itself too
        return [
            Reply(text, row[use].double().cpu().numpy(), bool(end.any()))
            for text, row, use, end in zip(processor.decode(tokens), logprobs, counted, ended, strict=True)
        ]
