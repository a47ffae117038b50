"""A large image kept open while windows of it are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import rasterio

from chronosight.errors import InputError
from chronosight.limits import MAX_LARGE_PIXELS
from chronosight.scenes.boundary import decoding
from chronosight.scenes.files import local_path
from chronosight.scenes.gdal import options_of, proj_data
from chronosight.scenes.image import ImageFile, Pixels, open_image


class OpenImage:
    """Reads like an `ImageFile`, from a file that stays open, so that blocks are decoded once and not once a window."""

    def __init__(self, header: ImageFile, dataset: rasterio.DatasetReader) -> None:
        self.header, self.dataset = header, dataset
        self.name, self.dtype, self.georeference = header.name, header.dtype, header.georeference
        self.width, self.height = header.width, header.height

    def read(self, window: tuple[int, int, int, int] | None = None, shape: tuple[int, int] | None = None) -> Pixels:
        """Reads pixels, as `ImageFile.read` does.

        Args:
            window: (left, top, width, height) in pixels; None for all.
            shape: (H, W) to reduce to; None for the window's own size.

        Returns:
            The values and where there is data.

        Raises:
            InputError: The file is damaged.
        """
        with decoding(self.header.path):
            return self.header.read_from(self.dataset, window, shape)


class Reduced:
    """An image `factor` times smaller, each pixel the mean of factor x factor: read from overviews where there are any."""

    def __init__(self, image: OpenImage, factor: int) -> None:
        self.image, self.factor = image, factor
        self.name, self.dtype, self.georeference = image.name, image.dtype, None
        self.width, self.height = max(1, image.width // factor), max(1, image.height // factor)

    def read(self, window: tuple[int, int, int, int] | None = None, shape: tuple[int, int] | None = None) -> Pixels:
        """Reads pixels, as `ImageFile.read` does, in pixels of the smaller image.

        Args:
            window: (left, top, width, height) in pixels; None for all.
            shape: (H, W) to reduce to; None for the window's own size.

        Returns:
            The values and where there is data.
        """
        left, top, width, height = window or (0, 0, self.width, self.height)
        n = self.factor
        return self.image.read((left * n, top * n, width * n, height * n), shape or (height, width))


def open_header(path: str | Path, bands: tuple[int, int, int] | None = None) -> ImageFile:
    """The header of an image of any size.

    Args:
        path: of the file.
        bands: numbers of red, green, blue from 1; chosen from the file when None.

    Raises:
        InputError: for what cannot be used or points at other files.
    """
    place = local_path(path)
    if place.is_dir():
        raise InputError(f"{place.name} is a folder, expected a GeoTIFF: give one file a date")
    return open_image(place, bands, MAX_LARGE_PIXELS)


@contextmanager
def keep_open(header: ImageFile) -> Iterator[OpenImage]:
    """Keeps an image open; a context manager.

    What goes wrong while it is read becomes an InputError; what its user raises is left alone.

    Args:
        header: The image.

    Yields:
        The open image.
    """
    with rasterio.Env(**options_of(header.path), GDAL_ERROR_ON_LIBJPEG_WARNING="YES"):
        with decoding(header.path), proj_data():
            dataset = rasterio.open(str(header.path), driver=header.driver)
        with dataset:
            yield OpenImage(header, dataset)
