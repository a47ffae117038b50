"""What the land-cover head reads of training samples, made once and kept in memory: the guide that makes it does not change.

Making a sample and its maps takes twice as long as a step of the head takes with it, and what is drawn several times teaches as
much as what is always new (docs/experiments.md). A sample of 128 pixels a side takes 0.4 MB.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from chronosight.tasks.land_cover import GUIDE_MAPS
from chronosight.training.samples.land_cover_samples import LandCoverSamples

CHUNK = 8  # samples that the guide is shown at once
REPORT_EVERY = 800  # samples


class LandCoverMaps:
    """Map-style dataset of `length` samples, deterministic by index: all stored ones in one order, then in another.

    A sample is one of `LandCoverSamples`, with the guide's maps of both views by name (`GUIDE_MAPS`), (2, C, S / s, S / s)
    float32.
    """

    def __init__(
        self, samples: LandCoverSamples, features: Callable[[torch.Tensor], list[torch.Tensor]], length: int, seed: int,
        say: Callable[[str], None],
    ) -> None:  # fmt: skip
        """Makes the maps of all samples.

        Args:
            samples: What is stored.
            features: (N, 3, S, S) images to the maps in the order of `GUIDE_MAPS`, (N, C, S / s, S / s) each.
            length: Number of samples of the dataset.
            seed: Of the orders.
            say: Called now and then with how far it is.
        """
        self.length, self.seed, self.count = length, seed, len(samples)
        self.stored: dict[str, np.ndarray] = {}
        for first in range(0, self.count, CHUNK):
            made = [samples[index] for index in range(first, min(first + CHUNK, self.count))]
            parts = {name: np.stack([sample[name] for sample in made]) for name in made[0]}
            views = torch.from_numpy(parts["views"]).flatten(0, 1).contiguous(memory_format=torch.channels_last)
            with torch.no_grad():
                maps = [one.unflatten(0, (-1, 2)).numpy().astype(np.float16) for one in features(views)]
            parts = {
                "views": np.rint(parts["views"] * 255).astype(np.uint8), "labels": parts["labels"].astype(np.int8),
                "same": parts["same"].astype(np.int8), **dict(zip(GUIDE_MAPS, maps, strict=True)),
            }  # fmt: skip
            for name, part in parts.items():
                of_all = self.stored.setdefault(name, np.empty((self.count, *part.shape[1:]), part.dtype))
                of_all[first : first + len(part)] = part
            if first % REPORT_EVERY == 0:
                say(f"maps of {first:,} of {self.count:,} samples")
        self._order: tuple[int, np.ndarray] = (-1, np.empty(0, int))

    def __len__(self) -> int:
        """Number of samples."""
        return self.length

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        """The sample of an index."""
        turn, at = divmod(index, self.count)
        if self._order[0] != turn:
            self._order = turn, np.random.default_rng((self.seed, turn)).permutation(self.count)
        row = int(self._order[1][at])
        sample = {name: of_all[row] for name, of_all in self.stored.items()}
        maps = {name: sample[name].astype(np.float32) for name in GUIDE_MAPS}
        known = {name: sample[name].astype(np.int64) for name in ("labels", "same")}
        return {"views": sample["views"].astype(np.float32) / 255, **known, **maps}
