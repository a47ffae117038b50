"""Joint training of the compact model: image, pair and video questions in one set of weights (arXiv 2412.20742, section 3).

The tower stays as it was pretrained, as in the paper; change extraction, projector and language model learn by
next-token loss on the replies. Features of the tower are computed once, see `training.features`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import PreTrainedTokenizerFast, Trainer

from chronosight.datasets.aid_ucm import clean_caption
from chronosight.models.unirs.configuration import UniRSConfig
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.tasks.caption import says_no_change
from chronosight.training.compact.packing import IGNORED, pack, packed_mask
from chronosight.training.recipes.compact import LanguageModelRecipe
from chronosight.training.samples.clue_exercises import clue_exercise
from chronosight.training.samples.pairs import CaptionedCells, RenderedPairs
from chronosight.training.samples.source import Kind, Source
from chronosight.training.trainer import StopAt, Watch, fit_averaged, only, prepare_run, reproducible_arguments

KINDS: tuple[Kind, ...] = ("image", "pair", "video")


class LanguageModelBatches:
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
        recipe: LanguageModelRecipe,
    ) -> None:
        self.sources, self.features, self.tokenizer, self.config, self.recipe = (
            sources, features, tokenizer, config, recipe
        )  # fmt: skip

        self.captions = _change_captions(sources) if recipe.clue_exercises else ()

    def __len__(self) -> int:
        return self.recipe.steps

    def __getitem__(self, step: int) -> dict[str, dict[str, Tensor]]:
        rng = np.random.default_rng((self.recipe.seed, step))
        numbers = dict(zip(KINDS, (self.recipe.images, self.recipe.pairs, self.recipe.videos), strict=True))
        batch: dict[str, dict[str, Tensor] | None]
        batch = {kind: self._scenes(kind, number, rng) for kind, number in numbers.items() if number}
        if self.recipe.clue_exercises:
            drawn = [clue_exercise(rng, self.captions) for _ in range(self.recipe.clue_exercises)]
            rows = len(drawn)
            batch["clue"] = pack(self.tokenizer, [0] * rows, [e.clue for e in drawn], [e.asked for e in drawn])
        return {kind: part for kind, part in batch.items() if part is not None}

    def _scenes(self, kind: Kind, number: int, rng: np.random.Generator) -> dict[str, Tensor] | None:
        names = [name for name, source in self.sources.items() if source.kind == kind]
        shares = np.array([getattr(self.recipe.shares, name, 0.0) for name in names])
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
        raise ValueError("clue exercises need captions of changed pairs, and no source has any")
    return changed


def losses_of(
    model: UniRSForConditionalGeneration, batch: Mapping[str, dict[str, Tensor]], body: Callable[..., Any] | None = None
) -> dict[str, tuple[Tensor, Tensor]]:
    """Sums the losses of all reply tokens by kind of scene.

    Args:
        model: The model to train.
        batch: Inputs by kind of scene ("image", "pair", "video"), as `LanguageModelBatches` gives them.
        body: The language model without its head, or a compiled form of it; the model's own when None.

    Returns:
        By kind, the weighted sum of the losses and the sum of their weights, both scalar.
    """
    body = model.language_model.model if body is None else body
    return {kind: _loss_of(model, body, kind, **part) for kind, part in batch.items()}


def _loss_of(
    model: UniRSForConditionalGeneration, body: Callable[..., Any], kind: str, input_ids: Tensor, position_ids: Tensor,
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
    """Turns the tower's features into visual tokens; a pair is fused first (UniRS, arXiv 2412.20742, change extraction).

    Args:
        model: The model, with change extraction and projector.
        kind: "image", "pair" or "video".
        features: (B, T, D, h, w) features of T frames.

    Returns:
        (B, n, d) visual tokens.
    """
    if kind == "pair" and model.change is not None:
        tokens: Tensor = model.projector(model.change(features[:, 0], features[:, 1]))
        return tokens
    tokens = model.projector(features.flatten(0, 1))  # (B * T, n, d)
    return tokens.reshape(features.shape[0], -1, tokens.shape[-1])


class LanguageModelTrainer(Trainer):
    """Learns the weighted mean of the losses of all reply tokens of a batch, images, pairs and videos together."""

    def __init__(self, *args: Any, body: Callable[..., Any] | None = None, **kwargs: Any) -> None:
        """Makes the Trainer.

        Args:
            args: Of the Trainer.
            body: In place of the language model without its head, a compiled form of it.
            kwargs: Of the Trainer.
        """
        super().__init__(*args, **kwargs)
        self.body = body

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The loss of a batch of `LanguageModelBatches`; its parts by kind of scene are logged.

        Args:
            model: The model to train, possibly wrapped for several processes.
            inputs: One collated batch; tensors have the batch first.
            return_outputs: Whether to return the outputs beside the loss.
            num_items_in_batch: Number given by the Trainer; not used.

        Returns:
            The scalar loss, or (loss, outputs) with `return_outputs`.
        """
        device = next(iter(inputs.values()))["input_ids"].device.type
        with torch.autocast(device, torch.bfloat16):
            parts = losses_of(model, inputs, self.body)
        if self.state.global_step % self.args.logging_steps == 0:
            self.log({kind: (loss / weight).item() for kind, (loss, weight) in parts.items()})
        loss = torch.stack([loss for loss, _ in parts.values()]).sum()
        loss = loss / torch.stack([weight for _, weight in parts.values()]).sum()
        return (loss, parts) if return_outputs else loss


def train_language_model(
    recipe: LanguageModelRecipe,
    model: UniRSForConditionalGeneration,
    tokenizer: PreTrainedTokenizerFast,
    sources: Mapping[str, Source],
    features: Mapping[str, np.ndarray],
    out: str | Path,
    watch: Sequence[Watch] = (),
) -> UniRSForConditionalGeneration:
    """Trains all but the tower; a stopped run goes on from its last checkpoint.

    Args:
        recipe: Steps, rates and batches.
        model: Trained in place; it comes back with averaged weights.
        tokenizer: Of the model.
        sources: Scenes and questions, by name.
        features: The tower's features of the sources, by the same names (`compact.features`).
        out: Folder for checkpoints and log.
        watch: Callbacks to make from the running average and the log.

    Returns:
        The model.
    """
    out = Path(out)
    prepare_run(out, recipe.threads)
    model.vision_tower.requires_grad_(False)
    body: Callable[..., Any] | None = None
    if recipe.compile:
        # Fused norms, rotations and softmax: 1.8 times as fast on a CPU. Plain attention fuses, the built-in one does
        # not.
        model.language_model.set_attn_implementation("eager")
        body = torch.compile(model.language_model.model, dynamic=True)
    arguments = reproducible_arguments(
        out, recipe.steps, recipe.learning_rate, recipe.weight_decay, recipe.warmup, recipe.save_every, recipe.seed,
        adam_beta2=0.98,
    )  # fmt: skip
    fit_averaged(
        partial(LanguageModelTrainer, body=body), model, LanguageModelBatches(sources, features, tokenizer, model.config, recipe),
        arguments, recipe.ema, collate=only, watch=[lambda average, log: StopAt(recipe.stop or recipe.steps), *watch],
    )  # fmt: skip
    model.language_model.set_attn_implementation("sdpa")
    return model
