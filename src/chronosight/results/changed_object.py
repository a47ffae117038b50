"""One changed object of a pair of dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Direction = Literal["appeared", "vanished"]


@dataclass(frozen=True)
class ChangedObject:
    """One object of the change mask.

    class_name: "building" or "road". direction: seen at the later date only, or at the earlier one only.
    polygon: (n, 2) float, x right and y down in pixels of the scene, closed, pixel corners.
    area: in pixels. cell: name of its place in the 3x3 grid. confidence: in [0, 1].
    """

    class_name: str
    direction: Direction
    polygon: np.ndarray
    area: float
    cell: str
    confidence: float
