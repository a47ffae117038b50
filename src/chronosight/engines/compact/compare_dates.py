"""Pairs of dates of one place, compared pixel by pixel by every guide that suits the imagery.

The guide of fine imagery sees small houses at 1 m too, enlarged twofold; the other one sees fewer, and invents fewer. The mean of
their probabilities is better than either. It costs four times what the 1 m guide alone does, which is why single pairs are not
compared so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from chronosight.engines.compact.encoded import Networks
from chronosight.engines.compact.guide import Guide, suited_guide
from chronosight.engines.confidence import calibrate_map
from chronosight.results.change_probabilities import STEPS, ChangeProbabilities
from chronosight.scenes.scene import Scene

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
    for pair in pairs:
        yield _mean([_compared(guide, replace(pair, metres_per_pixel=metres)) for guide in guides])


def _assumed(place: Scene, networks: Networks) -> float:
    """The ground size of the guide that suits the images: an estimate chooses the guide and resamples nothing."""
    estimator = networks.ground_size if networks.bundle.config.get("fine_guide") else None
    estimated = None if estimator is None else estimator.estimate(place)
    if estimated is not None and estimated.fine:
        return Guide(networks.bundle, fine=True).metres_per_pixel
    return networks.guide.metres_per_pixel


def _compared(guide: Guide, pair: Scene) -> ChangeProbabilities:
    """By one guide, calibrated."""
    raw = guide.predict(pair, keep=True).blended
    assert raw is not None
    change = calibrate_map(1 - raw[0].astype(np.float32) / STEPS, guide.calibration("mask"))
    classes = raw[1:-2].astype(np.float32)
    classes *= change / np.maximum(classes.sum(axis=0), 1)
    new = raw[-2].astype(np.float32) / STEPS
    appeared, vanished = (np.rint(classes * part * STEPS).astype(np.uint8) for part in (new, 1 - new))
    return ChangeProbabilities(guide.classes[1:], appeared, vanished, raw[-1], guide.min_area(pair.metres_per_pixel))


def _mean(found: Sequence[ChangeProbabilities]) -> ChangeProbabilities:
    """The mean of what several guides say; objects are as small as the first counts them."""
    if len(found) == 1:
        return found[0]
    parts = [np.stack([getattr(one, name) for one in found]) for name in ("appeared", "vanished", "interiors")]
    means: list[np.ndarray] = [part.mean(axis=0, dtype=np.float32).astype(np.uint8) for part in parts]
    return replace(found[0], appeared=means[0], vanished=means[1], interiors=means[2])
