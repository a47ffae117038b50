"""Which way up an image is stored: EXIF and TIFF orientation, and north up where there is a georeference."""

from __future__ import annotations

import struct
from functools import lru_cache
from pathlib import Path

import numpy as np
from affine import Affine
from PIL import Image

from chronosight.scenes.boundary import decoding
from chronosight.scenes.scene import Georeference

# EXIF orientation -> (swap rows and columns, then mirror left-right, then mirror up-down).
ORIENTATIONS = {
    1: (False, False, False),
    2: (False, True, False),
    3: (False, True, True),
    4: (False, False, True),
    5: (True, False, False),
    6: (True, True, False),
    7: (True, True, True),
    8: (True, False, True),
}
_EXIF_ORIENTATION, _EXIF_DATETIME, _EXIF_IFD, _EXIF_TAKEN = 0x0112, 0x0132, 0x8769, 0x9003


def north_up(transform: Affine) -> int:
    """The orientation in which columns run as far east, and rows as far south, as any of the eight lets them.

    Args:
        transform: Pixel -> map coordinates.

    Returns:
        The EXIF orientation, 1 to 8; 1 where none is better.
    """

    def upright(code: int) -> float:
        a, b, _, d, e, _ = tuple(transform * stored_pixels(code, 1, 1))[:6]
        return float(a / np.hypot(a, d) - e / np.hypot(b, e))

    best = max(ORIENTATIONS, key=upright)
    return best if upright(best) > upright(1) + 1e-6 else 1


def stored_pixels(orientation: int, width: int, height: int) -> Affine:
    """Maps pixels of the upright image to those of the stored one.

    Args:
        orientation: EXIF orientation, 1 to 8.
        width: Width of the stored image in pixels.
        height: Height of the stored image in pixels.

    Returns:
        (column, row) -> (column, row).
    """
    swap, mirror_x, mirror_y = ORIENTATIONS[orientation]
    if swap:
        width, height = height, width
    there = Affine.identity()
    if mirror_x:
        there = Affine.translation(width, 0) * Affine.scale(-1, 1) * there
    if mirror_y:
        there = Affine.translation(0, height) * Affine.scale(1, -1) * there
    return Affine(0, 1, 0, 1, 0, 0) * there if swap else there


def turn_placement(
    georeference: Georeference | None, transform: Affine, orientation: int, width: int, height: int
) -> tuple[Georeference | None, Affine]:
    """Georeference and transform of the upright image.

    Args:
        georeference: That of the stored image; None for none.
        transform: That of the stored image.
        orientation: EXIF orientation, 1 to 8.
        width: Width of the stored image in pixels.
        height: Height of the stored image in pixels.

    Returns:
        Both, for the upright image.
    """
    there = stored_pixels(orientation, width, height)
    placed = None if georeference is None else Georeference(georeference.crs, georeference.transform * there)
    return placed, transform * there


def tiff_orientation(path: Path) -> int:
    """The orientation tag (274) of a TIFF's first page, which GDAL ignores; 1 where there is none.

    Args:
        path: The file.

    Returns:
        The orientation, 1 to 8.
    """
    try:
        with path.open("rb") as file:
            head = file.read(16)
            order, big = "<" if head[:2] == b"II" else ">", head[2:4] in (b"+\0", b"\0+")
            (start,) = struct.unpack(order + ("Q" if big else "I"), head[8:16] if big else head[4:8])
            file.seek(start)
            (count,) = struct.unpack(order + ("Q" if big else "H"), file.read(8 if big else 2))
            for _ in range(min(count, 4096)):
                entry = file.read(20 if big else 12)
                tag, _ = struct.unpack(order + "HH", entry[:4])
                if tag == _EXIF_ORIENTATION:
                    (orientation,) = struct.unpack(order + "H", entry[12:14] if big else entry[8:10])
                    return orientation if orientation in ORIENTATIONS else 1
    except (OSError, struct.error, OverflowError, ValueError):
        pass  # GDAL has read it, so it is only this tag that cannot be found
    return 1


def read_exif(path: Path, kind: str) -> tuple[int, str | None]:
    """Reads the orientation and the time taken of an image. Checks a PNG's checksums too: GDAL does not.

    Args:
        path: The file.
        kind: "PNG", "JPEG" or "WebP".

    Returns:
        Orientation (1 to 8), and the time as text; None without one.

    Raises:
        InputError: The file is damaged.
    """
    found = path.stat()
    return _read_exif(path, kind, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=64)  # a header is opened more than once, and a PNG is read to its end for this
def _read_exif(path: Path, kind: str, changed: int, size: int) -> tuple[int, str | None]:
    """`read_exif`, of a file as it was at a time."""
    with decoding(path):
        try:
            with Image.open(path, formats=[kind.upper()]) as image:
                exif = image.getexif()
                taken = exif.get_ifd(_EXIF_IFD).get(_EXIF_TAKEN) or exif.get(_EXIF_DATETIME)
                orientation = exif.get(_EXIF_ORIENTATION, 1)
            if kind == "PNG":
                with Image.open(path, formats=["PNG"]) as image:
                    image.verify()
        except Image.DecompressionBombError:
            raise
        except Exception as error:
            if kind == "PNG" or isinstance(error, OSError):
                raise
            return 1, None  # unreadable EXIF is no reason to refuse readable pixels
    return (orientation if orientation in ORIENTATIONS else 1), str(taken) if taken else None
