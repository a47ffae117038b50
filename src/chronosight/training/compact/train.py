"""The compact model from nothing: rendered scenes, vocabulary, tower, guides, joint training.

    OUT/rendered/{stills,pairs,videos}[_held_out]   scenes drawn once       OUT/tokenizer.json   the vocabulary
    OUT/arrays                                      decoded images        OUT/tower/final      the tower
    OUT/folds, OUT/facts, OUT/guide/final           see `training.guides`   OUT/recipe.yaml      what it is made with
    OUT/features                                    the tower's view        OUT/unirs/final      the language model
Losses are in the `log.jsonl` of every stage's folder, checkpoints beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn
from transformers import AutoModel, PreTrainedModel, PreTrainedTokenizerFast

from chronosight.datasets.aid_ucm import SIDES, decode_images, learning_split
from chronosight.datasets.places import load_places
from chronosight.models.unirs.configuration import COMPACT_TEXT, UniRSConfig
from chronosight.models.unirs.efficient_tower import EfficientTower, EfficientTowerConfig
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.models.unirs.processing import UniRSProcessor
from chronosight.models.unirs.vocabulary import load_tokenizer
from chronosight.training.checkpoints import finished_folder, has_model, store_recipe
from chronosight.training.compact.features import source_features
from chronosight.training.compact.guide_stages import train_guides
from chronosight.training.compact.language_model import train_language_model
from chronosight.training.compact.language_model_eval import evaluate_language_model
from chronosight.training.compact.tower import train_tower
from chronosight.training.compact.tower_batches import SETS
from chronosight.training.compact.vocabulary import build_tokenizer
from chronosight.training.recipes.compact import CompactRecipe, LanguageModelRecipe, RenderedRecipe
from chronosight.training.samples.guide_facts import read_facts
from chronosight.training.samples.pairs import CaptionedCells, Facts, Places, RenderedPairs
from chronosight.training.samples.rendered import draw_pair, draw_still, draw_video, read_store, write_store
from chronosight.training.samples.single_scenes import RenderedImages, RenderedVideos, Stills
from chronosight.training.samples.source import Source
from chronosight.training.trainer import HeldOutMetrics, prepare_run

HELD_OUT_SEED = 900_500_000  # of rendered scenes to watch a run by; `chronosight eval` draws others still
DRAW = {"stills": draw_still, "pairs": draw_pair, "videos": draw_video}


def train_compact(
    recipe: CompactRecipe,
    data: str | Path,
    out: str | Path,
    say: Callable[[str], None] = lambda text: None,
    watch_rows: int = 60,
) -> UniRSForConditionalGeneration:
    """Trains the compact engine, all stages.

    A stage whose result is in `out` is skipped; one that was stopped goes on from its last checkpoint.

    Args:
        recipe: Every setting of the run.
        data: Folder of the training data, with pairs/ and images/.
        out: Folder of the run.
        say: Called as each stage begins.
        watch_rows: Held-out rows of each source on which metrics are computed during the run.

    Returns:
        The trained language model.

    Raises:
        InputError: `data` lacks something, or `out` was begun with another recipe.
    """
    out = Path(out)
    store_recipe(recipe, out / "recipe.yaml")
    say("rendered scenes")
    draw_scenes(recipe.rendered, out / "rendered")
    tokenizer = compact_tokenizer(recipe, data, out)
    tower = out / "tower" / "final"
    if not (tower / "change.safetensors").is_file():
        say("vision tower")
        train_tower(recipe.tower, data, out / "tower", out / "arrays", out / "rendered" / "stills")
    train_guides(recipe, data, out, say)
    final = out / "unirs" / "final"
    if has_model(final):
        return UniRSForConditionalGeneration.from_pretrained(final, trust_remote_code=False)
    say("joint training")
    train_facts = read_facts(sorted((out / "facts").glob("train_*.jsonl")))
    val_facts = read_facts(sorted((out / "facts").glob("val.jsonl")))
    model = new_model(recipe.unirs, tokenizer, tower)
    sources = training_sources(recipe.unirs, data, out, train_facts)
    held_out = held_out_sources(data, out, val_facts)
    phases = {"unirs": recipe.unirs, "unirs_reading": recipe.unirs_reading, "unirs_last": recipe.unirs_last}
    return fit(phases, model, tokenizer, sources, held_out, out, watch_rows)


def fit(
    phases: Mapping[str, LanguageModelRecipe],
    model: UniRSForConditionalGeneration,
    tokenizer: PreTrainedTokenizerFast,
    sources: Mapping[str, Source],
    held_out: Mapping[str, Source],
    out: Path,
    watch_rows: int = 60,
) -> UniRSForConditionalGeneration:
    """Computes features, trains the phases in turn and writes the finished folder `out/unirs/final`.

    Args:
        phases: Recipes by the names of their folders; "unirs" is the first.
        model: The model before joint training.
        tokenizer: Its tokenizer.
        sources: Training sources, by name.
        held_out: Held-out sources, by name.
        out: Folder of the run.
        watch_rows: Held-out rows of each source on which metrics are computed during the run.

    Returns:
        The trained model.
    """
    first = phases["unirs"]
    prepare_run(out, first.threads)
    features = all_features(model, sources, out / "features", f"seed {first.seed}")
    held_features = all_features(model, held_out, out / "features" / "held_out", "held out")
    processor = UniRSProcessor(tokenizer, model.config)

    def measure(averaged: nn.Module) -> dict[str, float]:
        averaged = cast(UniRSForConditionalGeneration, averaged)
        form = first.guide_form
        return evaluate_language_model(averaged, processor, held_out, held_features, form=form, limit=watch_rows)

    for name, recipe in phases.items():
        if recipe.steps:
            model = train_language_model(
                recipe, model, tokenizer, sources, features, out / name,
                [lambda average, log: HeldOutMetrics(average, log, measure, first.evaluate_every)],
            )  # fmt: skip
    model.train(False)
    with finished_folder(out / "unirs" / "final") as folder:
        model.save_pretrained(folder)
        processor.save_pretrained(folder)
    return model


def draw_scenes(recipe: RenderedRecipe, folder: Path) -> None:
    """Renders the scenes that are not there yet; training seeds and held-out seeds never meet.

    Args:
        recipe: Numbers of scenes, and the first seed.
        folder: Folder of the rendered scenes; one store each for training and held-out scenes.
    """
    for name, draw in DRAW.items():
        for target, first, count in (
            (folder / name, recipe.seed, getattr(recipe, name)),
            (folder / f"{name}_held_out", HELD_OUT_SEED, recipe.held_out),
        ):
            if not (target / "truth.jsonl").is_file():
                write_store(target, draw, range(first, first + count))


def compact_tokenizer(recipe: CompactRecipe, data: str | Path, out: Path) -> PreTrainedTokenizerFast:
    """The tokenizer of the run; learned where it is not there yet.

    Args:
        recipe: Recipe of the run, with the size of the vocabulary.
        data: Folder of the training data, with the captions.
        out: Folder of the run, with the rendered scenes.

    Returns:
        The tokenizer.
    """
    path = out / "tokenizer.json"
    if not path.is_file():
        lines = [line for name in ("stills", "pairs") for line in read_store(out / "rendered" / name)[1]]
        captions = (caption for line in lines for caption in line["captions"])
        build_tokenizer(data, captions, recipe.vocabulary).backend_tokenizer.save(str(path))
    return load_tokenizer(str(path))


def new_model(
    recipe: LanguageModelRecipe, tokenizer: PreTrainedTokenizerFast, tower: str | Path | None
) -> UniRSForConditionalGeneration:
    """The model before joint training: tower and change extraction pretrained, everything else from nothing.

    Args:
        recipe: Recipe of joint training.
        tokenizer: Its size is the model's vocabulary.
        tower: Folder of the pretrained tower and its change extraction; None for an `EfficientTower` from nothing.

    Returns:
        The model.
    """
    torch.manual_seed(recipe.seed)
    fields = dict(recipe.model)
    text = {**COMPACT_TEXT, "vocab_size": len(tokenizer), **fields.pop("text_config", {})}
    if tower is None:
        vision: PreTrainedModel = EfficientTower(EfficientTowerConfig())
    else:
        vision = AutoModel.from_pretrained(tower, trust_remote_code=False)
    model = UniRSForConditionalGeneration(UniRSConfig(vision_config=vision.config, text_config=text, **fields))
    model.vision_tower.load_state_dict(vision.state_dict())
    if tower is not None and model.config.fusion == "change_extraction" and model.change is not None:
        model.change.load_state_dict(load_file(Path(tower) / "change.safetensors"))
    return model


def training_sources(recipe: LanguageModelRecipe, data: str | Path, out: Path, facts: Facts) -> dict[str, Source]:
    """Sources of joint training, by name.

    Args:
        recipe: Recipe of joint training.
        data: Folder of the training data.
        out: Folder of the run, with the rendered scenes.
        facts: Facts of guides that never saw the places.

    Returns:
        The sources, by name.
    """
    places = load_places(data, "train")
    sources: dict[str, Source] = {}
    for name in SETS:
        images = learning_split(data, name)[0]
        pixels = decode_images(images, SIDES[name], out / "arrays" / f"{name}_train.npy")
        sources[name] = Stills(images, pixels, recipe.views.images, recipe.seed)
    return sources | {
        "rendered_images": RenderedImages(out / "rendered" / "stills"),
        "places": Places(places, facts, recipe.extra_windows, recipe.views.places, recipe.seed, recipe.guide_form),
        "cells": CaptionedCells(places, facts, recipe.views.cells, recipe.guide_form),
        "rendered_pairs": RenderedPairs(out / "rendered" / "pairs", form=recipe.guide_form),
        "rendered_videos": RenderedVideos(out / "rendered" / "videos"),
    }


def held_out_sources(data: str | Path, out: Path, facts: Facts) -> dict[str, Source]:
    """Held-out sources on which metrics are computed during a run.

    Args:
        data: Folder of the training data.
        out: Folder of the run, with the rendered scenes.
        facts: Facts of the guide for the val places.

    Returns:
        The sources, by name.
    """
    places = load_places(data, "val")
    sources: dict[str, Source] = {}
    for name in SETS:
        images = learning_split(data, name)[1]
        pixels = decode_images(images, SIDES[name], out / "arrays" / f"{name}_held_out.npy")
        sources[name] = Stills(images, pixels, views=1)
    return sources | {
        "rendered_images": RenderedImages(out / "rendered" / "stills_held_out"),
        "places": Places(places, facts, extra=0, views=1),
        "cells": CaptionedCells(places, facts, flips=1),
        "rendered_pairs": RenderedPairs(out / "rendered" / "pairs_held_out"),
        "rendered_videos": RenderedVideos(out / "rendered" / "videos_held_out"),
    }


def all_features(
    model: UniRSForConditionalGeneration, sources: Mapping[str, Source], folder: Path, stamp: str
) -> dict[str, np.ndarray]:
    """Features of several sources, kept in `folder`.

    Args:
        model: The model, whose tower computes them.
        sources: Sources by name.
        folder: Folder of the features' files.
        stamp: Says how the sources were made; see `source_features`.

    Returns:
        (rows, T, D, h, w) float16 by the sources' names.
    """
    return {
        name: source_features(model.vision_tower, model.config, source, folder / f"{name}.npy", stamp)
        for name, source in sources.items()
    }
