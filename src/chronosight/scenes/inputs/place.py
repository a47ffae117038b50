"""A coordinate reference system and transforms, as callers write them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from affine import Affine

from chronosight.errors import InputError

SIX = "an affine.Affine, or its six numbers a, b, c, d, e, f"


def one_crs(given: Any) -> Any:
    """The coordinate reference system that was given.

    Args:
        given: "EPSG:32617", 32617, WKT, or an object of rasterio or pyproj; None for none.

    Returns:
        A `rasterio.crs.CRS`, or None.

    Raises:
        InputError: It is none.
    """
    import rasterio
    from rasterio.crs import CRS

    from chronosight.scenes.files import one_line
    from chronosight.scenes.ground import GDAL_ERRORS

    if given is None:
        return None
    try:
        with rasterio.Env():  # so that PROJ reports errors here and not on the screen
            found = CRS.from_user_input(given)
            if not found.to_wkt():
                raise ValueError("it is empty")
            return found
    except (*GDAL_ERRORS, ValueError, TypeError, AttributeError):
        raise InputError(f"crs is {one_line(given)[:60]!r}, expected one such as EPSG:32617, 4326 or WKT") from None


def transforms(given: Any, count: int) -> list[Affine | None]:
    """The transform of each image.

    Args:
        given: An `Affine`, six numbers, or a list with one for each image; None for none.
        count: Number of images.

    Returns:
        One entry an image.

    Raises:
        InputError: It has another type, or their number differs from that of the images.
    """
    if given is None:
        return [None] * count
    if isinstance(given, Affine) or _numbers(given):
        return [_affine(given)] * count
    if not isinstance(given, (list, tuple)):
        raise InputError(f"transform is a {type(given).__name__}, expected {SIX}")
    if len(given) != count:
        raise InputError(f"transform has {len(given)} entries for {count} images, expected {SIX}, or one of these for each image")
    return [_affine(one) for one in given]


def _numbers(given: Any) -> bool:
    return isinstance(given, Sequence) and len(given) > 0 and all(isinstance(value, (int, float)) for value in given)


def _affine(given: Any) -> Affine:
    """One transform, checked."""
    if not isinstance(given, Affine):
        if not _numbers(given) or len(given) not in (6, 9):
            raise InputError(f"transform is {given!r:.80}, expected {SIX}")
        given = Affine(*given[:6])
    found: Affine = given
    if not all(math.isfinite(value) for value in found[:6]) or found.is_degenerate:
        raise InputError(f"transform {tuple(found[:6])} gives pixels no size on the ground, expected {SIX}")
    return found
