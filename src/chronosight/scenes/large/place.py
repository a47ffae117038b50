"""A place in a large pair: the window around a point or over a polygon, and its pixels as a scene."""

from __future__ import annotations

import math
from collections.abc import Sequence

from chronosight.errors import InputError
from chronosight.scenes.doubts import doubt_of_size, doubts_of_frames, extent
from chronosight.scenes.grid import Grid
from chronosight.scenes.ground import from_lonlat, metres_per_pixel, to_lonlat
from chronosight.scenes.large.pair import LazyPair
from chronosight.scenes.scene import Scene

Window = tuple[int, int, int, int]  # left, top, width, height in pixels
LARGEST_PLACE = 4_000_000  # pixels: a place is a part of a scene, not most of it


def window_at(grid: Grid, lon: float, lat: float, side: int) -> Window:
    """The square around a point, moved inward where it would reach over the edge.

    Args:
        grid: The grid of the scene.
        lon: Longitude in degrees.
        lat: Latitude in degrees.
        side: Side of the square in pixels.

    Returns:
        (left, top, width, height) in pixels.

    Raises:
        InputError: The point is not in the grid.
    """
    (x,), (y,) = _pixels(grid, [lon], [lat])
    if not (0 <= x <= grid.width and 0 <= y <= grid.height):
        (swapped_x,), (swapped_y,) = _pixels(grid, [lat], [lon]) if abs(lon) <= 90 else ([math.nan], [math.nan])
        swapped = 0 <= swapped_x <= grid.width and 0 <= swapped_y <= grid.height
        hint = "longitude comes first" if swapped else f"the scene reaches {_extent(grid)}"
        raise InputError(f"the place {lon:g},{lat:g} is not in the scene: {hint}")
    width, height = min(side, grid.width), min(side, grid.height)
    left = min(max(0, round(x - width / 2)), grid.width - width)
    top = min(max(0, round(y - height / 2)), grid.height - height)
    return left, top, width, height


def window_over(grid: Grid, lonlat: Sequence[tuple[float, float]], least: int) -> Window:
    """The window that holds all points, cut to the grid.

    Args:
        grid: The grid of the scene.
        lonlat: (longitude, latitude) of the points, in degrees.
        least: Smallest side in pixels.

    Returns:
        (left, top, width, height) in pixels.

    Raises:
        InputError: None of it is in the grid, or it is too large to be one place.
    """
    columns, rows = _pixels(grid, *zip(*lonlat, strict=True))
    if not all(map(math.isfinite, (*columns, *rows))):
        raise InputError(f"the polygon is not in the scene, which reaches {_extent(grid)}")
    left, right = max(0, math.floor(min(columns))), min(grid.width, math.ceil(max(columns)))
    top, bottom = max(0, math.floor(min(rows))), min(grid.height, math.ceil(max(rows)))
    if right <= left or bottom <= top:
        raise InputError(f"the polygon is not in the scene, which reaches {_extent(grid)}")
    left, width = _widened(left, right, least, grid.width)
    top, height = _widened(top, bottom, least, grid.height)
    if width * height > LARGEST_PLACE:
        raise InputError(
            f"the polygon covers {width} x {height} pixels, expected at most {LARGEST_PLACE // 10**6} megapixels: "
            "describe the scene with --zones instead"
        )
    return left, top, width, height


def place_scene(pair: LazyPair, window: Window) -> Scene:
    """A window as a pair of its own, with its place on the ground.

    Args:
        pair: The pair.
        window: (left, top, width, height) in pixels.

    Returns:
        The pair of the window.
    """
    frames, valid = pair.read(*window)
    georeference = pair.grid.window(*window).georeference
    earlier, later = pair.headers
    unusual = doubts_of_frames([earlier.name, later.name], list(frames), valid)
    doubts = [*pair.doubts, *unusual, *doubt_of_size("pair", *extent(valid))]
    return Scene(
        "pair",
        frames,
        valid,
        (str(earlier.path), str(later.path)),
        georeference,
        metres_per_pixel(georeference, window[2], window[3]),
        (earlier.time, later.time) if earlier.time or later.time else (),
        doubts=tuple(dict.fromkeys(doubts)),
    )


def _widened(first: int, last: int, least: int, most: int) -> tuple[int, int]:
    """Start and length of an interval widened to both sides to `least`, inside [0, most]."""
    length = min(max(last - first, least), most)
    return min(max(0, (first + last - length) // 2), most - length), length


def _pixels(grid: Grid, lon: Sequence[float], lat: Sequence[float]) -> tuple[list[float], list[float]]:
    """Columns and rows of points; NaN for those the CRS cannot place."""
    x, y = from_lonlat(grid.crs, lon, lat)
    a, b, c, d, e, f = tuple(~grid.transform)[:6]
    return (a * x + b * y + c).tolist(), (d * x + e * y + f).tolist()


def _extent(grid: Grid) -> str:
    corners = [grid.transform * point for point in ((0, 0), (grid.width, 0), (grid.width, grid.height), (0, grid.height))]
    lonlat = to_lonlat(grid.crs, *zip(*corners, strict=True))
    if lonlat is None:
        return "no known place on the Earth"
    lon, lat = lonlat
    return f"from {min(lon):.4f},{min(lat):.4f} to {max(lon):.4f},{max(lat):.4f} (longitude,latitude)"
