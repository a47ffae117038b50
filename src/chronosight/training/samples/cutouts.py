"""Buildings cut out of pairs and of single images, and pasted at their true size into imagery of any resolution.

Pasted at the later date alone, a building is a change; pasted at both, it is none. Erased at the earlier date, one that
stands there is a change too. Real texture, known truth, and any ground as the place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from chronosight.datasets.buildings import BuildingChip
from chronosight.datasets.places import PlacePair
from chronosight.synthetic.erased import soft_mask
from chronosight.training.samples.appearance import apply_tint, draw_tint

SMALLEST, LARGEST = 15.0, 90.0  # square metres of a cut-out; metres of its longer side
MARGIN = 4  # pixels around a building of a chip: walls, eaves, the start of the shadow


@dataclass(frozen=True)
class Cutout:
    """A building or a block of neighbours.

    Attributes:
        pixels: (h, w, 3) uint8, with a margin.
        mask: (h, w) bool, the building.
        metres_per_pixel: Ground size of a pixel.
    """

    pixels: np.ndarray
    mask: np.ndarray
    metres_per_pixel: float


@dataclass
class LabelledPair:
    """Two dates of one grid and what is known of their buildings.

    Attributes:
        before: (S, S, 3) uint8.
        after: (S, S, 3) uint8.
        changed: (S, S) bool, buildings of one date alone.
        footprints: (2, S, S) int8, 1 where a building stands at the date, 0 where none does, -1 where nobody knows.
        metres_per_pixel: Ground size of a pixel.
        complete: Whether nothing else changed, no road either.
        apart: (S, S) int32, numbers of changed buildings that are known one by one, also where they touch; 0 elsewhere. None
            where none are.
    """

    before: np.ndarray
    after: np.ndarray
    changed: np.ndarray
    footprints: np.ndarray
    metres_per_pixel: float
    complete: bool = False
    apart: np.ndarray | None = None


def cutouts_of_pairs(pairs: Sequence[PlacePair]) -> list[Cutout]:
    """The new buildings of pairs, blocks of close neighbours together.

    Args:
        pairs: Pairs of dates with masks.

    Returns:
        Those of 15 m2 or more that lie whole within their image.
    """
    cutouts = []
    for pair in pairs:
        labels, _ = ndimage.label(ndimage.binary_dilation(pair.building, iterations=3))
        for number, box in enumerate(ndimage.find_objects(labels), 1):
            mask = pair.building[box] & (labels[box] == number)
            cutouts += _whole(pair.after[box], mask, box, pair.building.shape, pair.metres_per_pixel)
    return cutouts


def cutouts_of_chips(chips: Sequence[BuildingChip]) -> list[Cutout]:
    """The buildings of labelled chips, one by one.

    Args:
        chips: Chips; those without labels are passed over.

    Returns:
        Those of 15 m2 or more that lie whole within their image.
    """
    cutouts = []
    for chip in chips:
        for number, box in enumerate(ndimage.find_objects(chip.labels) if chip.labels is not None else [], 1):
            if box is None or chip.labels is None:
                continue
            wider = tuple(slice(max(0, s.start - MARGIN), s.stop + MARGIN) for s in box)
            cutouts += _whole(chip.pixels[wider], chip.labels[wider] == number, wider, chip.labels.shape, chip.metres_per_pixel)
    return cutouts


def paste(
    pair: LabelledPair, libraries: Sequence[Sequence[Cutout]], rng: np.random.Generator, most: int = 6
) -> LabelledPair:
    """Pastes cut-outs where no building is known to stand.

    Args:
        pair: The pair; left as it is.
        libraries: Cut-outs, each library drawn from equally often.
        rng: Draws what is pasted and where.
        most: Largest number of cut-outs.

    Returns:
        A new pair.
    """
    before, after = pair.before.copy(), pair.after.copy()
    changed, footprints = pair.changed.copy(), pair.footprints.copy()
    size = changed.shape[0]
    taken = ndimage.binary_dilation(changed | (footprints == 1).any(0), iterations=2)
    gap = 1 if rng.random() < 0.3 else 3  # pixels to the next building
    all_unchanged, common = rng.random() < 0.15, draw_tint(rng)
    for _ in range(int(rng.integers(1, most + 1))):
        library = libraries[int(rng.integers(len(libraries)))]
        pixels, mask = _prepared(library[int(rng.integers(len(library)))], pair.metres_per_pixel, rng)
        height, width = mask.shape
        if min(height, width) < 4 or max(height, width) >= size or mask.sum() < 12:
            continue
        if rng.random() < 0.5:
            pixels = apply_tint(pixels, common if rng.random() < 0.6 else draw_tint(rng))
        y, x = int(rng.integers(size - height)), int(rng.integers(size - width))
        here = (slice(y, y + height), slice(x, x + width))
        if (taken[here] & mask).any():
            continue
        unchanged = all_unchanged or rng.random() < 0.15
        alpha = soft_mask(mask, 1 + int(rng.integers(3)), 0.8)
        later = _leaned(here, size, rng) if unchanged and rng.random() < 0.6 else here
        for image, place in ((before, here), (after, later)) if unchanged else ((after, here),):
            gain = np.clip((image[place].mean((0, 1)) + 20) / (pixels.mean((0, 1)) + 20), 0.6, 1.7) ** rng.uniform(0, 0.5)
            image[place] = (alpha * np.clip(pixels * gain, 0, 255) + (1 - alpha) * image[place]).astype(np.uint8)
        footprints[0][here][mask], footprints[1][later][mask] = int(unchanged), 1
        if not unchanged:
            changed[here] |= mask
        taken[here] |= ndimage.binary_dilation(mask, iterations=gap)
    return LabelledPair(before, after, changed, footprints, pair.metres_per_pixel, pair.complete, pair.apart)


def _whole(
    pixels: np.ndarray, mask: np.ndarray, box: tuple[slice, ...], shape: tuple[int, ...], step: float
) -> list[Cutout]:
    """The cut-out, unless the image's edge cuts it, or it is too small or too large."""
    at_edge = any(part.start == 0 or part.stop >= side for part, side in zip(box, shape, strict=True))
    if at_edge or mask.sum() * step**2 < SMALLEST or max(mask.shape) * step > LARGEST:
        return []
    return [Cutout(pixels, mask, step)]


def _leaned(here: tuple[slice, slice], size: int, rng: np.random.Generator) -> tuple[slice, slice]:
    """Where a roof shows at another date: it leans with the view, by some pixels against the ground."""
    moved = []
    for part, step in zip(here, np.clip(np.rint(rng.normal(0, 2.0, 2)), -5, 5).astype(int).tolist(), strict=True):
        moved.append(slice(part.start + step, part.stop + step))
    inside = all(part.start >= 0 and part.stop <= size for part in moved)
    return (moved[0], moved[1]) if inside else here


def _prepared(cutout: Cutout, metres_per_pixel: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A cut-out at another resolution, a little larger or smaller, flipped and turned by a multiple of 90 degrees."""
    factor = cutout.metres_per_pixel / metres_per_pixel * float(np.exp(rng.normal(0, 0.25)))
    size = max(1, round(cutout.mask.shape[1] * factor)), max(1, round(cutout.mask.shape[0] * factor))
    pixels = np.asarray(Image.fromarray(np.ascontiguousarray(cutout.pixels)).resize(size, Image.Resampling.BICUBIC))
    mask = np.asarray(Image.fromarray(cutout.mask.astype(np.uint8) * 255).resize(size, Image.Resampling.BILINEAR)) > 127
    turns, flip = int(rng.integers(4)), bool(rng.integers(2))
    pixels, mask = np.rot90(pixels, turns), np.rot90(mask, turns)
    if flip:
        pixels, mask = pixels[:, ::-1], mask[:, ::-1]
    return np.ascontiguousarray(pixels), np.ascontiguousarray(mask)
