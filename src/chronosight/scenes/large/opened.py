"""A large picture kept open while windows of it are read, and what may not stand beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import rasterio
from rasterio.errors import RasterioError
from rasterio.windows import Window

from chronosight.errors import InputError
from chronosight.scenes.files import file_format, local_path
from chronosight.scenes.image import ImageFile, Pixels, open_image, opened, unreadable

MAX_LARGE_PIXELS = 4_000_000_000  # of one raster: memory does not grow with it, but ten hours of work would
CACHE = 128 << 20  # bytes of decoded blocks (rasterio hands on bytes); GDAL's own 5 % of the memory can be gigabytes

# No file system but the disk's: a raster may name another file as its overviews, even one on the network.
GDAL_OPTIONS = {
    "GDAL_CACHEMAX": CACHE,
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_ERROR_ON_LIBJPEG_WARNING": "YES",
}


class OpenImage:
    """Reads like an `ImageFile`, from a file that stays open, so that blocks are decoded once and not once a window."""

    def __init__(self, header: ImageFile, dataset: rasterio.DatasetReader):
        self.header, self.dataset = header, dataset
        self.name, self.dtype, self.georeference = header.name, header.dtype, header.georeference
        self.width, self.height = header.width, header.height

    def read(self, window: tuple[int, int, int, int] | None = None, shape: tuple[int, int] | None = None) -> Pixels:
        """As `ImageFile.read`. Raises InputError where the file is damaged."""
        left, top, width, height = window or (0, 0, self.width, self.height)
        try:
            return self.header.read_stored(self.dataset, Window(left, top, width, height), shape)
        except RasterioError as error:
            raise unreadable(self.header.path, error) from error


class Reduced:
    """A picture `factor` times smaller, each pixel the mean of factor x factor: read from overviews where there are any."""

    def __init__(self, image: OpenImage, factor: int):
        self.image, self.factor = image, factor
        self.name, self.dtype, self.georeference = image.name, image.dtype, None
        self.width, self.height = max(1, image.width // factor), max(1, image.height // factor)

    def read(self, window: tuple[int, int, int, int] | None = None, shape: tuple[int, int] | None = None) -> Pixels:
        left, top, width, height = window or (0, 0, self.width, self.height)
        n = self.factor
        return self.image.read((left * n, top * n, width * n, height * n), shape or (height, width))


def open_header(path: str | Path, bands: tuple[int, int, int] | None = None) -> ImageFile:
    """The header of a picture of any size. Raises InputError for what cannot be used or points at other files."""
    place = local_path(path)
    if place.is_dir():
        raise InputError(f"{place.name} is a folder, expected a GeoTIFF: give one file a date")
    check_sidecars(place)
    with rasterio.Env(**GDAL_OPTIONS):
        header = open_image(place, bands, MAX_LARGE_PIXELS)
        with opened(place, header.driver) as dataset:
            if dataset.tags(ns="OVERVIEWS"):
                raise InputError(f"{place.name} names another file as its overviews: make it a plain GeoTIFF or COG first")
    return header


def check_sidecars(path: Path) -> None:
    """Raises InputError where overviews or a mask lie beside a picture as anything but a TIFF (a VRT points elsewhere)."""
    for suffix in (".ovr", ".msk"):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            try:
                kind = file_format(beside)
            except InputError as error:
                raise InputError(f"{beside.name} beside {path.name} cannot be used: {error}; take it away") from error
            if kind != "TIFF":
                raise InputError(f"{beside.name} beside {path.name} is {kind}, expected a TIFF: take it away")
    extra = path.with_name(path.name + ".aux.xml")
    if extra.is_file() and b"OVERVIEW_FILE" in extra.read_bytes()[: 1 << 20]:
        raise InputError(f"{extra.name} names another file as overviews of {path.name}: take it away")


@contextmanager
def keep_open(header: ImageFile) -> Iterator[OpenImage]:
    """The picture, open."""
    with opened(header.path, header.driver) as dataset:
        yield OpenImage(header, dataset)
