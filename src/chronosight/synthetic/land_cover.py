"""The renderer's classes as those of a land-cover map."""

from __future__ import annotations

import numpy as np

from chronosight.datasets.ground_images import BARE, BUILT, LOW, PAVED, TREES, UNLABELLED, WATER
from chronosight.synthetic.truth import LAND_COVER

# What stands about for a day (cars, boats, planes) is left open.
_KINDS = {
    "bare land": BARE, "grass": LOW, "field": LOW, "trees": TREES, "water": WATER, "pool": WATER, "road": PAVED,
    "parking": PAVED, "building": BUILT,
}  # fmt: skip
_TABLE = np.array([_KINDS.get(name, UNLABELLED) for name in LAND_COVER], np.int8)


def of_rendered(class_map: np.ndarray) -> np.ndarray:
    """The land cover of a rendered date.

    Args:
        class_map: (H, W) uint8, index into `truth.LAND_COVER`.

    Returns:
        (H, W) int8, index into `tasks.land_cover.LAND_COVER_CLASSES`, or UNLABELLED.
    """
    found: np.ndarray = _TABLE[class_map]
    return found
