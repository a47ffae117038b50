"""Training of the compact vision tower, from ImageNet weights or from nothing, on several tasks at once.

The task heads are thrown away. The change extraction module is kept beside the tower: it has learned to find
changed buildings by then.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F
from typing_extensions import override

from chronosight.datasets.caption_nouns import NOUNS
from chronosight.models.unirs.change_extraction import ChangeExtraction
from chronosight.models.unirs.conv_tower import ConvTower, ConvTowerConfig
from chronosight.models.unirs.efficient_tower import EfficientTower, EfficientTowerConfig
from chronosight.synthetic.truth import LAND_COVER, OBJECT_CLASSES
from chronosight.training.checkpoints import finished_folder
from chronosight.training.compact.tower_batches import SETS, Stills, TowerBatches, scene_names, training_places
from chronosight.training.compact.tower_eval import evaluate_tower
from chronosight.training.imagenet import imagenet_weights
from chronosight.training.recipes.compact import TowerRecipe
from chronosight.training.samples.rendered import RenderedStills
from chronosight.training.trainer import HeldOutMetrics, LossesTrainer, fit_averaged, only, prepare_run, reproducible_arguments


class TowerWithHeads(nn.Module):
    """The tower, change extraction, and one light head a task. classes: number of scene classes over all sets."""

    def __init__(self, tower: ConvTower | EfficientTower, classes: int, grid: int = 16) -> None:
        super().__init__()
        width = tower.config.hidden_size
        self.tower: ConvTower | EfficientTower = tower
        self.change = ChangeExtraction(width, grid)
        self.drop = nn.Dropout(0.2)
        self.scene = nn.Linear(width, classes)
        self.nouns = nn.Linear(width, len(NOUNS))
        self.changed = nn.Conv2d(width, 2, 1)
        self.cover = nn.Conv2d(width, len(LAND_COVER), 1)
        self.counts = nn.Linear(width, len(OBJECT_CLASSES))

    def forward(
        self, frames: Tensor, scene: Tensor, other: Tensor, share: Tensor, nouns: Tensor, changed: Tensor,
        cover: Tensor | None = None, counts: Tensor | None = None, smoothing: float = 0.1,
    ) -> dict[str, Tensor]:  # fmt: skip
        """Losses of a batch of `TowerBatches`, which has N images, M pairs and R rendered images.

        Args:
            frames: (N + 2 M + R, 3, S, S) in [0, 1]: images, earlier dates, later dates, rendered images.
            scene: (N,) scene class of each image.
            other: (N,) index of the image that was mixed into each.
            share: Share of the first image after mixing, in [0, 1].
            nouns: (N, K) 1 for a noun that is named, 0 for one that is not, -1 where undecided.
            changed: (M, 2, h, w) shares of what appeared and vanished in each grid cell, in [0, 1].
            cover: (R, C, h, w) shares of land cover; None without rendered images.
            counts: (R, K) number of objects by class; None without rendered images.
            smoothing: Label smoothing of the scene classes, in [0, 1).

        Returns:
            Weighted losses by task, each scalar.
        """
        features = self.tower(frames.contiguous(memory_format=torch.channels_last))
        n, m = len(scene), len(changed)
        pooled = features[:n].mean((2, 3))
        logits = self.scene(self.drop(pooled)).float()
        first, second = (F.cross_entropy(logits, y, label_smoothing=smoothing) for y in (scene, scene[other]))
        losses = {"scene": share * first + (1 - share) * second}
        named, second_named = nouns.clamp(min=0), nouns[other].clamp(min=0)
        known = (nouns >= 0) & (nouns[other] >= 0)
        target = share * named + (1 - share) * second_named
        per_noun = F.binary_cross_entropy_with_logits(self.nouns(self.drop(pooled)).float(), target, reduction="none")
        losses["nouns"] = (per_noun * known).sum() / known.sum().clamp(min=1) * 2
        if m:
            fused = self.change(features[n : n + m], features[n + m : n + 2 * m])
            losses["changed"] = soft_map_loss(self.changed(fused).float(), changed) * 2
        if cover is not None and counts is not None:
            rendered = features[n + 2 * m :]
            losses["cover"] = F.cross_entropy(self.cover(rendered).float(), cover) * 0.5
            seen = self.counts(rendered.mean((2, 3))).float()
            losses["counts"] = F.smooth_l1_loss(seen, counts.log1p()) * 0.5
        return losses

    def scene_logits(self, frames: Tensor) -> Tensor:
        """Scores of the scene classes.

        Args:
            frames: (B, 3, S, S) in [0, 1].

        Returns:
            (B, classes) logits.
        """
        logits: Tensor = self.scene(self.tower(frames).mean((2, 3)))
        return logits

    def change_logits(self, before: Tensor, after: Tensor) -> Tensor:
        """Scores of change in each grid cell.

        Args:
            before: (B, 3, S, S) in [0, 1], the earlier date.
            after: (B, 3, S, S) in [0, 1], the later date.

        Returns:
            (B, 2, h, w) logits: appeared, vanished.
        """
        logits: Tensor = self.changed(self.change(self.tower(before), self.tower(after)))
        return logits


def new_tower(recipe: TowerRecipe) -> ConvTower | EfficientTower:
    """The tower before training.

    Args:
        recipe: Its kind, and whether it starts from ImageNet weights.

    Returns:
        The tower.

    Raises:
        InputError: The package with the ImageNet weights is missing.
    """
    if recipe.encoder == "conv":
        return ConvTower(ConvTowerConfig(**recipe.model))
    tower = EfficientTower(EfficientTowerConfig(**recipe.model))
    if recipe.pretrained:
        tower.encoder.load_published(imagenet_weights())
    return tower


def soft_map_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Binary cross entropy plus half the Dice loss.

    Args:
        logits: Predicted maps, of any shape.
        target: True shares in [0, 1], of the same shape.

    Returns:
        The scalar loss.
    """
    probability = logits.sigmoid()
    dice = 1 - (2 * (probability * target).sum() + 1) / (probability.square().sum() + target.square().sum() + 1)
    return F.binary_cross_entropy_with_logits(logits, target) + 0.5 * dice


class TowerTrainer(LossesTrainer):
    """Learns the sum of the losses of all heads."""

    def __init__(self, *args: Any, smoothing: float, **kwargs: Any) -> None:
        """Makes the Trainer.

        Args:
            args: Of the Trainer.
            smoothing: Label smoothing of the scene classes.
            kwargs: Of the Trainer.
        """
        super().__init__(*args, **kwargs)
        self.smoothing = smoothing

    @override
    def losses(self, model: Any, batch: dict[str, Any]) -> dict[str, Tensor]:
        losses: dict[str, Tensor] = model(**batch, smoothing=self.smoothing)
        return losses


def train_tower(
    recipe: TowerRecipe, data: str | Path, out: str | Path, arrays: str | Path, rendered: str | Path | None = None
) -> ConvTower | EfficientTower:
    """Trains the tower; a stopped run goes on from its last checkpoint.

    Args:
        recipe: Steps, rates and batches.
        data: Folder with pairs/ and images/.
        out: Folder of the run; the averaged tower is left in `out/final`, with `change.safetensors` beside it.
        arrays: Folder where decoded images are stored.
        rendered: Store of rendered images (`samples.rendered`); None for none.

    Returns:
        The averaged tower.
    """
    out, arrays = Path(out), Path(arrays)
    prepare_run(out, recipe.threads)
    torch.manual_seed(recipe.seed)
    stills = {source: Stills.load(data, source, "train", arrays) for source in SETS}
    held_out = {source: Stills.load(data, source, "held_out", arrays) for source in SETS}
    scenes = RenderedStills(rendered) if rendered else None
    batches = TowerBatches(
        stills, training_places(data), scenes, recipe.steps, recipe.seed,
        recipe.images, recipe.pairs, recipe.rendered, recipe.sides,
    )  # fmt: skip
    names = scene_names(stills)
    model = TowerWithHeads(new_tower(recipe), len(names))

    def measure(averaged: nn.Module) -> dict[str, float]:
        return evaluate_tower(cast(TowerWithHeads, averaged), names, held_out, data)

    arguments = reproducible_arguments(
        out, recipe.steps, recipe.learning_rate, recipe.weight_decay, recipe.warmup, recipe.save_every, recipe.seed,
        max_grad_norm=5.0, bf16=recipe.bf16,
    )  # fmt: skip
    fit_averaged(
        partial(TowerTrainer, smoothing=recipe.smoothing), model, batches, arguments, recipe.ema, collate=only,
        watch=[lambda average, log: HeldOutMetrics(average, log, measure, recipe.evaluate_every, at_end=True)],
    )  # fmt: skip
    with finished_folder(out / "final") as folder:
        model.tower.save_pretrained(folder)
        save_file({k: v.contiguous() for k, v in model.change.state_dict().items()}, folder / "change.safetensors")
    return model.tower
