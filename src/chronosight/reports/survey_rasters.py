"""Maps of a whole scene as cloud-optimised GeoTIFFs, written by rows so that memory does not grow with the scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chronosight.reports.codes import NO_DATA, change_codes
from chronosight.reports.mask import palette_of
from chronosight.scenes.scene import Scene

BLOCK = 512
Rows = Callable[[int, int], np.ndarray]  # (top, bottom) -> (bottom - top, width) uint8
GDAL = {"GDAL_CACHEMAX": 128 << 20, "GDAL_NUM_THREADS": "1"}  # bytes; GDAL's own choice grows with the machine


def write_mask(scene: Scene, classes: tuple[str, ...], rows: Rows, path: Path, warnings: Sequence[str] = ()) -> None:
    """rows: the codes of `reports/codes.py`. warnings: written into the file's tags."""

    def finish(file: Any) -> None:
        file.write_colormap(1, {value: (*rgb, 255) for value, rgb in palette_of(classes).items()})
        file.set_band_description(1, "change")
        meanings = {f"VALUE_{code.value}": code.label for code in change_codes(classes)}
        file.update_tags(1, VALUE_0="unchanged", **meanings, VALUE_255="no data")
        _warn(file, warnings)

    _write(scene, rows, path, finish, "nearest")


def write_probability(scene: Scene, rows: Rows, path: Path, warnings: Sequence[str] = ()) -> None:
    """rows: probability of change in percent, 0 to 100, 255 where there is no data."""

    def finish(file: Any) -> None:
        file.set_band_description(1, "probability of change, percent")
        file.update_tags(1, UNIT="percent")
        _warn(file, warnings)

    _write(scene, rows, path, finish, "average")


def _warn(file: Any, warnings: Sequence[str]) -> None:
    if warnings:
        file.update_tags(WARNINGS="; ".join(warnings))


def _write(scene: Scene, rows: Rows, path: Path, finish: Callable[[Any], None], resampling: str) -> None:
    """A plain tiled GeoTIFF first, which can be written in any order, then GDAL's COG driver makes the COG of it."""
    import rasterio
    from rasterio.shutil import copy
    from rasterio.windows import Window

    place = scene.georeference
    assert place is not None, "whole scenes are georeferenced"
    plain = path.with_name(path.name + ".plain.tif")
    profile = {"driver": "GTiff", "width": scene.width, "height": scene.height, "count": 1, "dtype": "uint8",
               "nodata": NO_DATA, "crs": place.crs, "transform": place.transform, "tiled": True, "blockxsize": BLOCK,
               "blockysize": BLOCK, "compress": "deflate", "zlevel": 1, "bigtiff": "if_safer"}  # fmt: skip
    with rasterio.Env(**GDAL):
        with rasterio.open(plain, "w", **profile) as file:
            for top in range(0, scene.height, BLOCK):
                part = rows(top, min(top + BLOCK, scene.height))
                file.write(part, 1, window=Window(0, top, scene.width, len(part)))
            finish(file)
        copy(plain, path, driver="COG", compress="deflate", blocksize=BLOCK, overview_resampling=resampling,
             overviews="AUTO", bigtiff="if_safer", num_threads=1)  # fmt: skip
    plain.unlink()
