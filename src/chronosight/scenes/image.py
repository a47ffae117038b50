"""One picture in a file: its header, and its pixels read whole or by window (PNG, JPEG, WebP, GeoTIFF, COG)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import numpy as np
import rasterio
from PIL import Image
from rasterio.enums import MaskFlags, Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from chronosight.errors import InputError
from chronosight.scenes.bands import BandChoice, choose_bands
from chronosight.scenes.files import MAX_PIXELS, RASTER_DRIVERS, check_size, file_format, one_line
from chronosight.scenes.ground import georeference_of
from chronosight.scenes.scene import Georeference
from chronosight.scenes.times import time_of

# EXIF orientation -> (swap rows and columns, then mirror left-right, then mirror up-down).
_ORIENTATIONS = {
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


@dataclass(frozen=True)
class Pixels:
    """values: (3, H, W) red green blue in the file's own numbers. valid: (H, W) bool, where there is data."""

    values: np.ndarray
    valid: np.ndarray


class Readable(Protocol):
    """A picture whose windows can be read: an `ImageFile`, or one that is kept open."""

    @property
    def name(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def dtype(self) -> str: ...
    @property
    def georeference(self) -> Georeference | None: ...

    def read(self, window: tuple[int, int, int, int] | None = None, shape: tuple[int, int] | None = None) -> Pixels: ...


@dataclass(frozen=True)
class ImageFile:
    """The header of a picture. width, height: in pixels, upright (EXIF orientation applied).

    dtype: numpy name of the stored values. nodata: the value that means no data, None where none is declared.
    zero_is_empty: pixels of 0 in every band are taken for no data (see `open_image`).
    """

    path: Path
    driver: str
    width: int
    height: int
    dtype: str
    choice: BandChoice
    nodata: float | None
    zero_is_empty: bool
    orientation: int
    georeference: Georeference | None
    time: datetime | None
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.path.name

    def read(
        self,
        window: tuple[int, int, int, int] | None = None,
        shape: tuple[int, int] | None = None,
    ) -> Pixels:
        """Pixels of a window (left, top, width, height; default all) inside the upright picture.

        shape: (H, W) to read a smaller version, averaged; overviews are used where the file has them.
        Raises InputError where the file is damaged.
        """
        left, top, width, height = window or (0, 0, self.width, self.height)
        swap, mirror_x, mirror_y = _ORIENTATIONS[self.orientation]
        # The window and shape as stored: undo the mirrors, then the swap.
        if mirror_x:
            left = self.width - left - width
        if mirror_y:
            top = self.height - top - height
        stored = Window(top, left, height, width) if swap else Window(left, top, width, height)
        if shape is not None and swap:
            shape = (shape[1], shape[0])
        with opened(self.path, self.driver) as dataset:
            pixels = self.read_stored(dataset, stored, shape)
        values, valid = pixels.values, pixels.valid
        if swap:
            values, valid = values.transpose(0, 2, 1), valid.T
        if mirror_x:
            values, valid = values[:, :, ::-1], valid[:, ::-1]
        if mirror_y:
            values, valid = values[:, ::-1], valid[::-1]
        return Pixels(np.ascontiguousarray(values), np.ascontiguousarray(valid))

    def read_stored(self, dataset: rasterio.DatasetReader, window: Window, shape: tuple[int, int] | None) -> Pixels:
        """`read` from the open file, the window in pixels as stored (of use where a file is kept open)."""
        bands = self.choice.bands
        # Indices into a colour table cannot be averaged.
        how = {"window": window, "resampling": Resampling.nearest if self.choice.palette else Resampling.average}
        unique = sorted(set(bands))
        raw = dataset.read(unique, out_shape=(len(unique), *shape) if shape else None, **how)
        valid = np.isfinite(raw).all(axis=0) if raw.dtype.kind == "f" else np.ones(raw.shape[1:], bool)
        if self.nodata is not None:
            valid &= (raw != self.nodata).any(axis=0)
        if self.zero_is_empty:
            valid &= (raw != 0).any(axis=0)
        flags = dataset.mask_flag_enums[bands[0] - 1]
        if self.choice.alpha is not None:
            valid &= dataset.read(self.choice.alpha, out_shape=shape, window=window) > 0
        elif MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags:
            valid &= dataset.dataset_mask(out_shape=shape, window=window) > 0
        if self.choice.palette:
            table = np.zeros((1 << 16, 4), np.uint8)
            for index, colour in dataset.colormap(1).items():
                table[index] = colour
            colours = table[raw[0]]
            return Pixels(colours[..., :3].transpose(2, 0, 1), valid & (colours[..., 3] > 0))
        bits = int(dataset.tags(bands[0], ns="IMAGE_STRUCTURE").get("NBITS", 8))
        if bits < 8 and raw.dtype == np.uint8:  # 1-bit black and white is 0 and 1 in the file
            raw = raw * np.uint8(255 // (2**bits - 1))
        return Pixels(raw[[unique.index(band) for band in bands]], valid)


def open_image(path: Path, bands: Sequence[int] | None = None, max_pixels: int = MAX_PIXELS) -> ImageFile:
    """Read the header of a picture. bands: numbers of red, green, blue from 1; chosen from the file when None.

    In georeferenced files of more than 8 bits that declare neither nodata nor a mask, 0 in every band counts as no
    data: it is what satellite products pad with. Raises InputError for files that cannot be used.
    """
    kind = file_format(path)
    if kind not in RASTER_DRIVERS:
        raise InputError(f"{path.name} is {kind}, expected a still picture here: give a video or animation alone")
    driver = RASTER_DRIVERS[kind]
    with opened(path, driver) as dataset:
        check_size(path.name, dataset.width, dataset.height, max_pixels)
        dtype = dataset.dtypes[0]
        if "complex" in dtype:
            raise InputError(f"{path.name} holds complex numbers ({dtype}), expected intensities: convert it first")
        kinds = [interpretation.name for interpretation in dataset.colorinterp]
        choice = choose_bands(path.name, kinds, dataset.descriptions, bands)
        georeference = georeference_of(dataset)
        notes = [choice.note] if choice.note else []
        if georeference is None and dataset.gcps[0]:
            notes.append(f"{path.name}: its ground control points are not used; warp it first to have it on the map")
        if dataset.subdatasets:
            notes.append(f"{path.name}: the first of {len(dataset.subdatasets)} pages was taken")
        no_mask = choice.alpha is None and dataset.mask_flag_enums[0] == [MaskFlags.all_valid]
        wide = np.dtype(dtype).kind in "iu" and np.dtype(dtype).itemsize > 1
        has_time = dataset.tags(ns="IMAGERY").get("ACQUISITIONDATETIME"), dataset.tags().get("TIFFTAG_DATETIME")
        width, height, nodata = dataset.width, dataset.height, dataset.nodata
    orientation, taken = (1, None) if kind == "TIFF" else _exif(path, kind)
    if georeference is not None:
        orientation = 1  # the transform speaks of the pixels as stored
    if _ORIENTATIONS[orientation][0]:
        width, height = height, width
    if nodata is not None and np.isnan(nodata):
        nodata = None  # never finite, so never valid
    return ImageFile(
        path=path,
        driver=driver,
        width=width,
        height=height,
        dtype=dtype,
        choice=choice,
        nodata=nodata,
        zero_is_empty=georeference is not None and no_mask and nodata is None and wide,
        orientation=orientation,
        georeference=georeference,
        time=time_of([taken, *has_time], path.stem),
        notes=tuple(notes),
    )


def _exif(path: Path, kind: str) -> tuple[int, str | None]:
    """Orientation (1 to 8) and time taken of a PNG, JPEG or WebP. Checks a PNG's checksums too: GDAL does not."""
    damaged = f"{path.name} is damaged or cut short: copy or download it again"
    try:
        with Image.open(path, formats=[kind.upper()]) as picture:
            exif = picture.getexif()
            taken = exif.get_ifd(_EXIF_IFD).get(_EXIF_TAKEN) or exif.get(_EXIF_DATETIME)
            orientation = exif.get(_EXIF_ORIENTATION, 1)
        if kind == "PNG":
            with Image.open(path, formats=["PNG"]) as picture:
                picture.verify()
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, EOFError) as error:
        if kind == "PNG" or isinstance(error, OSError):
            raise InputError(damaged) from error
        return 1, None  # unreadable EXIF is no reason to refuse readable pixels
    return (orientation if orientation in _ORIENTATIONS else 1), str(taken) if taken else None


@contextmanager
def opened(path: Path, driver: str) -> Iterator[rasterio.DatasetReader]:
    """The file opened by one named driver; everything that goes wrong with it becomes an InputError."""
    try:
        with (
            warnings.catch_warnings(),
            rasterio.Env(GDAL_ERROR_ON_LIBJPEG_WARNING="YES"),
        ):
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(str(path), driver=driver) as dataset:
                yield dataset
    except RasterioError as error:
        raise unreadable(path, error) from error
    except MemoryError as error:
        raise InputError(f"{path.name} does not fit in memory: cut or shrink it") from error


def unreadable(path: Path, error: RasterioError) -> InputError:
    reason = one_line(error.__cause__ or error).replace(str(path), path.name)
    return InputError(f"{path.name} cannot be read, it is damaged or cut short ({reason[:160]}): copy or download it again")
