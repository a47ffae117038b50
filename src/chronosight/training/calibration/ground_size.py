"""Fits the regression of the ground size of a pixel (`chronosight.engines.compact.ground_size`) on windows of known size.

Windows are cut at the ground size of their source or coarser, never finer: enlarged images would give themselves away.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from chronosight.datasets.aid_ucm import learning_split
from chronosight.datasets.held_out import building_chips, native_pairs, training_places
from chronosight.datasets.places import PlacePair, load_abroad, load_places, windows
from chronosight.engines.compact.ground_size import SIDE, GroundSizeEstimator, tower_of, window_features
from chronosight.scenes.scene import Scene
from chronosight.synthetic.pair import render_pair

if TYPE_CHECKING:
    from chronosight.engines.compact.engine import CompactEngine

UCM_STEP = 0.3  # metres per pixel of UC Merced
OUTSIDE = 0.05  # share of the pairs of each set whose true size may lie below the range, and of those above it
RIDGE = 30.0
PLACES, NATIVES, CHIPS, IMAGES, RENDERED = 1100, 1100, 550, 550, 400  # windows of each source
RENDERED_PAIRS, RENDERED_SEED = 80, 900_750_000
HELD_OUT_STEPS = (1.0, 1.3)  # held-out pairs are seen at their own ground size and a little coarser

Track = Callable[[Sequence[Any], str], Iterable[Any]]


def fit_ground_size(
    engine: CompactEngine, data: Path, track: Track
) -> tuple[np.ndarray, dict[str, float], dict[str, float]] | None:
    """Fits the regression, and its spread on held-out pairs.

    Args:
        engine: Engine whose vision tower is used.
        data: Folder with pairs/, images/ and buildings/.
        track: Called with items and a label; yields the items while it shows progress.

    Returns:
        (F + 1,) float32 weights; the settings; a report. None where one of the folders is missing.
    """
    if not all((data / name).exists() for name in ("pairs/native_train.jsonl", "buildings/chips.jsonl", "images/ucm.jsonl")):
        return None
    features = tower_of(engine.bundle)
    drawn = list(training_windows(data))
    rows = np.stack([window_features(window, features) for window, _, _ in track(drawn, "ground size of a pixel")])
    octaves = np.array([math.log2(step) for _, step, _ in drawn])
    sources = [source for _, _, source in drawn]
    weights = ridge(rows, octaves, np.array([1 / sources.count(source) for source in sources]))
    held = {"val": load_places(data, "val"), "native": native_pairs(data, held_out=True)}
    # Training places were blurred a little and look coarser than held-out ones: the mean over both sets is corrected.
    weights[-1] -= np.mean([np.mean(errors) for errors in _held_out_errors(weights, features, held).values()])
    found = _held_out_errors(weights, features, held)
    report = {f"bias_{name}": round(float(np.mean(errors)), 3) for name, errors in found.items()}
    errors = np.concatenate(list(found.values()))
    report["error"] = round(float(np.sqrt(np.mean(np.square(errors)))), 3)
    return weights, ground_size_range(_range_errors(weights, features, data)), report


def ground_size_range(errors: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The range of an estimate, so wide that it holds nine of ten true sizes of every set.

    Args:
        errors: Estimate minus truth in octaves, by set of pairs.

    Returns:
        "finer" and "coarser", in octaves.
    """
    finer = max(float(np.quantile(found, 1 - OUTSIDE)) for found in errors.values())
    coarser = max(-float(np.quantile(found, OUTSIDE)) for found in errors.values())
    return {"finer": round(max(0.0, finer), 2), "coarser": round(max(0.0, coarser), 2)}


def training_windows(data: Path) -> Iterator[tuple[np.ndarray, float, str]]:
    """Windows of known ground size, none of held-out ground.

    Args:
        data: Folder with pairs/, images/ and buildings/.

    Yields:
        The window (192, 192, 3) uint8, metres per pixel, and the name of its source.
    """
    rng = np.random.default_rng(3)
    places, natives = training_places(data), native_pairs(data, held_out=False)
    chips = building_chips(data, held_out=False)
    stills = learning_split(data, "ucm")[0]
    rendered = [render_pair(RENDERED_SEED + i) for i in range(RENDERED_PAIRS)]
    sources: tuple[tuple[str, int, list[tuple[np.ndarray, float]], float], ...] = (
        ("place", PLACES, [(date, place.metres_per_pixel) for place in places for date in (place.before, place.after)], 2.2),
        ("native", NATIVES, [(date, pair.metres_per_pixel) for pair in natives for date in (pair.before, pair.after)], 0.667),
        ("chip", CHIPS, [(chip.pixels, chip.metres_per_pixel) for chip in chips], 1.0),
        ("image", IMAGES, [(still.pixels(), UCM_STEP) for still in stills[:: max(1, len(stills) // 300)]], 0.4),
        ("rendered", RENDERED, [(date, pair.metres_per_pixel) for pair in rendered for date in (pair.before, pair.after)], 2.2),
    )
    for name, number, images, coarsest in sources:
        for _ in range(number):
            pixels, step = images[int(rng.integers(len(images)))]
            highest = min(coarsest, step * min(pixels.shape[:2]) / SIDE)
            wanted = float(np.exp(rng.uniform(np.log(step), np.log(max(step, highest)))))
            if (window := _window(pixels, wanted / step, rng)) is not None:
                yield window, wanted, name


def ridge(rows: np.ndarray, octaves: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Weighted ridge regression on standardised features.

    Args:
        rows: (n, F) features.
        octaves: (n,) logarithms of the ground size.
        shares: (n,) weights of the rows.

    Returns:
        (F + 1,) float32 weights for the features as they are; the last is the bias.
    """
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    design = np.concatenate([(rows - mean) / spread, np.ones((len(rows), 1))], axis=1)
    shares = np.sqrt(shares) / np.sqrt(shares).mean()
    penalty = RIDGE * np.eye(design.shape[1])
    penalty[-1, -1] = 0
    found = np.linalg.solve(design.T @ (design * shares[:, None]) + penalty, design.T @ (octaves * shares))
    weights = found[:-1] / spread
    return np.append(weights, found[-1] - weights @ mean).astype(np.float32)


def _held_out_errors(
    weights: np.ndarray, features: Callable[[np.ndarray], np.ndarray], held: Mapping[str, list[PlacePair]]
) -> dict[str, list[float]]:
    """Errors in octaves, by "set_factor"."""
    estimator = GroundSizeEstimator(weights, {"finer": 0.0, "coarser": 0.0}, features)
    errors = {
        f"{name}_{factor:g}": [_error(estimator, pair, factor) for pair in pairs]
        for name, pairs in held.items() for factor in HELD_OUT_STEPS
    }  # fmt: skip
    return {name: [error for error in found if error is not None] for name, found in errors.items()}


def _range_errors(
    weights: np.ndarray, features: Callable[[np.ndarray], np.ndarray], data: Path
) -> dict[str, list[float]]:
    """Errors in octaves of pairs as a user gives them: those abroad, half-metre crops, every fourth window of val places."""
    estimator = GroundSizeEstimator(weights, {"finer": 0.0, "coarser": 0.0}, features)
    scenes = {
        "native": [pair.crop((0, 0, *pair.before.shape[1::-1])) for pair in native_pairs(data, held_out=True)],
        "val": [place.crop(box) for place in load_places(data, "val") for box in windows(place.before.shape[0])][::4],
    }
    if (data / "abroad" / "pairs.jsonl").is_file():
        scenes["abroad"] = [pair.crop((0, 0, *pair.before.shape[1::-1])) for pair in load_abroad(data)]
    errors = {}
    for name, of_set in scenes.items():
        found = [(estimator.estimate(scene), scene.metres_per_pixel or 1.0) for scene in of_set]
        errors[name] = [math.log2(size.metres / metres) for size, metres in found if size is not None]
    return errors


def _error(estimator: GroundSizeEstimator, pair: PlacePair, factor: float) -> float | None:
    """Estimate minus truth in octaves, of a pair shown `factor` times coarser."""
    side = round(pair.before.shape[0] / factor)
    frames = np.stack([_resized(date, side) for date in (pair.before, pair.after)])
    scene = Scene("pair", frames, np.ones(frames.shape[1:3], bool), ("before", "after"))
    found = estimator.estimate(scene)
    return None if found is None else math.log2(found.metres) - math.log2(pair.metres_per_pixel * factor)


def _window(pixels: np.ndarray, factor: float, rng: np.random.Generator) -> np.ndarray | None:
    side = round(SIDE * factor)
    height, width = pixels.shape[:2]
    if side > min(height, width):
        return None
    y, x = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    return _resized(pixels[y : y + side, x : x + side], SIDE)


def _resized(pixels: np.ndarray, side: int) -> np.ndarray:
    if pixels.shape[0] == side:
        return pixels
    return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).resize((side, side), Image.Resampling.BOX))
