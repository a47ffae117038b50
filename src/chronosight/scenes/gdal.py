"""A raster opened by GDAL: one named driver, safe options, and what GDAL says of its bands."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio
from PIL import Image

from chronosight.errors import InputError
from chronosight.limits import GDAL_CACHE_BYTES, MAX_BANDS, MAX_BLOCK_BYTES
from chronosight.scenes.boundary import damaged, decoding, gdal_warnings
from chronosight.scenes.remote import is_remote, remote_options

# No file system but the disk's: a raster may name another file as its overviews, even one on the network.
GDAL_OPTIONS = {
    "GDAL_CACHEMAX": GDAL_CACHE_BYTES,  # rasterio hands on bytes
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_HTTP_TIMEOUT": "1",
}


@contextmanager
def proj_data() -> Iterator[None]:
    """Names rasterio's own PROJ database while a file is opened: for some units GDAL looks for one in the environment alone."""
    folder = Path(rasterio.__file__).parent / "proj_data"
    if "PROJ_DATA" in os.environ or "PROJ_LIB" in os.environ or not folder.is_dir():
        yield
        return
    os.environ["PROJ_DATA"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("PROJ_DATA", None)  # other libraries bring databases of other versions


def options_of(path: Path) -> dict[str, object]:
    """GDAL's options for a file.

    Args:
        path: A local file, or a remote one as `remote_path` gives it.

    Returns:
        Options for `rasterio.Env`.
    """
    return {**GDAL_OPTIONS, **remote_options(path)} if is_remote(path) else {**GDAL_OPTIONS}


@contextmanager
def opened(path: Path, driver: str) -> Iterator[rasterio.DatasetReader]:
    """Opens a file by one named driver; a context manager.

    Args:
        path: The file.
        driver: GDAL's name of the driver.

    Yields:
        The dataset.
    """
    jpeg = driver == "JPEG"
    options: dict[str, object] = {**options_of(path), "GDAL_ERROR_ON_LIBJPEG_WARNING": "NO" if jpeg else "YES"}
    with decoding(path), gdal_warnings() as warned, rasterio.Env(**options):
        with proj_data():
            source = rasterio.open(str(path), driver=driver)
        with source as dataset:
            yield dataset
        if jpeg and not is_remote(path):
            _check_jpeg(path, warned)


def _check_jpeg(path: Path, warned: Sequence[str]) -> None:
    """Stray bytes between segments are harmless and common; a cut or broken file is refused (libjpeg warns of both)."""
    corrupt = [line for line in warned if "Corrupt JPEG data" in line or "Premature end" in line]
    stray = [line for line in corrupt if "extraneous bytes before marker" in line]
    if len(stray) < len(corrupt):
        raise damaged(path, OSError(next(line for line in corrupt if line not in stray)))
    if stray:  # libjpeg gives its first warning only, so that whatever follows must be found otherwise
        with Image.open(path, formats=["JPEG"]) as image:
            image.load()


def check_layout(name: str, dataset: rasterio.DatasetReader) -> None:
    """Checks that a block, which is decoded as a whole, fits into the memory it may take.

    Args:
        name: Name for the message.
        dataset: The open file.

    Raises:
        InputError: A block is too large, or there are too many bands.
    """
    if dataset.count > MAX_BANDS:
        raise InputError(f"{name} has {dataset.count} bands, expected at most {MAX_BANDS}")
    rows, columns = dataset.block_shapes[0]
    bands = dataset.count if dataset.interleaving is not None and dataset.interleaving.name == "pixel" else 1
    size = rows * columns * bands * np.dtype(dataset.dtypes[0].replace("_int16", "64").replace("_int32", "64")).itemsize
    if size > MAX_BLOCK_BYTES:
        raise InputError(
            f"{name} is stored in blocks of {size / 2**20:,.0f} MB, expected at most {MAX_BLOCK_BYTES >> 20} MB: save it in tiles"
        )


def band_descriptions(dataset: rasterio.DatasetReader) -> list[str | None]:
    """The name of every band, None where it has none or one that is not UTF-8.

    Args:
        dataset: The open file.

    Returns:
        One entry a band.
    """
    try:
        return list(dataset.descriptions)
    except UnicodeDecodeError:
        return [None] * dataset.count


def colour_interpretations(dataset: rasterio.DatasetReader) -> list[str]:
    """GDAL's colour interpretation of every band; newer ones than rasterio knows are "undefined".

    Args:
        dataset: The open file.

    Returns:
        One entry a band.
    """
    try:
        return [interpretation.name for interpretation in dataset.colorinterp]
    except ValueError:
        return ["undefined"] * dataset.count


def has_palette(dataset: rasterio.DatasetReader) -> bool:
    """Whether the first band has a colour table that can be used.

    Args:
        dataset: The open file.

    Returns:
        True where it has, and the band is 8 or 16 bit.
    """
    try:
        return bool(dataset.colormap(1)) and dataset.dtypes[0] in ("uint8", "uint16")
    except ValueError:
        return False
