"""The change map as files: mask.png for every scene, mask.tif and probability.tif where the scene is georeferenced."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from chronosight.reports.codes import BACKGROUND, MISSING, NO_DATA, UNCHANGED, Colour, change_codes
from chronosight.results.description import Evidence
from chronosight.scenes.scene import Georeference


def palette_of(classes: tuple[str, ...]) -> dict[int, Colour]:
    """Colour of every code, `UNCHANGED` and `NO_DATA` included."""
    colours = {code.value: code.colour for code in change_codes(classes)}
    return {UNCHANGED: BACKGROUND, **colours, NO_DATA: MISSING}


def write_mask_png(codes: np.ndarray, classes: tuple[str, ...], path: Path) -> None:
    """codes: (H, W) uint8 as `codes.code_map` gives them. The PNG is paletted: its pixel values are the codes."""
    table = np.zeros((256, 3), np.uint8)
    for value, colour in palette_of(classes).items():
        table[value] = colour
    image = Image.frombytes("P", (codes.shape[1], codes.shape[0]), np.ascontiguousarray(codes).tobytes())
    image.putpalette(table.tobytes())
    image.save(path, format="PNG")


def write_mask_tif(codes: np.ndarray, classes: tuple[str, ...], georeference: Georeference, path: Path) -> None:
    """A cloud-optimised GeoTIFF: the codes, their colours, 255 as nodata, and what each code means as band tags."""
    import rasterio

    with rasterio.open(path, "w", **_profile(codes, georeference), overview_resampling="nearest") as file:
        file.write(codes, 1)
        file.write_colormap(1, {value: (*rgb, 255) for value, rgb in palette_of(classes).items()})
        file.set_band_description(1, "change")
        meanings = {f"VALUE_{code.value}": code.label for code in change_codes(classes)}
        file.update_tags(1, VALUE_0="unchanged", **meanings, VALUE_255="no data")


def write_probability_tif(evidence: Evidence, valid: np.ndarray, georeference: Georeference, path: Path) -> None:
    """A cloud-optimised GeoTIFF: probability of change in percent, 0 to 100, 255 as nodata."""
    import rasterio

    percent = np.rint(np.clip(evidence.probability, 0.0, 1.0) * 100).astype(np.uint8)
    percent[~valid] = NO_DATA
    with rasterio.open(path, "w", **_profile(percent, georeference), overview_resampling="average") as file:
        file.write(percent, 1)
        file.set_band_description(1, "probability of change, percent")
        file.update_tags(1, UNIT="percent")


def _profile(pixels: np.ndarray, georeference: Georeference) -> dict[str, object]:
    height, width = pixels.shape
    return {
        "driver": "COG",
        "height": height,
        "width": width,
        "count": 1,
        "dtype": "uint8",
        "nodata": NO_DATA,
        "crs": georeference.crs,
        "transform": georeference.transform,
        "compress": "deflate",
        "num_threads": 1,
    }
