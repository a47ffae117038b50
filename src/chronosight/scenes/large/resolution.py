"""The ground size of pixels: what the model knows, and the grid a large pair is looked at on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from affine import Affine
from rasterio.crs import CRS
from rasterio.warp import transform as transform_points

from chronosight.errors import InputError
from chronosight.scenes.grid import Grid
from chronosight.scenes.ground import GDAL_ERRORS, metres_per_degree

AS_IT_IS = 1.2  # a grid within this factor of the trained ground size is kept,
SQUARE = 1.05  # where its pixels are as wide as high on the ground to within this one
DOUBTFUL = 2.0  # times the trained ground size: from here on the user is told
REFUSED = 4.0  # from here on a house is a pixel or two, and upsampling shows none


def pixel_sides(grid: Grid) -> tuple[float, float] | None:
    """Width and height in metres of the pixel at the grid's centre, on the WGS84 ellipsoid; None without a place."""
    vectors = pixel_vectors(grid, [grid.width / 2], [grid.height / 2])
    if vectors is None:
        return None
    right, down = vectors[0]
    return math.hypot(*right), math.hypot(*down)


def pixel_vectors(grid: Grid, x: Sequence[float], y: Sequence[float]) -> np.ndarray | None:
    """(n, 2, 2) metres (east, north) on the ground of a pixel's step to the right and of one down, at n pixel positions.

    None where the CRS has no place on the Earth. The absolute determinant is the ground area of the pixel.
    """
    crs = CRS.from_user_input(grid.crs)
    if not (crs.is_geographic or crs.is_projected):
        return None
    columns = np.asarray(x, float)[:, None] + np.array([-2.0, 2, 0, 0])
    rows = np.asarray(y, float)[:, None] + np.array([0, 0, -2.0, 2])
    a, b, c, d, e, f = tuple(grid.transform)[:6]
    easts, norths = a * columns + b * rows + c, d * columns + e * rows + f
    try:
        lonlat = np.array(transform_points(crs, "EPSG:4326", easts.ravel(), norths.ravel())).reshape(2, -1, 4)
    except GDAL_ERRORS:
        return None
    if not np.isfinite(lonlat).all():
        return None
    lon, lat = lonlat
    vectors = np.empty((len(lat), 2, 2))
    for index, (first, last) in enumerate(((0, 1), (2, 3))):
        turn = (lon[:, last] - lon[:, first] + 180) % 360 - 180  # the short way, across the date line too
        scale = np.array([metres_per_degree(value) for value in (lat[:, first] + lat[:, last]) / 2]).reshape(-1, 2)
        vectors[:, index, 0] = turn * scale[:, 0] / 4
        vectors[:, index, 1] = (lat[:, last] - lat[:, first]) * scale[:, 1] / 4
    return vectors


def check_resolution(name: str, metres: float | None, known: float, force: bool) -> str:
    """-> a note for the user, "" where there is nothing to say. metres: ground size of a pixel; known: the trained one.

    Raises InputError from REFUSED times the trained size on, unless forced.
    """
    if metres is None or metres < DOUBTFUL * known:
        return ""
    if metres >= REFUSED * known and not force:
        raise InputError(
            f"{name} has pixels of {metres:.3g} m, expected about {known:g} m (finer is fine): the model has never seen ground "
            f"this coarse, a house is {'less than a pixel' if metres > 9 else 'a pixel or two'}; "
            "give finer imagery, or --force to try all the same"
        )
    return f"{name} has pixels of {metres:.3g} m; the model knows about {known:g} m: what it finds here is doubtful"


def working_grid(grid: Grid, known: float) -> tuple[Grid, str]:
    """The grid itself where its pixels are about square on the ground and of the trained size, else one that is.

    -> (grid over the same ground, a note or ""). Never finer than a quarter of a pixel.
    """
    sides = pixel_sides(grid)
    if sides is None:
        return grid, ""
    wide, high = sides
    kept = all(known / AS_IT_IS <= side <= known * AS_IT_IS for side in sides)
    if kept and max(sides) <= SQUARE * min(sides):
        return grid, ""
    width = max(1, round(grid.width * wide / max(known, wide / REFUSED)))
    height = max(1, round(grid.height * high / max(known, high / REFUSED)))
    scale = Affine.scale(grid.width / width, grid.height / height)
    note = f"looked at with pixels of {wide * grid.width / width:.3g} m, which the model was trained on, instead of "
    note += f"{wide:.3g} m" if abs(wide / high - 1) < 0.01 else f"{wide:.3g} x {high:.3g} m"
    return Grid(grid.crs, grid.transform * scale, width, height), note
