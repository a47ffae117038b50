"""The guide on LEVIR-MCI in the three stages of ChangeVG's dual branch (arXiv 2509.23105), and a guide for every fold.

    OUT/tokenizer.json                        the vocabulary of the captions
    OUT/joint/final                           both branches, each loss divided by its own detached value
    OUT/captions/final                        the summary branch alone
    OUT/final                                 the recognition branch alone: the guide, with its tokenizer.json
    OUT/folds/K/...                           the same without fold K; OUT/folds/K/final/crossfit.json says so
The paper does not tell what the encoder does in the second and third stage: here it stays fixed, as does the branch that
is not trained, so that a later stage cannot undo an earlier one. The mask's loss is `models.guide.losses`, of which cross
entropy is a part: it teaches the direction and the inside of buildings too. A stage that is there is not made again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn import functional as F
from transformers import PrinterCallback, SegformerModel, Trainer

from chronosight.errors import InputError
from chronosight.models.guide.configuration import GuideConfig
from chronosight.models.guide.encoder import SegformerEncoder
from chronosight.models.guide.losses import recognition_loss
from chronosight.models.guide.modeling import GuideModel
from chronosight.training.arguments import trainer_arguments
from chronosight.training.checkpoints import keep_recipe, last_checkpoint
from chronosight.training.ema import WeightAverage
from chronosight.training.guide.levir_recipe import PAPER_SHAPE, GuideLevirRecipe
from chronosight.training.log import JsonLog
from chronosight.training.samples.levir import LevirPair, LevirSamples, levir_fold, read_levir, word_tokenizer

Stage = Literal["joint", "captions", "masks"]
STAGES: tuple[Stage, ...] = ("joint", "captions", "masks")
LEARNS: dict[Stage, tuple[str, ...]] = {  # parts of the model
    "joint": ("encoder", "recognition", "change", "summary", "decoder"),
    "captions": ("summary", "decoder"),
    "masks": ("recognition", "change"),
}
CROSSFIT = "crossfit.json"  # {"fold": k, "folds": n} beside a guide that never saw fold k


class DualBranchTrainer(Trainer):
    stage: Stage = "joint"

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        for name in LEARNS["joint"]:
            getattr(model, name).train(name in LEARNS[self.stage])
        before, after = (inputs[name].contiguous(memory_format=torch.channels_last) for name in ("before", "after"))
        losses: dict[str, torch.Tensor] = {}
        if self.stage == "captions":
            losses["captions"] = caption_loss(model, self._memory(model, before, after), inputs["tokens"])
        else:
            output = model(before=before, after=after)
            names = ("target", "appeared", "weight", "road_box", "road_told", "core")
            parts = recognition_loss(output, **{name: inputs[name] for name in names})
            losses["masks"] = torch.stack(list(parts.values())).sum()
            if self.stage == "joint":
                losses["captions"] = caption_loss(model, output.memory, inputs["tokens"])
        if self.state.global_step % self.args.logging_steps == 0:
            self.log({name: loss.item() for name, loss in losses.items()})
        if self.stage != "joint":
            return sum(losses.values())
        return sum(loss / loss.detach().clamp_min(1e-6) for loss in losses.values())

    def _memory(self, model, before, after):
        with torch.no_grad():
            features = model.encoder((torch.cat([before, after]) - model.mean) / model.std)[model.summary_level]
        first, second = features.chunk(2)
        return model.summary(first, second)


def caption_loss(model: GuideModel, memory: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """Cross entropy of the next word over all words of the batch. memory (N, 64, D), tokens (N, L) padded."""
    logits = model.caption_logits(memory, tokens[:, :-1])
    return F.cross_entropy(logits.float().flatten(0, 1), tokens[:, 1:].flatten(), ignore_index=model.config.pad_token_id)


def train_guide_levir(
    recipe: GuideLevirRecipe, data: str | Path, out: str | Path, say: Callable[[str], None] = lambda text: None
) -> Path:
    """Everything above from a LEVIR-MCI folder; returns OUT/final. Goes on from checkpoints after a stop.

    Raises InputError where the folder has another layout, or `out` was begun with another recipe.
    """
    out = Path(out)
    keep_recipe(recipe, out / "recipe.yaml")
    pairs = read_levir(data, "train")
    path = out / "tokenizer.json"
    if not path.is_file():
        captions = (caption for split in recipe.vocabulary for pair in read_levir(data, split) for caption in pair.captions)
        word_tokenizer(captions, recipe.least).save(str(out / ".tokenizer.json"))
        (out / ".tokenizer.json").rename(path)
    tokenizer = Tokenizer.from_file(str(path))
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
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
    if (out / "final" / "config.json").is_file():
        return
    before: Path | None = None
    for stage in STAGES:
        folder = out / stage
        if not (folder / "final" / "config.json").is_file():
            without = f", without fold {crossfit['fold']} of {crossfit['folds']}" if crossfit else ""
            say(f"guide, {stage}{without}: {len(pairs)} pairs")
            model = GuideModel.from_pretrained(before, trust_remote_code=False) if before else new_guide(recipe, tokenizer)
            train_stage(recipe, stage, model, pairs, tokenizer, folder)
        before = folder / "final"
    part = out / ".final"
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(out / STAGES[-1] / "final", part)
    tokenizer.save(str(part / "tokenizer.json"))
    if crossfit:
        (part / CROSSFIT).write_text(json.dumps(crossfit) + "\n")
    part.rename(out / "final")


def new_guide(recipe: GuideLevirRecipe, tokenizer: Tokenizer) -> GuideModel:
    """The guide before its first step, at the paper's shape but for `recipe.model`."""
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
    """One stage; leaves the averaged weights in OUT/final, checkpoints and log.jsonl in OUT."""
    out.mkdir(parents=True, exist_ok=True)
    for name in LEARNS["joint"]:
        getattr(model, name).requires_grad_(name in LEARNS[stage])
    plan, seed = getattr(recipe, stage), 10 * recipe.seed + STAGES.index(stage)
    length, longest = plan.steps * recipe.batch, model.config.max_caption
    samples = LevirSamples(pairs, tokenizer, length, seed, recipe.size, longest, swap=stage == "masks")
    schedule = SimpleNamespace(
        learning_rate=plan.learning_rate, warmup=plan.warmup, weight_decay=recipe.weight_decay, save_every=recipe.save_every,
        seed=seed,
    )  # fmt: skip
    average = WeightAverage(recipe.ema)
    trainer = DualBranchTrainer(
        model=model,
        args=trainer_arguments(
            schedule, out, plan.steps, batch=recipe.batch, logging_steps=recipe.log_every, dataloader_num_workers=recipe.workers
        ),
        train_dataset=samples,  # type: ignore[arg-type]  # map-style by __getitem__ and __len__
        data_collator=lambda rows: {k: torch.from_numpy(np.stack([row[k] for row in rows])) for k in rows[0]},
        callbacks=[average, JsonLog(out / "log.jsonl")],
    )
    trainer.stage = stage
    trainer.remove_callback(PrinterCallback)  # the log prints its lines itself
    trainer.train(resume_from_checkpoint=last_checkpoint(out, averaged=True))
    average.copy_to(model)
    part = out / ".final"
    shutil.rmtree(part, ignore_errors=True)
    model.save_pretrained(part)
    part.rename(out / "final")
    return model
