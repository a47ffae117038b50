"""Recipe of joint training at full size (arXiv 2412.20742, section 4): its fields, and how a YAML file becomes one."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chronosight.errors import InputError
from chronosight.training.recipe_kinds import KEY, read_mapping

PARTS = ("vision_tower", "change", "projector", "language_model")
Part = Literal["vision_tower", "change", "projector", "language_model"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SourceRecipe(Strict):
    """A data set: `folder` under --data, read as `name` is published, or its examples from `file` (with clues, perhaps), both
    relative to --data. repeat: how often each example comes in an epoch."""

    name: str
    folder: str
    file: str | None = None
    split: str = "train"
    repeat: int = Field(1, ge=1)


class LoraRecipe(Strict):
    """Low-rank adapters on all linear layers of the language model, in place of tuning it whole."""

    rank: int = Field(16, ge=1)
    alpha: int = Field(32, ge=1)
    dropout: float = Field(0.0, ge=0, lt=1)


class JointRecipe(Strict):
    """weights: converted weights folder to start from, relative to where the command runs.
    frozen: parts that stay as they are; the rest learns. lora: instead of the whole language model. epochs: over the mixture.
    steps: optimizer steps at most, 0 for whole epochs. batch: examples a device and forward pass; accumulation: passes a step.
    learning_rate: peak, cosine to 0; warmup: share of the steps. bf16: autocast; weights_dtype: of the weights kept.
    max_length: tokens of an example; longer ones lose their end. checkpointing: recompute activations to save memory.
    video_frames: of a video. save_every: optimizer steps between checkpoints. keep: checkpoints kept.
    For more than one process: fsdp splits weights and optimizer over all of them (FSDP2); deepspeed: a DeepSpeed config file.
    """

    weights: str
    sources: list[SourceRecipe] = Field(min_length=1)
    frozen: list[Part] = ["vision_tower", "projector"]
    lora: LoraRecipe | None = None
    epochs: float = Field(1.0, gt=0)
    steps: int = Field(0, ge=0)
    batch: int = Field(4, ge=1)
    accumulation: int = Field(8, ge=1)
    learning_rate: float = Field(1e-4, gt=0)
    weight_decay: float = Field(0.0, ge=0)
    warmup: float = Field(0.03, ge=0, le=1)
    bf16: bool = True
    weights_dtype: Literal["float32", "bfloat16"] = "float32"
    max_length: int = Field(4096, ge=16)
    checkpointing: bool = True
    video_frames: int = Field(8, ge=1)
    save_every: int = Field(500, ge=1)
    keep: int = Field(2, ge=1)
    log_every: int = Field(10, ge=1)
    workers: int = Field(4, ge=0)
    seed: int = 0
    fsdp: bool = False
    deepspeed: str | None = None


def load_joint_recipe(path: str | Path) -> JointRecipe:
    """Raises InputError for a file that is no such recipe; the message names the field."""
    values = {name: value for name, value in read_mapping(path).items() if name != KEY}
    try:
        recipe = JointRecipe(**values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"{path}: {where}: {first['msg']}, found {str(first['input'])[:80]}") from None
    if set(recipe.frozen) == set(PARTS):
        raise InputError(f"{path}: frozen names every part, so nothing would learn; leave one out")
    if recipe.lora is not None and "language_model" in recipe.frozen:
        raise InputError(f"{path}: lora tunes the language model, which frozen names too; leave one of them out")
    return recipe
