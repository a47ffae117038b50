"""The guide on LEVIR-MCI in the three stages of ChangeVG's dual branch (arXiv 2509.23105), and a guide for every fold.

    OUT/tokenizer.json                        the vocabulary of the captions
    OUT/joint/final                           both branches, each loss divided by its own detached value
    OUT/captions/final                        the summary branch alone
    OUT/final                                 the recognition branch alone: the guide, with its tokenizer.json
    OUT/folds/K/...                           the same without fold K; OUT/folds/K/final/crossfit.json says so
The paper does not say what the encoder does in the second and third stage: here it stays fixed, as does the branch that
is not trained, so that a later stage cannot undo an earlier one. The mask's loss is `models.guide.losses`, of which cross
entropy is a part: it teaches the direction and the inside of buildings too. A stage that is there is not made again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from tokenizers import Tokenizer
from transformers import SegformerModel
from typing_extensions import override

from chronosight.datasets.levir import LevirPair
from chronosight.errors import InputError
from chronosight.models.guide.configuration import GuideConfig
from chronosight.models.guide.encoder import SegformerEncoder
from chronosight.models.guide.modeling import GuideModel
from chronosight.training.checkpoints import finished_folder, has_model, store_recipe
from chronosight.training.guide.recognition import recognition_parts
from chronosight.training.guide.summary import caption_loss, fixed_memory
from chronosight.training.recipes.guide import GuideLevirRecipe, LevirStageRecipe
from chronosight.training.samples.levir import LevirSamples, levir_fold, read_levir, word_tokenizer
from chronosight.training.trainer import LossesTrainer, fit_averaged, prepare_run, reproducible_arguments

# SegFormer-B1's encoder and the paper's global branch; the neck's widths are ours, the paper does not give them.
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
Stage = Literal["joint", "captions", "masks"]
STAGES: tuple[Stage, ...] = ("joint", "captions", "masks")
LEARNS: dict[Stage, tuple[str, ...]] = {  # parts of the model
    "joint": ("encoder", "recognition", "change", "summary", "decoder"),
    "captions": ("summary", "decoder"),
    "masks": ("recognition", "change"),
}
CROSSFIT = "crossfit.json"  # {"fold": k, "folds": n} beside a guide that never saw fold k


class DualBranchTrainer(LossesTrainer):
    """Learns the losses of a stage: masks, captions, or both, each then divided by its own detached value."""

    def __init__(self, *args: Any, stage: Stage, **kwargs: Any) -> None:
        """Makes the Trainer.

        Args:
            args: Of the Trainer.
            stage: Which losses are learned.
            kwargs: Of the Trainer.
        """
        super().__init__(*args, **kwargs)
        self.stage = stage

    @override
    def losses(self, model: Any, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        for name in LEARNS["joint"]:
            getattr(model, name).train(name in LEARNS[self.stage])
        if self.stage == "captions":
            memory = fixed_memory(model, batch["before"], batch["after"])
            return {"captions": caption_loss(model, memory, batch["tokens"])}
        output, parts = recognition_parts(model, batch)
        masks = {"masks": torch.stack(list(parts.values())).sum()}
        if self.stage == "masks":
            return masks
        assert output.memory is not None
        return {**masks, "captions": caption_loss(model, output.memory, batch["tokens"])}

    @override
    def total(self, losses: dict[str, torch.Tensor]) -> torch.Tensor:
        if self.stage != "joint":
            return super().total(losses)
        return super().total({name: loss / loss.detach().clamp_min(1e-6) for name, loss in losses.items()})


def train_guide_levir(
    recipe: GuideLevirRecipe, data: str | Path, out: str | Path, say: Callable[[str], None] = lambda text: None
) -> Path:
    """Trains the guide of all pairs, and those of the folds; a stopped run goes on from its checkpoints.

    Args:
        recipe: Stages and folds.
        data: A LEVIR-MCI folder.
        out: Folder of the run.
        say: Is given one line for every stage that begins.

    Returns:
        The folder of the guide of all pairs, `out/final`.

    Raises:
        InputError: The data folder has another layout, a fold would be empty, or `out` was begun with another recipe.
    """
    out = Path(out)
    store_recipe(recipe, out / "recipe.yaml")
    pairs = read_levir(data, "train")
    path = out / "tokenizer.json"
    if not path.is_file():
        captions = (caption for split in recipe.vocabulary for pair in read_levir(data, split) for caption in pair.captions)
        word_tokenizer(captions, recipe.least).save(str(out / ".tokenizer.json"))
        (out / ".tokenizer.json").rename(path)
    tokenizer = Tokenizer.from_file(str(path))
    prepare_run(out, recipe.threads)
    _three_stages(recipe, pairs, tokenizer, out, say)
    for fold in range(recipe.folds):
        seen = [pair for pair in pairs if levir_fold(pair.name, recipe.folds) != fold]
        if not 0 < len(seen) < len(pairs):
            raise InputError(f"fold {fold} of {recipe.folds} holds {len(pairs) - len(seen)} of {len(pairs)} pairs; lower folds")
        _three_stages(recipe, seen, tokenizer, out / "folds" / str(fold), say, {"fold": fold, "folds": recipe.folds})
    return out / "final"


def _three_stages(
    recipe: GuideLevirRecipe, pairs: list[LevirPair], tokenizer: Tokenizer, out: Path, say: Callable[[str], None],
    crossfit: dict[str, int] | None = None,
) -> None:  # fmt: skip
    if has_model(out / "final"):
        return
    before: Path | None = None
    for stage in STAGES:
        folder = out / stage
        if not has_model(folder / "final"):
            without = f", without fold {crossfit['fold']} of {crossfit['folds']}" if crossfit else ""
            say(f"guide, {stage}{without}: {len(pairs)} pairs")
            model = GuideModel.from_pretrained(before, trust_remote_code=False) if before else new_guide(recipe, tokenizer)
            train_stage(recipe, stage, model, pairs, tokenizer, folder)
        before = folder / "final"
    with finished_folder(out / "final") as folder:
        shutil.copytree(out / STAGES[-1] / "final", folder, dirs_exist_ok=True)
        tokenizer.save(str(folder / "tokenizer.json"))
        if crossfit:
            (folder / CROSSFIT).write_text(json.dumps(crossfit) + "\n")


def new_guide(recipe: GuideLevirRecipe, tokenizer: Tokenizer) -> GuideModel:
    """Makes the guide before its first step, at the paper's shape but for `recipe.model`.

    Args:
        recipe: Shape, seed, and weights of the encoder.
        tokenizer: Of the captions.

    Returns:
        The untrained guide.

    Raises:
        InputError: The encoder's weights are missing or of another shape.
    """
    torch.manual_seed(recipe.seed)
    model = GuideModel(GuideConfig(**{**PAPER_SHAPE, "vocab_size": tokenizer.get_vocab_size(), **recipe.model}))
    if recipe.encoder_weights:
        folder = Path(recipe.encoder_weights)
        if not (folder / "config.json").is_file() or not isinstance(model.encoder, SegformerEncoder):
            raise InputError(f"encoder_weights is {folder}, expected the folder of a SegFormer and a segformer encoder")
        start = SegformerModel.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        if start.config.hidden_sizes != list(model.config.widths):
            raise InputError(f"{folder} has widths {start.config.hidden_sizes}, the guide {list(model.config.widths)}; give B1")
        model.encoder.model.load_state_dict(start.state_dict())
    return model


def train_stage(
    recipe: GuideLevirRecipe, stage: Stage, model: GuideModel, pairs: list[LevirPair], tokenizer: Tokenizer, out: Path
) -> GuideModel:
    """Trains one stage; the averaged weights are left in `out/final`, checkpoints and log.jsonl in `out`.

    Args:
        recipe: Of the whole run.
        stage: Which stage.
        model: The guide so far; trained in place.
        pairs: Training pairs.
        tokenizer: Of the captions.
        out: Folder of the stage.

    Returns:
        The averaged model.
    """
    prepare_run(out)
    for name in LEARNS["joint"]:
        getattr(model, name).requires_grad_(name in LEARNS[stage])
    plan: LevirStageRecipe = getattr(recipe, stage)
    seed = 10 * recipe.seed + STAGES.index(stage)
    length, longest = plan.steps * recipe.batch, model.config.max_caption
    samples = LevirSamples(pairs, tokenizer, length, seed, recipe.size, longest, swap=stage == "masks")
    arguments = reproducible_arguments(
        out, plan.steps, plan.learning_rate, recipe.weight_decay, plan.warmup, recipe.save_every, seed,
        per_device_train_batch_size=recipe.batch, logging_steps=recipe.log_every, dataloader_num_workers=recipe.workers,
    )  # fmt: skip
    fit_averaged(partial(DualBranchTrainer, stage=stage), model, samples, arguments, recipe.ema)
    with finished_folder(out / "final") as folder:
        model.save_pretrained(folder)
    return model
