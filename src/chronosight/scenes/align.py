"""Several pictures of one place, brought onto one grid: the first one's, cut to where all of them reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from affine import Affine

from chronosight.errors import InputError
from chronosight.scenes.files import MAX_PIXELS
from chronosight.scenes.grid import PLANE, Grid, check_grid, grid_of, overlap, read_on, same_grid
from chronosight.scenes.ground import metres_per_pixel
from chronosight.scenes.image import ImageFile, Pixels, Readable
from chronosight.scenes.scene import Georeference
from chronosight.scenes.stretch import Stretch, comparable, fit_stretch

_SMALL_OVERLAP = 0.25  # of the first picture: below this the user is told


@dataclass(frozen=True)
class Aligned:
    """Pictures on one grid. frames: (H, W, 3) uint8 each; valid: (H, W) bool, data at all dates.

    sources: the grid each picture was read from. stretches: how each was brought to 8 bit.
    """

    images: tuple[ImageFile, ...]
    grid: Grid
    georeferenced: bool
    sources: tuple[Grid, ...]
    stretches: tuple[Stretch, ...]
    frames: tuple[np.ndarray, ...]
    valid: np.ndarray
    notes: tuple[str, ...]

    @property
    def georeference(self) -> Georeference | None:
        return self.grid.georeference if self.georeferenced else None

    @property
    def metres_per_pixel(self) -> float | None:
        if not self.georeferenced:
            return None
        return metres_per_pixel(self.grid.georeference, self.grid.width, self.grid.height)

    def with_frame_moved(self, index: int, dx: float, dy: float) -> Aligned:
        """The same with one picture read again dx, dy pixels further right and down: its displacement undone."""
        image, stretch = self.images[index], self.stretches[index]
        pixels = read_on(image, self.grid.moved(dx, dy), self.sources[index])
        frames = list(self.frames)
        frames[index] = stretch.apply(pixels)
        return replace(self, frames=tuple(frames), valid=self.valid & pixels.valid)


def align(images: Sequence[ImageFile], resize: bool = False) -> Aligned:
    """Read pictures onto the first one's grid.

    resize: pictures without a georeference may differ in size; the later are resized to the first.
    Raises InputError for damaged files, different sizes, no overlap and no data.
    """
    first = images[0]
    georeferenced = any(image.georeference for image in images)
    if all(image.georeference for image in images):
        target, sources, notes = place_on_map(images)
    else:
        target, sources, notes = _place_on_plane(images, resize)
    pixels = [read_onto(image, target, source) for image, source in zip(images, sources, strict=True)]
    for image, read in zip(images, pixels, strict=True):
        if not read.valid.any():
            where = "" if image is first else f" where it overlaps {first.name}"
            raise InputError(f"{image.name} has no data at all{where}, expected pixels to look at: check it")
    valid = np.logical_and.reduce([read.valid for read in pixels])
    if not valid.any():
        names = " and ".join(image.name for image in images[:2])
        raise InputError(f"{names} have no pixel with data in common: give files that cover the same place")
    if target != grid_of(first):  # cut the margins that warping leaves
        target, pixels, valid = _cut_to_data(target, pixels, valid)
        check_grid(first.name, target)
    # Fitted on common ground only: what one date alone shows must not shift the colours of the other.
    common = [Pixels(read.values, valid) for read in pixels]
    dtypes = [image.dtype for image in images]
    if comparable(dtypes):
        stretches = [fit_stretch(common, dtypes)] * len(images)
    else:
        stretches = [fit_stretch([read], [dtype]) for read, dtype in zip(common, dtypes, strict=True)]
        kinds = ", ".join(dict.fromkeys(dtypes))
        notes.append(f"the files hold different kinds of numbers ({kinds}): each was brought to 8 bit by itself")
    return Aligned(
        images=tuple(images),
        grid=target,
        georeferenced=georeferenced,
        sources=tuple(sources),
        stretches=tuple(stretches),
        frames=tuple(stretch.apply(read) for stretch, read in zip(stretches, pixels, strict=True)),
        valid=valid,
        notes=(*(note for image in images for note in image.notes), *notes),
    )


def place_on_map(images: Sequence[ImageFile], max_pixels: int = MAX_PIXELS) -> tuple[Grid, list[Grid], list[str]]:
    """The overlap on the first one's grid, every picture's own grid, and what the user should know."""
    first, notes = images[0], []
    whole = target = grid_of(first)
    sources = [grid_of(image) for image in images]
    for image, source in zip(images[1:], sources[1:], strict=True):
        if same_grid(whole, source):
            continue
        window = overlap(target, source)
        if window is None:
            raise InputError(
                f"{first.name} and {image.name} do not overlap on the ground, expected two files of the same place: "
                "check that their coordinates are right"
            )
        target = target.window(*window)
        if (target.width, target.height) == (whole.width, whole.height):
            target = whole
        was, now = (metres_per_pixel(grid.georeference, grid.width, grid.height) for grid in (source, whole))
        sizes = f" ({was:.3g} m to {now:.3g} m a pixel)" if was and now else ""
        notes.append(f"{image.name} was resampled onto the grid of {first.name}{sizes}")
    check_grid(first.name, target, max_pixels)
    share = target.width * target.height / (whole.width * whole.height)
    if target != whole:
        notes.append(f"only the overlap was compared: {target.width} x {target.height} pixels of {first.name}")
    if share < _SMALL_OVERLAP:
        notes.append(f"the overlap is small: {100 * share:.0f} % of {first.name}")
    return target, sources, notes


def _place_on_plane(images: Sequence[ImageFile], resize: bool) -> tuple[Grid, list[Grid], list[str]]:
    """The grid of pictures of which some or all have no georeference: they must have one size, or are resized."""
    first, notes = images[0], []
    size = (first.width, first.height)
    for image in images[1:]:
        if (image.width, image.height) != size and not resize:
            raise InputError(
                f"{image.name} is {image.width} x {image.height} pixels and {first.name} {size[0]} x {size[1]}, "
                "expected one size, or a georeference in all files: resize one, or ask for it (--resize)"
            )
        if (image.width, image.height) != size:
            notes.append(f"{image.name} was resized: {image.width} x {image.height} to {size[0]} x {size[1]} pixels")
            if abs(image.width * size[1] / (image.height * size[0]) - 1) > 0.02:
                notes.append(f"{image.name} has other proportions than {first.name}: it was distorted to fit")
    placed = next((image for image in images if image.georeference), None)
    if placed is None:
        target = Grid(PLANE, Affine.identity(), *size)
    else:
        without = ", ".join(image.name for image in images if not image.georeference)
        notes.append(f"{without}: no georeference; taken to show exactly the ground of {placed.name}")
        own = grid_of(placed)
        target = Grid(own.crs, own.transform * Affine.scale(own.width / size[0], own.height / size[1]), *size)
    sources = [
        Grid(
            target.crs,
            target.transform * Affine.scale(size[0] / image.width, size[1] / image.height),
            image.width,
            image.height,
        )
        for image in images
    ]
    return target, sources, notes


def read_onto(image: Readable, target: Grid, source: Grid) -> Pixels:
    """The picture on the target grid: as stored where the grids agree, else resampled."""
    if source.crs == target.crs:
        between = ~source.transform * target.transform
        left, top = between * (0, 0)
        corner, window = (round(left), round(top)), source.window(round(left), round(top), target.width, target.height)
        inside = corner[0] >= 0 and corner[1] >= 0
        inside &= corner[0] + target.width <= image.width and corner[1] + target.height <= image.height
        if inside and same_grid(window, target):
            return image.read((*corner, target.width, target.height))
    pixels = read_on(image, target, source)
    if np.dtype(image.dtype).kind in "iu":  # back to the file's own type: a quarter of the memory for 8 bit
        limits = np.iinfo(image.dtype)
        values = np.clip(np.rint(pixels.values), limits.min, limits.max).astype(image.dtype)
        return Pixels(values, pixels.valid)
    return pixels


def _cut_to_data(grid: Grid, pixels: list[Pixels], valid: np.ndarray) -> tuple[Grid, list[Pixels], np.ndarray]:
    rows, columns = np.flatnonzero(valid.any(axis=1)), np.flatnonzero(valid.any(axis=0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    part = np.s_[top:bottom, left:right]
    cut = [Pixels(read.values[:, top:bottom, left:right], read.valid[part]) for read in pixels]
    return grid.window(int(left), int(top), int(right - left), int(bottom - top)), cut, valid[part]
