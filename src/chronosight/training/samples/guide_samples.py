"""Training samples of the vision guide: real places, pasted buildings, single images and rendered scenes.

Sample i is drawn from `default_rng((seed, i))`, so any training step can be made again and resuming needs no state.
A sample is a dict:
    before, after   (3, S, S) float32 in [0, 1]
    target          (S, S) int64: 0 background, 1 road, 2 building, UNKNOWN_ROAD where only "not a building" is known
    appeared        (S, S) float32: 1 new, 0 gone, -1 where nothing changed or the direction is unknown
    weight          (S, S) float32: higher in the gaps between neighbouring buildings
    core            (S, S) float32: 1 in the inside of changed buildings (tasks/split.py)
    road_box        (4,) int64 x0 y0 x1 y1 of the part whose captions say whether a road changed (zeros: none)
    road_captioned  int64: 1 captions name a changed road, 0 none does, -1 unknown
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from chronosight.datasets.places import PlacePair
from chronosight.tasks.split import cores_of
from chronosight.training.recipes.guide import SampleShares
from chronosight.training.samples.paste import BuildingLibrary, paste_buildings
from chronosight.training.samples.rendered import read_store

UNKNOWN_ROAD = 3
ROAD_WORDS = ("road", "street", "path", "lane", "crossroad", "roundabout", "highway", "avenue")


Dates = tuple[np.ndarray, np.ndarray, np.ndarray]  # before, after, target


class GuideSamples:
    """Map-style dataset of `length` samples, deterministic by index."""

    def __init__(
        self,
        places: list[PlacePair],
        natives: list[PlacePair],
        images: Sequence[np.ndarray],
        length: int,
        seed: int,
        size: int = 256,
        mix: SampleShares | None = None,
        rendered: str | Path | None = None,
    ) -> None:
        """rendered: store of rendered pairs (`samples.rendered`); without one, each is rendered when it is asked for."""
        self.places, self.natives, self.images = places, natives, images
        self.length, self.seed, self.size = length, seed, size
        self.mix = mix or SampleShares()
        self.library = BuildingLibrary(places)
        self.store = read_store(rendered)[0] if rendered else None
        self.changed = [i for i, place in enumerate(places) if place.building.sum() > 200]
        self.captioned = [i for i, place in enumerate(places) if place.cells]

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        rng = np.random.default_rng((self.seed, index))
        mix = self.mix
        shares = np.array([mix.place, mix.native, mix.same, mix.image, mix.rendered])
        kind = int(rng.choice(5, p=shares / shares.sum()))
        road_box, road_captioned = np.zeros(4, np.int64), -1
        if kind == 0:
            before, after, target, road_box, road_captioned = self._place(rng)
        elif kind == 1 and self.natives:
            before, after, target = self._native(rng)
        elif kind in (2, 3) or kind == 1:
            before, after, target = self._same(rng, from_place=kind != 3 or not len(self.images))
        else:
            before, after, target, appeared = self._rendered(rng)
            return self._finish(rng, before, after, target, appeared, road_box, road_captioned)
        appeared = np.where(target == 2, 1.0, -1.0).astype(np.float32)
        return self._finish(rng, before, after, target, appeared, road_box, road_captioned)

    def _place(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int]:
        captioned = rng.random() < 0.25 and self.captioned
        pool = self.captioned if captioned else self.changed if rng.random() < 0.75 else range(len(self.places))
        place = self.places[int(rng.choice(pool))]
        road_box, road_captioned = np.zeros(4, np.int64), -1
        if captioned:
            cell = place.cells[int(rng.integers(len(place.cells)))]
            x0, y0, x1, y1 = cell.box
            x = int(np.clip(rng.integers(x1 - self.size, x0 + 1), 0, place.before.shape[1] - self.size))
            y = int(np.clip(rng.integers(y1 - self.size, y0 + 1), 0, place.before.shape[0] - self.size))
            box = (x, y, x + self.size, y + self.size)
            road_box = np.clip(np.array([x0 - x, y0 - y, x1 - x, y1 - y]), 0, self.size).astype(np.int64)
            mentions = sum(any(word in caption for word in ROAD_WORDS) for caption in cell.captions)
            road_captioned = 1 if mentions >= 2 else 0 if mentions == 0 else -1
        else:
            side = self._side(rng, place.before)
            x, y = int(rng.integers(place.before.shape[1] - side + 1)), int(rng.integers(place.before.shape[0] - side + 1))
            box = (x, y, x + side, y + side)
        before, after = (_crop(image, box, self.size) for image in (place.before, place.after))
        mask = _crop(place.building.astype(np.uint8) * 255, box, self.size) > 127
        target = np.where(mask, 2, UNKNOWN_ROAD)
        if not captioned and rng.random() < 0.25:
            before, after, target = self._paste(rng, before, after, target)
        return before, after, target, road_box, road_captioned

    def _side(self, rng: np.random.Generator, image: np.ndarray) -> int:
        """Side of the part to crop. The training draws of a place are enlarged by up to 1.2, scenes to come are not."""
        scale = 1.0 if rng.random() < 0.4 else rng.uniform(0.85, 1.4)
        return int(min(self.size * scale, *image.shape[:2]))

    def _native(self, rng: np.random.Generator) -> Dates:
        half = self.size // 2
        before = np.zeros((self.size, self.size, 3), np.uint8)
        after, mask = before.copy(), np.zeros((self.size, self.size), bool)
        for i in range(4):
            pair = self.natives[int(rng.integers(len(self.natives)))]
            box = (0, 0, *pair.before.shape[1::-1])
            here = (slice(i // 2 * half, (i // 2 + 1) * half), slice(i % 2 * half, (i % 2 + 1) * half))
            before[here], after[here] = _crop(pair.before, box, half), _crop(pair.after, box, half)
            mask[here] = _crop(pair.building.astype(np.uint8) * 255, box, half) > 127
        return before, after, np.where(mask, 2, UNKNOWN_ROAD)

    def _same(self, rng: np.random.Generator, from_place: bool) -> Dates:
        if from_place:
            place = self.places[int(rng.integers(len(self.places)))]
            image = place.after if rng.random() < 0.7 else place.before
            side = self._side(rng, image)
        else:
            image = self.images[int(rng.integers(len(self.images)))]
            side = min(image.shape[:2])
        x, y = int(rng.integers(image.shape[1] - side + 1)), int(rng.integers(image.shape[0] - side + 1))
        crop = _crop(image, (x, y, x + side, y + side), self.size)
        target = np.zeros((self.size, self.size), np.int64)
        if rng.random() < 0.4:
            return self._paste(rng, crop, crop, target)
        return crop, crop.copy(), target

    def _paste(self, rng: np.random.Generator, before: np.ndarray, after: np.ndarray, target: np.ndarray) -> Dates:
        occupied = ndimage.binary_dilation(target == 2, iterations=4)
        count = int(rng.integers(1, 9))
        both = rng.random() < 0.25
        before, after, pasted = paste_buildings(before, after, occupied, self.library, rng, count, both)
        return before, after, target if both else np.where(pasted, 2, target)

    def _rendered(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        from chronosight.synthetic.pair import render_pair

        if self.store is None:
            pair = render_pair(int(rng.integers(2**31)), self.size)
            (before, after), mask, appeared = (pair.before, pair.after), pair.change_mask, pair.appeared
        else:
            i, side = int(rng.integers(len(self.store["mask"]))), self.store["mask"].shape[-1]
            y, x = (int(start) for start in rng.integers(side - self.size + 1, size=2))
            here = (slice(y, y + self.size), slice(x, x + self.size))
            before, after = (np.array(date[here]) for date in self.store["pixels"][i])
            mask, appeared = np.array(self.store["mask"][i][here]), self.store["appeared"][i][here]
        direction = np.where(mask > 0, appeared.astype(np.float32), np.float32(-1.0))
        return before, after, mask.astype(np.int64), direction

    def _finish(
        self, rng: np.random.Generator, before: np.ndarray, after: np.ndarray, target: np.ndarray, appeared: np.ndarray,
        road_box: np.ndarray, road_captioned: int,
    ) -> dict[str, np.ndarray]:  # fmt: skip
        if rng.random() < 0.2:  # time runs backwards: what appeared vanishes
            before, after = after, before
            appeared = np.where(appeared >= 0, 1 - appeared, appeared)
        if rng.random() < 0.25:
            after = _moved(after, rng)
        before, after = light(before, rng), light(after, rng)
        if rng.random() < 0.7:
            common = _light_table(rng, 0.08)
            before, after = _apply(common, before), _apply(common, after)
        turns, flip = int(rng.integers(4)), bool(rng.integers(2))
        maps = [_turn(array, turns, flip) for array in (before, after, target, appeared)]
        before, after, target, appeared = maps
        if turns or flip:
            road_box = _turn_box(road_box, turns, flip, self.size)
        return {
            "before": _tensor(before),
            "after": _tensor(after),
            "target": np.ascontiguousarray(target, np.int64),
            "appeared": np.ascontiguousarray(appeared, np.float32),
            "weight": gap_weight(target == 2),
            "core": cores_of(target == 2).astype(np.float32),
            "road_box": road_box,
            "road_captioned": np.array(road_captioned, np.int64),
        }


def gap_weight(buildings: np.ndarray, reach: int = 3, extra: float = 2.0) -> np.ndarray:
    """Weights of the loss that stress gaps between buildings.

    Dense buildings merge in a mask and are then miscounted; the few pixels between them decide the count.

    Args:
        buildings: (H, W) bool mask of buildings.
        reach: Largest distance from a gap's pixel to both buildings, in pixels.
        extra: Weight that is added there.

    Returns:
        (H, W) float32: 1 everywhere, 1 + extra where a background pixel lies within `reach` of two different buildings.
    """
    labels, n = ndimage.label(buildings, np.ones((3, 3)))
    weight = np.ones(buildings.shape, np.float32)
    if n > 1:
        size = 2 * reach + 1
        highest = ndimage.maximum_filter(labels, size)
        lowest = ndimage.minimum_filter(np.where(labels == 0, n + 1, labels), size)
        weight[(labels == 0) & (highest > 0) & (lowest < highest)] += extra
    return weight


def _crop(image: np.ndarray, box: tuple[int, int, int, int], size: int) -> np.ndarray:
    if box[2] - box[0] == size and box[3] - box[1] == size:
        return image[box[1] : box[3], box[0] : box[2]].copy()
    return np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC, box=box))


def _light_table(rng: np.random.Generator, strength: float) -> np.ndarray:
    """(3, 256) uint8 look-up table: gamma, gain, offset and a cast per channel."""
    x = np.arange(256, dtype=np.float32) / 255
    gamma = np.exp(rng.normal(0, strength))
    gain = np.exp(rng.normal(0, strength, 3) * 0.5 + rng.normal(0, strength))
    offset = rng.normal(0, strength * 0.2) + rng.normal(0, strength * 0.1, 3)
    table = x[None] ** gamma * gain[:, None] + offset[:, None]
    eight_bit: np.ndarray = (np.clip(table, 0, 1) * 255).astype(np.uint8)
    return eight_bit


def _apply(table: np.ndarray, image: np.ndarray) -> np.ndarray:
    return np.array(Image.fromarray(np.ascontiguousarray(image)).point(table.ravel().tolist()))


def light(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Varies the light of an image; now and then also blur, noise or saturation.

    Args:
        image: (H, W, 3) uint8.
        rng: Draws the changes.

    Returns:
        (H, W, 3) uint8.
    """
    image = _apply(_light_table(rng, 0.06), image)
    draw = rng.random()
    if draw < 0.15:
        image = ndimage.uniform_filter(image, (2, 2, 1)) if draw < 0.05 else _soften(image, rng)
    elif draw < 0.3:
        noise = rng.integers(-8, 9, image.shape, dtype=np.int16)
        image = np.clip(image.astype(np.int16) + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.1:  # less or more colour
        grey = image.mean(-1, keepdims=True)
        image = np.clip(grey + (image - grey) * rng.uniform(0.3, 1.4), 0, 255).astype(np.uint8)
    return image


def _soften(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size = image.shape[0]
    smaller = int(size * rng.uniform(0.5, 0.9))
    return np.asarray(Image.fromarray(image).resize((smaller, smaller)).resize((size, size)))


def _moved(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The image displaced by up to 2 px: what remains after co-registration."""
    dy, dx = rng.integers(-2, 3, 2)
    padded = np.pad(image, ((2, 2), (2, 2), (0, 0)), mode="edge")
    return padded[2 + dy : 2 + dy + image.shape[0], 2 + dx : 2 + dx + image.shape[1]]


def _turn(array: np.ndarray, turns: int, flip: bool) -> np.ndarray:
    array = np.rot90(array, turns)
    return array[:, ::-1] if flip else array


def _turn_box(box: np.ndarray, turns: int, flip: bool, size: int) -> np.ndarray:
    if not box.any():
        return box
    canvas = np.zeros((size, size), bool)
    canvas[box[1] : box[3], box[0] : box[2]] = True
    ys, xs = np.nonzero(_turn(canvas, turns, flip))
    return np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1], np.int64)


def _tensor(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image.transpose(2, 0, 1), np.float32) / 255
