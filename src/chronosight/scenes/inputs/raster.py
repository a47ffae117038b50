"""Pixels with their place on the ground, and a lossless GeoTIFF of them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from affine import Affine

from chronosight.errors import InputError

if TYPE_CHECKING:
    from rasterio.crs import CRS

BLOCK = 512


@dataclass(frozen=True)
class Raster:
    """Pixels in memory.

    Attributes:
        bands: (C, H, W), in a number type that a GeoTIFF can hold.
        valid: (H, W) bool, where there is data; None where the numbers say it.
        crs: coordinate reference system, None where none is known.
        transform: pixel (column, row) -> coordinates of the pixel's upper left corner, None where it is not known.
        nodata: the value that means no data.
        names: of the bands, () where they have none.
    """

    bands: np.ndarray
    valid: np.ndarray | None = None
    crs: CRS | None = None
    transform: Affine | None = None
    nodata: float | None = None
    names: tuple[str, ...] = ()

    def placed(self, crs: CRS | None, transform: Affine | None, name: str) -> Raster:
        """The raster with a georeference that the caller gives.

        Args:
            crs: The coordinate reference system; None to keep the raster's own.
            transform: The transform; None to keep the raster's own.
            name: Of the image, for messages.

        Returns:
            The raster.

        Raises:
            InputError: One of the two is missing, or there are two of one.
        """
        if self.crs is not None and crs is not None:
            raise InputError(f"{name} has a CRS of its own ({self.crs.to_string()[:60]}): leave crs out")
        if self.transform is not None and transform is not None:
            raise InputError(f"{name} has coordinates of its own: leave transform out")
        place = replace(self, crs=crs or self.crs, transform=transform or self.transform)
        if place.crs is None:
            raise InputError(f"{name} was given a transform without a CRS, expected both: give crs too, such as EPSG:32617")
        if place.transform is None:
            raise InputError(f"{name} was given a CRS without a transform, expected both: give transform too, an affine.Affine")
        return place


def write_raster(raster: Raster, path: Path) -> None:
    """Writes a GeoTIFF with exactly these pixels; an alpha band says where there is data, if anything else than the numbers does.

    Args:
        raster: The pixels.
        path: The file to write.

    Raises:
        InputError: The georeference cannot be stored.
    """
    import rasterio
    from rasterio.enums import ColorInterp
    from rasterio.errors import NotGeoreferencedWarning

    count, height, width = raster.bands.shape
    alpha = raster.valid is not None and not raster.valid.all()
    place = {} if raster.transform is None else {"crs": raster.crs, "transform": raster.transform}
    tiles = {"tiled": True, "blockxsize": BLOCK, "blockysize": BLOCK} if max(height, width) > BLOCK else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path, "w", driver="GTiff", width=width, height=height, count=count + alpha, dtype=raster.bands.dtype.name,
            nodata=raster.nodata, bigtiff="if_safer", photometric="minisblack", **place, **tiles,
        ) as file:  # fmt: skip
            file.write(raster.bands, list(range(1, count + 1)))
            for number, name in enumerate(raster.names, start=1):
                file.set_band_description(number, name)
            if alpha:
                assert raster.valid is not None
                # Half of what the type can hold is enough: an alpha above 0 means data.
                file.write(raster.valid.astype(raster.bands.dtype) * raster.bands.dtype.type(100), count + 1)
                file.colorinterp = [*file.colorinterp[:count], ColorInterp.alpha]
