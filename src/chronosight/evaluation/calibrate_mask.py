"""The guide's mask on the `val` places: how its probability is to be read, from where on a pixel counts as changed, and
below which area an object is noise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chronosight.data.pairs import PlacePair, windows
from chronosight.evaluation.calibration import apply_platt, fit_platt
from chronosight.evaluation.change import jaccard
from chronosight.evaluation.places import crop_scene
from chronosight.tasks.objects import MaskObject, count_and_cells, find_objects

if TYPE_CHECKING:
    from chronosight.engines.compact.engine import CompactEngine

THRESHOLDS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)  # of the raw probability
AREAS = (6.0, 12.0, 20.0, 30.0, 40.0)  # square pixels at the guide's own ground size
USUAL = (0.5, 12.0)  # what the clues of training were made with: kept unless another is clearly better
CLEARLY = 0.005  # of the score
LOWEST = 0.05  # classes are read down to this probability
PIXEL_STEP = 4  # neighbouring pixels say the same


@dataclass(frozen=True)
class Figures:
    """Of one threshold and smallest area, over all windows. score: pixel F1 + places (Jaccard) - count MAE / 4."""

    f1: float
    jaccard: float
    mae: float

    @property
    def score(self) -> float:
        return self.f1 + self.jaccard - self.mae / 4


def fit_mask(
    engine: CompactEngine, places: Sequence[PlacePair], track: Callable[[Sequence[Any], str], Iterable[Any]]
) -> tuple[dict[str, float], dict[str, float]]:
    """-> settings ("a", "b", "threshold" of the calibrated map, "min_area"), and the figures they reach."""
    config = engine.bundle.config
    building = list(config["classes"]).index("building")
    kept = config["calibration"]
    looked: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []  # probability of a building, of any change, truth
    try:
        config["calibration"] = {"mask": {"threshold": LOWEST}}
        for place in track(places, "val places, guide"):
            for box in windows(place.before.shape[0]):
                x0, y0, x1, y1 = box
                maps = engine.networks.guide.look(crop_scene(place, box))
                is_building = maps.mask == building
                of_building = np.where(is_building, maps.probability, 0).astype(np.float16)
                other = (maps.mask > 0) & ~is_building
                of_any = np.where(other, np.nan, maps.probability).astype(np.float16)
                looked.append((of_building, of_any, place.building[y0:y1, x0:x1]))
    finally:
        config["calibration"] = kept
    found = search(looked)
    threshold, area = choose(found)
    pixels = [
        (any_change[::PIXEL_STEP, ::PIXEL_STEP].ravel(), truth[::PIXEL_STEP, ::PIXEL_STEP].ravel())
        for _, any_change, truth in looked
    ]
    raw, outcome = (np.concatenate(part) for part in zip(*pixels, strict=True))
    known = ~np.isnan(raw)  # where the guide sees a road, the truth is not known
    a, b = fit_platt(raw[known].astype(float), outcome[known])
    settings = {
        "a": round(a, 4),
        "b": round(b, 4),
        "threshold": round(float(apply_platt(np.array([threshold]), round(a, 4), round(b, 4))[0]), 4),
        "min_area": area,
    }
    best, usual = found[threshold, area], found[USUAL]
    report = {
        "windows": len(looked), "raw_threshold": threshold,
        "f1": round(best.f1, 4), "jaccard": round(best.jaccard, 4), "count_mae": round(best.mae, 4),
        "usual_f1": round(usual.f1, 4), "usual_jaccard": round(usual.jaccard, 4),
        "usual_count_mae": round(usual.mae, 4),
    }  # fmt: skip
    return settings, report


def search(looked: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> dict[tuple[float, float], Figures]:
    """Figures by (threshold, smallest area). looked: (probability of a building, not used, truth), each (H, W)."""
    truths = [count_and_cells(truth) for _, _, truth in looked]
    found = {}
    for threshold in THRESHOLDS:
        seen = [find_objects(probability >= threshold) for probability, _, _ in looked]
        for area in AREAS:
            true = hit = said = 0
            off, overlap = [], []
            for objects, (_, _, truth), (number, cells) in zip(seen, looked, truths, strict=True):
                kept = [item for item in objects if item.area >= area]
                mask = _drawn(kept, truth.shape)
                true, said, hit = true + int(truth.sum()), said + int(mask.sum()), hit + int((mask & truth).sum())
                off.append(abs(len(kept) - number))
                overlap.append(jaccard({item.cell for item in kept}, set(cells)))
            f1 = 2 * hit / max(1, true + said)
            found[threshold, area] = Figures(f1, float(np.mean(overlap)), float(np.mean(off)))
    return found


def choose(found: dict[tuple[float, float], Figures]) -> tuple[float, float]:
    """The best by score; the usual setting unless the best is clearly better, for few windows tell little."""
    best = max(found, key=lambda key: found[key].score)
    return best if found[best].score > found[USUAL].score + CLEARLY else USUAL


def _drawn(objects: Sequence[MaskObject], shape: tuple[int, ...]) -> np.ndarray:
    mask = np.zeros(shape, bool)
    for item in objects:
        mask[item.window][item.inside] = True
    return mask
