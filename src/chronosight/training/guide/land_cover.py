"""Training of the land-cover head, on a guide of fine imagery that stays as it is.

    OUT/recipe.yaml, OUT/checkpoint-N     what a stopped run goes on from
    OUT/final                             the averaged head, for `chronosight export --land-cover`

Samples: `samples.land_cover_samples`; the guide's maps of them: `samples.land_cover_maps`. Loop: `training.trainer`. Export:
`export.land_cover`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F
from typing_extensions import override

from chronosight.datasets.aid_ucm import learning_split
from chronosight.datasets.ground_images import BARE, DRY, LOW, UNLABELLED, WATER, ground_images, grounds_by_kind, roof_images
from chronosight.datasets.held_out import building_chips, native_pairs, training_places
from chronosight.engines.compact.bundle import SHIPPED
from chronosight.errors import InputError
from chronosight.models.guide.land_cover import LandCoverConfig, LandCoverModel
from chronosight.synthetic.pair import render_pair
from chronosight.synthetic.truth import RenderedPair
from chronosight.tasks.land_cover import GUIDE_MAPS, LAND_COVER_CLASSES
from chronosight.training.checkpoints import finished_folder, has_model, store_recipe
from chronosight.training.export.bundle import find_model
from chronosight.training.export.land_cover import load_land_cover
from chronosight.training.guide.frozen import frozen_guide
from chronosight.training.recipes.guide import SHIPPED_HEAD, LandCoverRecipe
from chronosight.training.samples.land_cover_maps import LandCoverMaps
from chronosight.training.samples.land_cover_samples import SAME, SEASON, LandCoverSamples, LandCoverSources
from chronosight.training.trainer import LossesTrainer, fit_averaged, prepare_run, reproducible_arguments

CONFIDENT = 0.85  # from this probability on the head learns from an answer of its own
RENDERED_SEED, RENDERED_SIZE = 700_000, 256
RENDERED_STEPS, COARSE_STEPS = (0.35, 1.2), (0.85, 1.2)  # metres per pixel that rendered pairs are drawn at, and coarse ones
RAREST = 0.03  # a class rarer than this in a batch counts no more for it


class LandCoverTrainer(LossesTrainer):
    """Learns known classes, and the same answer for the same ground in two lights."""

    def __init__(self, *args: Any, recipe: LandCoverRecipe, **kwargs: Any) -> None:
        """Makes the Trainer.

        Args:
            args: Of the Trainer.
            recipe: Weights of the losses.
            kwargs: Of the Trainer.
        """
        super().__init__(*args, **kwargs)
        self.recipe = recipe

    @override
    def losses(self, model: Any, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        names = (*GUIDE_MAPS, *(["views"] if self.recipe.pixels else []))
        scores = model(*(batch[name].flatten(0, 1).contiguous(memory_format=torch.channels_last) for name in names))
        return land_cover_loss(scores, batch["labels"], batch["same"], self.recipe.smoothing)

    @override
    def total(self, losses: dict[str, torch.Tensor]) -> torch.Tensor:
        light, own = self.recipe.consistency * losses["light"], self.recipe.own_answers * losses["own"]
        return losses["cover"] + losses["dry"] + light + own + self.recipe.overlap * losses["overlap"]


def land_cover_loss(
    scores: torch.Tensor, labels: torch.Tensor, same: torch.Tensor, smoothing: float = 0.0
) -> dict[str, torch.Tensor]:
    """The losses of a batch.

    "cover" is the cross entropy of known pixels, rare classes weighted up; "overlap" is one minus the soft intersection over
    union of the classes, by which maps are judged; "dry" keeps water off places that are dry. "light" is the difference between
    both views of the same ground; where they are of two seasons, bare ground and low vegetation count as one. "own" takes
    confident answers on one view as labels of the other (arXiv 2001.07685), except water, which is rare.

    Args:
        scores: (2 B, C, h, w), both views of a sample one after the other.
        labels: (B, 2, h, w) index of class, UNLABELLED or DRY.
        same: (B, h, w), SAME, SEASON or OTHER.
        smoothing: Of the labels.

    Returns:
        "cover", "overlap", "dry", "light" and "own", scalars; 0 where there is nothing to learn from.
    """
    flat = labels.flatten(0, 1)
    known = flat >= 0
    counts = torch.bincount(flat[known], minlength=scores.shape[1]).float()
    weights = (counts / counts.sum().clamp(min=1) + RAREST) ** -0.5
    targets = flat.clamp(min=UNLABELLED)
    cover = F.cross_entropy(scores, targets, weights, ignore_index=UNLABELLED, label_smoothing=smoothing)
    logs = F.log_softmax(scores, dim=1)
    chance = logs.exp()
    dry = (-torch.log1p(-chance[:, WATER].clamp(max=1 - 1e-4)) * (flat == DRY)).sum() / (flat == DRY).sum().clamp(min=1)
    open_ground = logs[:, [BARE, LOW]].logsumexp(1, keepdim=True)
    by_group = torch.cat([open_ground, logs[:, [kind for kind in range(logs.shape[1]) if kind not in (BARE, LOW)]]], dim=1)
    light = sum(_apart(of, same == kind) for of, kind in ((logs, SAME), (by_group, SEASON)))
    first = chance.detach().unflatten(0, (-1, 2))[:, 0]
    best, answer = first.max(1)
    learned = (best > CONFIDENT) & (answer != WATER) & (same == SAME) & (labels[:, 0] == UNLABELLED)
    own = F.cross_entropy(scores.unflatten(0, (-1, 2))[:, 1], answer, reduction="none")
    return {
        "cover": cover if bool(known.any()) else scores.sum() * 0,
        "overlap": _overlap_lost(chance, flat),
        "dry": dry,
        "light": torch.as_tensor(light),
        "own": (own * learned).sum() / learned.sum().clamp(min=1),
    }


def _overlap_lost(chance: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """One minus the mean soft intersection over union of the classes of a batch; chance: (N, C, h, w), labels: (N, h, w)."""
    known = labels >= 0
    found = chance.movedim(1, -1)[known]
    true = F.one_hot(labels[known], chance.shape[1])
    both, present = (found * true).sum(0), true.any(0)
    overlaps = both / (found.sum(0) + true.sum(0) - both).clamp(min=1)
    apart: torch.Tensor = ((1 - overlaps) * present).sum() / present.sum().clamp(min=1)
    return apart


def _apart(logs: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    """Mean of both Kullback-Leibler divergences between the views, added; logs: (2 B, C, h, w), where: (B, h, w) bool."""
    first, second = logs.unflatten(0, (-1, 2)).unbind(1)
    apart = ((first.exp() - second.exp()) * (first - second)).sum(1)
    mean: torch.Tensor = (apart * where).sum() / where.sum().clamp(min=1)
    return mean


def train_land_cover(recipe: LandCoverRecipe, data: str | Path, out: str | Path, say: Callable[[str], None]) -> Path:
    """Trains the head; a stopped run goes on from its last checkpoint.

    Args:
        recipe: Every setting of the run.
        data: Folder with pairs/, images/ and buildings/.
        out: Folder of the run.
        say: Called as each part begins.

    Returns:
        Folder of the averaged head.

    Raises:
        InputError: The data folder has another layout, the guide is missing, or `out` was begun with another recipe.
    """
    out = Path(out)
    final = out / "final"
    store_recipe(recipe, out / "recipe.yaml")
    if has_model(final):
        return final
    guide = frozen_guide(recipe.guide)
    say("reading imagery")
    sources = land_cover_sources(recipe, data)
    prepare_run(out, recipe.threads)
    drawn = LandCoverSamples(
        sources, recipe.shares, recipe.samples, recipe.seed, recipe.size, recipe.coarse, recipe.unresized, recipe.enlarged
    )  # fmt: skip
    samples = LandCoverMaps(drawn, guide.land_cover_features, recipe.steps * recipe.batch, recipe.seed, say)
    torch.manual_seed(recipe.seed)
    widths, neck = list(guide.config.widths), list(guide.config.neck)
    config = LandCoverConfig(inputs=(*widths[1:], neck[1]), neck=recipe.neck, pixels=recipe.pixels)
    model = LandCoverModel(config) if recipe.head is None else started_head(recipe.head, config)
    arguments = reproducible_arguments(
        out, recipe.steps, recipe.learning_rate, recipe.weight_decay, recipe.warmup, recipe.save_every, recipe.seed,
        per_device_train_batch_size=recipe.batch, logging_steps=recipe.log_every, bf16=False,
    )  # fmt: skip
    say("land-cover head")
    fit_averaged(partial(LandCoverTrainer, recipe=recipe), model, samples, arguments, recipe.ema)
    with finished_folder(final) as folder:
        model.save_pretrained(folder)
    return final


def started_head(folder: str, config: LandCoverConfig) -> LandCoverModel:
    """A trained head, to go on from.

    Args:
        folder: As `save_pretrained` leaves it, or a folder with it in final/; `SHIPPED_HEAD` for that of the shipped weights.
        config: The shape that it must have.

    Returns:
        The head.

    Raises:
        InputError: There is none, or it has another shape.
    """
    if folder == SHIPPED_HEAD:
        head = load_land_cover(SHIPPED, tuple(config.inputs))
    else:
        head = LandCoverModel.from_pretrained(find_model(folder, "chronosight_land_cover"), trust_remote_code=False)
    shapes = [(list(one.inputs), list(one.neck), one.pixels) for one in (head.config, config)]
    if shapes[0] != shapes[1]:
        raise InputError(f"{folder} holds a head of another shape; leave head out, or give the neck and pixels that it has")
    return head


def land_cover_sources(recipe: LandCoverRecipe, data: str | Path) -> LandCoverSources:
    """Reads all imagery of the training, without what is held out.

    Args:
        recipe: Number of rendered pairs.
        data: Folder with pairs/, images/ and buildings/.

    Returns:
        The imagery.

    Raises:
        InputError: The folder has another layout, or shows no ground of some class.
    """
    pairs = [*training_places(data), *native_pairs(data, held_out=False)]
    images = [image for source in ("aid", "ucm") for image in learning_split(data, source)[0]]
    grounds = grounds_by_kind([*ground_images(images), *roof_images(pairs, building_chips(data, held_out=False))])
    missing = [name for kind, name in enumerate(LAND_COVER_CLASSES) if kind not in grounds]
    if missing:
        raise InputError(f"{data} has no images of {', '.join(missing)}; give the data folder as --data DIR")
    return LandCoverSources(grounds, pairs, [rendered_ground(i, recipe.coarse) for i in range(recipe.rendered)])


def rendered_ground(index: int, coarse: float = 0.0) -> RenderedPair:
    """A rendered pair of the training, drawn at the ground sizes at which land cover is mapped.

    Args:
        index: Which one, from 0.
        coarse: Share of them that are drawn at `COARSE_STEPS`.

    Returns:
        The pair, at 0.35 to 1.2 m a pixel.
    """
    rng = np.random.default_rng((17, index))
    low, high = np.log(COARSE_STEPS if rng.random() < coarse else RENDERED_STEPS)
    step = float(np.exp(rng.uniform(low, high)))
    return render_pair(RENDERED_SEED + index, RENDERED_SIZE, step)
