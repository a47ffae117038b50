"""Training of the guide's global summary branch: captions of change, on a frozen encoder.

Samples are the captioned parts of real training places and rendered pairs, deterministic by index.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer
from torch.nn import functional as F
from transformers import Trainer

from chronosight.datasets.places import PlacePair, load_places
from chronosight.models.guide.modeling import GuideModel
from chronosight.tasks.caption import says_no_change
from chronosight.tasks.prompt import BOS, EOS, PAD
from chronosight.training.arguments import trainer_arguments
from chronosight.training.checkpoints import last_checkpoint
from chronosight.training.ema import WeightAverage
from chronosight.training.guide.recognition import fold_of
from chronosight.training.log import JsonLog
from chronosight.training.samples.guide_samples import light
from chronosight.training.samples.mirror import mirror_caption


@dataclass
class GuideCaptionRecipe:
    """size: pixels of a captioned part (128 m at 1 m). rendered: share of rendered pairs. Others: `GuideRecipe`."""

    steps: int = 900
    batch: int = 16
    learning_rate: float = 1.0e-3
    weight_decay: float = 0.05
    warmup: float = 0.1
    ema: float = 0.99
    size: int = 128
    rendered: float = 0.25
    seed: int = 0
    save_every: int = 300
    threads: int = 0


class CaptionSamples:
    """Map-style dataset: before, after (3, S, S) float32 in [0, 1] and tokens (max_caption + 1,) int64, padded."""

    def __init__(self, places: list[PlacePair], tokenizer: Tokenizer, recipe: GuideCaptionRecipe, length: int, max_caption: int):
        self.cells = [(place, cell) for place in places for cell in place.cells]
        self.changed = [i for i, (_, cell) in enumerate(self.cells) if not all(map(says_no_change, cell.captions))]
        self.tokenizer, self.recipe, self.length, self.max_caption = tokenizer, recipe, length, max_caption

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        rng = np.random.default_rng((self.recipe.seed, 7, index))
        size = self.recipe.size
        if rng.random() < self.recipe.rendered:
            from chronosight.synthetic.pair import render_pair

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


def caption_tokens(caption: str, tokenizer: Tokenizer, max_caption: int) -> np.ndarray:
    """(max_caption + 1,) int64: start, words, end, then padding; a longer caption is cut."""
    ids = [tokenizer.token_to_id(BOS), *tokenizer.encode(caption, add_special_tokens=False).ids[: max_caption - 1]]
    ids.append(tokenizer.token_to_id(EOS))
    return np.array(ids + [tokenizer.token_to_id(PAD)] * (max_caption + 1 - len(ids)), np.int64)


class CaptionTrainer(Trainer):
    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        tokens = inputs["tokens"]
        model.encoder.eval()
        model.recognition.eval()
        with torch.no_grad():
            both = (torch.cat([inputs["before"], inputs["after"]]) - model.mean) / model.std
            seen = model.encoder(both.contiguous(memory_format=torch.channels_last))[model.summary_level]
        first, second = seen.chunk(2)
        logits = model.caption_logits(model.summary(first, second), tokens[:, :-1])  # (N, L, V)
        loss = F.cross_entropy(
            logits.float().flatten(0, 1),
            tokens[:, 1:].flatten(),
            ignore_index=model.config.pad_token_id,
            label_smoothing=0.1,
        )
        return (loss, None) if return_outputs else loss


def train_guide_caption(
    recipe: GuideCaptionRecipe,
    guide: str | Path,
    tokenizer: str | Path,
    data: str | Path,
    out: str | Path,
    fold: int | None = None,
    folds: int = 0,
) -> GuideModel:
    """Train the summary branch of the guide in folder `guide`; with `fold`, on the places outside that fold only."""
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    model = GuideModel.from_pretrained(guide, trust_remote_code=False)
    for module in (model.encoder, model.recognition, model.change):
        module.requires_grad_(False)
    places = [p for p in load_places(data, "train") if fold is None or fold_of(p.place, folds) != fold]
    samples = CaptionSamples(
        places, Tokenizer.from_file(str(tokenizer)), recipe, recipe.steps * recipe.batch, model.config.max_caption
    )
    average = WeightAverage(recipe.ema)
    trainer = CaptionTrainer(
        model=model,
        args=trainer_arguments(recipe, out, recipe.steps, batch=recipe.batch),
        train_dataset=samples,  # type: ignore[arg-type]
        data_collator=lambda rows: {k: torch.from_numpy(np.stack([row[k] for row in rows])) for k in rows[0]},
        callbacks=[average, JsonLog(out / "log.jsonl")],
    )
    trainer.train(resume_from_checkpoint=last_checkpoint(out, averaged=True))
    average.copy_to(model)
    model.save_pretrained(out / "final")
    return model
