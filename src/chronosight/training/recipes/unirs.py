"""Fields of the recipe of UniRS at full size (recipes/unirs-joint.yaml; arXiv 2412.20742, section 4)."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from chronosight.training.recipes.base import LearningRate, LogEvery, Recipe, SaveEvery, Warmup, WeightDecay

Part = Literal["vision_tower", "change", "projector", "language_model"]
PARTS: tuple[Part, ...] = ("vision_tower", "change", "projector", "language_model")


class DatasetRecipe(Recipe):
    """One dataset of the mixture."""

    name: str
    """Which published dataset it is; says how its folder is read."""
    folder: str
    """Its folder, relative to `--data`."""
    file: str | None = None
    """Samples made from it (`chronosight data examples`, with clues perhaps), relative to `--data`; null reads the folder."""
    split: str = "train"
    """Split that is trained on."""
    repeat: int = Field(default=1, ge=1)
    """How often each sample comes in an epoch."""


class LoraRecipe(Recipe):
    """Low-rank adapters on all linear layers of the language model, in place of tuning it whole."""

    rank: int = Field(default=16, ge=1)
    """Rank of the adapters."""
    alpha: int = Field(default=32, ge=1)
    """The adapters' effect is scaled by alpha / rank."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Of the adapters' input."""


class UniRSRecipe(Recipe):
    """Joint training of UniRS at full size: images, pairs and videos in one stage."""

    renamed: ClassVar[dict[str, str]] = {"keep": "checkpoints"}

    kind: Literal["unirs"] = "unirs"
    """What the recipe trains."""
    weights: str
    """Converted weights folder to start from, relative to where the command runs."""
    sources: tuple[DatasetRecipe, ...] = Field(min_length=1)
    """The mixture."""
    frozen: tuple[Part, ...] = ("vision_tower", "projector")
    """Parts that stay as they are; the rest learns."""
    lora: LoraRecipe | None = None
    """Adapters in place of tuning the whole language model; null for none."""
    epochs: float = Field(default=1.0, gt=0)
    """Passes over the mixture."""
    steps: int = Field(default=0, ge=0)
    """Optimizer steps at most; 0 for whole epochs."""
    batch: int = Field(default=4, ge=1)
    """Samples on one device in one pass."""
    accumulation: int = Field(default=8, ge=1)
    """Passes whose gradients are added up for a step."""
    learning_rate: LearningRate = 1e-4
    weight_decay: WeightDecay = 0.0
    warmup: Warmup = 0.03
    bf16: bool = True
    """Autocast to bfloat16."""
    weights_dtype: Literal["float32", "bfloat16"] = "float32"
    """Type that the weights are held in."""
    max_length: int = Field(default=4096, ge=16)
    """Tokens of a sample; a longer one loses its end."""
    checkpointing: bool = True
    """Recompute activations to save memory."""
    video_frames: int = Field(default=8, ge=1)
    """Frames taken from a video."""
    save_every: SaveEvery = 500
    checkpoints: int = Field(default=2, ge=1)
    """How many checkpoints are kept."""
    log_every: LogEvery = 10
    workers: int = Field(default=4, ge=0)
    """Processes that read images and videos."""
    seed: int = 0
    """Of new weights and of the order."""
    fsdp: bool = False
    """Split weights and optimizer over all processes (FSDP2)."""
    deepspeed: str | None = None
    """A DeepSpeed configuration file; null for none."""

    @model_validator(mode="after")
    def _check(self) -> UniRSRecipe:
        if set(self.frozen) == set(PARTS):
            raise ValueError("frozen names every part, so nothing would learn; leave one out")
        if self.lora is not None and "language_model" in self.frozen:
            raise ValueError("lora tunes the language model, which frozen names too; leave one of them out")
        return self
