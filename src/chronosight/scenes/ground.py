"""Where a raster lies on the Earth, and how large its pixels are on the ground.

Sizes are measured in space: points are brought from longitude and latitude to Earth-centred metres on the WGS84 ellipsoid, so
that degrees, Web Mercator, polar grids and scenes across the date line all come out in true metres on the ground.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import rasterio
from affine import Affine
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.errors import CRSError, RasterioError
from rasterio.warp import transform as transform_points

from chronosight.scenes.scene import Georeference

GDAL_ERRORS = (RasterioError, CRSError, CPLE_BaseError)  # PROJ's own come through rasterio as the latter

_A, _E2 = 6378137.0, 6.69437999014e-3  # WGS84: equatorial radius in metres, first eccentricity squared
_LARGEST = 1e15  # coordinates, and pixels a unit of them, above which 64-bit numbers cannot distinguish pixels
_STEP = 2.0  # pixels to each side over which the ground size is taken: long enough for the rounding errors of a projection


def placement_of(dataset: rasterio.DatasetReader) -> Affine | None:
    """The transform of an open file; None where it has none, or one that places nothing.

    Args:
        dataset: The open file.

    Returns:
        Pixel -> map coordinates, or None.
    """
    transform: Affine = dataset.transform
    if transform in (Affine.identity(), Affine.scale(1, -1)) or not all(math.isfinite(value) for value in transform[:6]):
        return None
    if transform.is_degenerate or not all(abs(value) < _LARGEST for value in (*transform[:6], *(~transform)[:6])):
        return None
    return transform


def georeference_of(dataset: rasterio.DatasetReader) -> Georeference | None:
    """CRS and transform of an open file; None unless it has both.

    Longitudes are brought to -180..180 by whole turns, so that grids of 0..360 lie on the others.

    Args:
        dataset: The open file.

    Returns:
        The georeference, or None.
    """
    transform = placement_of(dataset)
    if not dataset.crs or transform is None:
        return None
    centre, _ = transform * (dataset.width / 2, dataset.height / 2)
    if dataset.crs.is_geographic and abs(centre) <= 540 and abs(transform.a) * dataset.width < 180:
        transform = Affine.translation(-360.0 * turns_between(centre, 0.0), 0) * transform
    return Georeference(dataset.crs.to_string(), transform)


def turns_between(longitude: float, other: float) -> int:
    """Whole turns of 360 degrees by which a longitude is further east than the one nearest to another.

    Args:
        longitude: A longitude in degrees.
        other: Another longitude in degrees.

    Returns:
        The number of turns, negative to the west.
    """
    return math.floor((longitude - other + 180) / 360)


def to_lonlat(crs: str, x: npt.ArrayLike, y: npt.ArrayLike) -> np.ndarray | None:
    """Longitude and latitude on WGS84.

    Args:
        crs: the coordinate reference system of the points, as WKT or "EPSG:n".
        x: (n,) coordinates to the east.
        y: (n,) coordinates to the north.

    Returns:
        (2, n) float64 in degrees, longitude from -180 to 180 first. None where the CRS has no place on the Earth (a site's
        own grid, another planet), or where a point has none in it.
    """
    xs, ys = np.atleast_1d(np.asarray(x, float)), np.atleast_1d(np.asarray(y, float))
    try:
        with rasterio.Env():  # so that PROJ reports errors here and not on the screen
            system = CRS.from_user_input(crs)
            if not (system.is_geographic or system.is_projected):
                return None
            lonlat = np.array(transform_points(system, CRS.from_epsg(4326), xs, ys), float)
    except GDAL_ERRORS:
        return None
    if not np.isfinite(lonlat).all() or (np.abs(lonlat[1]) > 90).any():
        return None
    lonlat[0] -= 360 * np.floor((lonlat[0] + 180) / 360) * (np.abs(lonlat[0]) > 180)
    return lonlat


def from_lonlat(crs: str, lon: npt.ArrayLike, lat: npt.ArrayLike) -> np.ndarray:
    """Coordinates of points given by longitude and latitude on WGS84.

    Args:
        crs: the coordinate reference system wanted, as WKT or "EPSG:n".
        lon: (n,) degrees east.
        lat: (n,) degrees north.

    Returns:
        (2, n) float64, east and north; NaN for points that the CRS cannot place.
    """
    lons, lats = np.atleast_1d(np.asarray(lon, float)), np.atleast_1d(np.asarray(lat, float))
    try:
        with rasterio.Env():
            xy = np.array(transform_points(CRS.from_epsg(4326), CRS.from_user_input(crs), lons, lats), float)
    except GDAL_ERRORS:
        return np.full((2, len(lons)), np.nan)
    return np.where(np.isfinite(xy), xy, np.nan)


class Placed(Protocol):
    """A pixel grid with a CRS and a transform: a `Georeference` or a `Grid`."""

    @property
    def crs(self) -> str:
        """As WKT or "EPSG:n"."""
        ...

    @property
    def transform(self) -> Affine:
        """Pixel (column, row) -> CRS coordinates."""
        ...


def pixel_vectors(grid: Placed, x: Sequence[float], y: Sequence[float]) -> np.ndarray | None:
    """Steps of one pixel on the ground.

    Args:
        grid: CRS and transform.
        x: (n,) columns.
        y: (n,) rows.

    Returns:
        (n, 2, 2) metres (east, north) on the ground of a pixel's step to the right and of one down; the absolute determinant
        is the ground area of the pixel in square metres. None where the CRS has no place on the Earth.
    """
    columns = np.asarray(x, float)[:, None] + np.array([0.0, -_STEP, _STEP, 0, 0])
    rows = np.asarray(y, float)[:, None] + np.array([0.0, 0, 0, -_STEP, _STEP])
    a, b, c, d, e, f = tuple(grid.transform)[:6]
    lonlat = to_lonlat(grid.crs, (a * columns + b * rows + c).ravel(), (d * columns + e * rows + f).ravel())
    if lonlat is None:
        return None
    points = _in_space(*lonlat).reshape(-1, 5, 3)
    lon, lat = np.radians(lonlat.reshape(2, -1, 5)[:, :, 0])
    east = np.stack([-np.sin(lon), np.cos(lon), np.zeros_like(lon)], axis=-1)
    north = np.stack([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)], axis=-1)
    steps = np.stack([points[:, 2] - points[:, 1], points[:, 4] - points[:, 3]], axis=1) / (2 * _STEP)
    vectors: np.ndarray = np.stack([steps @ east[:, :, None], steps @ north[:, :, None]], axis=2)[..., 0]
    return vectors


def pixel_areas(grid: Placed, x: Sequence[float], y: Sequence[float]) -> np.ndarray | None:
    """Ground areas of pixels.

    Args:
        grid: What is placed on the ground.
        x: Columns of n points.
        y: Rows of the points.

    Returns:
        (n,) square metres; None without a place on the Earth.
    """
    vectors = pixel_vectors(grid, x, y)
    return None if vectors is None else np.abs(np.linalg.det(vectors))


def metres_per_pixel(grid: Placed, width: int, height: int) -> float | None:
    """Ground size of a pixel.

    Args:
        grid: CRS and transform.
        width: of the grid in pixels.
        height: of the grid in pixels.

    Returns:
        The side in metres of a square of the same ground area as the pixel at the grid's middle. None where the CRS has no
        place on the Earth.
    """
    areas = pixel_areas(grid, [width / 2], [height / 2])
    return math.sqrt(areas[0]) if areas is not None and areas[0] > 0 else None


def _in_space(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """(n, 3) metres from the Earth's centre, of points on the ellipsoid."""
    lon, lat = np.radians(lon), np.radians(lat)
    radius = _A / np.sqrt(1 - _E2 * np.sin(lat) ** 2)
    flat = radius * np.cos(lat)
    return np.stack([flat * np.cos(lon), flat * np.sin(lon), radius * (1 - _E2) * np.sin(lat)], axis=-1)
