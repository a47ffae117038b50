"""Which pairs are analysed as whole scenes, tile by tile from the disk, and which are read into memory at once."""

from __future__ import annotations

from dataclasses import replace

from chronosight.errors import InputError
from chronosight.limits import MAX_PIXELS
from chronosight.scenes.files import RASTER_DRIVERS, WINDOWED_DRIVERS, file_format, local_path
from chronosight.scenes.grid import grid_of, overlap
from chronosight.scenes.image import ImageFile
from chronosight.scenes.large.opened import open_header
from chronosight.scenes.names import display_names

LARGE_PIXELS = 4_000_000  # of the overlap, 2000 x 2000: from here on memory and one page of images become too small


def large_pair(before: str, after: str, bands: tuple[int, int, int] | None = None) -> tuple[ImageFile, ImageFile] | None:
    """Headers of a pair to be analysed as a whole scene; None for one to be read at once.

    Whole scenes are two georeferenced GeoTIFFs or JPEG 2000 files that share LARGE_PIXELS pixels of the earlier one's grid or
    more, or of which one is too large to be read at once.

    Args:
        before: path of the earlier date.
        after: path of the later date.
        bands: numbers of red, green, blue from 1; chosen from each file when None.

    Raises:
        InputError: for files that cannot be used, and for large ones without a georeference.
    """
    paths = [local_path(path) for path in (before, after)]
    if any(path.is_dir() or file_format(path) not in RASTER_DRIVERS for path in paths):
        return None
    earlier, later = (
        replace(open_header(path, bands), label=name) for path, name in zip(paths, display_names(paths), strict=True)
    )
    too_large = [image for image in (earlier, later) if image.width * image.height > MAX_PIXELS]
    placed = earlier.georeference is not None and later.georeference is not None
    for image in too_large:
        if image.driver not in WINDOWED_DRIVERS or not placed:
            raise InputError(
                f"{image.name} is {image.width} x {image.height} pixels, expected at most {MAX_PIXELS // 10**6} megapixels, or "
                "georeferenced GeoTIFFs of both dates: convert them, or cut or shrink it"
            )
    if not placed or any(image.driver not in WINDOWED_DRIVERS for image in (earlier, later)):
        return None
    shared = overlap(grid_of(earlier), grid_of(later))
    pixels = shared[2] * shared[3] if shared else 0
    return (earlier, later) if too_large or pixels >= LARGE_PIXELS else None
