"""GDAL's virtual rasters: read only where allowed, and only where all their sources are images on this machine."""

from __future__ import annotations

import re
from pathlib import Path

from chronosight.errors import InputError
from chronosight.limits import MAX_SIDE_TEXT_BYTES
from chronosight.scenes.files import RASTER_DRIVERS, file_format, local_path

_SOURCE = re.compile(r"<Source(?:Filename|Dataset)([^>]*)>([^<]*)</Source")
_REFUSED = re.compile(
    r"<PixelFunction|<!ENTITY|<!DOCTYPE|VRTRawRasterBand|VRTWarpedDataset|VRTPansharpenedDataset|OverviewList", re.I
)


def check_vrt(path: Path) -> None:
    """Checks that a VRT is a plain mosaic of images on this machine.

    Args:
        path: The file.

    Raises:
        InputError: It is more than that, or too large.
    """
    if path.stat().st_size > MAX_SIDE_TEXT_BYTES:
        raise InputError(f"{path.name} is larger than {MAX_SIDE_TEXT_BYTES >> 20} MB, expected a VRT of fewer sources")
    text = path.read_text(encoding="utf-8", errors="replace")
    if found := _REFUSED.search(text):
        raise InputError(f"{path.name} uses {found[0].strip('<')}, expected a plain mosaic: make a GeoTIFF of it")
    sources = _SOURCE.findall(text)
    if not sources:
        raise InputError(f"{path.name} names no source, expected a VRT of images")
    for attributes, name in sources:
        relative = re.search(r'relativeToVRT\s*=\s*"1"', attributes)
        source = local_path(path.parent / name if relative else name)
        if source.is_dir() or file_format(source) not in RASTER_DRIVERS or file_format(source) == "VRT":
            raise InputError(f"{path.name} names {source.name}, expected images as its sources")
