"""The ground size of pixels: what the model knows, and the grid a large pair is looked at on."""

from __future__ import annotations

import math

from affine import Affine
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.warp import transform as transform_points

from chronosight.errors import InputError
from chronosight.scenes.grid import Grid
from chronosight.scenes.ground import metres_per_degree

AS_IT_IS = 1.2  # a grid within this factor of the trained ground size is kept,
SQUARE = 1.05  # where its pixels are as wide as high on the ground to within this one
DOUBTFUL = 2.0  # times the trained ground size: from here on the user is told
REFUSED = 4.0  # from here on a house is a pixel or two, and upsampling shows none


def pixel_sides(grid: Grid) -> tuple[float, float] | None:
    """Width and height in metres of the pixel at the grid's centre, on the WGS84 ellipsoid; None without a place."""
    vectors = pixel_vectors(grid, grid.width / 2, grid.height / 2)
    if vectors is None:
        return None
    (ax, ay), (bx, by) = vectors
    return math.hypot(ax, ay), math.hypot(bx, by)


def pixel_vectors(grid: Grid, x: float, y: float) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """(east, north) in metres of one pixel step to the right and of one down, at the pixel position (x, y)."""
    crs = CRS.from_user_input(grid.crs)
    if not (crs.is_geographic or crs.is_projected):
        return None
    points = [grid.transform * point for point in ((x - 2, y), (x + 2, y), (x, y - 2), (x, y + 2))]
    try:
        lon, lat = transform_points(crs, "EPSG:4326", *zip(*points, strict=True))
    except RasterioError:
        return None
    if not all(map(math.isfinite, [*lon, *lat])):
        return None
    east, north = metres_per_degree((lat[0] + lat[1]) / 2)
    return (
        ((lon[1] - lon[0]) * east / 4, (lat[1] - lat[0]) * north / 4),
        ((lon[3] - lon[2]) * east / 4, (lat[3] - lat[2]) * north / 4),
    )


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
