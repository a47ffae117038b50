"""Training of the captioner of changes, on a guide of fine imagery that stays as it is.

    OUT/recipe.yaml, OUT/checkpoint-N     what a stopped run goes on from
    OUT/final                             the averaged captioner, for `chronosight export --captioner`

The guide's maps of every captioned part of a training place are made once, in several lights and mirrored both ways; what is
trained is small. Loop: `training.trainer`. Export: `export.captioner`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F
from typing_extensions import override

from chronosight.datasets.held_out import training_places
from chronosight.datasets.places import CaptionedCell, PlacePair
from chronosight.errors import InputError
from chronosight.metrics.caption_tokens import tokenize
from chronosight.models.guide.captioner import CaptionerConfig, CaptionerModel
from chronosight.models.guide.modeling import GuideModel
from chronosight.tasks.change_captions import END, LEVELS, MOST_WORDS, PAD, START, UNKNOWN, caption_inputs
from chronosight.training.checkpoints import finished_folder, has_model, store_recipe
from chronosight.training.export.bundle import find_model
from chronosight.training.guide.frozen import frozen_guide
from chronosight.training.recipes.guide import CaptionerRecipe
from chronosight.training.samples.guide_samples import light
from chronosight.training.samples.mirror import mirror_caption
from chronosight.training.trainer import LossesTrainer, fit_averaged, prepare_run, reproducible_arguments

NO_WORDS = ("<pad>", "<start>", "<end>", "<unknown>")
LEAST = 2  # captions that must have a word, for it to be learned
MIRRORED = ((False, False), (True, False), (False, True), (True, True))  # sideways, upside down


@dataclass(frozen=True)
class CaptionedMaps:
    """What the captioner learns from; one row a view of a captioned part.

    Attributes:
        inputs: Of `caption_inputs`, float16.
        captions: The sentences of each row, mirrored as its view is.
        changed: (n,) bool.
    """

    inputs: dict[str, np.ndarray]
    captions: list[list[str]]
    changed: np.ndarray


class CaptionerSamples:
    """Map-style dataset of `length` samples, deterministic by index: pooled maps and the ids of one sentence."""

    def __init__(self, maps: CaptionedMaps, words: Sequence[str], recipe: CaptionerRecipe) -> None:
        """Makes the dataset.

        Args:
            maps: Rows to draw from.
            words: The vocabulary.
            recipe: Number of samples, share of changed parts, seed.
        """
        self.maps, self.recipe, self.length = maps, recipe, recipe.steps * recipe.batch
        self.ids = {word: at for at, word in enumerate(words)}
        self.rows = [np.flatnonzero(maps.changed == changed) for changed in (False, True)]

    def __len__(self) -> int:
        """Number of samples."""
        return self.length

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        """The sample of an index."""
        rng = np.random.default_rng((self.recipe.seed, index))
        wanted = rng.random() < self.recipe.changed
        rows = self.rows[wanted] if len(self.rows[wanted]) else self.rows[not wanted]
        row = int(rng.choice(rows))
        captions = self.maps.captions[row]
        tokens = caption_ids(captions[int(rng.integers(len(captions)))], self.ids)
        return {**{name: array[row].astype(np.float32) for name, array in self.maps.inputs.items()}, "tokens": tokens}


class CaptionerTrainer(LossesTrainer):
    """Learns the next word, or what teachers say of it."""

    def __init__(self, *args: Any, teachers: Sequence[CaptionerModel] = (), **kwargs: Any) -> None:
        """Makes the Trainer.

        Args:
            args: Of the Trainer.
            teachers: Trained captioners with the same words.
            kwargs: Of the Trainer.
        """
        super().__init__(*args, **kwargs)
        self.teachers = teachers

    @override
    def losses(self, model: Any, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        tokens, maps = batch["tokens"], [batch[name] for name in ("earlier", "later", "changes")]
        scores = model(model.remember(*maps), tokens[:, :-1])
        if not self.teachers:
            loss = F.cross_entropy(scores.flatten(0, 1), tokens[:, 1:].flatten(), ignore_index=PAD, label_smoothing=0.1)
            return {"captions": loss}
        with torch.no_grad():
            told = torch.stack([one(one.remember(*maps), tokens[:, :-1]).softmax(-1) for one in self.teachers]).mean(0)
        return {"taught": F.cross_entropy(scores[tokens[:, 1:] != PAD], told[tokens[:, 1:] != PAD])}


def train_captioner(recipe: CaptionerRecipe, data: str | Path, out: str | Path, say: Callable[[str], None]) -> Path:
    """Trains on the captioned parts of training places; a stopped run goes on from its last checkpoint.

    Args:
        recipe: Every setting of the run.
        data: Folder with pairs/.
        out: Folder of the run.
        say: Called as each part begins.

    Returns:
        Folder of the averaged captioner.

    Raises:
        InputError: The data folder has another layout or no captioned parts, the guide is missing or another one, or `out` was
            begun with another recipe.
    """
    out = Path(out)
    final = out / "final"
    store_recipe(recipe, out / "recipe.yaml")
    if has_model(final):
        return final
    guide = frozen_guide(recipe.guide)
    prepare_run(out, recipe.threads)
    say("the guide's maps of captioned parts")
    maps = captioned_maps(guide, training_places(data), recipe)
    words = vocabulary(maps, recipe.views * len(MIRRORED))
    torch.manual_seed(recipe.seed)
    model = CaptionerModel(CaptionerConfig(words=words, features=maps.inputs["earlier"].shape[1]))
    model.spread.copy_(torch.from_numpy(spread_of(maps)))
    teachers = [_teacher(folder, model.config) for folder in recipe.teachers]
    if teachers:
        model.load_state_dict(teachers[-1].state_dict())
    arguments = reproducible_arguments(
        out, recipe.steps, recipe.learning_rate, recipe.weight_decay, recipe.warmup, recipe.save_every, recipe.seed,
        per_device_train_batch_size=recipe.batch, logging_steps=recipe.log_every, bf16=False, max_grad_norm=1.0,
    )  # fmt: skip
    say("captioner of changes")
    trainer = partial(CaptionerTrainer, teachers=teachers)
    fit_averaged(trainer, model, CaptionerSamples(maps, words, recipe), arguments, recipe.ema)
    with finished_folder(final) as folder:
        model.save_pretrained(folder)
    return final


def _teacher(folder: str, config: CaptionerConfig) -> CaptionerModel:
    teacher: CaptionerModel = CaptionerModel.from_pretrained(find_model(folder, "chronosight_captioner"), trust_remote_code=False)
    if (list(teacher.config.words), teacher.config.features) != (list(config.words), config.features):
        raise InputError(f"{folder} holds a captioner of other words or another guide, expected one trained as this recipe says")
    teacher.train(False)
    teacher.requires_grad_(False)
    return teacher


@torch.no_grad()
def captioned_maps(guide: GuideModel, places: Sequence[PlacePair], recipe: CaptionerRecipe) -> CaptionedMaps:
    """Runs the guide on every captioned part, in several lights and mirrored.

    Args:
        guide: The guide of fine imagery, from `frozen_guide`.
        places: With captioned parts.
        recipe: Number of views and size.

    Returns:
        The maps, pooled.

    Raises:
        InputError: No part has captions.
    """
    cells = [(place, cell) for place in places for cell in place.cells]
    if not cells:
        raise InputError("no captioned parts in pairs/train.jsonl, expected some cells with captions")
    rng = np.random.default_rng(recipe.seed)
    rows = len(cells) * recipe.views * len(MIRRORED)
    arrays: dict[str, np.ndarray] = {}  # filled in place: a list of small arrays would tear the memory to pieces
    captions: list[list[str]] = []
    for place, cell in cells:
        for view in range(recipe.views):
            frames = _views(place, cell, recipe.size, rng if view else None)
            found = caption_inputs(guide_maps(guide, frames))
            for name, array in found.items():
                arrays.setdefault(name, np.zeros((rows, *array.shape[1:]), np.float16))
                arrays[name][len(captions) : len(captions) + len(MIRRORED)] = array
            captions += [[mirror_caption(text, *way) for text in cell.captions] for way in MIRRORED]
    changed = np.repeat([cell.changed for _, cell in cells], recipe.views * len(MIRRORED))
    return CaptionedMaps(arrays, captions, changed)


def guide_maps(guide: GuideModel, frames: np.ndarray) -> dict[str, np.ndarray]:
    """The guide's maps that `caption_inputs` pools.

    Args:
        guide: The guide of fine imagery.
        frames: (2, N, S, S, 3) uint8, both dates of N pairs.

    Returns:
        The maps by name.
    """
    dates = torch.from_numpy(np.ascontiguousarray(frames.transpose(0, 1, 4, 2, 3), np.float32) / 255)
    output = guide(*(date.contiguous(memory_format=torch.channels_last) for date in dates))
    return {name: output[name].numpy() for name in ("class_logits", "appeared_logit", *LEVELS)}


def vocabulary(maps: CaptionedMaps, views: int) -> list[str]:
    """The words of the captions.

    Args:
        maps: Rows with captions.
        views: Rows of each part.

    Returns:
        The ids that are no words, then every word that stands in enough captions, the most frequent first.
    """
    counted = Counter(word for captions in maps.captions for text in captions for word in tokenize(text, "word"))
    return [*NO_WORDS, *(word for word, number in counted.most_common() if number >= LEAST * views)]


def spread_of(maps: CaptionedMaps) -> np.ndarray:
    """Standard deviation of each feature.

    Args:
        maps: Rows.

    Returns:
        (K,) float32, at least 0.001.
    """
    both = np.concatenate([maps.inputs[name][::50].astype(np.float32) for name in ("earlier", "later")])
    spread: np.ndarray = np.maximum(both.std(axis=(0, 2)), 1e-3).astype(np.float32)
    return spread


def caption_ids(caption: str, ids: dict[str, int]) -> np.ndarray:
    """A sentence as ids.

    Args:
        caption: The sentence.
        ids: Of the vocabulary.

    Returns:
        (MOST_WORDS + 1,) int64: start, words, end, padding.
    """
    words = [ids.get(word, UNKNOWN) for word in tokenize(caption, "word")][: MOST_WORDS - 1]
    found = np.full(MOST_WORDS + 1, PAD, np.int64)
    found[: len(words) + 2] = [START, *words, END]
    return found


def _views(place: PlacePair, cell: CaptionedCell, size: int, rng: np.random.Generator | None) -> np.ndarray:
    """(2, 4, S, S, 3) uint8: the part mirrored each way; with `rng` moved by a few pixels and each date in another light."""
    box = np.array(cell.box, float)
    if rng is not None:
        box = np.clip(box + rng.uniform(-4, 4, 4), 0, place.before.shape[0])
    dates = []
    for image in (place.before, place.after):
        part = np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR, box=tuple(box)))
        part = part if rng is None else light(part, rng)
        dates.append(np.stack([part[:: -1 if down else 1, :: -1 if side else 1] for side, down in MIRRORED]))
    return np.stack(dates)
