"""Training of the guide's summary branch: captions of change, the encoder fixed.

Samples are the captioned parts of real training places and rendered pairs, deterministic by index.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F
from typing_extensions import override

from chronosight.datasets.places import PlacePair, load_places
from chronosight.models.guide.modeling import GuideModel
from chronosight.synthetic.pair import render_pair
from chronosight.tasks.caption import says_no_change
from chronosight.training.checkpoints import finished_folder
from chronosight.training.guide.folds import fold_of
from chronosight.training.recipes.guide import SummaryRecipe
from chronosight.training.samples.caption_tokens import caption_tokens
from chronosight.training.samples.guide_samples import light
from chronosight.training.samples.mirror import mirror_caption
from chronosight.training.trainer import LossesTrainer, fit_averaged, prepare_run, reproducible_arguments


class CaptionSamples:
    """Map-style dataset: before, after (3, S, S) float32 in [0, 1] and tokens (max_caption + 1,) int64, padded."""

    def __init__(
        self, places: list[PlacePair], tokenizer: Tokenizer, recipe: SummaryRecipe, length: int, max_caption: int
    ) -> None:
        """Makes the dataset.

        Args:
            places: With captioned parts.
            tokenizer: Of the captions.
            recipe: Size and shares.
            length: Number of samples.
            max_caption: Tokens of a caption at most.
        """
        self.cells = [(place, cell) for place in places for cell in place.cells]
        self.changed = [i for i, (_, cell) in enumerate(self.cells) if not all(map(says_no_change, cell.captions))]
        self.tokenizer, self.recipe, self.length, self.max_caption = tokenizer, recipe, length, max_caption

    def __len__(self) -> int:
        """Number of samples."""
        return self.length

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        """The sample of an index."""
        rng = np.random.default_rng((self.recipe.seed, 7, index))
        size = self.recipe.size
        if rng.random() < self.recipe.rendered:
            pair = render_pair(int(rng.integers(2**31)), size)
            before, after, captions = pair.before, pair.after, list(pair.captions)
        else:
            # Two thirds of the parts are unchanged and share five sentences; draw changed ones for half of the samples.
            some = self.changed if rng.random() < 0.4 else range(len(self.cells))
            place, cell = self.cells[int(rng.choice(some))]
            box = np.clip(np.array(cell.box) + rng.integers(-4, 5, 4), 0, place.before.shape[0])
            before, after = (
                np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR, box=tuple(box)))
                for image in (place.before, place.after)
            )
            captions = list(cell.captions)
        caption = captions[int(rng.integers(len(captions)))]
        sideways, upside_down = bool(rng.integers(2)), bool(rng.integers(2))
        caption = mirror_caption(caption, sideways, upside_down)
        frames = [light(image, rng)[:: -1 if upside_down else 1, :: -1 if sideways else 1] for image in (before, after)]
        before, after = (np.ascontiguousarray(x.transpose(2, 0, 1), np.float32) / 255 for x in frames)
        return {"before": before, "after": after, "tokens": caption_tokens(caption, self.tokenizer, self.max_caption)}


class SummaryTrainer(LossesTrainer):
    """Learns the next word of a caption, the encoder and the recognition branch fixed."""

    @override
    def losses(self, model: Any, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        model.encoder.eval()
        model.recognition.eval()
        memory = fixed_memory(model, batch["before"], batch["after"])
        return {"captions": caption_loss(model, memory, batch["tokens"], smoothing=0.1)}


def fixed_memory(model: GuideModel, before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
    """What the summary branch makes of a pair, gradients stopping at the encoder.

    Args:
        model: The guide.
        before: (B, 3, S, S) in [0, 1].
        after: Like `before`.

    Returns:
        (B, 64, D), the memory that captions are decoded from.
    """
    with torch.no_grad():
        both = (torch.cat([before, after]) - model.mean) / model.std
        features = model.encoder(both.contiguous(memory_format=torch.channels_last))[model.summary_level]
    first, second = features.chunk(2)
    memory: torch.Tensor = model.summary(first, second)
    return memory


def caption_loss(model: GuideModel, memory: torch.Tensor, tokens: torch.Tensor, smoothing: float = 0.0) -> torch.Tensor:
    """Cross entropy of the next word over all words of the batch.

    Args:
        model: The guide.
        memory: (B, 64, D).
        tokens: (B, L) int64, padded.
        smoothing: Label smoothing.

    Returns:
        A scalar.
    """
    logits = model.caption_logits(memory, tokens[:, :-1])
    target, padding = tokens[:, 1:].flatten(), model.config.pad_token_id
    return F.cross_entropy(logits.float().flatten(0, 1), target, ignore_index=padding, label_smoothing=smoothing)


def train_summary(
    recipe: SummaryRecipe,
    guide: str | Path,
    tokenizer: str | Path,
    data: str | Path,
    out: str | Path,
    fold: int | None = None,
    folds: int = 0,
) -> GuideModel:
    """Trains the summary branch of a guide; a stopped run goes on from its last checkpoint.

    Args:
        recipe: Steps, rates and size.
        guide: Folder of the guide.
        tokenizer: The file tokenizer.json.
        data: Folder with pairs/.
        out: Folder of the run; the averaged model is left in `out/final`.
        fold: Leave out the places of this fold; None takes all.
        folds: Number of folds.

    Returns:
        The averaged model.
    """
    out = Path(out)
    prepare_run(out, recipe.threads)
    torch.manual_seed(recipe.seed)
    model: GuideModel = GuideModel.from_pretrained(guide, trust_remote_code=False)
    fixed: tuple[nn.Module, ...] = (model.encoder, model.recognition, model.change)
    for module in fixed:
        module.requires_grad_(False)
    places = [p for p in load_places(data, "train") if fold is None or fold_of(p.place, folds) != fold]
    words = Tokenizer.from_file(str(tokenizer))
    samples = CaptionSamples(places, words, recipe, recipe.steps * recipe.batch, model.config.max_caption)
    arguments = reproducible_arguments(
        out, recipe.steps, recipe.learning_rate, recipe.weight_decay, recipe.warmup, recipe.save_every, recipe.seed,
        per_device_train_batch_size=recipe.batch,
    )  # fmt: skip
    fit_averaged(SummaryTrainer, model, samples, arguments, recipe.ema)
    with finished_folder(out / "final") as folder:
        model.save_pretrained(folder)
    return model
