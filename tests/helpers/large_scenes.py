"""Pairs of GeoTIFFs with bright rectangles that the rule-made weights (tiny_bundle.py) find to the pixel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bad_inputs import write_tiff

BRIGHT, REDDISH = (220, 220, 220), (240, 100, 100)


@dataclass(frozen=True)
class Drawn:
    """A rectangle. what: "building" or "road"; new: at the later date, else at the earlier one."""

    left: int
    top: int
    width: int
    height: int
    what: str = "building"
    new: bool = True


def ground(height: int, width: int, seed: int = 0) -> np.ndarray:
    """(H, W, 3) uint8: fields of 24 pixels, alike enough that none is taken for another thing."""
    rng = np.random.default_rng(seed)
    fields = rng.uniform(88, 112, (height // 24 + 1, width // 24 + 1, 3))
    return np.kron(fields, np.ones((24, 24, 1)))[:height, :width].astype(np.uint8)


def draw(height: int, width: int, drawn: list[Drawn], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Both dates, (H, W, 3) uint8."""
    before = ground(height, width, seed)
    after = before.copy()
    for one in drawn:
        date = after if one.new else before
        date[one.top : one.top + one.height, one.left : one.left + one.width] = BRIGHT if one.what == "building" else REDDISH
    return before, after


def scattered(height: int, width: int, seed: int = 0) -> list[Drawn]:
    """Rectangles some tens of pixels apart, of all kinds; many lie over borders of tiles and of bands of rows."""
    rng = np.random.default_rng(seed)
    drawn = []
    for top in range(20, height - 80, 100):
        for left in range(20, width - 110, 130):
            wide, high = (int(n) for n in rng.integers(12, 60, 2))
            road = rng.random() < 0.25
            size = (100, 9) if road else (wide, high)
            drawn.append(Drawn(left, top, *size, "road" if road else "building", bool(rng.random() < 0.7)))
    return drawn


def write_pair(folder: Path, height: int, width: int, drawn: list[Drawn], **options) -> tuple[Path, Path]:
    """before.tif and after.tif in `folder`, which is made. options: of `bad_inputs.write_tiff`."""
    folder.mkdir(parents=True, exist_ok=True)
    before, after = draw(height, width, drawn)
    return write_tiff(folder / "before.tif", before, **options), write_tiff(folder / "after.tif", after, **options)


def write_series(folder: Path, height: int, width: int, first_seen: dict[str, list[Drawn]], **options) -> list[Path]:
    """One place_DATE.tif for each date, in which all that is drawn for it and for earlier dates stands."""
    folder.mkdir(parents=True, exist_ok=True)
    paths, pixels = [], ground(height, width)
    for date, drawn in first_seen.items():
        for one in drawn:
            colour = BRIGHT if one.what == "building" else REDDISH
            pixels[one.top : one.top + one.height, one.left : one.left + one.width] = colour
        paths.append(write_tiff(folder / f"place_{date}.tif", pixels, **options))
    return paths
