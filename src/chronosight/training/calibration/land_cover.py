"""Fits how the land-cover head is read: factor and offset of each class's score, and from which confidence on it is named.

On mosaics of real ground that no training saw, as they are and in another season and light (`evaluation.land_cover`). They
make the head's probabilities hold (log loss). A class is named from the lowest confidence on above which
`RIGHT` of the pixels that are called so are right; a class that never reaches it, from `MOST` on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from chronosight.datasets.ground_images import BARE, LOW
from chronosight.engines.compact.bundle_config import read_bundle_config
from chronosight.engines.compact.cover_maps import calibrated_cover, open_together
from chronosight.engines.compact.guide import Guide
from chronosight.evaluation.land_cover import SIDE, covering_guide, held_out_grounds
from chronosight.metrics.calibration import calibration_error, calibration_parts
from chronosight.synthetic.held_out import HELD_OUT
from chronosight.synthetic.light import difference_only
from chronosight.synthetic.mosaics import draw_mosaic
from chronosight.tasks.land_cover import LAND_COVER_CLASSES
from chronosight.training.calibration.folder import write_config
from chronosight.training.samples.land_cover_samples import STRIDE

MOSAICS, FIRST = 240, HELD_OUT + 100_000  # others than those that are measured
RIGHT = 0.9  # of what is named
LEAST, MOST = 0.93, 0.96  # chosen on val places: below, more than 5 % of cells without a change were called changed
STEPS = 100
WEIGHT_DECAY = 1e-3

Track = Callable[[Sequence[Any], str], Iterable[Any]]


def calibrate_land_cover(
    weights: Path, data: Path, limit: int | None = None, track: Track = lambda items, _: items
) -> dict[str, Any]:
    """Fits factors, offsets and least confidences, and writes them into the weights' config.json.

    Args:
        weights: Weights folder with a land-cover head.
        data: Folder with images/, pairs/ and buildings/.
        limit: At most this many mosaics.
        track: Called with items and a label; yields the items while it shows progress.

    Returns:
        "land_cover", the settings, and "calibration_report".

    Raises:
        InputError: The weights map no land cover, or the data folder has another layout.
    """
    guide = covering_guide(weights)
    scores, labels = _held_out(guide, data, min(MOSAICS, limit or MOSAICS), track)
    scale, bias = _fit(scores, labels)
    before, after = (_confident(scores, labels, *each) for each in ((np.ones_like(scale), np.zeros_like(bias)), (scale, bias)))
    least = _least(*after)
    report = {
        "accuracy": float(after[2].mean()),
        "error_before": _error(before),
        "error_after": _error(after),
        "named": float((after[1] >= np.array(least)[after[0]]).mean()),
    }
    config = read_bundle_config(weights)
    config["land_cover"] |= {"scale": np.round(scale, 4).tolist(), "bias": np.round(bias, 4).tolist(), "least": least}
    config["calibration_report"] = {**config.get("calibration_report", {}), "land_cover": report}
    write_config(weights, config)
    return {"land_cover": config["land_cover"], "calibration": {}, "calibration_report": {"land_cover": report}}


def _held_out(guide: Guide, data: Path, count: int, track: Track) -> tuple[np.ndarray, np.ndarray]:
    """(n, C) scores of pixels of known class, and (n,) their classes."""
    grounds, scores, labels = held_out_grounds(data, "val"), [], []
    for index in track(range(count), "mosaics"):
        mosaic = draw_mosaic(np.random.default_rng((FIRST, index)), grounds, SIDE)
        views = np.stack([mosaic.pixels, difference_only(mosaic.pixels, FIRST + index)])
        found = guide.cover_scores(views.transpose(0, 3, 1, 2)[:, None].astype(np.float32) / 255)  # (2, C, h, w)
        truth = mosaic.labels[STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE]
        for of_view in found:
            scores.append(of_view[:, truth >= 0].T)
            labels.append(truth[truth >= 0])
    return np.concatenate(scores), np.concatenate(labels).astype(int)


def _fit(scores: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(C,) factors and (C,) offsets of the scores that make log loss least; classes count alike, the two open ones as one."""
    logits, truth = torch.from_numpy(scores), torch.from_numpy(labels)
    weights = 1 / torch.bincount(truth, minlength=logits.shape[1]).clamp(min=1).float()
    weights[[BARE, LOW]] /= 2
    fitted = torch.zeros(2, logits.shape[1], requires_grad=True)
    optimizer = torch.optim.LBFGS([fitted], max_iter=STEPS)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(logits * fitted[0].exp() + fitted[1], truth, weights) + WEIGHT_DECAY * (fitted**2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    scale, bias = fitted.detach().double().numpy()
    return np.exp(scale).clip(0.2, 5), bias


def _confident(
    scores: np.ndarray, labels: np.ndarray, scale: np.ndarray, bias: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n,) class, its confidence, and whether it is right, read as the engine reads them."""
    settings = {"scale": scale.tolist(), "bias": np.round(bias, 4).tolist()}
    cover = open_together(calibrated_cover(scores.T[None, :, None], settings))[0, :, 0]
    found = cover.argmax(axis=0)
    return found, cover.max(axis=0), found == labels


def _error(read: tuple[np.ndarray, np.ndarray, np.ndarray]) -> float:
    """Expected calibration error of the confidences."""
    return float(calibration_error(calibration_parts(read[1], read[2]).sum(axis=0)))


def _least(found: np.ndarray, confidence: np.ndarray, right: np.ndarray) -> list[float]:
    """Of each class the confidence from which on it is named."""
    least = []
    for index in range(len(LAND_COVER_CLASSES)):
        levels = np.arange(LEAST, MOST, 0.01)
        of_class = found == index
        enough = [level for level in levels if _share(right[of_class & (confidence >= level)]) >= RIGHT]
        least.append(round(float(min(enough, default=MOST)), 2))
    return least


def _share(right: np.ndarray) -> float:
    return float(right.mean()) if right.size else 0.0
