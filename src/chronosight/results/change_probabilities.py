"""What a comparison of two dates says of every pixel, before any object is outlined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STEPS = 255  # a probability of 1
UNKNOWN = 51  # a probability of 0.2, which speaks for a building as much as against one


@dataclass(frozen=True)
class ChangeProbabilities:
    """Probabilities pixel by pixel, one byte each: many dates make many comparisons.

    Attributes:
        classes: Names of the classes of changed objects, in the singular.
        appeared: (C, H, W) uint8 in 1/255, that an object of the class is new at the pixel.
        vanished: (C, H, W) uint8 in 1/255, that one is gone.
        interiors: (H, W) uint8 in 1/255, that the pixel is the inside of an object, two pixels from its edge.
        min_area: In pixels; what is smaller counts as no object.
        built: (2, H, W) uint8 in 1/255, that the pixel is built up at the earlier and at the later date; `UNKNOWN` where that is
            not known, None where no land cover was mapped.
    """

    classes: tuple[str, ...]
    appeared: np.ndarray
    vanished: np.ndarray
    interiors: np.ndarray
    min_area: float = 0.0
    built: np.ndarray | None = None
