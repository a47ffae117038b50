"""Pretraining of the compact vision tower from nothing, on several tasks at once; the task heads are thrown away.

The change extraction module is kept beside the tower: it has learned to find changed buildings by then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PrinterCallback, Trainer, TrainerCallback

from chronosight.datasets.caption_nouns import NOUNS
from chronosight.models.unirs.change_extraction import ChangeExtraction
from chronosight.models.unirs.conv_tower import ConvTower, ConvTowerConfig
from chronosight.synthetic.truth import LAND_COVER, OBJECT_CLASSES
from chronosight.training.arguments import trainer_arguments
from chronosight.training.checkpoints import last_checkpoint
from chronosight.training.compact.tower_batches import SETS, Stills, TowerBatches, scene_names, training_places
from chronosight.training.compact.tower_eval import evaluate_tower
from chronosight.training.ema import WeightAverage
from chronosight.training.log import JsonLog
from chronosight.training.samples.rendered import RenderedStills


@dataclass
class TowerRecipe:
    """Pretraining of the tower.

    steps: optimizer steps. pictures, pairs, rendered: of each kind in a step's batch. sides: picture sides in pixels,
    one drawn a step (multiples of 16). learning_rate: peak; cosine to 0. warmup: share of the steps. smoothing: of the
    scene labels. ema: decay of the running average that is kept. evaluate_every, save_every: in steps. threads: CPU
    threads, 0 for torch's own choice. model: fields of ConvTowerConfig.
    """

    steps: int = 4600
    pictures: int = 56
    pairs: int = 6
    rendered: int = 8
    sides: tuple[int, ...] = (112, 128, 144)
    learning_rate: float = 2.0e-3
    weight_decay: float = 0.05
    warmup: float = 0.04
    smoothing: float = 0.1
    ema: float = 0.999
    seed: int = 0
    evaluate_every: int = 800
    save_every: int = 250
    threads: int = 0
    model: dict = field(default_factory=dict)


class TowerWithHeads(nn.Module):
    """The tower, change extraction, and one light head a task. classes: number of scene classes over all sets."""

    def __init__(self, config: ConvTowerConfig, classes: int, grid: int = 16):
        super().__init__()
        width = config.hidden_size
        self.tower = ConvTower(config)
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
        """Losses by task for a batch of `TowerBatches`."""
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
        return self.scene(self.tower(frames).mean((2, 3)))

    def change_logits(self, before: Tensor, after: Tensor) -> Tensor:
        """(B, 2, h, w): appeared, vanished."""
        return self.changed(self.change(self.tower(before), self.tower(after)))


def soft_map_loss(logits: Tensor, target: Tensor) -> Tensor:
    """BCE plus Dice on maps of shares in [0, 1]."""
    probability = logits.sigmoid()
    dice = 1 - (2 * (probability * target).sum() + 1) / (probability.square().sum() + target.square().sum() + 1)
    return F.binary_cross_entropy_with_logits(logits, target) + 0.5 * dice


class TowerTrainer(Trainer):
    smoothing = 0.1

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        losses = model(**inputs, smoothing=self.smoothing)
        if self.state.global_step % self.args.logging_steps == 0:
            self.log({name: loss.item() for name, loss in losses.items()})
        loss = torch.stack(list(losses.values())).sum()
        return (loss, losses) if return_outputs else loss


class Watch(TrainerCallback):
    """Measures the averaged weights on held-out pictures and places now and then; logs the figures."""

    def __init__(self, average: WeightAverage, measure, every: int, log: JsonLog):
        self.average, self.measure, self.every, self.log = average, measure, every, log

    def on_step_end(self, args, state, control, model=None, **kwargs):
        if state.global_step % self.every and state.global_step < state.max_steps:
            return
        kept = {name: value.clone() for name, value in model.state_dict().items()}
        self.average.copy_to(model)
        model.eval()
        figures = self.measure(model)
        model.load_state_dict(kept)
        model.train()
        self.log.on_log(args, state, control, logs=figures)


def train_tower(
    recipe: TowerRecipe, data: str | Path, out: str | Path, arrays: str | Path, rendered: str | Path | None = None
) -> ConvTower:
    """Train, resuming from the last checkpoint in `out`; the averaged tower is left in `out/final`, with
    `change.safetensors` beside it.

    arrays: folder where decoded pictures are kept. rendered: store of rendered pictures, see `RenderedStills`.
    """
    out, arrays = Path(out), Path(arrays)
    out.mkdir(parents=True, exist_ok=True)
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    stills = {source: Stills.load(data, source, "train", arrays) for source in SETS}
    held_out = {source: Stills.load(data, source, "held_out", arrays) for source in SETS}
    scenes = RenderedStills(rendered) if rendered else None
    batches = TowerBatches(
        stills, training_places(data), scenes, recipe.steps, recipe.seed,
        recipe.pictures, recipe.pairs, recipe.rendered, tuple(recipe.sides),
    )  # fmt: skip
    names = scene_names(stills)
    model = TowerWithHeads(ConvTowerConfig(**recipe.model), len(names))
    average, log = WeightAverage(recipe.ema), JsonLog(out / "log.jsonl")
    watch = Watch(average, lambda m: evaluate_tower(m, names, held_out, data), recipe.evaluate_every, log)
    trainer = TowerTrainer(
        model=model,
        args=trainer_arguments(recipe, out, recipe.steps, max_grad_norm=5.0),
        train_dataset=batches,  # type: ignore[arg-type]  # map-style by __getitem__ and __len__
        data_collator=lambda samples: samples[0],
        callbacks=[average, log, watch],
    )
    trainer.smoothing = recipe.smoothing
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=last_checkpoint(out, averaged=True))
    average.copy_to(model)
    model.tower.save_pretrained(out / "final")
    save_file({k: v.contiguous() for k, v in model.change.state_dict().items()}, out / "final" / "change.safetensors")
    return model.tower
