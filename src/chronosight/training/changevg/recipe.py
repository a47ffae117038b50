"""The recipe of LoRA tuning (recipes/changevg-lora.yaml)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, get_args

from chronosight.errors import InputError
from chronosight.models.changevg.settings import Settings
from chronosight.tasks.clue import GuideForm


@dataclass
class ChangeVGRecipe:
    """Fields of recipes/changevg-lora.yaml; the defaults are the paper's.

    model: folder of the base model (`--model` takes its place). rank, alpha, dropout: of LoRA; alpha scales its effect by
    alpha / rank. vision: tune the vision tower's linear layers too. ratio: of LoRA+, learning rate of B over that of A.
    learning_rate: peak, cosine to 0. warmup: share of the steps. epochs: over the records; steps: in their place where
    not 0. batch: records a step on one device. accumulation: steps of gradients added up. max_pixels, min_pixels: of one
    picture. max_length: tokens of a record. bf16: weights and products in bfloat16, adapters in float32. checkpointing:
    recompute activations, a third more time for much less memory. guide_form: of the guide told in the records, kept for
    inference. save_every, log_every: optimizer steps. workers: processes that read pictures. trainer: further fields
    of transformers.TrainingArguments, as they are (deepspeed, fsdp, report_to, ...).
    """

    model: str = ""
    rank: int = 8
    alpha: int = 16
    dropout: float = 0.0
    vision: bool = False
    ratio: float = 16.0
    learning_rate: float = 1.0e-4
    warmup: float = 0.1
    epochs: float = 1.0
    steps: int = 0
    batch: int = 6
    accumulation: int = 4
    max_pixels: int = 512 * 512
    min_pixels: int = 56 * 56
    max_length: int = 2048
    bf16: bool = True
    checkpointing: bool = True
    guide_form: str = "caption"
    seed: int = 0
    save_every: int = 200
    log_every: int = 10
    workers: int = 4
    trainer: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.guide_form not in get_args(GuideForm):
            raise InputError(f"guide_form is {self.guide_form!r}, expected one of {', '.join(get_args(GuideForm))}")

    @property
    def settings(self) -> Settings:
        """What inference must know."""
        return Settings(self.max_pixels, self.min_pixels, self.guide_form)  # type: ignore[arg-type]  # checked when read
