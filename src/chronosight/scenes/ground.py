"""Where a raster lies, and how large its pixels are on the ground."""

from __future__ import annotations

import math

import rasterio
from affine import Affine
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.warp import transform as transform_points

from chronosight.scenes.scene import Georeference

GDAL_ERRORS = (RasterioError, CPLE_BaseError)  # PROJ's own come through rasterio as the latter


def georeference_of(dataset: rasterio.DatasetReader) -> Georeference | None:
    """CRS and transform of an open file; None unless it has both."""
    if not dataset.crs or dataset.transform in (Affine.identity(), Affine.scale(1, -1)):
        return None
    if dataset.transform.is_degenerate:
        return None
    return Georeference(dataset.crs.to_string(), dataset.transform)


def metres_per_pixel(georeference: Georeference, width: int, height: int) -> float | None:
    """Side of a square of the same ground area as the pixel at the scene's centre, on the WGS84 ellipsoid.

    Measured on the ground, so that degrees and Web Mercator come out right. None where the CRS cannot be placed.
    """
    crs = CRS.from_user_input(georeference.crs)
    if not (crs.is_geographic or crs.is_projected):  # a site's own grid: GDAL cannot say where on Earth it lies
        return None
    columns = [width / 2, width / 2 + 1, width / 2]
    rows = [height / 2, height / 2, height / 2 + 1]
    x, y = zip(*(georeference.transform * point for point in zip(columns, rows, strict=True)), strict=True)
    try:
        lon, lat = transform_points(crs, CRS.from_epsg(4326), x, y)
    except GDAL_ERRORS:
        return None
    east, north = metres_per_degree(lat[0])
    right = ((lon[1] - lon[0]) * east, (lat[1] - lat[0]) * north)
    down = ((lon[2] - lon[0]) * east, (lat[2] - lat[0]) * north)
    area = abs(right[0] * down[1] - right[1] * down[0])
    return math.sqrt(area) if math.isfinite(area) and area > 0 else None


def metres_per_degree(latitude: float) -> tuple[float, float]:
    """Length of a degree of longitude and of latitude in metres, from the radii of curvature of WGS84."""
    a, e2 = 6378137.0, 6.69437999014e-3
    phi = math.radians(latitude)
    w = math.sqrt(1 - e2 * math.sin(phi) ** 2)
    return math.radians(a / w * math.cos(phi)), math.radians(a * (1 - e2) / w**3)
