"""The guide's stages: a guide for the clues of training, its facts of every training place it never saw, and the guide.

    OUT/folds/K/recognition/final, OUT/folds/K/final   guide trained without fold K, then with its caption branch
    OUT/facts/val.jsonl, OUT/facts/train_foldK.jsonl   what it says of places it never saw
    OUT/guide/recognition/final, OUT/guide/final       the guide of all training places, then with its caption branch

A stage whose result is there is skipped; one that was stopped goes on from its last checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from chronosight.datasets.aid_ucm import ImageSet, learning_split
from chronosight.datasets.places import load_places
from chronosight.models.guide.modeling import GuideModel
from chronosight.models.unirs.conv_tower import ConvTower
from chronosight.training.checkpoints import has_model
from chronosight.training.guide.crossfit import crossfit_facts
from chronosight.training.guide.recognition import train_recognition
from chronosight.training.guide.summary import train_summary
from chronosight.training.recipes.compact import CompactRecipe
from chronosight.training.recipes.guide import RecognitionRecipe
from chronosight.training.samples.guide_facts import write_facts

Say = Callable[[str], None]


def train_guides(recipe: CompactRecipe, data: str | Path, out: Path, say: Say) -> None:
    """Trains the guides of the folds and the guide of all places.

    OUT/tower/final, OUT/rendered/pairs and OUT/tokenizer.json must be there. The guides of the folds start from the tower. The
    guide of all places goes on from the first fold's, which saves its first steps, or starts from the tower where no fold
    was trained.

    Args:
        recipe: Every setting of the run.
        data: Folder of the training data.
        out: Folder of the run.
        say: Called as each guide begins.
    """
    images = guide_images(data, max(recipe.fold_guide.images, recipe.guide.images))
    for fold in range(recipe.cross_fitted):
        train_fold(recipe, data, out, fold, images, say)
    final = out / "guide" / "final"
    if has_model(final):
        return
    say("guide")
    recognition = out / "guide" / "recognition"
    if not has_model(recognition / "final"):
        start = {"start": out / "folds" / "0" / "final"} if recipe.cross_fitted else {"tower": tower_of(recipe, out)}
        shown = images[: recipe.guide.images]
        drawn = out / "rendered" / "pairs"
        train_recognition(sized(recipe.guide, recipe), data, recognition, images=shown, rendered=drawn, **start)
    train_summary(recipe.guide_caption, recognition / "final", out / "tokenizer.json", data, out / "guide")


def train_fold(recipe: CompactRecipe, data: str | Path, out: Path, fold: int, images: list[np.ndarray], say: Say) -> None:
    """Trains the guide without one fold, and writes its facts: of that fold, and, by the first guide, of the val places.

    Args:
        recipe: Every setting of the run.
        data: Folder of the training data.
        out: Folder of the run.
        fold: Number of the fold that is left out, from 0.
        images: Images (H, W, 3) uint8, of which pairs without change are made.
        say: Called as the guide begins.
    """
    folder, folds = out / "folds" / str(fold), recipe.fold_guide.folds
    train_facts, val_facts = out / "facts" / f"train_fold{fold}.jsonl", out / "facts" / "val.jsonl"
    if train_facts.is_file() and (fold or val_facts.is_file()):
        return
    say(f"guide without fold {fold} of {folds}")
    recognition = folder / "recognition"
    if not has_model(recognition / "final"):
        train_recognition(
            sized(recipe.fold_guide, recipe), data, recognition, fold, images[: recipe.fold_guide.images],
            tower=tower_of(recipe, out), rendered=out / "rendered" / "pairs",
        )  # fmt: skip
    if not has_model(folder / "final"):
        tokenizer = out / "tokenizer.json"
        train_summary(recipe.fold_caption, recognition / "final", tokenizer, data, folder, fold, folds)
    guide: GuideModel = GuideModel.from_pretrained(folder / "final", trust_remote_code=False)
    words = Tokenizer.from_file(str(out / "tokenizer.json"))
    train_facts.parent.mkdir(exist_ok=True)
    if not fold:
        write_facts(val_facts, crossfit_facts([guide], words, load_places(data, "val"), extra=0))
    only_this: list[GuideModel | None] = [guide if k == fold else None for k in range(folds)]
    extra = recipe.unirs.extra_windows
    write_facts(train_facts, crossfit_facts(only_this, words, load_places(data, "train"), extra))


def guide_images(data: str | Path, number: int) -> list[np.ndarray]:
    """Training images of both sets, half from each, evenly spaced over the classes: pairs of them show no change.

    Args:
        data: Folder of the training data.
        number: Number of images; fewer where the sets hold fewer.

    Returns:
        Images (H, W, 3) uint8, shuffled.
    """
    images: list[np.ndarray] = []
    sources: tuple[ImageSet, ...] = ("aid", "ucm")
    for source in sources:
        stills = learning_split(data, source)[0]
        wanted = min(len(stills), number // 2)
        images += [stills[i * len(stills) // wanted].pixels() for i in range(wanted)]
    return [images[i] for i in np.random.default_rng(0).permutation(len(images))]


def sized(guide: RecognitionRecipe, recipe: CompactRecipe) -> RecognitionRecipe:
    """The guide's recipe with the vocabulary that the captions will be written in.

    Args:
        guide: Recipe of the guide.
        recipe: Recipe of the run, with the size of the vocabulary.

    Returns:
        A copy with `vocab_size` set, where the guide's recipe does not set it itself.
    """
    return guide.model_copy(update={"model": {"vocab_size": recipe.vocabulary, **guide.model}})


def tower_of(recipe: CompactRecipe, out: Path) -> ConvTower | None:
    """The pretrained tower; None where the guide's encoder is of another kind.

    Args:
        recipe: Recipe of the run.
        out: Folder of the run, with tower/final.

    Returns:
        The tower, or None.
    """
    if recipe.tower.encoder != "conv" or recipe.guide.model.get("encoder", "conv") != "conv":
        return None
    return ConvTower.from_pretrained(out / "tower" / "final", trust_remote_code=False)
