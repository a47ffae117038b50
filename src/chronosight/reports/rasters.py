"""The change map as files: mask.png of a pair; mask.tif and probability.tif of every georeferenced scene.

The GeoTIFFs are cloud-optimised and written by rows, so that memory does not grow with the scene.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from chronosight.reports.codes import Colour, change_codes, palette_of
from chronosight.reports.cover_codes import change_palette, pair_label
from chronosight.results.codes import NO_DATA
from chronosight.results.description import Description
from chronosight.results.evidence import ChangeMaps, Rows
from chronosight.results.land_cover_change import NOT_KNOWN, code_of, object_flows
from chronosight.scenes.scene import Scene

BLOCK = 512
GDAL = {"GDAL_CACHEMAX": 128 << 20, "GDAL_NUM_THREADS": "1"}  # bytes; GDAL's own choice grows with the machine


def write_mask_png(codes: np.ndarray, classes: tuple[str, ...], path: Path) -> None:
    """Writes a paletted PNG whose pixel values are the codes.

    Args:
        codes: (H, W) uint8, as in `results/codes.py`.
        classes: Names, background first.
        path: Of the file.
    """
    _write_paletted(codes, palette_of(classes), path)


def _write_paletted(codes: np.ndarray, palette: dict[int, Colour], path: Path) -> None:
    table = np.zeros((256, 3), np.uint8)
    for value, colour in palette.items():
        table[value] = colour
    image = Image.frombytes("P", (codes.shape[1], codes.shape[0]), np.ascontiguousarray(codes).tobytes())
    image.putpalette(table.tobytes())
    image.save(path, format="PNG")


def write_mask_tif(description: Description, path: Path) -> None:
    """Writes the change map with its colours, 255 as nodata, and what each code means as band tags.

    Args:
        description: The description of a pair.
        path: The file to write.
    """
    maps: ChangeMaps = description.evidence

    def finish(file: Any) -> None:
        file.write_colormap(1, {value: (*rgb, 255) for value, rgb in palette_of(maps.classes).items()})
        file.set_band_description(1, "change")
        meanings = {f"VALUE_{code.value}": code.label for code in change_codes(maps.classes)}
        file.update_tags(1, VALUE_0="unchanged", **meanings, VALUE_255="no data")
        _warn(file, description.warnings)

    _write(description.scene, maps.codes, path, finish, "nearest")


def write_cover_mask_tif(description: Description, path: Path) -> None:
    """Writes the land-cover change map (`results/land_cover_change.py`) as `write_mask_tif` writes the change map.

    Args:
        description: The description of a pair, with its land-cover change and the map of it.
        path: The file to write.
    """
    change = description.land_cover
    assert change is not None and change.rows is not None

    def finish(file: Any) -> None:
        file.write_colormap(1, {value: (*rgb, 255) for value, rgb in change_palette().items()})
        file.set_band_description(1, "land-cover change")
        kinds = {f"VALUE_{code_of(pair)}": pair_label(pair) for pair in object_flows(change.objects)}
        file.update_tags(1, VALUE_0="no change", **kinds, **{f"VALUE_{NOT_KNOWN}": "not known"}, VALUE_255="no data")
        _warn(file, description.warnings)

    _write(description.scene, change.rows, path, finish, "nearest")


def write_cover_mask_png(codes: np.ndarray, path: Path) -> None:
    """Writes the land-cover change map as a paletted PNG whose pixel values are the codes.

    Args:
        codes: (H, W) uint8, as in `results/land_cover_change.py`.
        path: Of the file.
    """
    _write_paletted(codes, change_palette(), path)


def write_probability_tif(description: Description, path: Path) -> None:
    """Writes the probability of change in percent, 0 to 100, 255 as nodata.

    Args:
        description: The description of a pair.
        path: The file to write.
    """

    def finish(file: Any) -> None:
        file.set_band_description(1, "probability of change, percent")
        file.update_tags(1, UNIT="percent")
        _warn(file, description.warnings)

    _write(description.scene, description.evidence.percent, path, finish, "average")


def _warn(file: Any, warnings: Sequence[str]) -> None:
    if warnings:
        file.update_tags(WARNINGS="; ".join(warnings))


def _write(scene: Scene, rows: Rows, path: Path, finish: Callable[[Any], None], resampling: str) -> None:
    """A plain tiled GeoTIFF first, which can be written in any order, then GDAL's COG driver makes the COG of it."""
    import rasterio
    from rasterio.shutil import copy
    from rasterio.windows import Window

    place = scene.georeference
    assert place is not None, "only a georeferenced scene has GeoTIFFs"
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
