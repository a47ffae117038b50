"""A scene: what was observed, as pixels with their place and time. Everything downstream takes a `Scene`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np
from affine import Affine

from chronosight.figures import figures

SceneKind = Literal["image", "pair", "video"]
FEW = 4  # notes that a repr shows


@dataclass(frozen=True)
class Georeference:
    """Where the pixel grid lies on the ground.

    Attributes:
        crs: coordinate reference system as WKT or "EPSG:n".
        transform: pixel (column, row) -> CRS coordinates of the pixel's upper left corner.
    """

    crs: str
    transform: Affine


@dataclass(frozen=True)
class Shift:
    """Displacement of the later date against the earlier one, in pixels (positive: right, down)."""

    dx: float
    dy: float
    corrected: bool


@dataclass(repr=False)
class Scene:
    """One image (T = 1), a pair of dates (T = 2) or a video (T = n) on one pixel grid.

    Attributes:
        kind: "image", "pair" or "video".
        frames: (T, H, W, 3) uint8, red green blue, all dates stretched alike.
        valid: (H, W) bool, True where every date has data. Comparisons hold there only.
        sources: paths of the files, in order.
        georeference: None for plain images.
        metres_per_pixel: ground size of a pixel, None when unknown.
        times: one per frame where known, else empty.
        shift: what registration found (pairs only).
        notes: one-line remarks the user should see (resampling, small overlap, uncertain bands, ...).
        doubts: why no confident answer can be given (a blank image, one that is no optical image, pixels far too coarse, a
            video without movement), one line each. Every answer about a scene with doubts is marked as not confident.
    """

    kind: SceneKind
    frames: np.ndarray
    valid: np.ndarray
    sources: tuple[str, ...]
    georeference: Georeference | None = None
    metres_per_pixel: float | None = None
    times: tuple[datetime | None, ...] = ()
    shift: Shift | None = None
    notes: list[str] = field(default_factory=list)
    doubts: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Kind, size, place and dates; never the pixels."""
        ground = f" of {figures(self.metres_per_pixel)} m" if self.metres_per_pixel else ""
        frames = f"{len(self.frames)} x " if self.kind == "video" else ""
        facts = [f"{self.kind} of {frames}{self.width:,} x {self.height:,} pixels{ground}"]
        if self.georeference is not None:
            crs = self.georeference.crs
            facts.append(crs if len(crs) <= 40 else "georeferenced")
        if any(self.times):
            facts.append(" to ".join(f"{time:%Y-%m-%d}" for time in (self.times[0], self.times[-1]) if time))
        lines = [f"Scene: {', '.join(facts)}"]
        lines += [f"  note: {note}" for note in self.notes[:FEW]]
        if len(self.notes) > FEW:
            lines.append(f"  and {len(self.notes) - FEW} more notes")
        return "\n".join(lines)

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.frames.shape[1])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.frames.shape[2])

    def tensor(self) -> np.ndarray:
        """Frames as the models see them: (T, 3, H, W) float32 in [0, 1]; invalid pixels are 0 at every date."""
        pixels = self.frames.astype(np.float32) / 255.0
        pixels[:, ~self.valid] = 0.0
        return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
