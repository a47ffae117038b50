"""What Python callers give instead of files: arrays, Pillow images, open rasters, xarray, bytes.

Each is written without loss into a private temporary folder, and opened from there as any file is. So there is one way from
pixels to a scene, and the same pixels give the same answers whatever holds them.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.scenes.inputs.raster import Raster

KINDS = "a path, a numpy array, a Pillow image, an open rasterio dataset, an xarray DataArray, or bytes"


@dataclass(frozen=True)
class Given:
    """What was given, as files.

    Attributes:
        paths: one for each image, in order; arrays of several dates are several images.
        names: what messages and reports call each, "" for a file that has its own name; () where all have.
        times: when each was taken, None where only the file itself may say; () where none is known.
    """

    paths: tuple[str | os.PathLike[str], ...]
    names: tuple[str, ...] = ()
    times: tuple[datetime | None, ...] = ()


@contextmanager
def as_files(inputs: Sequence[Any], crs: Any = None, transform: Any = None, dates: Any = None) -> Iterator[Given]:
    """Makes files of whatever was given; a context manager, after which its temporary files are gone.

    Args:
        inputs: Paths, (H, W), (H, W, C) or (T, H, W, C) numpy arrays, Pillow images, open rasterio datasets or MemoryFiles,
            xarray DataArrays with dimensions y and x and perhaps band and time, or the bytes of a file.
        crs: Coordinate reference system of the inputs that have none: "EPSG:32617", 32617, WKT or a CRS.
        transform: Pixel (column, row) -> coordinates of the upper left corner, as `affine.Affine` or its first six numbers;
            or one for each image.
        dates: When the images were taken, one for each: datetime, date or text such as "2018-07-04".

    Yields:
        The files.

    Raises:
        InputError: An input is of another type, shape or number type, or the georeference or the dates do not fit.
    """
    from chronosight.scenes.inputs.times import given_times

    if all(isinstance(item, (str, os.PathLike)) for item in inputs) and crs is None and transform is None and dates is None:
        yield Given(tuple(inputs))
        return
    folder = Path(tempfile.mkdtemp(prefix="chronosight-"))  # only its owner may read it
    try:
        names = _names(inputs)
        made = [image for item, name in zip(inputs, names, strict=True) for image in _images(item, name, folder)]
        if crs is not None or transform is not None:
            made = _placed(made, crs, transform)
        if len(made) > len(inputs):  # an array of several dates
            labels = _labels(len(made))
            made = [replace(image, name=label) for image, label in zip(made, labels, strict=True)]
        times = given_times(dates, len(made)) if dates is not None else tuple(image.time for image in made)
        paths = tuple(_file(image, folder) for image in made)
        shown = tuple("" if image.path is not None and not image.temporary else image.name for image in made)
        yield Given(paths, shown if any(shown) else (), times if any(times) else ())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class _Image:
    """One image: a file or pixels.

    Attributes:
        name: what messages call it.
        path: of the file that holds it, None for pixels.
        raster: its pixels, None for a file.
        time: when it was taken, where the object given says so.
        temporary: whether the file is one of ours.
    """

    name: str
    path: str | os.PathLike[str] | None = None
    raster: Raster | None = None
    time: datetime | None = None
    temporary: bool = False


def _labels(count: int) -> list[str]:
    return ["image"] if count == 1 else ["before", "after"] if count == 2 else [f"image {i + 1}" for i in range(count)]


def _names(inputs: Sequence[Any]) -> list[str]:
    """Names for messages: paths have their own."""
    return [
        Path(item).name if isinstance(item, (str, os.PathLike)) else label
        for item, label in zip(inputs, _labels(len(inputs)), strict=True)
    ]


def _images(item: Any, name: str, folder: Path) -> list[_Image]:
    """The images that one input holds, several for an array with a dimension of dates."""
    import numpy as np
    from PIL import Image

    from chronosight.scenes.inputs import from_array, from_dataset, from_xarray

    if isinstance(item, (str, os.PathLike)):
        return [_Image(name, path=item)]
    if isinstance(item, (bytes, bytearray, memoryview)):
        path = _fresh(folder, name)
        path.write_bytes(item)
        return [_Image(name, path=path, temporary=True)]
    if isinstance(item, np.ndarray):
        return [_Image(name, raster=raster) for raster in from_array.rasters(item, name)]
    if isinstance(item, Image.Image):
        raster, time = from_array.raster_of_image(item, name)
        return [_Image(name, raster=raster, time=time)]
    if "xarray" in sys.modules and isinstance(item, sys.modules["xarray"].DataArray):
        return [_Image(name, raster=raster, time=time) for raster, time in from_xarray.rasters(item, name)]
    if "rasterio" in sys.modules and (found := from_dataset.file_of(item, name, _fresh(folder, name))) is not None:
        return [_Image(name, path=found, temporary=found.is_relative_to(folder))]
    raise InputError(f"{name} is {_type(item)}, expected {KINDS}{_hint(item)}")


def _type(item: Any) -> str:
    if item is None:
        return "None"
    name = type(item).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _hint(item: Any) -> str:
    if isinstance(item, (list, tuple)):
        return ": give numpy.asarray(...) of numbers, and each date by itself"
    if type(item).__name__ == "Tensor":
        return ": give tensor.permute(1, 2, 0).numpy() of a tensor (C, H, W)"
    if type(item).__module__.startswith("xarray"):
        return ': give one DataArray of it, such as dataset["name"] or dataset.to_dataarray("band")'
    if hasattr(item, "read"):
        return ": give its path, or what its read() gives"
    return ": give numpy.asarray(...) of it" if hasattr(item, "__array__") else ""


def _fresh(folder: Path, name: str) -> Path:
    """A new place for a file of that name, in a folder of its own: two inputs may have one name, and readers need no suffix."""
    place = folder / str(sum(1 for _ in folder.iterdir()))
    place.mkdir()
    return place / name


def _placed(images: Sequence[_Image], crs: Any, transform: Any) -> list[_Image]:
    """The images, those without a georeference with the one that was given; files are read for it."""
    from chronosight.scenes.inputs.from_dataset import raster_of_file
    from chronosight.scenes.inputs.place import one_crs, transforms

    system, places = one_crs(crs), transforms(transform, len(images))
    placed, complete = [], 0
    for image, place in zip(images, places, strict=True):
        raster, time = image.raster, image.time
        if raster is None:
            assert image.path is not None
            raster, taken = raster_of_file(Path(image.path))
            time = time or taken
        if raster.crs is not None and raster.transform is not None:
            complete += 1
            placed.append(image)
        else:
            placed.append(_Image(image.name, raster=raster.placed(system, place, image.name), time=time))
    if complete == len(images):
        whose = "the image has a georeference of its own" if complete == 1 else "all images have georeferences of their own"
        raise InputError(f"{whose}: leave crs and transform out")
    return placed


def _file(image: _Image, folder: Path) -> str | os.PathLike[str]:
    from chronosight.scenes.inputs.raster import write_raster

    if image.path is not None:
        return image.path
    assert image.raster is not None
    path = _fresh(folder, image.name)
    write_raster(image.raster, path)
    return path
