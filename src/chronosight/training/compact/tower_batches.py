"""Batches for teaching the vision tower to see: scene classes, what captions name, building change, land cover.

One sample IS one training step's batch, drawn from `default_rng((seed, step))`: the work is done on whole batches, and
a stopped run goes on with the very batches it would have had. A batch (n images, m pairs, r rendered) is a dict:
    frames     (n + 2m + r, 3, S, S) float32 in [0, 1]: images, dates one of the pairs, dates two, rendered scenes
    scene      (n,) int64, index into `scene_names`
    other      (n,) int64, the image mixed into each, and share (), the first one's share
    nouns      (n, len(NOUNS)) float32: 1 named, 0 not named, -1 unknown
    changed    (m, 2, S/16, S/16) float32: share of each grid cell's pixels with a building that appeared, vanished
    cover      (r, len(LAND_COVER), S/16, S/16) float32: share of each land-cover class
    counts     (r, len(OBJECT_CLASSES)) float32: objects whose centre is in sight
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from chronosight.datasets.aid_ucm import SIDES, ImageSet, StillImage, decode_images, learning_split
from chronosight.datasets.caption_nouns import NOUNS, absent, present
from chronosight.datasets.places import PlacePair, load_places
from chronosight.training.compact.augment import crop, light, mix, random_box, turn
from chronosight.training.samples.rendered import RenderedStills

SETS: tuple[ImageSet, ...] = ("aid", "ucm")


@dataclass
class Stills:
    """Images of one set, decoded: images[i] has pixels[i] (H, W, 3) uint8 and noun labels nouns[i]."""

    images: list[StillImage]
    pixels: np.ndarray
    nouns: np.ndarray

    @classmethod
    def load(cls, root: str | Path, source: ImageSet, part: str, cache: Path) -> Stills:
        """Loads one part of a set of images.

        Args:
            root: Folder of the training data.
            source: Which set, "aid" or "ucm".
            part: "train" or "held_out" of `learning_split`.
            cache: Folder in which decoded pixels are kept.

        Returns:
            The images with pixels and labels.
        """
        train, held_out = learning_split(root, source)
        images = train if part == "train" else held_out
        pixels = decode_images(images, SIDES[source], cache / f"{source}_{part}.npy")
        return cls(images, pixels, np.stack([noun_labels(image.captions) for image in images]))


def noun_labels(captions: tuple[str, ...]) -> np.ndarray:
    """Labels of nouns from captions.

    Args:
        captions: The captions of one image.

    Returns:
        (len(NOUNS),) float32: 1 named by at least two captions, 0 by none, -1 undecided or without captions.
    """
    if not captions:
        return np.full(len(NOUNS), -1, np.float32)
    yes, no = set(present(captions)), set(absent(captions))
    return np.array([1 if noun in yes else 0 if noun in no else -1 for noun in NOUNS], np.float32)


def scene_names(stills: dict[ImageSet, Stills]) -> list[tuple[str, str]]:
    """Names of the scene classes. Sets are kept apart, since a "river" looks different in both.

    Args:
        stills: Images by set.

    Returns:
        (set, class) in alphabetical order.
    """
    return sorted({(source, image.name) for source, part in stills.items() for image in part.images})


class TowerBatches:
    """Map-style dataset of `steps` batches. images, pairs, rendered: how many of each are in a batch."""

    def __init__(
        self,
        stills: dict[ImageSet, Stills],
        places: list[PlacePair],
        scenes: RenderedStills | None,
        steps: int,
        seed: int,
        images: int,
        pairs: int,
        rendered: int,
        sides: tuple[int, ...],
    ) -> None:
        self.stills, self.places, self.scenes = stills, places, scenes
        self.steps, self.seed, self.sides = steps, seed, sides
        self.images, self.pairs, self.rendered = images, pairs, rendered if scenes else 0
        names = {name: i for i, name in enumerate(scene_names(stills))}
        self.items = [
            (source, i, names[(source, image.name)]) for source, part in stills.items() for i, image in enumerate(part.images)
        ]
        self.changed = [i for i, place in enumerate(places) if place.building.sum() > 200]

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> dict[str, Tensor]:
        rng = np.random.default_rng((self.seed, step))
        side = int(rng.choice(self.sides))
        frames, scene, nouns = self._images(rng, side, step)
        frames, other, share = mix(frames, rng)
        before, after, changed = self._pairs(rng, side)
        parts = [frames, light(before, rng, 1.3), light(after, rng, 1.3)]
        batch = {"scene": scene, "nouns": nouns, "other": other, "share": torch.tensor(share), "changed": changed}
        if self.rendered:
            shown, batch["cover"], batch["counts"] = self._rendered(rng, side)
            parts.append(light(shown, rng))
        batch["frames"] = torch.cat(parts)
        return batch

    def _images(self, rng: np.random.Generator, side: int, step: int) -> tuple[Tensor, Tensor, Tensor]:
        frames, scene, nouns = [], [], []
        for k in range(self.images):
            # Every image once an epoch, in an order of that epoch's own.
            epoch, at = divmod(step * self.images + k, len(self.items))
            source, i, label = self.items[_shuffled(self.seed, epoch, len(self.items))[at]]
            pixels = self.stills[source].pixels[i]
            box = random_box(rng, pixels.shape[0], pixels.shape[1], area=(0.25, 1.0))
            frames.append(turn(crop(pixels, box, side), int(rng.integers(8))))
            scene.append(label)
            nouns.append(self.stills[source].nouns[i])
        return light(torch.stack(frames), rng), torch.tensor(scene), torch.from_numpy(np.stack(nouns))

    def _pairs(self, rng: np.random.Generator, side: int) -> tuple[Tensor, Tensor, Tensor]:
        before, after, changed = [], [], []
        if not self.pairs:
            none = torch.zeros(0, 3, side, side)
            return none, none, torch.zeros(0, 2, side // 16, side // 16)
        for _ in range(self.pairs):
            pool = self.changed if rng.random() < 0.8 else range(len(self.places))
            place = self.places[int(rng.choice(pool))]
            box = _pair_box(rng, place, side)
            which, reverse = int(rng.integers(8)), rng.random() < 0.5
            mask = torch.from_numpy(place.building.astype(np.uint8) * 255)[..., None].numpy()
            dates = [turn(crop(x, box, side), which) for x in (place.before, place.after)]
            share = F.avg_pool2d(turn(crop(mask, box, side), which).float() / 255, 16)
            maps = [share, torch.zeros_like(share)]  # in these pairs what changed is nearly always new
            before.append(dates[reverse])
            after.append(dates[1 - reverse])
            changed.append(torch.cat(maps[::-1] if reverse else maps))
        return torch.stack(before), torch.stack(after), torch.stack(changed)

    def _rendered(self, rng: np.random.Generator, side: int) -> tuple[Tensor, Tensor, Tensor]:
        assert self.scenes is not None
        frames, cover, counts = [], [], []
        for _ in range(self.rendered):
            pixels, classes, seen = self.scenes.window(rng, side)
            which = int(rng.integers(8))
            frames.append(turn(crop(pixels, (0, 0, *pixels.shape[1::-1]), side), which))
            cover.append(turn(F.adaptive_avg_pool2d(torch.from_numpy(classes), side // 16), which))
            counts.append(torch.from_numpy(seen))
        return torch.stack(frames), torch.stack(cover), torch.stack(counts)


def training_places(root: str | Path) -> list[PlacePair]:
    """Places with masks that the tower learns from, at 1 m and native.

    Args:
        root: Folder of the training data.

    Returns:
        The pairs.
    """
    return load_places(root, "train") + load_places(root, "native_train")


def _pair_box(rng: np.random.Generator, place: PlacePair, side: int) -> tuple[int, int, int, int]:
    """A square of about `side` metres; around a changed pixel most of the time."""
    height, width = place.building.shape
    size = int(np.clip(side * rng.uniform(0.75, 1.35) / place.metres_per_pixel, 32, min(height, width)))
    x, y = int(rng.integers(width - size + 1)), int(rng.integers(height - size + 1))
    ys, xs = np.nonzero(place.building[::4, ::4])
    if len(ys) and rng.random() < 0.7:
        k = int(rng.integers(len(ys)))
        x = int(np.clip(xs[k] * 4 - rng.integers(size), 0, width - size))
        y = int(np.clip(ys[k] * 4 - rng.integers(size), 0, height - size))
    return x, y, x + size, y + size


_orders: dict[tuple[int, int, int], np.ndarray] = {}


def _shuffled(seed: int, epoch: int, n: int) -> np.ndarray:
    key = (seed, epoch, n)
    if key not in _orders:
        if len(_orders) > 2:
            _orders.clear()
        _orders[key] = np.random.default_rng((seed, epoch, 7)).permutation(n)
    return _orders[key]
