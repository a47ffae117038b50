"""The size of a JPEG 2000 image, checked before GDAL opens it: OpenJPEG reserves memory for all tiles of it at once."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from chronosight.errors import InputError
from chronosight.limits import MAX_BANDS, MAX_JPEG_2000_TILES, MAX_LARGE_PIXELS

CODESTREAM = b"\xff\x4f\xff\x51"  # SOC, then SIZ
MAX_BOXES = 10_000


def check_jpeg_2000(path: Path) -> None:
    """Checks size, tiles and components (ISO/IEC 15444-1, A.5.1) of a local file.

    Args:
        path: A JP2 file or a bare codestream.

    Raises:
        InputError: There are too many, or the file holds no codestream.
    """
    with path.open("rb") as file:
        _to_codestream(file)
        head = file.read(42)
    if len(head) < 42 or not head.startswith(CODESTREAM):
        raise InputError(f"{path.name} is a JPEG 2000 file without an image in it: copy or download it again")
    right, bottom, left, top, across, down, tile_left, tile_top, components = struct.unpack_from(">8IH", head, 8)
    if right <= left or bottom <= top or not across or not down or components == 0:
        raise InputError(f"{path.name} is damaged (its JPEG 2000 header makes no sense): copy or download it again")
    if components > MAX_BANDS:
        raise InputError(f"{path.name} has {components} bands, expected at most {MAX_BANDS}")
    if (right - left) * (bottom - top) > MAX_LARGE_PIXELS:
        size = f"{right - left} x {bottom - top} pixels"
        raise InputError(f"{path.name} is {size}, expected at most {MAX_LARGE_PIXELS // 10**9} gigapixels: cut or shrink it")
    tiles = -(-(right - tile_left) // across) * -(-(bottom - tile_top) // down)
    if tiles * components > MAX_JPEG_2000_TILES:
        raise InputError(
            f"{path.name} has {tiles:,} tiles of {components} bands, expected at most {MAX_JPEG_2000_TILES:,} together: save it "
            "in larger tiles"
        )


def _to_codestream(file: BinaryIO) -> None:
    """Moves to where the codestream begins: over the boxes of a JP2 file (I.4); stays where there are none."""
    if file.read(4) == CODESTREAM:
        file.seek(0)
        return
    end, start = file.seek(0, 2), 0
    for _ in range(MAX_BOXES):
        file.seek(start)
        head = file.read(16)
        if len(head) < 16:
            return
        length, kind, long = struct.unpack(">I4sQ", head)
        begin = 16 if length == 1 else 8
        length = long if length == 1 else length
        if kind == b"jp2c":
            file.seek(start + begin)
            return
        if length < begin or start + length > end:  # 0: the box reaches to the end of the file
            return
        start += length
