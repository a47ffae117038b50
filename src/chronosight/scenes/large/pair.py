"""Two large rasters of one place as a pair whose pixels are read window by window, on one grid."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import rasterio
from affine import Affine
from scipy import ndimage

from chronosight.errors import InputError
from chronosight.limits import MAX_LARGE_PIXELS
from chronosight.scenes.align import place_on_map, read_onto, stored_sample
from chronosight.scenes.doubts import doubt_of_size, doubts_of_frames
from chronosight.scenes.fill import Fill, find_fills, without
from chronosight.scenes.gdal import GDAL_OPTIONS
from chronosight.scenes.grid import Grid, footprint
from chronosight.scenes.ground import metres_per_pixel
from chronosight.scenes.image import ImageFile, Pixels
from chronosight.scenes.large.opened import OpenImage, Reduced, keep_open
from chronosight.scenes.names import said_once
from chronosight.scenes.pair import order_notes
from chronosight.scenes.resolution import check_resolution, working_grid
from chronosight.scenes.stretch import Stretch, fit_stretches

OVERVIEW = 2048  # pixels of the longer side of the overview,
STRIP = 256  # rows of which are read at once


@dataclass
class LazyPair:
    """Both files, open, and how their windows are read.

    Attributes:
        images: the earlier and the later date.
        grid: what all windows are in.
        sources: each file's own grid.
        stretches: one a date, the same where both count alike.
        overview: both dates small, (2, h, w, 3) uint8.
        overview_valid: where both have data there, (h, w) bool.
        fills: undeclared fill found in each date.
        moved: pixels by which the later date is read further right and down, so that its displacement is undone.
        notes: what the user should know.
        warnings: why answers may be wrong, such as a displacement that was left.
        doubts: why no answer is confident; see `Scene.doubts`.
    """

    images: tuple[OpenImage, OpenImage]
    grid: Grid
    sources: tuple[Grid, Grid]
    stretches: tuple[Stretch, Stretch] = (Stretch(), Stretch())
    overview: np.ndarray = field(default_factory=lambda: np.zeros((2, 0, 0, 3), np.uint8))
    overview_valid: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), bool))
    fills: tuple[list[Fill], list[Fill]] = field(default_factory=lambda: ([], []))
    moved: tuple[float, float] = (0.0, 0.0)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    @property
    def headers(self) -> tuple[ImageFile, ImageFile]:
        """Of the earlier and the later date."""
        return self.images[0].header, self.images[1].header

    def read(self, left: int, top: int, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
        """Reads a window of both dates, stretched alike.

        Args:
            left: First column.
            top: First row.
            width: Width in pixels.
            height: Height in pixels.

        Returns:
            (2, height, width, 3) uint8, 0 without data; and (height, width) bool, where both dates have data.
        """
        return self.show(self.grid.window(left, top, width, height))

    def read_level(self, factor: float, left: float, top: float, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
        """Reads a window of both dates, reduced.

        Args:
            factor: How many pixels of the grid one pixel is wide.
            left: First column, in pixels of the grid.
            top: First row, in pixels of the grid.
            width: Width in reduced pixels.
            height: Height in reduced pixels.

        Returns:
            As `read`.
        """
        transform = self.grid.transform * Affine.translation(left, top) * Affine.scale(factor)
        return self.show(Grid(self.grid.crs, transform, width, height))

    def show(self, target: Grid) -> tuple[np.ndarray, np.ndarray]:
        """Reads both dates on any grid, stretched alike.

        Args:
            target: The grid.

        Returns:
            As `read`.
        """
        pixels = self.raw(target)
        valid = pixels[0].valid & pixels[1].valid
        frames = [stretch.apply(date) for stretch, date in zip(self.stretches, pixels, strict=True)]
        out = np.stack(frames)
        if not valid.all():
            out[:, ~valid] = 0
        return out, valid

    def raw(self, target: Grid) -> tuple[Pixels, Pixels]:
        """Reads both dates on any grid, in the numbers of their files.

        Args:
            target: The grid.

        Returns:
            The values and where there is data, earlier date first.
        """
        pixel = math.sqrt(abs(target.transform.determinant / self.grid.transform.determinant))  # of the target, in the grid's
        moved = target.moved(self.moved[0] / pixel, self.moved[1] / pixel) if any(self.moved) else target
        grids = (target, moved)
        dates = [
            self._without_fill(*read_onto(image, grid, source), grid, fills)
            for image, grid, source, fills in zip(self.images, grids, self.sources, self.fills, strict=True)
        ]
        return dates[0], dates[1]

    def _without_fill(self, pixels: Pixels, as_stored: bool, target: Grid, fills: list[Fill]) -> Pixels:
        """Fill was found on the overview; here the pixels of its value are no data, collars near where they were found."""
        found = []
        for fill in fills:
            hit = fill.of(pixels.values) & pixels.valid
            if not fill.everywhere and hit.any():
                height, width = fill.area.shape
                to_overview = Affine.scale(width / self.grid.width, height / self.grid.height) * ~self.grid.transform
                a, b, c, d, e, f = tuple(to_overview * target.transform)[:6]
                rows, columns = np.nonzero(hit)
                x, y = a * (columns + 0.5) + b * (rows + 0.5) + c, d * (columns + 0.5) + e * (rows + 0.5) + f
                around = ndimage.binary_dilation(fill.area, np.ones((3, 3), bool), iterations=2)
                hit[rows, columns] = around[
                    np.clip(y.astype(int), 0, height - 1), np.clip(x.astype(int), 0, width - 1)
                ]
            found.append(replace(fill, area=hit))
        return without(pixels, found, 0 if as_stored else 3)


def coarser_size(earlier: ImageFile, later: ImageFile) -> float | None:
    """Ground size of the pixels of the coarser date.

    Args:
        earlier: Header of the first date.
        later: Header of the second date.

    Returns:
        Metres per pixel; None where one of them has no place on the Earth.
    """
    sizes = [
        None if image.georeference is None else metres_per_pixel(image.georeference, image.width, image.height)
        for image in (earlier, later)
    ]
    return None if None in sizes else max(size for size in sizes if size is not None)


@contextmanager
def open_pair(
    earlier: ImageFile, later: ImageFile, known: float, force: bool = False, overview: bool = True
) -> Iterator[LazyPair]:
    """Both files open, on the earlier one's grid over their overlap, or on that grid at the ground size the model knows.

    Args:
        earlier: header of the first date.
        later: header of the second date.
        known: metres a pixel that the model was trained at.
        force: take pixels that are far too coarse.
        overview: read an overview of each. Without it, pairs of 8 bit, which need no stretch, are read nowhere yet, and
            whether they hold any data is not known.

    Raises:
        InputError: for files without a georeference, no overlap, no data, pixels far too coarse (unless forced), and damaged
            files, while the pair is open too.
    """
    doubts: list[str] = []
    for image in (earlier, later):
        if image.georeference is None:
            raise InputError(f"{image.name} has no georeference, expected one in rasters this large: set its CRS and transform")
        metres = metres_per_pixel(image.georeference, image.width, image.height)
        if metres is None:
            raise InputError(
                f"{image.name} has a coordinate system that cannot be placed on the Earth, expected a projected or geographic "
                "one: warp it first"
            )
        doubts += image.doubts
        doubts += [note] if (note := check_resolution(image.name, metres, known, force)) else []
    with ExitStack() as stack:
        stack.enter_context(rasterio.Env(**GDAL_OPTIONS))
        notes = [note for image in (earlier, later) for note in image.notes]
        target, sources, placed = place_on_map((earlier, later), MAX_LARGE_PIXELS)
        grid, note = working_grid(target, known)
        placed += [note] if note else []
        images = stack.enter_context(keep_open(earlier)), stack.enter_context(keep_open(later))
        names = [name for image in (earlier, later) for name in (image.name, image.path.name)]
        doubts += doubt_of_size("pair", grid.height, grid.width)
        notes, doubts = said_once([*notes, *placed], names), said_once(doubts, names)
        pair = LazyPair(images, grid, (sources[0], sources[1]), notes=notes, doubts=doubts)
        pair.notes += order_notes(earlier, later)
        if overview or any(image.dtype != "uint8" for image in images):
            _read_overview(pair)
        yield pair


def _read_overview(pair: LazyPair) -> None:
    """Read the overview and fit the stretch that all windows share."""
    grid = pair.grid
    factor = math.ceil(max(grid.width, grid.height) / OVERVIEW)
    width, height = max(1, grid.width // factor), max(1, grid.height // factor)  # a rest of less than a pixel is left out
    small = Grid(grid.crs, grid.transform * Affine.scale(factor), width, height)
    pixels = [_small(image, small, source) for image, source in zip(pair.images, pair.sources, strict=True)]
    for image, read in zip(pair.images, pixels, strict=True):
        if not read.valid.any():
            raise InputError(f"{image.name} has no data where the dates overlap, expected an image of the ground: check it")
    valid = pixels[0].valid & pixels[1].valid
    if not valid.any():
        names = " and ".join(image.name for image in pair.images)
        raise InputError(f"{names} have no pixel with data in common: give files that cover the same place")
    for image, read, fills in zip(pair.images, pixels, pair.fills, strict=True):
        found = find_fills(Pixels(read.values, read.valid))
        pair.notes += [fill.note(image.name) for fill in found]
        fills += found
    pixels = [without(read, fills, 1) for read, fills in zip(pixels, pair.fills, strict=True)]
    valid = pixels[0].valid & pixels[1].valid
    if not valid.any():
        raise InputError(f"{' and '.join(image.name for image in pair.images)} have nothing but fill in common: check them")
    common = [Pixels(read.values, valid) for read in pixels]
    samples = [stored_sample(header) for header in pair.headers]
    (first, second), note = fit_stretches(common, [image.dtype for image in pair.images], samples)
    pair.stretches = (first, second)
    pair.notes += [note] if note else []
    frames = np.stack([stretch.apply(date) for stretch, date in zip(pair.stretches, common, strict=True)])
    pair.overview, pair.overview_valid = frames, valid
    pair.doubts += doubts_of_frames([image.name for image in pair.images], list(frames), valid)


def _small(image: OpenImage, target: Grid, source: Grid) -> Pixels:
    """The image on a coarse grid, in strips: averaged by whole pixels as it is read, warped only from there if at all."""
    box = footprint(target, source)
    if box is not None and source.crs == target.crs and not any((target.transform.b, target.transform.d, source.transform.b)):
        sides = (box[2] - box[0]) / target.width, (box[3] - box[1]) / target.height
        left, top, wide, high = (round(value) for value in (*box[:2], *sides))
        off = max(abs(a - b) for a, b in zip((left, top, wide, high), (*box[:2], *sides), strict=True))
        inside = min(left, top) >= 0 and left + wide * target.width <= image.width and top + high * target.height <= image.height
        between = ~source.transform * target.transform
        if off < 0.001 and inside and between.a > 0 and between.e > 0:
            return image.read((left, top, wide * target.width, high * target.height), (target.height, target.width))
    across = 1.0 if box is None else min((box[2] - box[0]) / target.width, (box[3] - box[1]) / target.height)
    reduced = Reduced(image, max(1, int(across + 0.01)))
    own = Grid(source.crs, source.transform * Affine.scale(reduced.factor), reduced.width, reduced.height)
    strips = [
        read_onto(reduced, target.window(0, top, target.width, min(STRIP, target.height - top)), own)[0]
        for top in range(0, target.height, STRIP)
    ]
    return Pixels(np.concatenate([one.values for one in strips], axis=1), np.concatenate([one.valid for one in strips]))
