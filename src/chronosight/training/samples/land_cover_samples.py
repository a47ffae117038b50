"""Training samples of the land-cover head: the same ground in two lights, with the class of the pixels where it is known.

Sample i is drawn from `default_rng((seed, i))`, so any training step can be made again and resuming needs no state.
A sample is a dict:
    views    (2, 3, S, S) float32 in [0, 1]
    labels   (2, S / 2, S / 2) int64: index into `LAND_COVER_CLASSES`, UNLABELLED, or DRY
    same     (S / 2, S / 2) int64: SAME ground in both views, of another SEASON, or OTHER
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from chronosight.datasets.ground_images import BUILT, UNLABELLED, GroundImage, dry_places
from chronosight.datasets.places import PlacePair
from chronosight.synthetic.land_cover import of_rendered
from chronosight.synthetic.light import difference_only
from chronosight.synthetic.mosaics import draw_mosaic
from chronosight.synthetic.truth import RenderedPair
from chronosight.training.recipes.guide import LandCoverShares
from chronosight.training.samples.appearance import vary
from chronosight.training.samples.fine_samples import draw_box, resized, resized_labels

STRIDE = 2  # of the head's map
AS_IT_IS = 0.3  # share of views that stay as they are, since colours tell dry grass from soil
IN_OTHER_LIGHT = 0.6  # share of the other views in another season and light; the rest as other sensors show them
OTHER, SAME, SEASON = 0, 1, 2
TRIES = 8
MOSAIC_STEPS, COARSE_STEPS = (0.2, 1.3), (0.8, 1.3)  # metres per pixel of mosaics, and of coarse ones
ENLARGED_FROM = 0.8  # metres per pixel
RENDERED_SCALES, REAL_SCALES = (0.8, 1.3), (0.7, 1.6)  # pixels of an image that one of a view stands for

Made = tuple[list[np.ndarray], np.ndarray, int, float]  # both images, their labels, `same`, and metres per pixel, at least


@dataclass(frozen=True)
class LandCoverSources:
    """What samples are made of; nothing held out is in it.

    Attributes:
        grounds: Labelled images by kind.
        places: Real pairs, of which only new roofs are known.
        rendered: Rendered pairs.
    """

    grounds: Mapping[int, Sequence[GroundImage]]
    places: Sequence[PlacePair]
    rendered: Sequence[RenderedPair]


class LandCoverSamples:
    """Map-style dataset of `length` samples, deterministic by index."""

    def __init__(
        self, sources: LandCoverSources, shares: LandCoverShares, length: int, seed: int, size: int, coarse: float = 0.0,
        unresized: float = 0.0, enlarged: float = 1.0,
    ) -> None:  # fmt: skip
        """Makes the dataset.

        Args:
            sources: Imagery.
            shares: How often each kind is drawn.
            length: Number of samples.
            seed: Of all draws.
            size: Side of a sample in pixels, a multiple of 16.
            coarse: Share of the mosaics that are drawn at `COARSE_STEPS`.
            unresized: Share of the samples of rendered pairs that show them at their own size.
            enlarged: How much samples at `ENLARGED_FROM` and coarser are enlarged, as the guide is shown pairs at 1 m.
        """
        self.sources, self.length, self.seed, self.size = sources, length, seed, size
        self.coarse, self.unresized, self.enlarged = coarse, unresized, enlarged
        kinds = {
            self._mosaic: shares.mosaic,
            self._rendered: shares.rendered if sources.rendered else 0.0,
            self._real: shares.real if sources.places else 0.0,
            self._two_dates: shares.two_dates if sources.places else 0.0,
        }
        self.makers, self.shares = list(kinds), np.array(list(kinds.values()))

    def __len__(self) -> int:
        """Number of samples."""
        return self.length

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        """The sample of an index."""
        rng = np.random.default_rng((self.seed, index))
        make = self.makers[int(rng.choice(len(self.makers), p=self.shares / self.shares.sum()))]
        images, labels, same, step = make(rng)
        if step >= ENLARGED_FROM and self.enlarged > 1:
            box = draw_box(rng, labels.shape[1:], self.size / self.enlarged)
            images = [resized(image, box, self.size) for image in images]
            labels = np.stack([resized_labels(known, box, self.size) for known in labels])
        views = [_lit(image, rng).astype(np.float32).transpose(2, 0, 1) / 255 for image in images]
        known = of_squares(labels).astype(np.int64)
        return {"views": np.stack(views), "labels": known, "same": np.where(known[0] == known[1], same, OTHER)}

    def _mosaic(self, rng: np.random.Generator) -> Made:
        steps = COARSE_STEPS if rng.random() < self.coarse else MOSAIC_STEPS
        mosaic = draw_mosaic(rng, self.sources.grounds, self.size, steps)
        return [mosaic.pixels] * 2, np.stack([mosaic.labels] * 2), SAME, steps[0]

    def _rendered(self, rng: np.random.Generator) -> Made:
        pair = self.sources.rendered[int(rng.integers(len(self.sources.rendered)))]
        scale = 1.0 if rng.random() < self.unresized else float(rng.uniform(*RENDERED_SCALES))
        box = draw_box(rng, pair.before_map.shape, self.size * scale)
        images = [resized(image, box, self.size) for image in (pair.before, pair.after)]
        covers = [of_rendered(resized_labels(cover, box, self.size)) for cover in (pair.before_map, pair.after_map)]
        return images, np.stack(covers), SAME, pair.metres_per_pixel * (box[2] - box[0]) / self.size

    def _real(self, rng: np.random.Generator) -> Made:
        """One date of a real pair in two lights; nothing but new roofs and shadows is known of it."""
        pair = self.sources.places[int(rng.integers(len(self.sources.places)))]
        later = bool(rng.integers(2))
        box = draw_box(rng, pair.building.shape, self.size * float(rng.uniform(*REAL_SCALES)))
        image = resized(pair.after if later else pair.before, box, self.size)
        roofs = resized_labels(pair.building, box, self.size) & later
        step = pair.metres_per_pixel * (box[2] - box[0]) / self.size
        labels = np.where(roofs, np.int8(BUILT), dry_places(image, step))
        return [image] * 2, np.stack([labels] * 2), SAME, step

    def _two_dates(self, rng: np.random.Generator) -> Made:
        """Both dates of a place where no building changed: mostly the same ground, in another season."""
        for _ in range(TRIES):
            pair = self.sources.places[int(rng.integers(len(self.sources.places)))]
            box = draw_box(rng, pair.building.shape, self.size * float(rng.uniform(*REAL_SCALES)))
            if not pair.building[box[1] : box[3], box[0] : box[2]].any():
                images = [resized(image, box, self.size) for image in (pair.before, pair.after)]
                step = pair.metres_per_pixel * (box[2] - box[0]) / self.size
                return images, np.full((2, self.size, self.size), UNLABELLED, np.int8), SEASON, step
        return self._real(rng)


def of_squares(labels: np.ndarray) -> np.ndarray:
    """Labels on the grid of the head's map: of each square what most of its pixels are, since all of it is drawn as one class.

    Args:
        labels: (..., H, W), H and W multiples of `STRIDE`.

    Returns:
        (..., H / STRIDE, W / STRIDE); where two labels have as many pixels, that of the first by rows.
    """
    pixels = np.stack([labels[..., row::STRIDE, column::STRIDE] for row in range(STRIDE) for column in range(STRIDE)])
    votes = np.stack([(pixels == one).sum(axis=0) for one in pixels])
    most: np.ndarray = np.take_along_axis(pixels, votes.argmax(axis=0)[None], axis=0)[0]
    return most


def _lit(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """An image as it is, in another season and light, or as another sensor shows it."""
    if rng.random() < AS_IT_IS:
        return image
    return difference_only(image, int(rng.integers(1 << 31))) if rng.random() < IN_OTHER_LIGHT else vary(image, rng)
