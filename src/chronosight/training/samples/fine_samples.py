"""Training samples of the guide of fine imagery: pairs at 0.2 to 1.3 m a pixel, of many grounds.

Sample i is drawn from `default_rng((seed, i))`, so any training step can be made again and resuming needs no state.
A sample is a dict:
    before, after   (3, S, S) float32 in [0, 1]
    target          (S, S) int64: 0 background, 1 road, 2 building, UNKNOWN_ROAD where only "not a building" is known
    appeared        (S, S) float32: 1 new, 0 gone, -1 where nothing changed
    weight          (S, S) float32: higher in the gaps between neighbouring buildings
    core            (S, S) float32: 1 in the inside of changed buildings (tasks/split.py)
    footprints      (2, S, S) float32: 1 a building stands at that date, 0 none does, -1 unknown
    road_box, road_captioned: as in `guide_samples`; nothing is known here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from chronosight.datasets.buildings import BuildingChip
from chronosight.datasets.places import PlacePair
from chronosight.synthetic.erased import erase, ground_under
from chronosight.synthetic.truth import LAND_COVER, RenderedPair
from chronosight.tasks.split import EIGHT, cores_of_labels
from chronosight.training.recipes.guide import FineShares
from chronosight.training.samples.appearance import apply_tint, draw_tint, vary
from chronosight.training.samples.cutouts import (
    LabelledPair,
    cutouts_of_chips,
    cutouts_of_pairs,
    paste,
)
from chronosight.training.samples.drawn import draw_roofs
from chronosight.training.samples.guide_samples import UNKNOWN_ROAD, gap_weight

BUILDING, ROAD = 2, 1
WIDER = 0.25  # share of its side that a labelled chip is continued by, mirrored, so that it can be shown as coarse as pairs are
ROAD_FROM, NO_ROAD_UP_TO = 102, 38  # of 255: how likely another guide thinks a changed road, to take it as one, or as none
CHANGED_FROM = 200  # pixels of a mask: such pairs are drawn more often
PASTED = 0.35  # share of real pairs that get drawn or pasted buildings too

Range = tuple[float, float]
Made = tuple[LabelledPair, np.ndarray | None]  # with (S, S) int8 of changed roads: 1 road, 0 none, -1 unknown; None knows of none
Maker = Callable[[np.random.Generator], Made]


@dataclass(frozen=True)
class FineSources:
    """What samples are made of; nothing held out is in it.

    Attributes:
        places: Pairs at 1 m.
        natives: Pairs at 0.5 m.
        chips: Labelled chips, and others whose ground alone is used.
        images: Single images of other sets, (H, W, 3) uint8, of which only "nothing changed" is known.
        rendered: Rendered pairs.
        place_roads: Of each pair at 1 m, (H, W) uint8, how likely another guide thinks a changed road, 255 for certain; none
            where nothing is known of roads.
        native_roads: The same of each pair at 0.5 m.
    """

    places: Sequence[PlacePair]
    natives: Sequence[PlacePair]
    chips: Sequence[BuildingChip]
    images: Sequence[np.ndarray]
    rendered: Sequence[RenderedPair]
    place_roads: Sequence[np.ndarray] = ()
    native_roads: Sequence[np.ndarray] = ()


@dataclass(frozen=True)
class ShownAt:
    """The ground sizes that imagery is shown at.

    Ranges in metres are of a pixel as it is shown; ranges of scales are of pixels of the imagery for each pixel that is shown.

    Attributes:
        place: Pairs at 1 m; metres.
        native: Pairs at 0.5 m; metres.
        chip: Labelled chips; metres.
        rendered: Rendered pairs; metres, or scales.
        rendered_in_metres: Which of the two.
        image_ground: Single images as ground; scales, since their own ground size is unknown.
        chip_ground: Chips as ground; scales.
        native_ground: Pairs at 0.5 m as ground; scales.
        place_ground: Pairs at 1 m as ground; scales.
        place_ground_from: Where the draw of a kind of ground, in [0, 1), turns from pairs at 0.5 m to pairs at 1 m.
    """

    place: Range
    native: Range
    chip: Range
    rendered: Range
    rendered_in_metres: bool
    image_ground: Range
    chip_ground: Range
    native_ground: Range
    place_ground: Range
    place_ground_from: float


FINE = ShownAt(
    place=(0.7, 1.3), native=(0.3, 0.85), chip=(0.2, 0.65), rendered=(0.7, 1.2), rendered_in_metres=False,
    image_ground=(0.5, 1.2), chip_ground=(1.0, 2.4), native_ground=(0.6, 1.6), place_ground=(0.75, 1.3), place_ground_from=0.8,
)  # fmt: skip
# As pairs of 0.3 m and finer are compared; pairs at 1 m are no ground for these, unless there is no other.
FINEST = ShownAt(
    place=(0.7, 1.3), native=(0.22, 0.5), chip=(0.18, 0.36), rendered=(0.2, 0.45), rendered_in_metres=True,
    image_ground=(0.5, 1.0), chip_ground=(0.9, 1.8), native_ground=(0.45, 1.0), place_ground=(0.45, 1.0), place_ground_from=1.0,
)  # fmt: skip


class FineSamples:
    """Map-style dataset of `length` samples, deterministic by index."""

    def __init__(
        self, sources: FineSources, shares: FineShares, length: int, seed: int, size: int, shown_at: ShownAt = FINE
    ) -> None:
        """Makes the dataset.

        Args:
            sources: Imagery.
            shares: How often each kind is drawn.
            length: Number of samples.
            seed: Of all draws.
            size: Side of a sample in pixels.
            shown_at: The ground sizes that imagery is shown at.
        """
        self.sources, self.length, self.seed, self.size, self.shown_at = sources, length, seed, size, shown_at
        self.labelled = [_widened(chip, chip.labels) for chip in sources.chips if chip.labels is not None]
        kinds: dict[Maker, float] = {
            self._place: shares.place if sources.places else 0.0,
            self._native: shares.native if sources.natives else 0.0,
            self._same: shares.same,
            self._chip: shares.chip if self.labelled else 0.0,
            self._rendered: shares.rendered if sources.rendered else 0.0,
        }
        self.makers, self.shares = list(kinds), np.array(list(kinds.values()))
        self.changed = {
            id(pairs): [i for i, pair in enumerate(pairs) if pair.building.sum() > CHANGED_FROM]
            for pairs in (sources.places, sources.natives)
        }
        libraries = [cutouts_of_pairs([*sources.natives, *sources.places[::2]]), cutouts_of_chips(sources.chips)]
        self.libraries = [library for library in libraries if library]

    def __len__(self) -> int:
        """Number of samples."""
        return self.length

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        """The sample of an index."""
        rng = np.random.default_rng((self.seed, index))
        pair, road = self._maker(rng)(rng)
        return self._finish(rng, pair, road)

    def _maker(self, rng: np.random.Generator) -> Maker:
        return self.makers[int(rng.choice(len(self.makers), p=self.shares / self.shares.sum()))]

    def _place(self, rng: np.random.Generator) -> Made:
        return self._real(rng, self.sources.places, self.sources.place_roads, self.shown_at.place)

    def _native(self, rng: np.random.Generator) -> Made:
        return self._real(rng, self.sources.natives, self.sources.native_roads, self.shown_at.native)

    def _real(self, rng: np.random.Generator, pairs: Sequence[PlacePair], roads: Sequence[np.ndarray], steps: Range) -> Made:
        changed = self.changed[id(pairs)]
        index = int(rng.choice(changed)) if changed and rng.random() < 0.75 else int(rng.integers(len(pairs)))
        pair = pairs[index]
        step = float(np.exp(rng.uniform(*np.log(steps))))
        box = draw_box(rng, pair.building.shape, self.size * step / pair.metres_per_pixel)
        mask = resized(pair.building.astype(np.uint8) * 255, box, self.size) > 127
        step = pair.metres_per_pixel * (box[2] - box[0]) / self.size
        made = LabelledPair(
            resized(pair.before, box, self.size), resized(pair.after, box, self.size), mask,
            np.stack([np.where(mask, 0, -1), np.where(mask, 1, -1)]).astype(np.int8), step,
        )  # fmt: skip
        road = None
        if roads:
            likely = resized(roads[index], box, self.size)
            road = np.where(likely >= ROAD_FROM, 1, np.where(likely > NO_ROAD_UP_TO, -1, 0)).astype(np.int8)
        return self._built(made, rng, 0.12, PASTED), road

    def _same(self, rng: np.random.Generator) -> Made:
        pixels, step = self._ground(rng)
        nothing = np.zeros(pixels.shape[:2], bool)
        pair = LabelledPair(pixels, pixels.copy(), nothing, np.full((2, *nothing.shape), -1, np.int8), step, complete=True)
        return self._built(pair, rng, 0.45, 0.75), None

    def _chip(self, rng: np.random.Generator) -> Made:
        pixels, labels, step = self._labelled(rng, None)
        stands = (labels > 0).astype(np.int8)
        before, footprints = pixels.copy(), np.stack([stands, stands])
        changed, apart, draw = np.zeros(labels.shape, bool), None, rng.random()
        numbers = np.unique(labels[labels > 0])
        if draw < 0.55 and len(numbers):  # some of the buildings do not stand yet
            some = rng.choice(numbers, max(1, int(len(numbers) * rng.uniform(0.2, 1))), replace=False)
            changed = np.isin(labels, some)
            free = ~ndimage.binary_dilation(stands > 0, iterations=3)
            own_ground = rng.random() < 0.7 and free.mean() > 0.08
            before = erase(pixels, changed, ground_under(pixels, free, rng) if own_ground else self._ground(rng)[0], rng)
            footprints[0][changed] = 0
            apart = np.where(changed, labels, 0)
        elif draw < 0.75:  # two places as two dates
            before, other, _ = self._labelled(rng, step)
            footprints[0] = other > 0
            changed = footprints[0] != footprints[1]
            apart = np.where(changed, np.where(labels > 0, labels, other + labels.max(initial=0)), 0)
        pair = LabelledPair(before, pixels, changed, footprints, step, apart=apart)
        return self._built(pair, rng, 0.25, 1.0 if draw >= 0.75 else 0.47), None

    def _rendered(self, rng: np.random.Generator) -> Made:
        pair = self.sources.rendered[int(rng.integers(len(self.sources.rendered)))]
        scale = rng.uniform(*self.shown_at.rendered)
        if self.shown_at.rendered_in_metres:
            scale /= pair.metres_per_pixel
        box = draw_box(rng, pair.change_mask.shape, self.size * float(scale))
        mask = resized_labels(pair.change_mask, box, self.size)
        building = LAND_COVER.index("building")
        footprints = np.stack([resized_labels(cover, box, self.size) == building for cover in (pair.before_map, pair.after_map)])
        before, after = (resized(image, box, self.size) for image in (pair.before, pair.after))
        step = pair.metres_per_pixel * (box[2] - box[0]) / self.size
        pair_of_both = LabelledPair(before, after, mask == BUILDING, footprints.astype(np.int8), step, complete=True)
        return pair_of_both, (mask == ROAD).astype(np.int8)

    def _built(self, pair: LabelledPair, rng: np.random.Generator, drawn: float, both: float) -> LabelledPair:
        """The pair with drawn roofs (a share `drawn` of the calls), with pasted ones (up to the share `both`), or as it is."""
        draw = rng.random()
        if draw < drawn:
            return draw_roofs(pair, rng)
        return paste(pair, self.libraries, rng) if draw < both and self.libraries else pair

    def _ground(self, rng: np.random.Generator) -> tuple[np.ndarray, float]:
        """One date of anything: (S, S, 3) uint8, metres per pixel (a guess for images whose own is unknown)."""
        sources, shown_at, draw = self.sources, self.shown_at, rng.random()
        if draw < 0.35 and len(sources.images):
            image, step = sources.images[int(rng.integers(len(sources.images)))], 0.3
            scales = shown_at.image_ground
        elif draw < 0.6 and len(sources.chips):
            chip = sources.chips[int(rng.integers(len(sources.chips)))]
            image, step = chip.pixels, chip.metres_per_pixel
            scales = shown_at.chip_ground
        else:
            fine = sources.natives and (draw < shown_at.place_ground_from or not sources.places)
            pairs, scales = (sources.natives, shown_at.native_ground) if fine else (sources.places, shown_at.place_ground)
            pair = pairs[int(rng.integers(len(pairs)))]
            image, step = pair.after if rng.random() < 0.6 else pair.before, pair.metres_per_pixel
        box = draw_box(rng, image.shape[:2], self.size * float(rng.uniform(*scales)))
        return resized(image, box, self.size), step * (box[2] - box[0]) / self.size

    def _labelled(self, rng: np.random.Generator, step: float | None) -> tuple[np.ndarray, np.ndarray, float]:
        """A part of a labelled chip: pixels, labels, metres per pixel; drawn where `step` is None."""
        chip = self.labelled[int(rng.integers(len(self.labelled)))]
        assert chip.labels is not None
        step = float(np.exp(rng.uniform(*np.log(self.shown_at.chip)))) if step is None else step
        side = self.size * step / chip.metres_per_pixel
        box = draw_box(rng, chip.labels.shape, float(side))
        found = chip.metres_per_pixel * (box[2] - box[0]) / self.size
        return resized(chip.pixels, box, self.size), resized_labels(chip.labels, box, self.size), found

    def _finish(self, rng: np.random.Generator, pair: LabelledPair, road: np.ndarray | None) -> dict[str, np.ndarray]:
        before, after, footprints = pair.before, pair.after, pair.footprints
        if road is None:
            road = np.full(pair.changed.shape, 0 if pair.complete else -1, np.int8)
        target = np.where(pair.changed, BUILDING, np.choose(road + 1, (UNKNOWN_ROAD, 0, ROAD)))
        if rng.random() < 0.35:  # time runs backwards
            before, after, footprints = after, before, footprints[::-1]
        appeared = np.where(pair.changed, footprints[1], -1)
        if rng.random() < 0.35:
            after = _moved(after, rng)
        if rng.random() < 0.25:
            after = _distorted(after, rng)
        if rng.random() < 0.5:
            common = draw_tint(rng, 0.12)
            before, after = apply_tint(before, common), apply_tint(after, common)
        before, after = vary(before, rng), vary(after, rng)
        turns, flip = int(rng.integers(4)), bool(rng.integers(2))
        apart = _turn(_numbered(target == BUILDING, pair.apart), turns, flip)
        target, appeared, first, second = (_turn(array, turns, flip) for array in (target, appeared, *footprints))
        return {
            "before": _tensor(_turn(before, turns, flip)),
            "after": _tensor(_turn(after, turns, flip)),
            "target": np.ascontiguousarray(target, np.int64),
            "appeared": np.ascontiguousarray(appeared, np.float32),
            "weight": gap_weight(target == BUILDING),
            "core": cores_of_labels(apart).astype(np.float32),
            "footprints": np.stack([first, second]).astype(np.float32),
            "road_box": np.zeros(4, np.int64),
            "road_captioned": np.array(-1, np.int64),
        }


class MixedSamples:
    """Samples of two kinds, a share of them of the second; deterministic by index."""

    def __init__(self, first: FineSamples, second: FineSamples, share: float) -> None:
        """Makes the dataset, as long as the first.

        Args:
            first: Samples.
            second: Others.
            share: Of the second, in [0, 1].
        """
        self.kinds, self.share = (first, second), share

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.kinds[0])

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        """The sample of an index."""
        drawn = np.random.default_rng((self.kinds[0].seed, index, 1)).random()
        return self.kinds[drawn < self.share][index]


def _widened(chip: BuildingChip, labels: np.ndarray) -> BuildingChip:
    """The chip continued beyond its edges, mirrored, every building and every mirrored one with a number of its own."""
    margin = round(WIDER * labels.shape[0])
    pixels = np.pad(chip.pixels, ((margin, margin), (margin, margin), (0, 0)), mode="reflect")
    mirrored = np.pad(labels, margin, mode="reflect")
    numbers, count = np.zeros_like(mirrored), 0
    for number, box in enumerate(ndimage.find_objects(mirrored), 1):
        if box is not None:
            parts, found = ndimage.label(mirrored[box] == number, EIGHT)
            numbers[box][parts > 0] = parts[parts > 0] + count
            count += found
    return BuildingChip(chip.id, chip.metres_per_pixel, pixels, numbers)


def _numbered(changed: np.ndarray, apart: np.ndarray | None) -> np.ndarray:
    """(S, S) int32: a number for each changed building, those known one by one and each connected part of the others."""
    known = np.zeros(changed.shape, np.int32) if apart is None else np.where(changed, apart, 0).astype(np.int32)
    parts, _ = ndimage.label(changed & (known == 0), EIGHT)
    return np.where(parts > 0, parts + known.max(), known).astype(np.int32)


def draw_box(rng: np.random.Generator, shape: tuple[int, ...], side: float) -> tuple[int, int, int, int]:
    """Draws a square of about `side` pixels, never larger than the image.

    Args:
        rng: Draws its place.
        shape: Rows and columns of the image.
        side: Of the square, in pixels.

    Returns:
        x0, y0, x1, y1.
    """
    whole = max(1, min(round(side), *shape[:2]))
    x, y = int(rng.integers(shape[1] - whole + 1)), int(rng.integers(shape[0] - whole + 1))
    return x, y, x + whole, y + whole


def resized(image: np.ndarray, box: tuple[int, int, int, int], size: int) -> np.ndarray:
    """A part of an image at another size.

    Args:
        image: (H, W, 3) or (H, W) uint8.
        box: x0, y0, x1, y1 of a square.
        size: Side of the result.

    Returns:
        (size, size, 3) or (size, size) uint8, a copy.
    """
    part = image[box[1] : box[3], box[0] : box[2]]
    if part.shape[:2] == (size, size):
        return part.copy()
    smaller = part.shape[0] > size
    how = Image.Resampling.BOX if smaller else Image.Resampling.BICUBIC
    return np.array(Image.fromarray(np.ascontiguousarray(part)).resize((size, size), how))


def resized_labels(array: np.ndarray, box: tuple[int, int, int, int], size: int) -> np.ndarray:
    """A part of a map of labels at another size, by the nearest pixel.

    Args:
        array: (H, W).
        box: x0, y0, x1, y1 of a square.
        size: Side of the result.

    Returns:
        (size, size) of the same type.
    """
    part = array[box[1] : box[3], box[0] : box[2]]
    at = np.minimum((np.arange(size) + 0.5) * part.shape[0] / size, part.shape[0] - 1).astype(int)
    shown: np.ndarray = part[at][:, at]
    return shown


def _moved(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The image displaced by a few pixels, now and then turned and scaled a little: what remains after co-registration."""
    matrix = np.eye(2)
    if rng.random() < 0.3:
        angle, scale = np.deg2rad(rng.normal(0, 0.8)), 1 + rng.normal(0, 0.006)
        matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
    middle = np.full(2, image.shape[0] / 2)
    offset = middle - matrix @ middle + rng.normal(0, 1.2 if rng.random() < 0.7 else 2.2, 2)
    moved = [ndimage.affine_transform(image[..., i], matrix, offset, order=1, mode="mirror") for i in range(3)]
    return np.stack(moved, axis=-1)


def _distorted(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The image with smooth local displacements of a few pixels, as terrain and another view leave them."""
    size, coarse = image.shape[0], int(rng.integers(3, 8))
    field = rng.normal(0, abs(rng.normal(0, 1.5)), (2, coarse, coarse))
    field = np.stack([ndimage.zoom(part, size / coarse, order=3, mode="nearest", grid_mode=True) for part in field])
    at = np.mgrid[:size, :size] + field
    return np.stack([ndimage.map_coordinates(image[..., i], at, order=1, mode="mirror") for i in range(3)], axis=-1)


def _turn(array: np.ndarray, turns: int, flip: bool) -> np.ndarray:
    array = np.rot90(array, turns)
    return array[:, ::-1] if flip else array


def _tensor(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image.transpose(2, 0, 1), np.float32) / 255
