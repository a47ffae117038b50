"""Training of the guide of fine imagery: EfficientNet-Lite0 with ImageNet weights and the Siamese branch.

    OUT/recipe.yaml, OUT/checkpoint-N     what a stopped run goes on from
    OUT/final                             the averaged model, for `chronosight export --fine-guide`

Samples: `samples.fine_samples`. Loss: `models.guide.losses`. Loop: `training.trainer`. Export: `export.fine_guide`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn
from typing_extensions import override

from chronosight.datasets.aid_ucm import ImageSet, learning_split
from chronosight.datasets.held_out import building_chips, native_pairs, training_places
from chronosight.datasets.places import PlacePair
from chronosight.engines.compact.bundle import SHIPPED, Bundle
from chronosight.engines.compact.guide import Guide
from chronosight.engines.compact.guide_outputs import padded_frames
from chronosight.models.efficientnet import EfficientNetLite
from chronosight.models.guide.configuration import fine_config
from chronosight.models.guide.losses import recognition_loss
from chronosight.models.guide.modeling import GuideModel
from chronosight.models.guide.siamese import SiameseBranch
from chronosight.synthetic.pair import render_pair
from chronosight.synthetic.truth import RenderedPair
from chronosight.training.checkpoints import finished_folder, has_model, store_recipe
from chronosight.training.compact.restore import restore_encoder
from chronosight.training.export.fine_guide import load_fine_guide
from chronosight.training.guide.recognition import TARGETS
from chronosight.training.imagenet import imagenet_weights
from chronosight.training.recipes.guide import FineGuideRecipe, FineShares
from chronosight.training.samples.fine_samples import FINE, FINEST, ROAD, FineSamples, FineSources, MixedSamples, ShownAt
from chronosight.training.trainer import LossesTrainer, fit_averaged, prepare_run, reproducible_arguments

RENDERED_SIZE, RENDERED_SEED = 256, 500_000
MEASURED = 32  # samples
EARLY = 3  # blocks of the encoder
NOT_BUILDING_LOGIT = -1.5  # footprints start as rare as they are


class FineTrainer(LossesTrainer):
    """Learns the recognition losses; the encoder, which knows something already, at a lower rate."""

    def __init__(self, *args: Any, encoder_rate: float, **kwargs: Any) -> None:
        """Makes the Trainer.

        Args:
            args: Of the Trainer.
            encoder_rate: Learning rate of the encoder, as a share of that of the other layers.
            kwargs: Of the Trainer.
        """
        super().__init__(*args, **kwargs)
        self.encoder_rate = encoder_rate

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """AdamW with two rates, and no decay of biases and norms.

        Args:
            model: Not used; the Trainer's own model is trained.

        Returns:
            The optimizer.
        """
        groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
        assert self.model is not None
        for name, weight in self.model.named_parameters():
            if weight.requires_grad:
                groups.setdefault((name.startswith("encoder."), weight.ndim > 1), []).append(weight)
        self.optimizer = torch.optim.AdamW(
            [
                {
                    "params": weights,
                    "lr": self.args.learning_rate * (self.encoder_rate if of_encoder else 1.0),
                    "weight_decay": self.args.weight_decay if decays else 0.0,
                }
                for (of_encoder, decays), weights in groups.items()
            ],
            fused=True,
        )
        return self.optimizer

    @override
    def losses(self, model: Any, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        before, after = (batch[name].contiguous(memory_format=torch.channels_last) for name in ("before", "after"))
        return recognition_loss(model(before=before, after=after), **{name: batch[name] for name in (*TARGETS, "footprints")})


def train_fine_guide(recipe: FineGuideRecipe, data: str | Path, out: str | Path, say: Callable[[str], None]) -> Path:
    """Trains on pairs, chips, single images and rendered pairs; a stopped run goes on from its last checkpoint.

    Args:
        recipe: Every setting of the run.
        data: Folder with pairs/, images/ and buildings/.
        out: Folder of the run.
        say: Called as each part begins.

    Returns:
        Folder of the averaged model.

    Raises:
        InputError: The data folder has another layout, the package with ImageNet weights is missing, the shipped tower has
            another shape, or `out` was begun with another recipe.
    """
    out = Path(out)
    final = out / "final"
    store_recipe(recipe, out / "recipe.yaml")
    if has_model(final):
        return final
    say("reading imagery")
    sources = fine_sources(recipe, data)
    prepare_run(out, recipe.threads)
    samples = fine_samples(sources, recipe)
    model = new_fine_guide(recipe)
    assert isinstance(model.encoder, EfficientNetLite)
    if recipe.start == "tower":
        first = [samples[i][date] for i in range(min(MEASURED, len(samples))) for date in ("before", "after")]
        restore_encoder(model.encoder, SHIPPED, torch.from_numpy(np.stack(first)))
    arguments = reproducible_arguments(
        out, recipe.steps, recipe.learning_rate, recipe.weight_decay, recipe.warmup, recipe.save_every, recipe.seed,
        per_device_train_batch_size=recipe.batch, logging_steps=recipe.log_every, bf16=False, max_grad_norm=2.0,
        dataloader_num_workers=recipe.workers,
    )  # fmt: skip
    say("guide of fine imagery")
    fit_averaged(partial(FineTrainer, encoder_rate=recipe.encoder_rate), model, samples, arguments, recipe.ema)
    with finished_folder(final) as folder:
        model.save_pretrained(folder)
    return final


def fine_samples(sources: FineSources, recipe: FineGuideRecipe) -> FineSamples | MixedSamples:
    """The samples of a training.

    Args:
        sources: Imagery.
        recipe: Its number and kinds of samples.

    Returns:
        The dataset.
    """

    def shown(at: ShownAt, shares: FineShares) -> FineSamples:
        return FineSamples(sources, shares, recipe.steps * recipe.batch, recipe.seed, recipe.size, at)

    if recipe.finest in (0, 1):
        return shown(FINEST if recipe.finest else FINE, recipe.shares)
    return MixedSamples(
        shown(FINE, recipe.shares), shown(FINEST, recipe.shares.model_copy(update={"place": 0.0})), recipe.finest
    )


def new_fine_guide(recipe: FineGuideRecipe) -> GuideModel:
    """The guide before training; its encoder is random yet where it is to start from the tower.

    Args:
        recipe: Its shape, what it starts from, and what of it learns.

    Returns:
        The guide.

    Raises:
        InputError: The package with ImageNet weights is missing, or the shipped weights hold no such guide.
    """
    torch.manual_seed(recipe.seed)
    model = load_fine_guide(SHIPPED) if recipe.start == "guide" else _untrained(recipe)
    assert isinstance(model.encoder, EfficientNetLite) and isinstance(model.recognition, SiameseBranch)
    model.encoder.freeze_first({"all": 0, "late": EARLY}.get(recipe.trained, len(model.encoder.blocks)))
    if recipe.trained == "comparison":
        model.recognition.freeze_dates()
    return model.to(memory_format=torch.channels_last)  # type: ignore[call-arg,no-any-return]  # stubs miss this overload


def _untrained(recipe: FineGuideRecipe) -> GuideModel:
    model = GuideModel(fine_config(recipe.neck))
    assert isinstance(model.recognition, SiameseBranch)
    classes = len(model.config.classes)
    with torch.no_grad():
        last = model.recognition.footprint[1]
        assert isinstance(last, nn.Conv2d) and last.bias is not None
        last.bias.fill_(NOT_BUILDING_LOGIT)
        head = model.recognition.head[1]
        assert isinstance(head, nn.Conv2d) and head.bias is not None
        head.bias.view(classes + 1, 4).copy_(torch.tensor([2.0] + [-1.0] * classes)[:, None].expand(-1, 4))
    assert isinstance(model.encoder, EfficientNetLite)
    if recipe.start == "imagenet":
        model.encoder.load_published(imagenet_weights())
    return model


def fine_sources(recipe: FineGuideRecipe, data: str | Path) -> FineSources:
    """Reads all imagery of the training, without what is held out.

    Args:
        recipe: Numbers of images and of rendered pairs.
        data: Folder with pairs/, images/ and buildings/.

    Returns:
        The imagery.
    """
    images: list[np.ndarray] = []
    sources: tuple[ImageSet, ...] = ("aid", "ucm")
    for source, wanted in zip(sources, (recipe.images * 4 // 7, recipe.images - recipe.images * 4 // 7), strict=True):
        stills = learning_split(data, source)[0]
        wanted = min(len(stills), wanted)
        images += [stills[i * len(stills) // wanted].pixels() for i in range(wanted)]
    places, natives = training_places(data), native_pairs(data, held_out=False)
    guide = Guide(Bundle(SHIPPED)) if recipe.roads else None
    return FineSources(
        places=places,
        natives=natives,
        chips=building_chips(data, held_out=False),
        images=images,
        rendered=[rendered_pair(i) for i in range(recipe.rendered)],
        place_roads=[likely_roads(guide, pair) for pair in places] if guide else (),
        native_roads=[likely_roads(guide, pair) for pair in natives] if guide else (),
    )


def likely_roads(guide: Guide, pair: PlacePair) -> np.ndarray:
    """Where a guide sees changed roads in a pair.

    Args:
        guide: The guide at 1 m.
        pair: A pair at 1 m or finer.

    Returns:
        (H, W) uint8, 255 for certain.
    """
    height, width = pair.building.shape
    scale = pair.metres_per_pixel / guide.metres_per_pixel
    shown = np.stack([pair.before, pair.after])
    if scale != 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        shown = np.stack([np.asarray(Image.fromarray(date).resize(size, Image.Resampling.BOX)) for date in shown])
    rows, columns = shown.shape[1:3]
    (maps,), _, _ = guide.predict_tiles(padded_frames(shown)[None])
    found = np.rint(maps[ROAD, :rows, :columns] * 255).astype(np.uint8)
    return found if scale == 1 else np.asarray(Image.fromarray(found).resize((width, height), Image.Resampling.BILINEAR))


def rendered_pair(index: int) -> RenderedPair:
    """A rendered pair of the training; in three of four something changed.

    Args:
        index: Which one, from 0.

    Returns:
        The pair, at 0.3 to 0.8 m a pixel.
    """
    rng = np.random.default_rng((16, index))
    step = float(rng.uniform(0.3, 0.8))
    changed = rng.random() < 0.75
    return render_pair(RENDERED_SEED + 2 * index + (not changed), RENDERED_SIZE, step)
