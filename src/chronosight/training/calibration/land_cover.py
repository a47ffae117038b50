"""Fits how the land-cover head is read: factor and offset of each class's score, and from which confidence on it is named.

On mosaics of real ground that no training saw, as they are and in another season and light, and on rendered scenes
(`evaluation.land_cover`). Factors and offsets make the head's probabilities hold (log loss): for fine pairs on fine scenes, for
coarser ones on all, since fewer are coarse (docs/experiments.md). A class is named from the lowest confidence on above which
`RIGHT` of the pixels that are called so, in scenes of the same ground size, are right, but not below a bound of its own; a class
that never reaches it, from `MOST` on. Where both dates show the same group of classes, one is named from the lowest of `AGREEING`
on above which `RIGHT` of the pixels that are named by that alone are right, which both dates have to reach.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.bundle_config import read_bundle_config
from chronosight.engines.compact.cover_maps import BARE, calibrated_cover, coarse_cover_scores, cover_scores, likeliest
from chronosight.evaluation.land_cover import COARSE, COARSE_STEPS, FINE, SIDE, covering_bundle, held_out_grounds
from chronosight.metrics.calibration import calibration_error, calibration_parts
from chronosight.results.land_cover import GROUPS, NEVER, LandCover, Thresholds, pack
from chronosight.synthetic.held_out import HELD_OUT
from chronosight.synthetic.land_cover import of_rendered
from chronosight.synthetic.light import difference_only
from chronosight.synthetic.mosaics import draw_mosaic
from chronosight.synthetic.pair import render_pair
from chronosight.tasks.land_cover import LAND_COVER_CLASSES
from chronosight.training.samples.land_cover_samples import of_squares
from chronosight.training.weights_folder import write_config

MOSAICS, COARSE_MOSAICS, FIRST = 160, 80, HELD_OUT + 100_000  # others than those that are measured
RENDERED, COARSE_RENDERED = 80, 60
SPARSE, RARITY = 8, 0.5
RIGHT = 0.9  # of what is named
# By class, chosen on val places: with less, more than 5 % of the cells without a change were called changed.
LEAST, LEAST_COARSE = (0.93, 0.93, 0.96, 0.96, 0.96, 0.93), (0.96, 0.96, 0.96, 0.98, 0.96, 0.98)
MOST = 0.96
AGREEING = (0.5, 0.6, 0.7, 0.8, 0.9)
STEPS = 100
WEIGHT_DECAY = 1e-3

Track = Callable[[Sequence[Any], str], Iterable[Any]]


def calibrate_land_cover(
    weights: Path, data: Path, limit: int | None = None, track: Track = lambda items, _: items
) -> dict[str, Any]:
    """Fits factors, offsets and the confidences from which classes are named, and writes them into the weights' config.json.

    Args:
        weights: Weights folder with a land-cover head.
        data: Folder with images/, pairs/ and buildings/.
        limit: At most this many mosaics of a kind, and rendered scenes.
        track: Called with items and a label; yields the items while it shows progress.

    Returns:
        "land_cover", the settings, and "calibration_report".

    Raises:
        InputError: The weights map no land cover, or the data folder has another layout.
    """
    fine, coarse = _held_out(covering_bundle(weights), data, limit, track)
    settings, report = _settings(fine, fine, LEAST)
    settings_coarse, report_coarse = _settings([*fine, *coarse], coarse, LEAST_COARSE) if coarse else (settings, report)
    config = read_bundle_config(weights)
    config["land_cover"] |= settings | {f"{name}_coarse": values for name, values in settings_coarse.items()}
    reports = {"land_cover": report, "land_cover_coarse": report_coarse}
    config["calibration_report"] = {**config.get("calibration_report", {}), **reports}
    write_config(weights, config)
    return {"land_cover": config["land_cover"], "calibration": {}, "calibration_report": reports}


Scored = tuple[np.ndarray, np.ndarray]  # (n, 2, C) scores of pixels of known class at both dates, and (n, 2) their classes


def _held_out(bundle: Bundle, data: Path, limit: int | None, track: Track) -> tuple[list[Scored], list[Scored]]:
    """Pixels of mosaics and of rendered scenes, at the ground size of fine pairs and at that of coarser ones."""
    grounds = held_out_grounds(data, "val")
    found: dict[str, list[Scored]] = {}
    for index, small in enumerate(track(_sizes(MOSAICS, COARSE_MOSAICS, limit), "mosaics")):
        rng = np.random.default_rng((FIRST, index))
        mosaic = draw_mosaic(rng, grounds, SIDE, COARSE_STEPS) if small else draw_mosaic(rng, grounds, SIDE)
        views = np.stack([mosaic.pixels, difference_only(mosaic.pixels, FIRST + index)])
        scored = _scored(bundle, views, np.stack([mosaic.labels] * 2), small)
        found.setdefault("coarse mosaics" if small else "mosaics", []).append(scored)
    for index, small in enumerate(track(_sizes(RENDERED, COARSE_RENDERED, limit), "rendered scenes")):
        pair = render_pair(FIRST + index, SIDE, COARSE if small else FINE)
        truth = np.stack([of_rendered(pair.before_map), of_rendered(pair.after_map)])
        scored = _scored(bundle, np.stack([pair.before, pair.after]), truth, small)
        found.setdefault("coarse rendered" if small else "rendered", []).append(scored)
    fine = [_joined(parts) for name, parts in found.items() if "coarse" not in name]
    return fine, [_joined(parts) for name, parts in found.items() if "coarse" in name]


def _sizes(fine: int, coarse: int, limit: int | None) -> list[bool]:
    """Of each scene whether it is a coarse one, at most `limit` of a kind."""
    return [False] * min(fine, limit or fine) + [True] * min(coarse, limit or coarse)


def _settings(
    sources: Sequence[Scored], judged: Sequence[Scored], low: Sequence[float]
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Fits how pairs of one range of ground sizes are read: -> "scale", "bias" and "least" by class, and how well they hold.

    Factors and offsets are fitted on `sources`, least confidences on those that are `judged`, which are of that range.
    """
    scale, bias = (np.round(fitted, 4) for fitted in _fit(sources))
    scores, labels = _joined(judged)
    flat = scores.reshape(-1, scores.shape[-1]), labels.ravel()
    before, after = (_confident(*flat, *each) for each in ((np.ones_like(scale), np.zeros_like(bias)), (scale, bias)))
    least = _least(*after, low)
    found, confidence, _ = (part.reshape(labels.shape) for part in after)
    agreeing = _agreeing(found, confidence, labels, least)
    cover = LandCover(pack(found.T, confidence.T), Thresholds(tuple(least), tuple(agreeing)))
    report = {
        "accuracy": float(after[2].mean()),
        "error_before": _error(before),
        "error_after": _error(after),
        "known": float(cover.known.mean()),
        "named": float(cover.named.mean()),
    }
    return {"scale": scale.tolist(), "bias": bias.tolist(), "least": least, "agreeing": agreeing}, report


def _joined(parts: Sequence[Scored]) -> Scored:
    """Pixels of several scenes together."""
    return np.concatenate([scores for scores, _ in parts]), np.concatenate([labels for _, labels in parts])


def _scored(bundle: Bundle, views: np.ndarray, truth: np.ndarray, coarse: bool) -> Scored:
    """Every `SPARSE`-th pixel whose class is known at both dates; its neighbours add no information."""
    dates = views.transpose(0, 3, 1, 2)[:, None].astype(np.float32) / 255
    scores = coarse_cover_scores(bundle, dates) if coarse else cover_scores(bundle, dates)
    labels = of_squares(truth)
    known = (labels >= 0).all(axis=0)
    of_pixels = scores.transpose(2, 3, 0, 1)[known], labels.transpose(1, 2, 0)[known]
    return of_pixels[0][::SPARSE], of_pixels[1][::SPARSE].astype(int)


def _fit(sources: Sequence[Scored]) -> tuple[np.ndarray, np.ndarray]:
    """(C,) factors and (C,) offsets of the scores that make log loss least; sources count alike, rare classes more."""
    sources = [(scores.reshape(-1, scores.shape[-1]), labels.ravel()) for scores, labels in sources]
    logits, truth = (torch.from_numpy(np.concatenate(parts)) for parts in zip(*sources, strict=True))
    shares = torch.bincount(truth, minlength=logits.shape[1]).clamp(min=1) / len(truth)
    weights = shares.float()[truth] ** -RARITY
    weights *= torch.cat([torch.full((len(labels),), 1 / len(labels)) for _, labels in sources])
    weights /= weights.sum()
    fitted = torch.zeros(2, logits.shape[1], requires_grad=True)
    optimizer = torch.optim.LBFGS([fitted], max_iter=STEPS)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        losses = F.cross_entropy(logits * fitted[0].exp() + fitted[1], truth, reduction="none")
        loss = (weights * losses).sum() + WEIGHT_DECAY * (fitted**2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    scale, bias = fitted.detach().double().numpy()
    return np.exp(scale).clip(0.2, 5), bias


def _confident(
    scores: np.ndarray, labels: np.ndarray, scale: np.ndarray, bias: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n,) class, its confidence, and whether it is right, read as the engine reads them."""
    found, confidence = likeliest(calibrated_cover(scores.T, {"scale": scale.tolist(), "bias": bias.tolist()}))
    return found, confidence, found == labels


def _error(read: tuple[np.ndarray, np.ndarray, np.ndarray]) -> float:
    """Expected calibration error of the confidences."""
    return float(calibration_error(calibration_parts(read[1], read[2]).sum(axis=0)))


def _least(found: np.ndarray, confidence: np.ndarray, right: np.ndarray, low: Sequence[float]) -> list[float]:
    """Of each class the confidence from which on it is named, between a bound of its own and `MOST`; never below its bound."""
    least = []
    for index in range(len(LAND_COVER_CLASSES)):
        levels = np.arange(low[index], MOST, 0.01)
        of_class = found == index
        enough = [level for level in levels if _share(right[of_class & (confidence >= level)]) >= RIGHT]
        least.append(round(float(min(enough, default=max(MOST, low[index]))), 2))
    return least


def _agreeing(found: np.ndarray, confidence: np.ndarray, labels: np.ndarray, least: Sequence[float]) -> list[float]:
    """Of each class the confidence from which on it is named where both dates show its group; `NEVER` if that is too often wrong.

    All (n, 2), by pixel and date. Of bare ground and low vegetation the group has to be right, of which confidences speak.
    """
    groups, high = GROUPS[found], confidence.min(axis=1, keepdims=True)
    same = (groups[:, :1] == groups[:, 1:]) & (confidence < np.array(least)[found])
    right = np.where(groups == GROUPS[BARE], groups == GROUPS[labels], found == labels)
    agreeing = []
    for index in range(len(LAND_COVER_CLASSES)):
        of_class = same & (found == index)
        enough = [level for level in AGREEING if _share(right[of_class & (high >= level)]) >= RIGHT]
        agreeing.append(min(enough, default=NEVER))
    return agreeing


def _share(right: np.ndarray) -> float:
    return float(right.mean()) if right.size else 0.0
