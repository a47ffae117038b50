"""The mask of a guide: calibration of its probability, threshold, smallest object.

Fitted on the `val` places; for the guide of fine imagery, on held-out half-metre pairs.

The last two stay as the clues of training were made, unless others are better in nearly every draw of places with
replacement: a few dozen places prove little, and the best of forty settings is the luckiest one too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chronosight.datasets.places import CHANGED_PIXELS, PlacePair, windows
from chronosight.engines.compact.guide import suited_guide
from chronosight.metrics.change import jaccard
from chronosight.tasks.objects import MaskObject, count_and_cells, find_objects
from chronosight.training.calibration.fits import apply_platt, fit_platt

if TYPE_CHECKING:
    from chronosight.engines.compact.engine import CompactEngine

THRESHOLDS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)  # of the raw probability
AREAS = (6.0, 12.0, 20.0, 30.0, 40.0)  # square metres
USUAL = (0.5, 12.0)  # what the clues of training were made with: kept unless another is clearly better
CLEARLY, DRAWS = 0.95, 1000  # share of the draws of places in which a setting must be better than the usual one
MIN_ROAD = 100.0  # square metres: val places have no masks of roads; see docs/experiments.md for rendered ones
LOWEST = 0.05  # classes are read down to this probability
WINDOW = 256  # pixels; smaller pairs are one window
PIXEL_STEP = 4  # neighbouring pixels say the same


@dataclass(frozen=True)
class MaskMetrics:
    """Metrics of one threshold and smallest area, by window (n, 5).

    Columns: pixels found rightly; pixels found and true together; Jaccard index of the cells; error of the count; whether
    "changed or not" is right.
    """

    windows: np.ndarray

    def score(self, chosen: np.ndarray | slice = slice(None)) -> float:
        """The criterion of the search: pixel F1 + Jaccard index of the cells - count MAE / 4 + binary accuracy.

        Args:
            chosen: Indices of windows, or a slice of them; all by default.

        Returns:
            The sum; higher is better, at most 3.
        """
        return self.f1(chosen) + self.jaccard(chosen) - self.mae(chosen) / 4 + self.binary(chosen)

    def f1(self, chosen: np.ndarray | slice = slice(None)) -> float:
        """F1 over pixels.

        Args:
            chosen: Indices of windows, or a slice of them; all by default.

        Returns:
            F1 in [0, 1]; 0 where nothing changed and nothing is predicted.
        """
        hit, both = self.windows[chosen, :2].sum(axis=0)
        return float(2 * hit / max(1.0, both))

    def jaccard(self, chosen: np.ndarray | slice = slice(None)) -> float:
        """Mean Jaccard index of the cells.

        Args:
            chosen: Indices of windows, or a slice of them; all by default.

        Returns:
            The mean, in [0, 1].
        """
        return float(self.windows[chosen, 2].mean())

    def mae(self, chosen: np.ndarray | slice = slice(None)) -> float:
        """Mean absolute error of the count.

        Args:
            chosen: Indices of windows, or a slice of them; all by default.

        Returns:
            The mean, in objects.
        """
        return float(self.windows[chosen, 3].mean())

    def binary(self, chosen: np.ndarray | slice = slice(None)) -> float:
        """Share of windows whose "changed or not" is right.

        Args:
            chosen: Indices of windows, or a slice of them; all by default.

        Returns:
            The share, in [0, 1].
        """
        return float(self.windows[chosen, 4].mean())


def fit_mask(
    engine: CompactEngine, places: Sequence[PlacePair], track: Callable[[Sequence[Any], str], Iterable[Any]],
    keep_usual: bool = False,
) -> tuple[dict[str, float], dict[str, float]]:  # fmt: skip
    """Fits how the guide's map is read: its calibration, threshold and smallest object.

    Args:
        engine: Engine whose guide is run, the one for the ground size of the places; its calibration is as before when this
            returns.
        places: Held-out pairs with building masks, of one ground size.
        track: Called with items and a label; yields the items while it shows progress.
        keep_usual: Keep the usual threshold and smallest object, and fit the probability alone.

    Returns:
        The settings "a", "b", "threshold" (on the calibrated map) and "min_area" (pixels of the ground size that the guide
        is calibrated at); and the metrics they reach.
    """
    guide = suited_guide(engine.bundle, places[0].metres_per_pixel)
    config = engine.bundle.config
    building = list(config["classes"]).index("building")
    kept = config["calibration"]
    seen_windows: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []  # probability of a building, of any change, truth
    groups: list[str] = []
    try:
        config["calibration"] = {"mask": {"threshold": LOWEST}}
        for place in track(places, "val places, guide"):
            for box in windows(place.before.shape[0], min(WINDOW, place.before.shape[0])):
                x0, y0, x1, y1 = box
                maps = guide.predict(place.crop(box))
                is_building = maps.mask == building
                of_building = np.where(is_building, maps.probability, 0).astype(np.float16)
                other = (maps.mask > 0) & ~is_building
                of_any = np.where(other, np.nan, maps.probability).astype(np.float16)
                seen_windows.append((of_building, of_any, place.building[y0:y1, x0:x1]))
                groups.append(place.place)
    finally:
        config["calibration"] = kept
    found = search(seen_windows, places[0].metres_per_pixel)
    threshold, area = USUAL if keep_usual else choose(found, groups)
    pixels = [
        (any_change[::PIXEL_STEP, ::PIXEL_STEP].ravel(), truth[::PIXEL_STEP, ::PIXEL_STEP].ravel())
        for _, any_change, truth in seen_windows
    ]
    raw, outcome = (np.concatenate(part) for part in zip(*pixels, strict=True))
    known = ~np.isnan(raw)  # where the guide sees a road, the truth is not known
    a, b = fit_platt(raw[known].astype(float), outcome[known])
    settings = {
        "a": round(a, 4),
        "b": round(b, 4),
        "threshold": round(float(apply_platt(np.array([threshold]), round(a, 4), round(b, 4))[0]), 4),
        "min_area": area / guide.calibrated_at**2,
    }
    best, usual = found[threshold, area], found[USUAL]
    report = {
        "windows": len(seen_windows), "raw_threshold": threshold,
        "f1": round(best.f1(), 4), "jaccard": round(best.jaccard(), 4), "count_mae": round(best.mae(), 4),
        "binary": round(best.binary(), 4), "usual_f1": round(usual.f1(), 4), "usual_jaccard": round(usual.jaccard(), 4),
        "usual_count_mae": round(usual.mae(), 4), "usual_binary": round(usual.binary(), 4),
    }  # fmt: skip
    return settings, report


def search(
    seen_windows: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]], metres: float = 1.0
) -> dict[tuple[float, float], MaskMetrics]:
    """Scores every combination of threshold and smallest area.

    Args:
        seen_windows: For each window the probability of a building, the probability of any change (not used here) and the true
            mask, each (H, W).
        metres: Ground size of their pixels.

    Returns:
        The metrics by (threshold, smallest area in square metres).
    """
    truths = [count_and_cells(truth) for _, _, truth in seen_windows]
    found = {}
    for threshold in THRESHOLDS:
        seen = [find_objects(probability >= threshold) for probability, _, _ in seen_windows]
        for area in AREAS:
            rows = []
            for objects, (_, _, truth), (number, cells) in zip(seen, seen_windows, truths, strict=True):
                kept = [item for item in objects if item.area * metres**2 >= area]
                mask = _drawn(kept, truth.shape)
                overlap = jaccard({item.cell for item in kept}, set(cells))
                right = bool(kept) == bool(truth.sum() > CHANGED_PIXELS)
                rows.append(((mask & truth).sum(), truth.sum() + mask.sum(), overlap, abs(len(kept) - number), right))
            found[threshold, area] = MaskMetrics(np.array(rows, dtype=float))
    return found


def choose(found: dict[tuple[float, float], MaskMetrics], groups: Sequence[str], seed: int = 0) -> tuple[float, float]:
    """Chooses the setting that is better than the usual one in most bootstrap draws of places.

    Settings that are better equally often go by their score.

    Args:
        found: Metrics by (threshold, smallest area in square metres), as `search` returns them.
        groups: Place of each window.
        seed: Seed of the draws.

    Returns:
        The best setting where a share of CLEARLY or more of the draws is for it; else the usual one.
    """
    rng = np.random.default_rng(seed)
    names = sorted(set(groups))
    of_place = [np.flatnonzero(np.array(groups) == name) for name in names]
    better = dict.fromkeys(found, 0)
    for _ in range(DRAWS):
        drawn = np.concatenate([of_place[i] for i in rng.integers(0, len(names), len(names))])
        usual = found[USUAL].score(drawn)
        for key, metrics in found.items():
            better[key] += metrics.score(drawn) > usual
    best = max(found, key=lambda key: (better[key], found[key].score()))
    return best if better[best] >= CLEARLY * DRAWS else USUAL


def _drawn(objects: Sequence[MaskObject], shape: tuple[int, ...]) -> np.ndarray:
    mask = np.zeros(shape, bool)
    for item in objects:
        mask[item.window][item.inside] = True
    return mask
