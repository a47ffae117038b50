"""What every outlined object has, a changed one as a piece of ground: where it is and how large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from shapely import Geometry


@dataclass(frozen=True, eq=False, kw_only=True)
class OutlinedObject:
    """Outline, area and place of an object.

    Attributes:
        outline: (n, 2) float, its outer ring, closed, along pixel corners; x right and y down in pixels of the scene.
        area_px: its area in pixels.
        cell: the name of its place in the 3x3 grid.
        confidence: in [0, 1].
        number: from 1, the same in every file.
        centroid: (x, y) in pixels, of the outer ring.
        holes: rings like `outline`, left out of it.
        area_m2: in square metres on the ellipsoid; None where the ground size of a pixel is unknown.
        lonlat: the centroid in degrees, longitude first; None where the scene has no place on the Earth.
        shape: the outline in longitude and latitude, cut at the 180th meridian; None as `lonlat`.
        tile: name of the model's tile that holds the centroid ("r3c12"); None for a pair that was seen whole.
    """

    outline: np.ndarray
    area_px: float
    cell: str
    confidence: float
    number: int = 0
    centroid: tuple[float, float] = (0.0, 0.0)
    holes: tuple[np.ndarray, ...] = ()
    area_m2: float | None = None
    lonlat: tuple[float, float] | None = None
    shape: Geometry | None = None
    tile: str | None = None

    @property
    def area(self) -> float:
        """In square metres where they are known, else in pixels."""
        return self.area_px if self.area_m2 is None else self.area_m2

    @property
    def places(self) -> tuple[str, ...]:
        """The names of its places in the 3x3 grid."""
        return (self.cell,)

    def place_facts(self) -> dict[str, Any]:
        """Tile and areas, as every file gives them; what is unknown is left out."""
        facts: dict[str, Any] = {} if self.tile is None else {"tile": self.tile}
        facts["area_px"] = round(self.area_px, 1)
        if self.area_m2 is not None:
            facts["area_m2"] = round(self.area_m2, 1)
        return facts
