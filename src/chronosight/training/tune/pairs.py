"""A user's labelled pairs: opened, labelled, and brought to the ground size that the guide of fine imagery works at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from chronosight.engines.compact.guide import COARSEST, FINEST, RESAMPLE_FROM
from chronosight.errors import InputError
from chronosight.limits import MAX_TUNE_PIXELS
from chronosight.scenes.scene import Scene
from chronosight.training.tune.labels import Label, Labels

COARSEST_METRES = 1.3  # the guide is trained on samples of up to this ground size
CHANGED_FROM = 20  # labelled pixels from which on a pair counts as changed
GUIDE_METRES = 0.5

Track = Callable[[Sequence[Any], str], Iterable[Any]]
OpenPair = Callable[[str, str], Scene]


@dataclass(frozen=True)
class OwnPair:
    """One pair with its label.

    Attributes:
        name: Of the pair.
        scene: Both dates.
        label: What is known of them.
    """

    name: str
    scene: Scene
    label: Label

    @property
    def metres(self) -> float:
        """Ground size of a pixel."""
        assert self.scene.metres_per_pixel is not None
        return self.scene.metres_per_pixel

    @property
    def has_change(self) -> bool:
        """Whether a changed building is labelled."""
        return bool(self.label.changed.sum() > CHANGED_FROM)


@dataclass(frozen=True)
class SeenPair:
    """A pair as the guide sees it.

    Attributes:
        name: Of the pair.
        before: (H, W, 3) uint8, 0 where a date has no data.
        after: (H, W, 3) uint8.
        changed: (H, W) bool.
        footprints: (2, H, W) int8, as in `Label`.
        metres: Ground size of a pixel.
    """

    name: str
    before: np.ndarray
    after: np.ndarray
    changed: np.ndarray
    footprints: np.ndarray
    metres: float


def open_pairs(
    rows: Sequence[tuple[str, str, str]], labels: Labels, open_pair: OpenPair, track: Track
) -> tuple[list[OwnPair], list[str], list[str]]:
    """Opens all pairs with their labels.

    Args:
        rows: Name, earlier image and later image of each pair.
        labels: The labels.
        open_pair: Opens a pair.
        track: Called with items and a label; yields the items while it shows progress.

    Returns:
        The labelled pairs; names of pairs without a label; and notes for the user.

    Raises:
        InputError: A pair cannot be opened, its ground size is unknown or too coarse, or all together are too large.
    """
    pairs, unlabelled, notes, pixels = [], [], [], 0.0
    for name, before, after in track(rows, "reading pairs"):
        try:
            scene = open_pair(before, after)
            check_ground(name, scene)
        except InputError as error:
            raise InputError(str(error) if name in str(error) else f"pair {name}: {error}") from None
        pixels += scene.width * scene.height * seen_factor(scene.metres_per_pixel or GUIDE_METRES) ** 2
        if pixels > MAX_TUNE_PIXELS:
            raise InputError(
                f"the pairs have more than {MAX_TUNE_PIXELS // 10**6} megapixels together; give fewer, or cut out "
                "the labelled parts"
            )
        label = labels.of(name, scene)
        if label is None:
            unlabelled.append(name)
            continue
        pairs.append(OwnPair(name, scene, label))
        notes += [f"{name}: {note}" for note in scene.notes]
    if not pairs:
        have = ", ".join(sorted(labels.masks)[:3])
        raise InputError(
            f"no pair has a mask of its name in {labels.source}: pairs are {', '.join(unlabelled[:3])}, masks are {have}; "
            "rename the masks"
        )
    return pairs, unlabelled, notes


def check_ground(name: str, scene: Scene) -> None:
    """Checks that the guide of fine imagery can learn from a pair.

    Args:
        name: Of the pair.
        scene: The pair.

    Raises:
        InputError: The ground size of its pixels is unknown, or too coarse.
    """
    if scene.metres_per_pixel is None:
        raise InputError(f"{name} does not say the ground size of its pixels; give --metres-per-pixel M, or GeoTIFFs with a CRS")
    if scene.metres_per_pixel > COARSEST_METRES:
        raise InputError(
            f"{name} has pixels of {scene.metres_per_pixel:.3g} m, expected at most {COARSEST_METRES:g} m: the guide that is "
            "tuned works on fine imagery; give finer pairs"
        )


def seen_factor(metres: float) -> float:
    """How much the guide enlarges a pair of a ground size (`Guide.resampling`).

    Args:
        metres: Ground size of a pixel.

    Returns:
        Pixels of the guide per pixel of the pair.
    """
    factor = metres / GUIDE_METRES
    return 1.0 if 1 / RESAMPLE_FROM <= factor <= RESAMPLE_FROM else min(COARSEST, max(FINEST, factor))


def as_seen(pair: OwnPair) -> SeenPair:
    """A pair at the ground size that the guide sees it at.

    Args:
        pair: The pair.

    Returns:
        Its images and labels.
    """
    scene, label = pair.scene, pair.label
    frames = np.where(scene.valid[..., None], scene.frames, 0)
    factor = seen_factor(pair.metres)
    if factor == 1.0:
        return SeenPair(pair.name, frames[0], frames[1], label.changed, label.footprints, pair.metres)
    size = max(32, round(scene.width * factor)), max(32, round(scene.height * factor))
    before, after = (np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BILINEAR)) for frame in frames)
    changed = np.asarray(Image.fromarray(label.changed.astype(np.uint8) * 255).resize(size, Image.Resampling.BILINEAR)) > 127
    footprints = [
        np.asarray(Image.fromarray(part.astype(np.int16)).resize(size, Image.Resampling.NEAREST)) for part in label.footprints
    ]
    return SeenPair(pair.name, before, after, changed, np.stack(footprints).astype(np.int8), pair.metres / factor)
