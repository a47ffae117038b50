"""What may stand beside an image: world files, metadata, overviews and masks, which GDAL opens by itself with the image.

GDAL would wait for ever on a named pipe, read a text file of any size into memory, and follow an overview to another file or
an address. So whatever it could open is checked before the image is.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from chronosight.errors import InputError
from chronosight.limits import MAX_SIDE_RASTER_BYTES, MAX_SIDE_TEXT_BYTES
from chronosight.scenes.files import file_format

_RASTERS = (".ovr", ".msk")
# Metadata of satellite products that GDAL seeks under fixed names, whatever the image is called.
_FIXED_NAMES = ("metadata.dim", "summary.txt", "attribute.txt", "header.txt", "license.txt", "delivery.xml")
_FIXED_STARTS = ("rpc", "hdr", "dim_", "im_", "xf_")


def check_side_files(path: Path) -> None:
    """Check every file that GDAL may open along with an image.

    Args:
        path: of the image.

    Raises:
        InputError: where one is no regular file, is too large, is no TIFF although it holds overviews or a mask (a VRT points at
            other files), or names another file as overviews.
    """
    for name in _beside(path):
        beside = path.with_name(name)
        try:
            status = beside.stat()
        except OSError:  # a broken link is no file
            continue
        if stat.S_ISDIR(status.st_mode) or stat.S_ISSOCK(status.st_mode):  # opening these fails at once
            continue
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{name} beside {path.name} is a pipe or a device, expected a regular file: remove it")
        raster = name.lower().endswith(_RASTERS)
        limit = MAX_SIDE_RASTER_BYTES if raster else MAX_SIDE_TEXT_BYTES
        if status.st_size > limit and (raster or _is_read_whole(path, name)):
            raise InputError(
                f"{name} beside {path.name} has {status.st_size / 2**20:,.0f} MB, expected at most {limit >> 20:,} MB: remove it"
            )
        if raster:
            _check_raster(path, beside)
        elif name.lower().endswith(".aux.xml") and b"OVERVIEW_FILE" in beside.read_bytes():
            raise InputError(f"{name} names another file as overviews of {path.name}: remove it")


def _beside(path: Path) -> list[str]:
    """Names in the same folder that begin like the image's, and those that GDAL looks for in any case."""
    stem, own = path.stem.casefold(), path.name
    names = []
    try:
        with os.scandir(path.parent) as entries:
            for entry in entries:
                low = entry.name.casefold()
                if entry.name != own and (low.startswith((stem, *_FIXED_STARTS)) or low in _FIXED_NAMES):
                    names.append(entry.name)
    except OSError:  # a folder that may be entered but not listed: the names that matter most
        endings = (".aux.xml", *_RASTERS)
        names = [own + ending for ending in endings] + [path.stem + ending for ending in (".tfw", ".wld", ".aux.xml")]
    return names


def _is_read_whole(path: Path, name: str) -> bool:
    """Whether a large file may be read as text: not where it is an image or a video of its own."""
    try:
        file_format(path.with_name(name))
    except InputError:
        return name.startswith((path.name + ".", path.stem + ".", path.stem + "_"))
    return False


def _check_raster(path: Path, beside: Path) -> None:
    """Overviews and masks must be TIFFs."""
    try:
        kind = file_format(beside)
    except InputError as error:
        raise InputError(f"{beside.name} beside {path.name} cannot be used: {error}; remove it") from error
    if kind != "TIFF":
        raise InputError(f"{beside.name} beside {path.name} is {kind}, expected a TIFF: remove it")
