"""Joint training of UniRS-compact: image, pair and video questions in one set of weights (arXiv 2412.20742, section 3).

The tower stays as it was pretrained, as in the paper; change extraction, projector and language model learn by
next-token loss on the replies. Features of the tower are computed once, see `training.features`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import PreTrainedTokenizerFast, PrinterCallback, Trainer, TrainerCallback

from chronosight.datasets.aid_ucm import clean_caption
from chronosight.models.unirs.configuration import UniRSConfig
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.tasks.caption import says_no_change
from chronosight.training.arguments import trainer_arguments
from chronosight.training.checkpoints import last_checkpoint
from chronosight.training.compact.packing import IGNORED, pack, packed_mask
from chronosight.training.ema import WeightAverage
from chronosight.training.log import JsonLog
from chronosight.training.samples.clue_exercises import told_exercise
from chronosight.training.samples.mixture import CaptionedCells, Kind, RenderedPairs, Source

KINDS: tuple[Kind, ...] = ("image", "pair", "video")


@dataclass
class UniRSRecipe:
    """Joint training of UniRS-compact.

    steps: optimizer steps of the learning rate's schedule. stop: steps after which to stop all the same, 0 for none.
    images, pairs, videos: scenes of each kind in a step's batch; each is asked several
    questions. told: exercises in reading a clue, without pictures, in a step's batch. shares: of the sources within
    their kind. learning_rate: peak; cosine to 0. warmup: share of the steps.
    ema: decay of the running average that is kept. views: views of a real picture (`pictures`), of a window of a place
    (`places`). extra_windows: windows of a place beside its four. save_every, evaluate_every: in steps. threads: CPU
    threads, 0 for torch's own choice. compile: the language model with torch.compile (needs a C++ compiler). model:
    fields of UniRSConfig.
    """

    steps: int = 4000
    stop: int = 0
    images: int = 24
    pairs: int = 16
    videos: int = 3
    told: int = 0
    shares: dict[str, float] = field(
        default_factory=lambda: {
            "aid": 0.68, "ucm": 0.09, "rendered_images": 0.23,
            "places": 0.45, "cells": 0.25, "rendered_pairs": 0.30, "rendered_videos": 1.0,
        }
    )  # fmt: skip
    learning_rate: float = 1.0e-3
    weight_decay: float = 0.05
    warmup: float = 0.05
    ema: float = 0.998
    seed: int = 0
    views: dict[str, int] = field(default_factory=lambda: {"pictures": 4, "places": 2})
    extra_windows: int = 2
    evaluate_every: int = 500
    save_every: int = 250
    threads: int = 0
    compile: bool = False
    model: dict = field(default_factory=dict)


class UniRSBatches:
    """Map-style dataset of `steps` batches; batch i comes from `default_rng((seed, i))`.

    A batch is a dict by kind of scene of dicts: `features` (B, T, D, h, w) float16 with the dates in the order asked,
    and what `pack` returns.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        features: Mapping[str, np.ndarray],
        tokenizer: PreTrainedTokenizerFast,
        config: UniRSConfig,
        recipe: UniRSRecipe,
    ):
        self.sources, self.features, self.tokenizer, self.config, self.recipe = (
            sources, features, tokenizer, config, recipe
        )  # fmt: skip

        self.captions = _change_captions(sources) if recipe.told else ()

    def __len__(self) -> int:
        return self.recipe.steps

    def __getitem__(self, step: int) -> dict[str, dict[str, Tensor]]:
        rng = np.random.default_rng((self.recipe.seed, step))
        numbers = dict(zip(KINDS, (self.recipe.images, self.recipe.pairs, self.recipe.videos), strict=True))
        batch: dict[str, dict[str, Tensor] | None]
        batch = {kind: self._scenes(kind, number, rng) for kind, number in numbers.items() if number}
        if self.recipe.told:
            told = [told_exercise(rng, self.captions) for _ in range(self.recipe.told)]
            rows = len(told)
            batch["told"] = pack(self.tokenizer, [0] * rows, [e.clue for e in told], [e.asked for e in told])
        return {kind: part for kind, part in batch.items() if part is not None}

    def _scenes(self, kind: Kind, number: int, rng: np.random.Generator) -> dict[str, Tensor] | None:
        names = [name for name, source in self.sources.items() if source.kind == kind]
        shares = np.array([self.recipe.shares.get(name, 0.0) for name in names])
        if not shares.sum():
            return None
        features, clues, asked = [], [], []
        for pick in rng.choice(len(names), number, p=shares / shares.sum()):
            name = names[pick]
            row = int(rng.integers(self.sources[name].rows))
            exercise = self.sources[name].ask(row, rng)
            maps = np.asarray(self.features[name][row])
            features.append(torch.from_numpy(maps[::-1].copy() if exercise.swapped else maps.copy()))
            clues.append(exercise.clue)
            asked.append(exercise.asked)
        n_visual = [self.config.visual_tokens(kind)] * number
        return {"features": torch.stack(features), **pack(self.tokenizer, n_visual, clues, asked)}


def _change_captions(sources: Mapping[str, Source]) -> tuple[str, ...]:
    """Captions of changed training pairs."""
    captions: list[str] = []
    for source in sources.values():
        if isinstance(source, CaptionedCells):
            captions += [text for i, k in source.items for text in source.places[i].cells[k].captions]
        elif isinstance(source, RenderedPairs):
            captions += [text for line in source.lines for text in line["captions"]]
    changed = tuple(clean_caption(text) for text in captions if not says_no_change(text))
    if not changed:
        raise ValueError("told exercises need captions of changed pairs, and no source has any")
    return changed


def losses_of(
    model: UniRSForConditionalGeneration, batch: Mapping[str, dict[str, Tensor]], body: Callable | None = None
) -> dict[str, tuple[Tensor, Tensor]]:
    """Per kind: the weighted sum of the losses of all reply tokens, and the sum of their weights.

    body: in place of the language model without its head, a compiled form of it.
    """
    body = model.language_model.model if body is None else body
    return {kind: _loss_of(model, body, kind, **part) for kind, part in batch.items()}


def _loss_of(
    model: UniRSForConditionalGeneration, body: Callable, kind: str, input_ids: Tensor, position_ids: Tensor,
    segments: Tensor, labels: Tensor, weights: Tensor, features: Tensor | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    language = model.language_model
    embeds = model.get_input_embeddings()(input_ids)
    if features is not None:
        visual = visual_of(model, kind, features.float())
        places = input_ids == model.config.image_token_id
        embeds = embeds.masked_scatter(places[..., None], visual.to(embeds.dtype))
    mask = torch.zeros(1, device=embeds.device).where(packed_mask(segments), -1e4)  # added to the scores
    hidden = body(inputs_embeds=embeds, attention_mask=mask, position_ids=position_ids, use_cache=False).last_hidden_state
    learned = labels != IGNORED
    logits = language.lm_head(hidden[learned]).float()
    losses = F.cross_entropy(logits, labels[learned], reduction="none")
    return (losses * weights[learned]).sum(), weights.sum()


def visual_of(model: UniRSForConditionalGeneration, kind: str, features: Tensor) -> Tensor:
    """The tower's features (B, T, D, h, w) -> visual tokens (B, n, d)."""
    if kind == "pair" and model.change is not None:
        tokens: Tensor = model.projector(model.change(features[:, 0], features[:, 1]))
        return tokens
    tokens = model.projector(features.flatten(0, 1))  # (B * T, n, d)
    return tokens.reshape(features.shape[0], -1, tokens.shape[-1])


class UniRSTrainer(Trainer):
    body: Callable | None = None

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        device = next(iter(inputs.values()))["input_ids"].device.type
        with torch.autocast(device, torch.bfloat16):
            parts = losses_of(model, inputs, self.body)
        if self.state.global_step % self.args.logging_steps == 0:
            self.log({kind: (loss / weight).item() for kind, (loss, weight) in parts.items()})
        loss = torch.stack([loss for loss, _ in parts.values()]).sum()
        loss = loss / torch.stack([weight for _, weight in parts.values()]).sum()
        return (loss, parts) if return_outputs else loss


def train_unirs(
    recipe: UniRSRecipe,
    model: UniRSForConditionalGeneration,
    tokenizer: PreTrainedTokenizerFast,
    sources: Mapping[str, Source],
    features: Mapping[str, np.ndarray],
    out: str | Path,
    callbacks: tuple = (),
) -> UniRSForConditionalGeneration:
    """Train all but the tower, resuming from the last checkpoint in `out`; the model comes back with averaged weights.

    features: of `sources`, by the same names, from `training.features.source_features` with the model's tower.
    callbacks: take (average, log) and give a TrainerCallback each.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    model.vision_tower.requires_grad_(False)
    average, log = WeightAverage(recipe.ema), JsonLog(out / "log.jsonl")
    trainer = UniRSTrainer(
        model=model,
        args=trainer_arguments(recipe, out, recipe.steps, adam_beta2=0.98),
        train_dataset=UniRSBatches(sources, features, tokenizer, model.config, recipe),  # type: ignore[arg-type]
        data_collator=lambda samples: samples[0],
        callbacks=[average, log, _Stop(recipe.stop or recipe.steps), *(make(average, log) for make in callbacks)],
    )
    trainer.remove_callback(PrinterCallback)
    if recipe.compile:
        # Fused norms, rotations and softmax: 1.8 times as fast on a CPU. Plain attention fuses, the built-in one does
        # not.
        model.language_model.set_attn_implementation("eager")
        trainer.body = torch.compile(model.language_model.model, dynamic=True)
    trainer.train(resume_from_checkpoint=last_checkpoint(out, averaged=True))
    average.copy_to(model)
    model.language_model.set_attn_implementation("sdpa")
    return model


class _Stop(TrainerCallback):
    def __init__(self, step: int):
        self.step = step

    def on_step_end(self, args, state, control, **kwargs):
        if state.global_step >= self.step:
            control.should_training_stop = True
