"""Open rasterio datasets, and files that are to get a georeference."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from chronosight.errors import InputError
from chronosight.scenes.files import RASTER_DRIVERS, local_path, one_line
from chronosight.scenes.inputs.raster import Raster


def file_of(item: Any, name: str, copy_to: Path) -> Path | None:
    """The file that an open dataset reads, or a copy of what it holds.

    Args:
        item: A dataset open for reading, a WarpedVRT, a MemoryFile, or anything else.
        name: For messages.
        copy_to: Where the copy is written.

    Returns:
        The path; None for anything else.

    Raises:
        InputError: The dataset is closed, open for writing, or cannot be read.
    """
    from rasterio.io import BufferedDatasetWriter, DatasetReader, DatasetWriter, MemoryFile
    from rasterio.vrt import WarpedVRT

    if isinstance(item, MemoryFile):
        copy_to.write_bytes(item.getbuffer())
        return copy_to
    writers = (DatasetWriter, BufferedDatasetWriter)
    if not isinstance(item, (DatasetReader, WarpedVRT, *writers)):
        return None
    if item.closed:
        raise InputError(f"{name} is a dataset that is closed: use it inside its with block, or give its path")
    if isinstance(item, writers):
        raise InputError(f"{name} is a dataset open for writing: close it and give its path")
    plain = type(item) is DatasetReader and item.driver != "VRT" and item.driver in RASTER_DRIVERS.values()
    if plain and os.path.isfile(item.name):
        return Path(item.name)
    return _copied(item, name, copy_to)


def _copied(item: Any, name: str, path: Path) -> Path:
    """All of a dataset as a GeoTIFF: pixels, colours, masks, band names, georeference."""
    import rasterio
    from rasterio.errors import RasterioError
    from rasterio.shutil import copy

    try:
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK="YES", GDAL_PAM_ENABLED="NO"):
            copy(item, path, driver="GTiff", bigtiff="if_safer", tiled=True)
    except (RasterioError, ValueError, OSError) as error:
        raise InputError(f"{name} is a dataset that cannot be read ({one_line(error)[:120]})") from error
    return path


def raster_of_file(path: Path) -> tuple[Raster, datetime | None]:
    """The pixels of an image file, so that it can be given a georeference.

    Args:
        path: Of the image.

    Returns:
        Its red, green and blue, and when it was taken.

    Raises:
        InputError: It cannot be used, or its georeference is complete.
    """
    import rasterio

    from chronosight.scenes.image import open_image

    place = local_path(path)
    if place.is_dir():
        raise InputError(f"{place.name} is a folder, expected one image where crs and transform are given")
    image = open_image(place)
    pixels = image.read()
    bands = pixels.values if len(set(image.choice.bands)) > 1 or image.choice.palette else pixels.values[:1]
    crs, transform = None, image.transform
    if image.georeference is not None:
        crs, transform = rasterio.crs.CRS.from_user_input(image.georeference.crs), image.georeference.transform
    return Raster(bands, pixels.valid, crs, transform), image.time
