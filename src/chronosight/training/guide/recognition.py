"""Training of the vision guide's recognition branch and encoder: mask, direction, "anything changed".

Samples: `samples.guide_samples`. Loss: `models.guide.losses`. Loop: `training.trainer`. Export: `export.guide`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from typing_extensions import override

from chronosight.datasets.places import load_places
from chronosight.models.guide.configuration import GuideConfig
from chronosight.models.guide.losses import recognition_loss
from chronosight.models.guide.modeling import GuideModel, GuideOutput
from chronosight.models.unirs.conv_tower import ConvTower
from chronosight.training.checkpoints import finished_folder
from chronosight.training.guide.folds import fold_of
from chronosight.training.recipes.guide import RecognitionRecipe
from chronosight.training.samples.guide_samples import GuideSamples
from chronosight.training.trainer import LossesTrainer, fit_averaged, prepare_run, reproducible_arguments

TARGETS = ("target", "appeared", "weight", "road_box", "road_captioned", "core")


class RecognitionTrainer(LossesTrainer):
    """Learns the sum of the recognition losses."""

    def __init__(self, *args: Any, compiled: Callable[..., GuideOutput] | None = None, **kwargs: Any) -> None:
        """Makes the Trainer.

        Args:
            args: Of the Trainer.
            compiled: The model's compiled form, to run in place of the model.
            kwargs: Of the Trainer.
        """
        super().__init__(*args, **kwargs)
        self.compiled = compiled

    @override
    def losses(self, model: Any, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        return recognition_parts(self.compiled or model, batch)[1]


def recognition_parts(model: Callable[..., GuideOutput], batch: dict[str, Any]) -> tuple[GuideOutput, dict[str, torch.Tensor]]:
    """Runs the guide on a batch and gives the parts of its recognition loss.

    Args:
        model: The guide.
        batch: `before` and `after` (B, 3, S, S) in [0, 1] and the targets of `samples.guide_samples`.

    Returns:
        The guide's output, and scalar losses by name.
    """
    before, after = (batch[name].contiguous(memory_format=torch.channels_last) for name in ("before", "after"))
    output = model(before=before, after=after)
    return output, recognition_loss(output, **{name: batch[name] for name in TARGETS})


def train_recognition(
    recipe: RecognitionRecipe,
    data: str | Path,
    out: str | Path,
    fold: int | None = None,
    images: list[np.ndarray] | None = None,
    start: str | Path | None = None,
    tower: ConvTower | None = None,
    rendered: str | Path | None = None,
) -> GuideModel:
    """Trains on the `train` and `native_train` pairs; a stopped run goes on from its last checkpoint.

    Args:
        recipe: Steps, rates and shares.
        data: Folder with pairs/ and images/.
        out: Folder of the run; the averaged model is left in `out/final`.
        fold: Leave out the places of this fold; None takes all.
        images: Single images (H, W, 3) uint8, used as pairs without change.
        start: Folder of a guide to start from; None starts from random weights.
        tower: Pretrained weights for the encoder alone.
        rendered: Store of rendered pairs (`samples.rendered`); None renders each when it is asked for.

    Returns:
        The averaged model.
    """
    out = Path(out)
    prepare_run(out, recipe.threads)
    torch.manual_seed(recipe.seed)
    places, natives, steps = load_places(data, "train"), load_places(data, "native_train"), recipe.steps
    if fold is not None:
        # Half-metre pairs come without a place name and may show any training place: a fold does without them.
        places, natives, steps = [p for p in places if fold_of(p.place, recipe.folds) != fold], [], recipe.fold_steps
    samples = GuideSamples(
        places, natives, images or [], steps * recipe.batch, recipe.seed, recipe.size, recipe.mix, rendered
    )  # fmt: skip
    model: GuideModel
    model = GuideModel.from_pretrained(start, trust_remote_code=False) if start else GuideModel(GuideConfig(**recipe.model))
    if tower is not None:
        model.start_from(tower)
    model = model.to(memory_format=torch.channels_last)  # type: ignore[call-arg]  # stubs miss this overload
    arguments = reproducible_arguments(
        out, steps, recipe.learning_rate, recipe.weight_decay, recipe.warmup, recipe.save_every, recipe.seed,
        per_device_train_batch_size=recipe.batch,
    )  # fmt: skip
    compiled = torch.compile(model) if recipe.compile else None
    fit_averaged(partial(RecognitionTrainer, compiled=compiled), model, samples, arguments, recipe.ema)
    with finished_folder(out / "final") as folder:
        model.save_pretrained(folder)
    return model
