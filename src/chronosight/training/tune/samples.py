"""Samples of a tuning: a user's pairs, varied, and samples that keep alive what the guide knew.

The latter need no data of ours: the user's ground as both dates, with drawn and pasted buildings, and rendered pairs, of which
not the labels are learned but the answers of the guide before tuning (`kept`). Sample i is drawn from `default_rng((seed, i))`,
as in `samples.fine_samples`, so a run that was stopped goes on with the same samples.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chronosight.datasets.places import PlacePair
from chronosight.synthetic.pair import render_pair
from chronosight.synthetic.truth import RenderedPair
from chronosight.training.recipes.guide import FineShares
from chronosight.training.samples.cutouts import LabelledPair
from chronosight.training.samples.fine_samples import FineSamples, FineSources, draw_box, resized, resized_labels
from chronosight.training.tune.pairs import SeenPair

SIZE = 160  # side of a sample in pixels
OWN, SAME, RENDERED = 0.45, 0.1, 0.45  # shares of the kinds of sample
SCALES = (0.75, 1.35)  # how a pair's ground size is varied
DRAWN, PASTED = 0.08, 0.3  # shares of a user's pairs that get drawn, and up to which they get pasted buildings
CHANGED, ON_CHANGE = 0.8, 0.6  # how often a pair with a change is chosen, and the window is placed on a changed building
RENDERED_SEED, RENDERED_SIZE = 970_000_000, 256  # of rendered pairs; training and evaluation draw others


class TuneSamples(FineSamples):
    """Map-style dataset of `length` samples, deterministic by index."""

    def __init__(
        self, pairs: Sequence[SeenPair], rendered: Sequence[RenderedPair], length: int, seed: int, size: int = SIZE
    ) -> None:
        """Makes the dataset.

        Args:
            pairs: The user's pairs, for tuning alone.
            rendered: Rendered pairs.
            length: Number of samples.
            seed: Of all draws.
            size: Side of a sample in pixels.
        """
        sources = FineSources((), [one for pair in pairs for one in _as_places(pair)], (), (), rendered)
        super().__init__(sources, FineShares(place=0, native=0, same=SAME, chip=0, rendered=RENDERED), length, seed, size)
        self.own = list(pairs)
        self.own_changed = [i for i, pair in enumerate(pairs) if pair.changed.any()]
        self.makers.append(self._own)
        self.shares = np.append(self.shares, OWN)

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        """The sample of an index, with `kept`: 1 where the answers of the guide before tuning are learned, 0 where labels are."""
        rng = np.random.default_rng((self.seed, index))
        make = self._maker(rng)
        pair, road = make(rng)
        return self._finish(rng, pair, road) | {"kept": np.array(make == self._rendered, np.float32)}

    def _own(self, rng: np.random.Generator) -> tuple[LabelledPair, np.ndarray | None]:
        changed = self.own_changed and rng.random() < CHANGED
        pair = self.own[int(rng.choice(self.own_changed)) if changed else int(rng.integers(len(self.own)))]
        side = self.size * float(np.exp(rng.uniform(*np.log(SCALES))))
        box = draw_box(rng, pair.changed.shape, side)
        if changed and rng.random() < ON_CHANGE:
            box = _around(rng, pair.changed, box[2] - box[0])
        mask = resized_labels(pair.changed, box, self.size)
        footprints = np.stack([resized_labels(part, box, self.size) for part in pair.footprints])
        step = pair.metres * (box[2] - box[0]) / self.size
        before, after = (resized(image, box, self.size) for image in (pair.before, pair.after))
        return self._built(LabelledPair(before, after, mask, footprints, step), rng, DRAWN, PASTED), None


def rendered_pairs(number: int) -> list[RenderedPair]:
    """Rendered pairs, three in four with a change.

    Args:
        number: How many.

    Returns:
        The pairs.
    """
    made = []
    for index in range(number):
        rng = np.random.default_rng((20, index))
        made.append(render_pair(RENDERED_SEED + 2 * index + (index % 4 == 3), RENDERED_SIZE, float(rng.uniform(0.35, 0.8))))
    return made


def _as_places(pair: SeenPair) -> list[PlacePair]:
    """The pair as ground and as a source of buildings to paste: new ones of the later date, gone ones of the earlier."""
    gone = pair.changed & (pair.footprints[0] == 1)
    places = [PlacePair(pair.name, pair.name, pair.metres, pair.before, pair.after, pair.changed & ~gone, ())]
    if gone.any():
        places.append(PlacePair(f"{pair.name} gone", pair.name, pair.metres, pair.after, pair.before, gone, ()))
    return places


def _around(rng: np.random.Generator, changed: np.ndarray, side: int) -> tuple[int, int, int, int]:
    """A square that holds a changed pixel, anywhere in it."""
    rows, columns = np.nonzero(changed)
    at = int(rng.integers(len(rows)))
    corner = [
        int(np.clip(int(place) - int(rng.integers(side)), 0, whole - side))
        for place, whole in zip((columns[at], rows[at]), changed.shape[::-1], strict=True)
    ]
    return corner[0], corner[1], corner[0] + side, corner[1] + side
