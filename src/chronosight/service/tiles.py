"""Map tiles (Web Mercator, 256 px) of georeferenced files, cut from the file with rio-tiler: no raster goes out as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rio_tiler.errors import TileOutsideBounds
from rio_tiler.io import Reader
from rio_tiler.models import ImageData
from rio_tiler.utils import render

from chronosight.results.codes import NO_DATA, UNCHANGED
from chronosight.results.land_cover_change import NOT_KNOWN
from chronosight.scenes.gdal import opened
from chronosight.scenes.image import Pixels
from chronosight.service.display import stretch_of

SIZE = 256
_EMPTY = render(np.zeros((3, 1, 1), np.uint8), np.zeros((1, 1), np.uint8), img_format="PNG")
_PROBABILITY = np.array([[0, 0, 4], [87, 16, 110], [188, 55, 84], [249, 142, 9], [252, 255, 164]], float)  # inferno


def scene_tile(path: Path, shown: dict[str, Any], z: int, x: int, y: int) -> bytes:
    """A tile of an input.

    Args:
        path: A GeoTIFF.
        shown: Its bands and stretch, from the facts of the scene.
        z: Zoom, 0 to 24.
        x: Column of the tile.
        y: Row of the tile.

    Returns:
        A PNG, transparent where there is no data.

    Raises:
        InputError: The file cannot be read.
    """
    tile = _cut(path, z, x, y, tuple(shown["bands"]))
    if tile is None:
        return _EMPTY
    valid = tile.mask > 0
    pixels = Pixels(np.asarray(tile.data), valid)
    image = stretch_of(shown).apply(pixels)
    return bytes(render(image.transpose(2, 0, 1), valid.astype(np.uint8) * 255, img_format="PNG"))


def mask_tile(path: Path, z: int, x: int, y: int) -> bytes:
    """A tile of mask.tif or land_cover_mask.tif: changed pixels in the report's colours, others transparent. See `scene_tile`.

    Args:
        path: The file.
        z: Zoom.
        x: Column of the tile.
        y: Row of the tile.

    Returns:
        PNG bytes.
    """
    tile = _cut(path, z, x, y, (1,), "nearest")
    if tile is None:
        return _EMPTY
    with opened(path, "GTiff") as dataset:
        colours = dataset.colormap(1)
    table = np.zeros((256, 4), np.uint8)
    for value, colour in colours.items():
        table[value] = colour
    table[[UNCHANGED, NOT_KNOWN, NO_DATA]] = 0
    return _coloured(tile, table)


def probability_tile(path: Path, z: int, x: int, y: int) -> bytes:
    """A tile of probability.tif: the more probable a change, the brighter and the less transparent. See `scene_tile`.

    Args:
        path: The file.
        z: Zoom.
        x: Column of the tile.
        y: Row of the tile.

    Returns:
        PNG bytes.
    """
    tile = _cut(path, z, x, y, (1,))
    if tile is None:
        return _EMPTY
    table = np.zeros((256, 4), np.uint8)
    percent = np.arange(101)
    for channel in range(3):
        table[:101, channel] = np.interp(percent, np.linspace(0, 100, len(_PROBABILITY)), _PROBABILITY[:, channel])
    table[:101, 3] = np.clip(percent * 2.55, 0, 255)
    table[NO_DATA] = 0
    return _coloured(tile, table)


def zooms(path: Path) -> dict[str, Any]:
    """Where a file lies, and its useful zooms.

    Args:
        path: The file.

    Returns:
        "bounds" (west, south, east, north in degrees) and "zooms" (least, largest).
    """
    with opened(path, "GTiff") as dataset, Reader(None, dataset=dataset) as reader:
        bounds = reader.get_geographic_bounds("epsg:4326")
        return {"bounds": [round(float(value), 7) for value in bounds], "zooms": [int(reader.minzoom), int(reader.maxzoom)]}


def _cut(path: Path, z: int, x: int, y: int, bands: tuple[int, ...], resampling: Any = "bilinear") -> ImageData | None:
    """The tile's values in the file's own numbers; None outside the file."""
    with opened(path, "GTiff") as dataset, Reader(None, dataset=dataset) as reader:
        try:
            tile: ImageData = reader.tile(x, y, z, tilesize=SIZE, indexes=bands, resampling_method=resampling)
        except TileOutsideBounds:
            return None
    return tile


def _coloured(tile: ImageData, table: np.ndarray) -> bytes:
    values = np.clip(np.nan_to_num(np.asarray(tile.data[0], float)), 0, 255).astype(np.uint8)
    colours = table[values].transpose(2, 0, 1)
    return bytes(render(colours[:3], np.where(tile.mask > 0, colours[3], 0).astype(np.uint8), img_format="PNG"))
