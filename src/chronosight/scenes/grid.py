"""A pixel grid on the ground, and reading an image onto another one's grid."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.warp import Resampling, reproject
from rasterio.warp import transform as transform_points

from chronosight.errors import InputError
from chronosight.limits import MAX_PIXELS
from chronosight.scenes.files import check_size
from chronosight.scenes.ground import GDAL_ERRORS, turns_between
from chronosight.scenes.image import Pixels, Readable
from chronosight.scenes.scene import Georeference

# Plain images lie on a flat plane of their own; any projected CRS does, since both sides use the same.
PLANE = "EPSG:3857"
_EDGE_POINTS = 21  # points along a side, so that sides which become curved are followed
_MARGIN = 4  # source pixels read around a window, for the kernel


@dataclass(frozen=True)
class Grid:
    """transform: pixel (column, row) -> CRS coordinates; width, height: in pixels."""

    crs: str
    transform: Affine
    width: int
    height: int

    def window(self, left: int, top: int, width: int, height: int) -> Grid:
        """A part of the grid.

        Args:
            left: First column.
            top: First row.
            width: Width in pixels.
            height: Height in pixels.

        Returns:
            The grid of the part.
        """
        return Grid(self.crs, self.transform * Affine.translation(left, top), width, height)

    def moved(self, dx: float, dy: float) -> Grid:
        """The displaced grid.

        Args:
            dx: Displacement to the right, in its own pixels.
            dy: Displacement down, in its own pixels.

        Returns:
            A grid of the same size.
        """
        return Grid(self.crs, self.transform * Affine.translation(dx, dy), self.width, self.height)

    @property
    def georeference(self) -> Georeference:
        """The grid's place, without its size."""
        return Georeference(self.crs, self.transform)


def grid_of(image: Readable) -> Grid:
    """The image's own grid; on the flat plane where it has no georeference.

    Args:
        image: The image.

    Returns:
        The grid.
    """
    place = image.georeference or Georeference(PLANE, Affine.identity())
    return Grid(place.crs, place.transform, image.width, image.height)


def same_grid(a: Grid, b: Grid) -> bool:
    """Whether two grids are equal to within a hundredth of a pixel over the whole image.

    Args:
        a: A grid.
        b: Another grid.

    Returns:
        True where they are.
    """
    if (a.width, a.height) != (b.width, b.height) or CRS.from_user_input(a.crs) != CRS.from_user_input(b.crs):
        return False
    corners = [(0, 0), (a.width, 0), (0, a.height)]
    between = ~a.transform * b.transform
    return all(math.dist(between * corner, corner) < 0.01 for corner in corners)


def near(grid: Grid, other: Grid) -> Grid:
    """Turns the longitudes of a grid by 360 degrees to where they lie nearest to another one's, over the date line too.

    Args:
        grid: The grid to turn.
        other: The other grid.

    Returns:
        The grid; the same where one of them is not in degrees.
    """
    if not all(CRS.from_user_input(one.crs).is_geographic for one in (grid, other)):
        return grid
    (here, _), (there, _) = (one.transform * (one.width / 2, one.height / 2) for one in (grid, other))
    turns = turns_between(here, there) if math.isfinite(here) and math.isfinite(there) else 0
    return Grid(grid.crs, Affine.translation(-360.0 * turns, 0) * grid.transform, grid.width, grid.height) if turns else grid


def footprint(source: Grid, target: Grid) -> tuple[float, float, float, float] | None:
    """Bounding box of one grid in pixels of another.

    Args:
        source: The grid to place.
        target: The grid that gives the pixels.

    Returns:
        (left, top, right, bottom); None when it cannot be placed.
    """
    steps = np.linspace(0, 1, _EDGE_POINTS)
    along_x, along_y = steps * source.width, steps * source.height
    columns = np.concatenate([along_x, along_x, np.zeros_like(steps), np.full_like(steps, source.width)])
    rows = np.concatenate([np.zeros_like(steps), np.full_like(steps, source.height), along_y, along_y])
    x, y = _apply(source.transform, columns, rows)
    try:
        with rasterio.Env():  # so that PROJ reports errors here and not on the screen
            points = transform_points(CRS.from_user_input(source.crs), CRS.from_user_input(target.crs), x, y)
            x, y = np.asarray(points[0]), np.asarray(points[1])
    except GDAL_ERRORS:
        return None
    if source.crs != target.crs and CRS.from_user_input(target.crs).is_geographic and np.isfinite(x).all():
        middle, _ = target.transform * (target.width / 2, target.height / 2)
        x = x - 360.0 * np.floor((x - middle + 180) / 360)  # on the target's side of the date line
    columns, rows = _apply(~target.transform, np.asarray(x), np.asarray(y))
    if not (np.isfinite(columns).all() and np.isfinite(rows).all()):
        return None
    return float(columns.min()), float(rows.min()), float(columns.max()), float(rows.max())


def overlap(earlier: Grid, later: Grid) -> tuple[int, int, int, int] | None:
    """The window of the earlier grid that the later one reaches into.

    Args:
        earlier: Grid of the earlier date.
        later: Grid of the later date.

    Returns:
        (left, top, width, height) in pixels of the earlier grid; None when they do not meet.
    """
    box = footprint(later, earlier)
    if box is None:
        return None
    left, top = max(0, math.floor(box[0] + 0.01)), max(0, math.floor(box[1] + 0.01))
    right, bottom = min(earlier.width, math.ceil(box[2] - 0.01)), min(earlier.height, math.ceil(box[3] - 0.01))
    return (left, top, right - left, bottom - top) if right > left and bottom > top else None


def read_on(image: Readable, target: Grid, source: Grid | None = None) -> Pixels:
    """The image resampled onto a grid.

    Only what the target needs is read, at about the target's resolution. Cubic kernel, widened when the target is coarser;
    pixels without data do not bleed into others, because values and validity are resampled alike and divided.

    Args:
        image: what is read.
        target: the grid its pixels are wanted on.
        source: the image's grid, where it is not its own (`grid_of`).

    Returns:
        Values float32 in the file's own units, valid where the source has data.

    Raises:
        InputError: for damaged files, and where one CRS cannot be brought to the other.
    """
    source = source or grid_of(image)
    values = np.zeros((3, target.height, target.width), np.float32)
    weight = np.zeros((1, target.height, target.width), np.float32)
    box = footprint(target, source)
    if box is None:
        return Pixels(values, weight[0] > 0)
    coarser = max(1.0, (box[2] - box[0]) / target.width, (box[3] - box[1]) / target.height)
    margin = math.ceil(_MARGIN * coarser)
    left, top = max(0, math.floor(box[0]) - margin), max(0, math.floor(box[1]) - margin)
    right = min(image.width, math.ceil(box[2]) + margin)
    bottom = min(image.height, math.ceil(box[3]) + margin)
    if right <= left or bottom <= top:
        return Pixels(values, weight[0] > 0)
    width, height, shape = right - left, bottom - top, None
    if coarser >= 4:  # half of the reduction is left to the kernel, which does it better
        shape = (max(1, round(2 * height / coarser)), max(1, round(2 * width / coarser)))
    pixels = image.read((left, top, width, height), shape)
    scale = Affine.scale(width / pixels.valid.shape[1], height / pixels.valid.shape[0])
    stack = np.empty((4, *pixels.valid.shape), np.float32)
    stack[:3], stack[3] = pixels.values, pixels.valid
    stack[:3, ~pixels.valid] = 0
    out = np.zeros((4, target.height, target.width), np.float32)
    try:
        reproject(
            stack,
            out,
            src_transform=source.transform * Affine.translation(left, top) * scale,
            src_crs=source.crs,
            dst_transform=target.transform,
            dst_crs=target.crs,
            resampling=Resampling.cubic,
            tolerance=0.02,
        )
    except GDAL_ERRORS as error:
        raise InputError(f"{image.name} cannot be brought from {source.crs} to {target.crs}: warp it first") from error
    valid = out[3] > 0.5
    np.divide(out[:3], out[3], out=values, where=valid)
    return Pixels(values, valid)


def check_grid(name: str, grid: Grid, max_pixels: int = MAX_PIXELS) -> None:
    """Checks the size of an overlap.

    Args:
        name: Name of the other image, for the message.
        grid: The overlap.
        max_pixels: Largest number of pixels.

    Raises:
        InputError: It is too small to show anything, or too large.
    """
    check_size(f"the overlap with {name}", grid.width, grid.height, max_pixels)


def _apply(transform: Affine, columns: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, b, c, d, e, f = transform[:6]
    return a * columns + b * rows + c, d * columns + e * rows + f
