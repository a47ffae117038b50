"""How well the guide of a weights folder maps changed buildings of labelled pairs: what a user compares before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from chronosight.datasets.held_out import native_pairs
from chronosight.datasets.places import PlacePair, load_places
from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.guide import Guide, suited_guide
from chronosight.scenes.scene import Scene
from chronosight.tasks.objects import find_objects
from chronosight.training.tune.pairs import CHANGED_FROM, OwnPair, Track

Labelled = tuple[Scene, np.ndarray]


@dataclass(frozen=True)
class Quality:
    """Metrics over some pairs.

    Attributes:
        pairs: Number of pairs.
        f1: F1 of pixels of changed buildings, in [0, 1].
        precision: Of those pixels.
        recall: Of those pixels.
        count_mae: Mean error of the number of changed buildings.
        changed_right: Share of pairs whose "changed or not" is right.
    """

    pairs: int
    f1: float
    precision: float
    recall: float
    count_mae: float
    changed_right: float

    def as_dict(self) -> dict[str, float]:
        """The metrics by name."""
        return asdict(self)


def measure(weights: Path, pairs: Sequence[Labelled], track: Track, name: str, fine: bool = False) -> Quality:
    """Runs the guide that the weights use for each pair's ground size, as `describe` does.

    Args:
        weights: Weights folder.
        pairs: Scenes with the mask of changed buildings.
        track: Called with items and a label; yields the items while it shows progress.
        name: The label.
        fine: Whether to run the guide of fine imagery on every pair, whatever its ground size.

    Returns:
        The metrics.
    """
    bundle = Bundle(weights)
    building = list(bundle.config["classes"]).index("building")
    hit = seen = true = error = right = 0.0
    for scene, truth in track(pairs, name):
        guide = Guide(bundle, fine=True) if fine else suited_guide(bundle, scene.metres_per_pixel)
        found = find_objects(guide.predict(scene).mask == building, guide.min_area(scene.metres_per_pixel))
        mask = np.zeros(truth.shape, bool)
        for item in found:
            mask[item.window][item.inside] = True
        hit += (mask & truth).sum()
        seen += mask.sum()
        true += truth.sum()
        error += abs(len(found) - len(find_objects(truth)))
        right += bool(found) == bool(truth.sum() > CHANGED_FROM)
    n = max(1, len(pairs))
    return Quality(
        len(pairs), round(2 * hit / max(1, seen + true), 4), round(hit / max(1, seen), 4), round(hit / max(1, true), 4),
        round(error / n, 3), round(right / n, 3),
    )  # fmt: skip


def own(pairs: Sequence[OwnPair]) -> list[Labelled]:
    """A user's pairs.

    Args:
        pairs: The pairs.

    Returns:
        Scenes with masks.
    """
    return [(pair.scene, pair.label.changed) for pair in pairs]


def ours(data: Path) -> dict[str, list[Labelled]]:
    """The project's own held-out pairs, where they are there.

    Args:
        data: Folder with pairs/.

    Returns:
        By name of the set: scenes with masks.
    """
    sets: dict[str, list[PlacePair]] = {}
    if (data / "pairs" / "native_train.jsonl").is_file():
        sets["half-metre pairs (Texas)"] = native_pairs(data, held_out=True)
    if (data / "pairs" / "val.jsonl").is_file():
        sets["val places at 1 m (Texas)"] = load_places(data, "val")
    return {
        name: [(pair.crop((0, 0, *pair.before.shape[1::-1])), pair.building) for pair in pairs] for name, pairs in sets.items()
    }


def windows_of(pairs: Sequence[OwnPair], side: int = 256) -> list[PlacePair]:
    """Pairs as squares of one ground size, which `calibration.mask.fit_mask` takes.

    Args:
        pairs: The pairs.
        side: Largest side of a square in pixels.

    Returns:
        The squares, all of the ground size of most pairs; pairs whose own differs by more than a tenth are left out.
    """
    usual = float(np.median([pair.metres for pair in pairs]))
    same = [pair for pair in pairs if abs(pair.metres / usual - 1) < 0.1] or list(pairs)[:1]
    squares = []
    for pair in same:
        height, width = pair.label.changed.shape
        whole = min(side, height, width)
        frames = np.where(pair.scene.valid[..., None], pair.scene.frames, 0)
        for y in _starts(height, whole):
            for x in _starts(width, whole):
                here = slice(y, y + whole), slice(x, x + whole)
                squares.append(
                    PlacePair(
                        f"{pair.name}@{x},{y}", pair.name, usual, frames[0][here], frames[1][here], pair.label.changed[here], ()
                    )
                )
    return squares


def _starts(length: int, side: int) -> list[int]:
    """Where squares start that cover a side, the last one at its end."""
    return [int(start) for start in np.linspace(0, length - side, -(-length // side))]
