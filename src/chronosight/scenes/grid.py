"""A pixel grid on the ground, and reading a picture onto another one's grid."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from affine import Affine
from rasterio.crs import CRS
from rasterio.warp import Resampling, reproject
from rasterio.warp import transform as transform_points

from chronosight.errors import InputError
from chronosight.scenes.files import MAX_PIXELS, check_size
from chronosight.scenes.ground import GDAL_ERRORS
from chronosight.scenes.image import Pixels, Readable
from chronosight.scenes.scene import Georeference

# Plain pictures lie on a flat plane of their own; any projected CRS does, since both sides use the same.
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
        return Grid(self.crs, self.transform * Affine.translation(left, top), width, height)

    def moved(self, dx: float, dy: float) -> Grid:
        """The grid displaced by (dx, dy) of its own pixels."""
        return Grid(self.crs, self.transform * Affine.translation(dx, dy), self.width, self.height)

    @property
    def georeference(self) -> Georeference:
        return Georeference(self.crs, self.transform)


def grid_of(image: Readable) -> Grid:
    """The picture's own grid; on the flat plane where it has no georeference."""
    place = image.georeference or Georeference(PLANE, Affine.identity())
    return Grid(place.crs, place.transform, image.width, image.height)


def same_grid(a: Grid, b: Grid) -> bool:
    """Equal to within a hundredth of a pixel over the whole picture."""
    if (a.width, a.height) != (b.width, b.height) or CRS.from_user_input(a.crs) != CRS.from_user_input(b.crs):
        return False
    corners = [(0, 0), (a.width, 0), (0, a.height)]
    between = ~a.transform * b.transform
    return all(math.dist(between * corner, corner) < 0.01 for corner in corners)


def footprint(source: Grid, target: Grid) -> tuple[float, float, float, float] | None:
    """Bounding box (left, top, right, bottom) of the source in pixels of the target; None when it cannot be placed."""
    steps = np.linspace(0, 1, _EDGE_POINTS)
    along_x, along_y = steps * source.width, steps * source.height
    columns = np.concatenate([along_x, along_x, np.zeros_like(steps), np.full_like(steps, source.width)])
    rows = np.concatenate([np.zeros_like(steps), np.full_like(steps, source.height), along_y, along_y])
    x, y = _apply(source.transform, columns, rows)
    try:
        x, y = transform_points(CRS.from_user_input(source.crs), CRS.from_user_input(target.crs), x, y)
    except GDAL_ERRORS:
        return None
    columns, rows = _apply(~target.transform, np.asarray(x), np.asarray(y))
    if not (np.isfinite(columns).all() and np.isfinite(rows).all()):
        return None
    return float(columns.min()), float(rows.min()), float(columns.max()), float(rows.max())


def overlap(earlier: Grid, later: Grid) -> tuple[int, int, int, int] | None:
    """Window (left, top, width, height) of the earlier grid that the later one reaches into; None when it does not."""
    box = footprint(later, earlier)
    if box is None:
        return None
    left, top = max(0, math.floor(box[0] + 0.01)), max(0, math.floor(box[1] + 0.01))
    right, bottom = min(earlier.width, math.ceil(box[2] - 0.01)), min(earlier.height, math.ceil(box[3] - 0.01))
    return (left, top, right - left, bottom - top) if right > left and bottom > top else None


def read_on(image: Readable, target: Grid, source: Grid | None = None) -> Pixels:
    """The picture resampled onto a grid: values float32 in the file's own units, valid where the source has data.

    source: the picture's grid, where it is not its own (`grid_of`). Only what the target needs is read, at about the
    target's resolution. Cubic kernel, widened when the target is coarser; pixels without data do not bleed into
    others, because values and validity are resampled alike and divided. Raises InputError for damaged files.
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
    """Raises InputError when an overlap is too small to show anything, or too large."""
    check_size(f"the overlap with {name}", grid.width, grid.height, max_pixels)


def _apply(transform: Affine, columns: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, b, c, d, e, f = transform[:6]
    return a * columns + b * rows + c, d * columns + e * rows + f
