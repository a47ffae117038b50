"""The ground under changed buildings and roads, at the date on which they do not stand.

It is judged as a whole: where no pixel is sure enough to be named, a roof's worth of them may be.
"""

from __future__ import annotations

import numpy as np

from chronosight.engines.generalise import drawn
from chronosight.results.changed_object import ChangedObject
from chronosight.results.evidence import Evidence
from chronosight.results.land_cover import GROUPS, N_GROUPS, LandCover
from chronosight.results.land_cover_change import UNKNOWN, WATER, ObjectGround
from chronosight.tasks.land_cover import LAND_COVER_CLASSES

MOST_OF = 0.5  # of its pixels: a class that is known for fewer of them is unknown
SMALLEST = 100.0  # square metres: a smaller piece of ground is no object, nor worth a word
SPECK = 0.1  # of the ground of a changed object: a class that holds less is the edge of another
# Mean probability that the ground under a changed object is of one group: from here on it is known (docs/experiments.md).
SURE_AS_A_WHOLE = 0.85
WATER_CLASS = LAND_COVER_CLASSES.index(WATER)  # never named so: shadow resembles it


def object_grounds(cover: LandCover, evidence: Evidence) -> tuple[ObjectGround, ...]:
    """What was there before each new building and road, and what came after each that is gone.

    Args:
        cover: The land cover of both dates.
        evidence: The changed objects with their mask.

    Returns:
        One ground an object, in their order.
    """
    grounds = []
    shape = evidence.mask.shape
    for item in evidence.objects:
        low = np.maximum(np.floor(item.outline.min(axis=0)).astype(int), 0)
        high = np.minimum(np.ceil(item.outline.max(axis=0)).astype(int), shape[::-1])
        window = np.s_[low[1] : high[1], low[0] : high[0]]
        inside = drawn(item.outline - low, evidence.mask[window].shape) & (
            evidence.mask[window] == evidence.classes.index(item.class_name)
        )
        date = 0 if item.direction == "appeared" else 1
        grounds.append(object_ground(item, cover.part(cover.packed[date : date + 1, *window]), inside))
    return tuple(grounds)


def object_ground(item: ChangedObject, cover: LandCover, inside: np.ndarray) -> ObjectGround:
    """The ground of one changed object at the date on which it does not stand.

    Args:
        item: The object.
        cover: The land cover of that date alone, (1, h, w), in a window around the object.
        inside: (h, w) bool, the object's pixels in that window.

    Returns:
        Its ground, "unknown" where less than half of it is known to be of one group.
    """
    own = cover.part(cover.packed[:, None, inside])
    classes, confidence, known = own.classes[0, 0], own.confidence[0, 0], own.known[0, 0]
    known = known | _of_one_group(classes, confidence)
    total = max(1, classes.size)
    counts = np.bincount(classes[known], minlength=len(LAND_COVER_CLASSES))
    shares = {name: item.area * float(counts[index] / total) for index, name in enumerate(LAND_COVER_CLASSES)}
    shares = _without_specks({name: area for name, area in shares.items() if area}, item.area)
    if not known.all() or not classes.size:
        shares[UNKNOWN] = item.area - sum(shares.values())
    sizes = np.bincount(GROUPS[classes[known]], minlength=N_GROUPS) if classes.size else np.zeros(1)
    group = int(sizes.argmax())
    if sizes[group] < MOST_OF * total:
        return ObjectGround(item.number, item.class_name, item.direction, UNKNOWN, 0.0, shares)
    of_group = known & (GROUPS[classes] == group)
    name = likeliest_class(classes[of_group], confidence[of_group])
    mean = min(item.confidence, float(confidence[of_group].mean()))  # ground under an object changed only if that did
    return ObjectGround(item.number, item.class_name, item.direction, name, mean, shares)


def _of_one_group(classes: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """(n,) bool, pixels of the group that the ground of an object is of, taken as a whole; none where that is not sure enough."""
    groups = GROUPS[classes]
    sums = np.bincount(groups, confidence, minlength=N_GROUPS)[: GROUPS[WATER_CLASS]]  # water is the last group
    group = int(sums.argmax())
    sure: np.ndarray = (groups == group) & bool(sums[group] >= SURE_AS_A_WHOLE * max(1, classes.size))
    return sure


def _without_specks(shares: dict[str, float], area: float) -> dict[str, float]:
    """Areas by class; what is both small and a small part of the object counts as the largest class: edges of the map."""
    if not shares:
        return shares
    largest = max(shares, key=lambda name: shares[name])
    specks = [name for name, part in shares.items() if name != largest and part < min(SMALLEST, SPECK * area)]
    kept = {name: part for name, part in shares.items() if name not in specks}
    return kept | {largest: shares[largest] + sum(shares[name] for name in specks)}


def likeliest_class(classes: np.ndarray, confidence: np.ndarray) -> str:
    """The class of some pixels together.

    Args:
        classes: (n,) index in `LAND_COVER_CLASSES`.
        confidence: (n,) in [0, 1].

    Returns:
        The one with the most pixels, weighted by their confidence; "unknown" for none.
    """
    if not classes.size:
        return UNKNOWN
    return LAND_COVER_CLASSES[int(np.bincount(classes, confidence).argmax())]
