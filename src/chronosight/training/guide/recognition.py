"""Training of the vision guide's recognition branch from nothing: mask, direction, "anything changed"."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from transformers import Trainer

from chronosight.datasets.places import PlacePair, load_places
from chronosight.models.guide.configuration import GuideConfig
from chronosight.models.guide.losses import recognition_loss
from chronosight.models.guide.modeling import GuideModel
from chronosight.models.unirs.conv_tower import ConvTower
from chronosight.training.arguments import trainer_arguments
from chronosight.training.checkpoints import last_checkpoint
from chronosight.training.ema import WeightAverage
from chronosight.training.log import JsonLog
from chronosight.training.samples.guide_samples import GuideMix, GuideSamples


@dataclass
class GuideRecipe:
    """steps: optimizer steps. batch: samples a step. learning_rate: peak, cosine to 0. warmup: share of the steps.

    mix: shares of the kinds of sample. folds: cross-fitting folds over places, 0 for none. pictures: single pictures
    used as unchanged pairs. save_every: steps between checkpoints. threads: CPU threads, 0 for torch's own choice.
    compile: a minute of compiling at the start, then a quarter less time a step.
    """

    steps: int = 4000
    batch: int = 8
    learning_rate: float = 1.0e-3
    weight_decay: float = 0.02
    warmup: float = 0.05
    ema: float = 0.998
    size: int = 256
    seed: int = 0
    mix: dict[str, float] = field(default_factory=lambda: dataclasses.asdict(GuideMix()))
    folds: int = 3
    fold_steps: int = 1000
    pictures: int = 600
    save_every: int = 200
    threads: int = 0
    compile: bool = False
    model: dict = field(default_factory=dict)  # GuideConfig overrides


class GuideTrainer(Trainer):
    compiled: Callable | None = None  # the model's compiled form, where the recipe asks for one

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        network = model if self.compiled is None else self.compiled
        output = network(
            before=inputs["before"].contiguous(memory_format=torch.channels_last),
            after=inputs["after"].contiguous(memory_format=torch.channels_last),
        )
        names = ("target", "appeared", "weight", "road_box", "road_told", "core")
        parts = recognition_loss(output, **{name: inputs[name] for name in names})
        loss = torch.stack(list(parts.values())).sum()
        if self.state.global_step % self.args.logging_steps == 0:
            self.log({name: part.item() for name, part in parts.items()})
        return (loss, output) if return_outputs else loss


def fold_of(place: str, folds: int) -> int:
    """Fold of a place: by its name, so that every draw of a place falls into the same fold on every machine."""
    return sum(place.encode()) * 7919 % folds


def train_guide(
    recipe: GuideRecipe,
    data: str | Path,
    out: str | Path,
    fold: int | None = None,
    pictures: list[np.ndarray] | None = None,
    start: str | Path | None = None,
    tower: ConvTower | None = None,
    rendered: str | Path | None = None,
) -> GuideModel:
    """Train on the `train` and `native_train` pairs; with `fold`, on the places outside that fold only.

    Resumes from the last checkpoint in `out`. start: folder of a guide to start from instead of nothing; tower:
    pretrained weights for the encoder alone; rendered: store of rendered pairs. Leaves the averaged model in `out/final`.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    places, natives = load_places(data, "train"), load_places(data, "native_train")
    steps = recipe.steps
    if fold is not None:
        # Half-metre pairs come without a place name and may show any training place: a fold does without them.
        places, natives, steps = [p for p in places if fold_of(p.place, recipe.folds) != fold], [], recipe.fold_steps
    samples = GuideSamples(
        places,
        natives,
        pictures or [],
        steps * recipe.batch,
        recipe.seed,
        recipe.size,
        GuideMix(**recipe.mix),
        rendered,
    )
    model = GuideModel.from_pretrained(start, trust_remote_code=False) if start else GuideModel(GuideConfig(**recipe.model))
    if tower is not None:
        model.start_from(tower)
    model = model.to(memory_format=torch.channels_last)  # type: ignore[call-arg]  # stubs miss this overload
    average = WeightAverage(recipe.ema)
    trainer = GuideTrainer(
        model=model,
        args=trainer_arguments(recipe, out, steps, batch=recipe.batch),
        train_dataset=samples,  # type: ignore[arg-type]  # map-style by __getitem__ and __len__
        data_collator=_collate,
        callbacks=[average, JsonLog(out / "log.jsonl")],
    )
    if recipe.compile:
        trainer.compiled = torch.compile(model)
    trainer.train(resume_from_checkpoint=last_checkpoint(out, averaged=True))
    average.copy_to(model)
    model.save_pretrained(out / "final")
    return model


def _collate(samples: list[dict[str, np.ndarray]]) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(np.stack([sample[name] for sample in samples])) for name in samples[0]}


@torch.no_grad()
def predict_places(model: GuideModel, places: list[PlacePair]) -> list[dict[str, np.ndarray]]:
    """Probability maps of whole places: `probability` (H, W, C) float32, `appeared` (H, W), `change` a float."""
    model.eval()
    results = []
    for place in places:
        pair = [torch.from_numpy(x.transpose(2, 0, 1)).float()[None] / 255 for x in (place.before, place.after)]
        with torch.autocast("cpu", torch.bfloat16, enabled=False):
            output = model(*pair)
        results.append(
            {
                "probability": output.class_logits.softmax(1)[0].permute(1, 2, 0).numpy(),
                "appeared": output.appeared_logit.sigmoid()[0, 0].numpy(),
                "change": float(output.change_logit.sigmoid()[0]),
            }
        )
    return results
