"""One image in a file: its header, and its pixels read whole or by window (PNG, JPEG, JPEG 2000, WebP, GeoTIFF, COG)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import numpy as np
import rasterio
from affine import Affine
from rasterio.enums import MaskFlags, Resampling
from rasterio.windows import Window

from chronosight.errors import InputError
from chronosight.limits import MAX_PIXELS
from chronosight.scenes.bands import BandChoice, check_colour_space, choose_bands
from chronosight.scenes.doubts import doubt_by_metadata
from chronosight.scenes.files import RASTER_DRIVERS, check_size, file_format
from chronosight.scenes.gdal import band_descriptions, check_layout, colour_interpretations, has_palette, opened
from chronosight.scenes.ground import georeference_of, metres_per_pixel, placement_of
from chronosight.scenes.jpeg_2000 import check_jpeg_2000
from chronosight.scenes.orientation import ORIENTATIONS, north_up, read_exif, tiff_orientation, turn_placement
from chronosight.scenes.remote import is_remote
from chronosight.scenes.scene import Georeference
from chronosight.scenes.side_files import check_side_files
from chronosight.scenes.times import time_of
from chronosight.scenes.vrt import check_vrt


@dataclass(frozen=True)
class Pixels:
    """values: (3, H, W) red green blue in the file's own numbers. valid: (H, W) bool, where there is data."""

    values: np.ndarray
    valid: np.ndarray


class Readable(Protocol):
    """An image whose windows can be read: an `ImageFile`, or one that is kept open."""

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        ...

    @property
    def width(self) -> int:
        """In pixels."""
        ...

    @property
    def height(self) -> int:
        """In pixels."""
        ...

    @property
    def dtype(self) -> str:
        """Numpy name of the stored values."""
        ...

    @property
    def georeference(self) -> Georeference | None:
        """CRS and transform, None unless it has both."""
        ...

    def read(self, window: tuple[int, int, int, int] | None = None, shape: tuple[int, int] | None = None) -> Pixels:
        """Reads pixels.

        Args:
            window: (left, top, width, height) in pixels; None for all.
            shape: (H, W) to reduce to; None for the window's own size.

        Returns:
            The values and where there is data.
        """
        ...


@dataclass(frozen=True)
class ImageFile:
    """The header of an image.

    Attributes:
        path: absolute.
        driver: GDAL's name of the format.
        width: in pixels, upright.
        height: in pixels, upright.
        dtype: numpy name of the stored values.
        choice: the bands that are red, green and blue.
        nodata: the value that means no data, None where none is declared.
        zero_is_empty: pixels of 0 in every band are taken for no data (see `open_image`).
        white: the value that is black in files that count from white (TIFF's MinIsWhite), None in all others.
        orientation: 1 to 8 as in EXIF: how the pixels are stored; they are handed out upright, north up.
        georeference: CRS and transform of the upright image, None unless it has both.
        transform: of the upright image, where it has one without a CRS (a world file, a lost CRS), else None.
        time: when it was taken, where that is known.
        notes: what the user should know.
        doubts: why no confident answer can be given about it; see `Scene.doubts`.
        label: a name that distinguishes it from another file of the same name, else "".
    """

    path: Path
    driver: str
    width: int
    height: int
    dtype: str
    choice: BandChoice
    nodata: float | None
    zero_is_empty: bool
    white: int | None
    orientation: int
    georeference: Georeference | None
    transform: Affine | None
    time: datetime | None
    notes: tuple[str, ...]
    doubts: tuple[str, ...] = ()
    label: str = ""

    @property
    def name(self) -> str:
        """What messages call it: its label, else the file's name without its folder."""
        return self.label or self.path.name

    def read(
        self,
        window: tuple[int, int, int, int] | None = None,
        shape: tuple[int, int] | None = None,
    ) -> Pixels:
        """Pixels of a window.

        Args:
            window: left, top, width, height inside the upright image; None for all of it.
            shape: (H, W) to read a smaller version, averaged; overviews are used where the file has them.

        Raises:
            InputError: where the file is damaged.
        """
        with opened(self.path, self.driver) as dataset:
            return self.read_from(dataset, window, shape)

    def read_from(
        self, dataset: rasterio.DatasetReader, window: tuple[int, int, int, int] | None, shape: tuple[int, int] | None
    ) -> Pixels:
        """`read`, from the file where it is open already.

        Args:
            dataset: The open file.
            window: (left, top, width, height) in pixels of the upright image; None for all.
            shape: (H, W) to reduce to; None for the window's own size.

        Returns:
            The values and where there is data, upright.
        """
        left, top, width, height = window or (0, 0, self.width, self.height)
        swap, mirror_x, mirror_y = ORIENTATIONS[self.orientation]
        # The window and shape as stored: undo the mirrors, then the swap.
        if mirror_x:
            left = self.width - left - width
        if mirror_y:
            top = self.height - top - height
        stored = Window(top, left, height, width) if swap else Window(left, top, width, height)
        if shape is not None and swap:
            shape = (shape[1], shape[0])
        pixels = self._read_stored(dataset, stored, shape)
        values, valid = pixels.values, pixels.valid
        if swap:
            values, valid = values.transpose(0, 2, 1), valid.T
        if mirror_x:
            values, valid = values[:, :, ::-1], valid[:, ::-1]
        if mirror_y:
            values, valid = values[:, ::-1], valid[::-1]
        return Pixels(np.ascontiguousarray(values), np.ascontiguousarray(valid))

    def _read_stored(self, dataset: rasterio.DatasetReader, window: Window, shape: tuple[int, int] | None) -> Pixels:
        """The window in pixels as stored."""
        bands = self.choice.bands
        # Indices into a colour table cannot be averaged.
        how = {"window": window, "resampling": Resampling.nearest if self.choice.palette else Resampling.average}
        if self.dtype == "float64":  # no image needs them, and they take twice the memory
            how["out_dtype"] = "float32"
        unique = sorted(set(bands))
        raw = dataset.read(unique, out_shape=(len(unique), *shape) if shape else None, **how)
        valid = np.isfinite(raw).all(axis=0) if raw.dtype.kind == "f" else np.ones(raw.shape[1:], bool)
        if self.nodata is not None:
            valid &= (raw != raw.dtype.type(self.nodata)).any(axis=0) if _fits(self.nodata, str(raw.dtype)) else True
        if self.zero_is_empty:
            valid &= (raw != 0).any(axis=0)
        flags = dataset.mask_flag_enums[bands[0] - 1]
        if self.choice.alpha is not None:
            valid &= dataset.read(self.choice.alpha, out_shape=shape, window=window) > 0
        elif MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags:
            valid &= dataset.dataset_mask(out_shape=shape, window=window) > 0
        if self.choice.palette:
            table = np.zeros((1 << 16, 4), np.uint8)
            for index, colour in dataset.colormap(bands[0]).items():
                table[index] = colour
            colours = table[raw[0]]
            return Pixels(colours[..., :3].transpose(2, 0, 1), valid & (colours[..., 3] > 0))
        bits = _bits(dataset.tags(bands[0], ns="IMAGE_STRUCTURE").get("NBITS"))
        if bits < 8 and raw.dtype == np.uint8:  # 1-bit black and white is 0 and 1 in the file
            raw = raw * np.uint8(255 // (2**bits - 1))
        if self.white is not None:
            raw = raw.dtype.type(self.white) - raw
        return Pixels(raw[[unique.index(band) for band in bands]], valid)


def open_image(path: Path, bands: Sequence[int] | None = None, max_pixels: int = MAX_PIXELS) -> ImageFile:
    """Read the header of an image.

    In georeferenced files of more than 8 bits that declare neither nodata nor a mask, 0 in every band counts as no
    data: it is what satellite products pad with.

    Args:
        path: of the file.
        bands: numbers of red, green, blue from 1; chosen from the file when None.
        max_pixels: the largest width x height allowed.

    Raises:
        InputError: for files that cannot be used, and for what may not stand beside them.
    """
    kind = file_format(path)
    if kind not in RASTER_DRIVERS:
        raise InputError(f"{path.name} is {kind}, expected a still image here: ask about one video or animation at a time")
    driver = RASTER_DRIVERS[kind]
    remote = is_remote(path)
    if not remote:
        check_side_files(path)
    if kind == "VRT":
        check_vrt(path)
    if kind == "JPEG 2000" and not remote:
        check_jpeg_2000(path)
    notes, doubts = [], []
    with opened(path, driver) as dataset:
        width, height = dataset.width, dataset.height
        check_size(path.name, width, height, max_pixels)
        check_layout(path.name, dataset)
        if dataset.tags(ns="OVERVIEWS"):
            raise InputError(f"{path.name} names another file as its overviews: make it a plain GeoTIFF or COG first")
        dtype = dataset.dtypes[0]
        if "complex" in dtype:
            raise InputError(f"{path.name} holds complex numbers ({dtype}), expected intensities: convert it first")
        names = band_descriptions(dataset)
        kinds = colour_interpretations(dataset)
        check_colour_space(path.name, dataset.tags(ns="IMAGE_STRUCTURE").get("SOURCE_COLOR_SPACE", ""), kinds)
        if kinds[0] == "palette" and not has_palette(dataset):
            kinds[0] = "gray"
            notes.append(f"{path.name} declares a colour table but has none: its band is shown as grey")
        choice = choose_bands(path.name, kinds, names, bands)
        notes += [choice.note] if choice.note else []
        doubts += [choice.doubt] if choice.doubt else []
        doubts += doubt_by_metadata(path.name, dtype, kinds, names, choice)
        georeference, transform = georeference_of(dataset), placement_of(dataset)
        if transform is None and dataset.transform not in (Affine.identity(), Affine.scale(1, -1)):
            notes.append(f"{path.name}: its coordinates cannot be used, so that sizes and places on the ground are not known")
        if georeference is None and dataset.gcps[0]:
            notes.append(f"{path.name}: its ground control points are not used; warp it first to have it on the map")
        if dataset.subdatasets:
            notes.append(f"{path.name}: the first of {len(dataset.subdatasets)} pages was taken")
        no_mask = choice.alpha is None and dataset.mask_flag_enums[0] == [MaskFlags.all_valid]
        wide = np.dtype(dtype).kind in "iu" and np.dtype(dtype).itemsize > 1
        structure = dataset.tags(ns="IMAGE_STRUCTURE")
        white = _white(structure, dataset.tags(1, ns="IMAGE_STRUCTURE"), dtype)
        has_time = dataset.tags(ns="IMAGERY").get("ACQUISITIONDATETIME"), dataset.tags().get("TIFFTAG_DATETIME")
        nodata = dataset.nodata
    if remote or kind in ("VRT", "JPEG 2000"):  # their first bytes are not read for a camera's notes
        orientation, taken = 1, None
    else:
        orientation, taken = (tiff_orientation(path), None) if kind == "TIFF" else read_exif(path, kind)
    if transform is not None:  # it speaks of the pixels as stored
        orientation = north_up(transform)
        if orientation != 1:
            notes.append(f"{path.name} is not stored north up (its rows run another way): it was turned")
        georeference, transform = turn_placement(georeference, transform, orientation, width, height)
    if georeference is not None:
        transform = None
        doubts += _doubt_by_place(path.name, georeference, width, height)
    if ORIENTATIONS[orientation][0]:
        width, height = height, width
    if nodata is not None and not np.isfinite(nodata):
        nodata = None  # never finite, so never valid
    return ImageFile(
        path=path,
        driver=driver,
        width=width,
        height=height,
        dtype=dtype,
        choice=choice,
        nodata=nodata,
        zero_is_empty=georeference is not None and no_mask and nodata is None and wide and white is None,
        white=white,
        orientation=orientation,
        georeference=georeference,
        transform=transform,
        time=time_of([taken, *has_time], path.stem),
        notes=tuple(notes),
        doubts=tuple(doubts),
    )


def _white(structure: dict[str, str], of_band: dict[str, str], dtype: str) -> int | None:
    """The value of black in a TIFF that counts from white."""
    if structure.get("MINISWHITE") != "YES" or np.dtype(dtype).kind not in "iu":
        return None
    bits = _bits(of_band.get("NBITS"))
    return 255 if np.dtype(dtype) == np.uint8 else 2**bits - 1 if 8 < bits < 32 else int(np.iinfo(dtype).max)


def _bits(text: str | None) -> int:
    """Bits a sample, 8 where the file says nothing or nonsense."""
    return int(text) if text is not None and text.isascii() and text.isdecimal() and 1 <= int(text) <= 64 else 8


def _fits(value: float, dtype: str) -> bool:
    """Whether a number type can hold a nodata value."""
    if np.dtype(dtype).kind == "f":
        return abs(value) <= float(np.finfo(dtype).max)
    limits = np.iinfo(dtype)
    return value == int(value) and limits.min <= value <= limits.max


def _doubt_by_place(name: str, georeference: Georeference, width: int, height: int) -> list[str]:
    crs = rasterio.crs.CRS.from_user_input(georeference.crs)
    if (crs.is_geographic or crs.is_projected) and metres_per_pixel(georeference, width, height) is None:
        return [f"{name} has coordinates that lie nowhere on the Earth: sizes in metres are not known"]
    return []
