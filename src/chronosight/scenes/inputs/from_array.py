"""numpy arrays and Pillow images as rasters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from PIL import Image, ImageOps

from chronosight.errors import InputError
from chronosight.limits import MIN_SIDE
from chronosight.scenes.inputs.raster import Raster
from chronosight.scenes.times import time_of

SHAPES = "(H, W), (H, W, C) or (T, H, W, C)"
_TAKEN, _CHANGED, _EXIF = 0x9003, 0x0132, 0x8769
# Pillow's mode -> how its pixels are handed on; others hold no red, green and blue.
_MODES = {"1": "L", "L": "L", "LA": "LA", "La": "LA", "RGB": "RGB", "RGBX": "RGB", "RGBA": "RGBA", "RGBa": "RGBA", "PA": "RGBA"}


def rasters(array: np.ndarray, name: str) -> list[Raster]:
    """The images of an array.

    Args:
        array: (H, W) grey, (H, W, C), or (T, H, W, C) of T dates; pixels that a masked array hides have no data.
        name: For messages.

    Returns:
        One raster a date.

    Raises:
        InputError: It has another shape or number type.
    """
    shape = array.shape
    if array.ndim not in (2, 3, 4) or 0 in shape:
        raise InputError(f"{name} is an array of shape {shape}, expected {SHAPES}")
    if array.ndim > 2 and shape[-3] < MIN_SIDE <= shape[-1]:
        axis = array.ndim - 3
        raise InputError(
            f"{name} is an array of shape {shape}, expected {SHAPES}: where its channels stand first give "
            f"numpy.moveaxis(array, {axis}, -1)" + (", for grey dates array[..., None]" if array.ndim == 3 else "")
        )
    stack = array[None, ..., None] if array.ndim == 2 else array[None] if array.ndim == 3 else array
    made = []
    for image in stack:
        valid = None
        if isinstance(image, np.ma.MaskedArray):
            valid = np.asarray(~np.ma.getmaskarray(image).all(axis=-1))
            image = image.filled(0) if image.dtype.kind in "iu" else image.data
        made.append(Raster(storable(np.moveaxis(np.asarray(image), -1, 0), name), valid))
    return made


def storable(bands: np.ndarray, name: str) -> np.ndarray:
    """The same numbers in a type that a GeoTIFF can hold.

    Args:
        bands: Of any number type.
        name: For messages.

    Returns:
        uint8, uint16, int16, uint32, int32, float32 or float64; contiguous.

    Raises:
        InputError: They are no numbers, or too large.
    """
    kind, size = bands.dtype.kind, bands.dtype.itemsize
    if kind not in "uif":
        what = "a mask of True and False" if kind == "b" else "complex numbers" if kind == "c" else f"{bands.dtype} values"
        raise InputError(f"{name} holds {what}, expected intensities: 8-bit or 16-bit whole numbers, or floats")
    if kind == "f":
        return np.ascontiguousarray(bands, np.float32 if size <= 4 else np.float64)
    if kind == "i" and size == 1:
        return np.ascontiguousarray(bands, np.int16)
    if size == 8:
        least, most = int(bands.min()), int(bands.max())
        narrow = next((np.dtype(t) for t in ("int32", "uint32") if least >= np.iinfo(t).min and most <= np.iinfo(t).max), None)
        if narrow is None:
            raise InputError(f"{name} holds numbers from {least} to {most}, expected at most 32-bit ones: divide them")
        return np.ascontiguousarray(bands, narrow)
    return np.ascontiguousarray(bands, bands.dtype.newbyteorder("="))


def raster_of_image(image: Image.Image, name: str) -> tuple[Raster, datetime | None]:
    """A Pillow image, turned upright as its EXIF tag says.

    Args:
        image: The image.
        name: For messages.

    Returns:
        The raster, and when it was taken, where its EXIF tags say so.

    Raises:
        InputError: It is an animation, or holds no red, green and blue.
    """
    if getattr(image, "is_animated", False):
        raise InputError(f"{name} is an animation of {getattr(image, 'n_frames', 2)} frames: give the path of its file")
    parts = _parts(image, name)
    exif = image.getexif()
    taken = time_of([_text(exif.get_ifd(_EXIF).get(_TAKEN)), _text(exif.get(_CHANGED))], "")
    return Raster(storable(parts.bands, name), parts.valid), taken


@dataclass(frozen=True)
class _Parts:
    bands: np.ndarray  # (C, H, W)
    valid: np.ndarray | None


def _parts(image: Image.Image, name: str) -> _Parts:
    mode = image.mode
    upright = ImageOps.exif_transpose(image)
    if mode.startswith("I;16") or mode in ("I", "F"):
        return _Parts(np.asarray(upright)[None], None)
    if mode == "P":
        target = "RGBA" if "transparency" in image.info else "RGB"
    elif mode in _MODES:
        target = _MODES[mode]
        if "transparency" in image.info and target in ("L", "RGB"):
            target = "LA" if target == "L" else "RGBA"
    else:
        raise InputError(f'{name} is a Pillow image in mode {mode}, expected red, green and blue: give image.convert("RGB")')
    pixels = np.asarray(upright.convert(target))
    if target == "L":
        return _Parts(pixels[None], None)
    channels = np.moveaxis(pixels, -1, 0)
    if target in ("LA", "RGBA"):
        return _Parts(channels[:-1], channels[-1] > 0)
    return _Parts(channels, None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
