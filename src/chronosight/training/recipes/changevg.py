"""Fields of ChangeVG's recipe (recipes/changevg-lora.yaml)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from chronosight.models.changevg.settings import Settings
from chronosight.tasks.clue import GuideForm
from chronosight.training.recipes.base import LearningRate, LogEvery, Recipe, SaveEvery


class ChangeVGRecipe(Recipe):
    """LoRA tuning of a Qwen-VL on guided instructions; the defaults are the paper's (arXiv 2509.23105) where it gives them."""

    kind: Literal["changevg-lora"] = "changevg-lora"
    """What the recipe trains."""
    model: str = ""
    """Folder of the base model; `--model` takes its place."""
    rank: int = Field(default=8, ge=1)
    """Rank of the adapters."""
    alpha: int = Field(default=16, ge=1)
    """The adapters' effect is scaled by alpha / rank."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Of the adapters' input."""
    vision: bool = False
    """Tune the vision tower's linear layers too."""
    ratio: float = Field(default=16.0, gt=0)
    """LoRA+: learning rate of the B matrices over that of the A matrices."""
    learning_rate: LearningRate = 1.0e-4
    warmup: float = Field(default=0.1, ge=0)
    """Share of the steps over which the learning rate rises; 1 and more: their number."""
    epochs: float = Field(default=1.0, gt=0)
    """Passes over the records."""
    steps: int = Field(default=0, ge=0)
    """Optimizer steps in place of epochs; 0 for epochs."""
    batch: int = Field(default=6, ge=1)
    """Records on one device in one pass."""
    accumulation: int = Field(default=4, ge=1)
    """Passes whose gradients are added up for a step."""
    max_pixels: int = Field(default=512 * 512, ge=1)
    """Largest area of one image in pixels; saved with the adapter and used in inference."""
    min_pixels: int = Field(default=56 * 56, ge=1)
    """Smallest area of one image in pixels; smaller images are enlarged."""
    max_length: int = Field(default=2048, ge=1)
    """Tokens of a record at most; a longer one is an error."""
    bf16: bool = True
    """Weights and products in bfloat16, adapters in float32."""
    checkpointing: bool = True
    """Recompute activations: a third more time for much less memory."""
    guide_form: GuideForm = "caption"
    """Form of the clue in the records (`chronosight data guide --form`); saved with the adapter for inference."""
    seed: int = 0
    """Of adapters and order."""
    save_every: SaveEvery = 200
    log_every: LogEvery = 10
    workers: int = Field(default=4, ge=0)
    """Processes that read images."""
    trainer: dict[str, Any] = Field(default_factory=dict)
    """Further fields of transformers.TrainingArguments, as they are (deepspeed, fsdp, report_to, ...)."""

    @property
    def settings(self) -> Settings:
        """What inference must know."""
        return Settings(self.max_pixels, self.min_pixels, self.guide_form)
