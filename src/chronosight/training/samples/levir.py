"""LEVIR-MCI as the guide learns from it: images of both dates, the mask of changed roads and buildings, five captions.

Its folder: see `datasets.levir`. Labels are 8 bit, 0 background, 128 road, 255 building.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from chronosight.datasets.levir import LevirPair, read_label, read_pairs
from chronosight.errors import InputError
from chronosight.tasks.prompt import BOS, EOS, PAD, UNK
from chronosight.tasks.split import cores_of
from chronosight.training.samples.caption_tokens import caption_tokens
from chronosight.training.samples.guide_samples import gap_weight, light
from chronosight.training.samples.mirror import mirror_caption

BLOCK = 128  # consecutive names that share a fold
SWAPPED = 0.2  # share of mask samples whose dates are swapped: labels do not distinguish new from gone


def read_levir(root: str | Path, split: str) -> list[LevirPair]:
    """Pairs of a split of LEVIR-MCI, by name, with all their files.

    Args:
        root: Folder of LEVIR-MCI.
        split: "train", "val" or "test".

    Returns:
        The pairs, sorted by name.

    Raises:
        InputError: The folder has another layout, or a file is missing.
    """
    pairs = read_pairs(root, split)
    if not pairs:
        raise InputError(f"{root} has no pair of the split {split}; expected LEVIR-MCI with train, val and test")
    missing = next((path for pair in pairs for path in (pair.before, pair.after) if not (pair.root / path).is_file()), None)
    if missing:
        raise InputError(f"{root} has no {missing}; expected images/{split}/A and B; copy the dataset again")
    return sorted(pairs, key=lambda pair: pair.name)


def levir_fold(name: str, folds: int) -> int:
    """Fold of a pair: runs of 128 consecutive names share one.

    The names do not reveal the place, but their order does: whether a pair changed agrees with its neighbour's flag in
    76 % of the training pairs, with that of the fourth next in 73 %, of the second next in 69 % (50 % by chance). Tiles
    of one place stand together, four a row; a fold drawn by name alone would show a guide the places it is to be blind
    to.

    Args:
        name: File name of the pair, such as "train_000123.png".
        folds: Number of folds.

    Returns:
        The fold, from 0 to folds - 1.
    """
    number = re.search(r"(\d+)\D*$", name)
    value = int(number.group(1)) // BLOCK if number else sum(name.encode()) * 7919
    return value % folds


def word_tokenizer(captions: Iterable[str], least: int) -> Tokenizer:
    """Makes a tokenizer of whole words, after the four markers PAD, BOS, EOS, UNK.

    Over the captions of all three splits, `least` 6 gives the 468 entries of the published vocabulary (arXiv 2509.23105).

    Args:
        captions: Captions; case, full stops and commas do not count.
        least: How often a word must occur.

    Returns:
        The tokenizer.
    """
    normal = normalizers.Sequence([normalizers.Lowercase(), normalizers.Replace(".", " "), normalizers.Replace(",", " ")])
    counts = Counter(word for caption in captions for word in normal.normalize_str(caption).split())
    words = sorted(word for word, count in counts.items() if count >= least)
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate([PAD, BOS, EOS, UNK, *words])}, unk_token=UNK))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normal, pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens([PAD, BOS, EOS, UNK])
    return tokenizer


class LevirSamples:
    """Map-style dataset, deterministic by index: every pair once an epoch, in other light, mirrored with its caption.

    An item is that of `data.guide_samples` with `tokens` (max_caption + 1,) int64, padded, of one of the captions.
    """

    def __init__(
        self, pairs: list[LevirPair], tokenizer: Tokenizer, length: int, seed: int, size: int, max_caption: int, swap: bool
    ) -> None:
        """size: pixels a side. swap: show some pairs with their dates swapped; their captions do not hold then."""
        self.pairs, self.tokenizer, self.length, self.seed = pairs, tokenizer, length, seed
        self.size, self.max_caption, self.swap = size, max_caption, swap

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        epoch, place = divmod(index, len(self.pairs))
        order = np.random.default_rng((self.seed, 1, epoch)).permutation(len(self.pairs))
        pair, rng = self.pairs[int(order[place])], np.random.default_rng((self.seed, index))
        before, after = (read_image(pair.root / path, self.size) for path in (pair.before, pair.after))
        target = read_label(pair.mask, self.size)
        swapped = self.swap and rng.random() < SWAPPED
        if swapped:
            before, after = after, before
        appeared = np.where(target > 0, 0.0 if swapped else 1.0, -1.0)
        sideways, upside_down = bool(rng.integers(2)), bool(rng.integers(2))
        turned = (slice(None, None, -1 if upside_down else 1), slice(None, None, -1 if sideways else 1))
        target, appeared = target[turned], appeared[turned]
        before, after = (
            np.ascontiguousarray(light(x, rng)[turned].transpose(2, 0, 1), np.float32) / 255 for x in (before, after)
        )
        caption = pair.captions[int(rng.integers(len(pair.captions)))]
        return {
            "before": before,
            "after": after,
            "target": np.ascontiguousarray(target, np.int64),
            "appeared": np.ascontiguousarray(appeared, np.float32),
            "weight": gap_weight(target == 2),
            "core": cores_of(target == 2).astype(np.float32),
            "road_box": np.zeros(4, np.int64),
            "road_captioned": np.array(-1, np.int64),
            "tokens": caption_tokens(mirror_caption(caption, sideways, upside_down), self.tokenizer, self.max_caption),
        }


def read_image(path: Path, size: int) -> np.ndarray:
    """Reads an image in RGB and resizes it.

    Args:
        path: The image file.
        size: Side of the result in pixels.

    Returns:
        (size, size, 3) uint8.
    """
    image = Image.open(path).convert("RGB")
    return np.asarray(image if image.size == (size, size) else image.resize((size, size), Image.Resampling.BILINEAR))
