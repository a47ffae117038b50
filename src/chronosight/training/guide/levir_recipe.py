"""The recipe of the guide on LEVIR-MCI (recipes/guide-levir-mci.yaml)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chronosight.errors import InputError

# SegFormer-B1's encoder and the paper's global branch; the neck's widths are ours, the paper does not tell them.
PAPER_SHAPE: dict[str, Any] = {
    "encoder": "segformer",
    "widths": (64, 128, 320, 512),
    "depths": (2, 2, 2, 2),
    "neck": (128, 256, 512, 512),
    "summary_width": 512,
    "summary_heads": 8,
    "summary_layers": 3,
    "max_caption": 41,
    "image_mean": (0.39073, 0.38623, 0.32989),
    "image_std": (0.15329, 0.14628, 0.13648),
}


@dataclass
class StageRecipe:
    """steps: optimizer steps. learning_rate: peak, cosine to 0. warmup: share of the steps."""

    steps: int = 8000
    learning_rate: float = 1.0e-4
    warmup: float = 0.05


@dataclass
class GuideLevirRecipe:
    """The three stages, and the guides of the folds.

    joint: both losses, each divided by its own detached value. captions, masks: one branch alone, the encoder fixed.
    batch: pairs a step. size: pixels a side, multiple of 32. vocabulary: splits whose captions give the words, of which
    those seen `least` times are known; all three splits and 6 give the published 468 entries. encoder_weights: folder of a
    SegFormer to start from ("" starts from nothing). folds: guides trained without a fold each, for `chronosight data
    guide`; 0 for none. save_every: steps between checkpoints. threads: CPU threads, 0 for torch's own choice. workers:
    processes that read pictures. model: GuideConfig fields that differ from the paper's.
    """

    joint: StageRecipe = field(default_factory=StageRecipe)
    captions: StageRecipe = field(default_factory=StageRecipe)
    masks: StageRecipe = field(default_factory=StageRecipe)
    batch: int = 16
    size: int = 256
    vocabulary: tuple[str, ...] = ("train",)
    least: int = 6
    weight_decay: float = 0.01
    ema: float = 0.998
    encoder_weights: str = ""
    folds: int = 0
    seed: int = 0
    save_every: int = 500
    log_every: int = 50
    threads: int = 0
    workers: int = 4
    model: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.size % 32:
            raise InputError(f"size is {self.size}, expected a multiple of 32")
        if self.folds == 1:
            raise InputError("folds is 1, expected 0 for none or 2 and more: a guide without the only fold saw nothing")
