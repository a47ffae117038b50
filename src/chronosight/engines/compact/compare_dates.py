"""Pairs of dates of one place, compared pixel by pixel by every guide that suits the imagery.

The guide of fine imagery sees small houses at 1 m too, enlarged twofold; the other one sees fewer, and invents fewer. The mean of
their probabilities is better than either. It costs four times what the 1 m guide alone does, which is why single pairs are not
enlarged so (`guide.suited_guide`). Each date is also mapped by itself, where the weights map land cover: what is built up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from chronosight.engines.compact.encoded import Networks
from chronosight.engines.compact.guide import Guide, suited_guide
from chronosight.engines.confidence import calibrate_map
from chronosight.results.change_probabilities import STEPS, UNKNOWN, ChangeProbabilities
from chronosight.results.land_cover import NO_COVER, LandCover
from chronosight.scenes.scene import Scene
from chronosight.tasks.land_cover import LAND_COVER_CLASSES

BUILT_UP = LAND_COVER_CLASSES.index("built-up")
BOTH_UP_TO = 1.5  # metres per pixel: coarser imagery would be enlarged threefold and more for the guide of fine imagery


def compare_dates(place: Scene, pairs: Iterable[Scene], networks: Networks) -> Iterator[ChangeProbabilities]:
    """Compares pairs of dates of one place, each when it is asked for.

    Args:
        place: All dates, as a video. Where the ground size is not known, it is estimated from them, once for all pairs.
        pairs: On one grid.
        networks: Of the weights.

    Returns:
        The probabilities of each pair, in order.
    """
    metres = place.metres_per_pixel or _assumed(place, networks)
    guides = [suited_guide(networks.bundle, metres)]
    if networks.bundle.config.get("fine_guide") and not guides[0].fine and metres <= BOTH_UP_TO:
        guides.append(Guide(networks.bundle, fine=True))
    covers, mapped = guides[0].maps_cover(metres), set[datetime | None]()
    for pair in pairs:
        cover = covers and not mapped.issuperset(pair.times)
        yield _mean([_compared(guide, replace(pair, metres_per_pixel=metres), cover and guide.fine) for guide in guides])
        mapped.update(pair.times)


def _assumed(place: Scene, networks: Networks) -> float:
    """The ground size of the guide that suits the images: an estimate chooses the guide and resamples nothing."""
    estimator = networks.ground_size if networks.bundle.config.get("fine_guide") else None
    estimated = None if estimator is None else estimator.estimate(place)
    if estimated is not None and estimated.fine:
        return Guide(networks.bundle, fine=True).metres_per_pixel
    return networks.guide.metres_per_pixel


def _compared(guide: Guide, pair: Scene, cover: bool) -> ChangeProbabilities:
    """By one guide, calibrated; with `cover` also what is built up, where these weights map it."""
    maps = guide.predict(pair, cover=cover, keep=True)
    raw = maps.blended
    assert raw is not None
    change = calibrate_map(1 - raw[0].astype(np.float32) / STEPS, guide.calibration("mask"))
    classes = raw[1:-2].astype(np.float32)
    classes *= change / np.maximum(classes.sum(axis=0), 1)
    new = raw[-2].astype(np.float32) / STEPS
    appeared, vanished = (np.rint(classes * part * STEPS).astype(np.uint8) for part in (new, 1 - new))
    built = None if maps.cover is None else _built(maps.cover)
    return ChangeProbabilities(guide.classes[1:], appeared, vanished, raw[-1], guide.min_area(pair.metres_per_pixel), built)


def _built(cover: LandCover) -> np.ndarray:
    """(2, H, W) uint8: how probable "built-up" is.

    Where another class is likelier, it is neither likelier than that one nor than what that one leaves: half of this limit.
    """
    confidence = cover.confidence
    other = np.minimum(confidence, 1 - confidence) / 2
    built: np.ndarray = np.rint(np.where(cover.classes == BUILT_UP, confidence, other) * STEPS).astype(np.uint8)
    built[cover.packed == NO_COVER] = UNKNOWN
    return built


def _mean(found: Sequence[ChangeProbabilities]) -> ChangeProbabilities:
    """The mean of what several guides say; objects are as small as the first counts them."""
    if len(found) == 1:
        return found[0]
    parts = [np.stack([getattr(one, name) for one in found]) for name in ("appeared", "vanished", "interiors")]
    means: list[np.ndarray] = [part.mean(axis=0, dtype=np.float32).astype(np.uint8) for part in parts]
    built = next((one.built for one in found if one.built is not None), None)
    return replace(found[0], appeared=means[0], vanished=means[1], interiors=means[2], built=built)
