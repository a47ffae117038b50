"""Several images of one place, brought onto one grid: the first one's, cut to where all of them reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from affine import Affine

from chronosight.errors import InputError
from chronosight.figures import figures
from chronosight.limits import MAX_DECODED_BYTES, MAX_PIXELS
from chronosight.scenes.doubts import doubts_of_frames
from chronosight.scenes.fill import find_fills, without
from chronosight.scenes.grid import PLANE, Grid, check_grid, grid_of, near, overlap, read_on, same_grid
from chronosight.scenes.ground import metres_per_pixel
from chronosight.scenes.image import ImageFile, Pixels, Readable
from chronosight.scenes.names import said_once
from chronosight.scenes.resolution import squared
from chronosight.scenes.scene import Georeference
from chronosight.scenes.stretch import Stretch, fit_stretches

_SMALL_OVERLAP = 0.25  # of the first image: below this there is a note
_BLENDED = 3  # pixels around fill that resampling has blended with it
_LIKE_SIZES = 20.0  # times larger: a pixel of which cannot be of the same CRS
_SAMPLE_WINDOW, _SAMPLE_WINDOWS = 256, 2  # pixels a side, and windows a side, that are read as they stand in a file


@dataclass(frozen=True)
class Aligned:
    """Images on one grid.

    Attributes:
        images: their headers.
        grid: that all lie on.
        georeferenced: whether the grid has a place on a map.
        sources: the grid each image was read from.
        stretches: how each was brought to 8 bit.
        frames: (H, W, 3) uint8 each.
        valid: (H, W) bool, data at all dates.
        each: (H, W) bool for each image, where it has data.
        notes: what the user should know.
        doubts: see `Scene.doubts`.
    """

    images: tuple[ImageFile, ...]
    grid: Grid
    georeferenced: bool
    sources: tuple[Grid, ...]
    stretches: tuple[Stretch, ...]
    frames: tuple[np.ndarray, ...]
    valid: np.ndarray
    each: tuple[np.ndarray, ...]
    notes: tuple[str, ...]
    doubts: tuple[str, ...]

    @property
    def georeference(self) -> Georeference | None:
        """CRS and transform of the grid; None for images without a place."""
        return self.grid.georeference if self.georeferenced else None

    @property
    def metres_per_pixel(self) -> float | None:
        """Ground size of a pixel at the middle; None where it is not known."""
        if not self.georeferenced:
            return None
        return metres_per_pixel(self.grid, self.grid.width, self.grid.height)

    def with_frame_moved(self, index: int, dx: float, dy: float) -> Aligned:
        """Reads one image again on a displaced grid: its displacement undone.

        Args:
            index: Index of the image.
            dx: Displacement to the right, in pixels.
            dy: Displacement down, in pixels.

        Returns:
            A copy with that frame replaced.
        """
        image, stretch = self.images[index], self.stretches[index]
        pixels = read_on(image, self.grid.moved(dx, dy), self.sources[index])
        pixels = without(pixels, find_fills(pixels), _BLENDED)
        frames, each = list(self.frames), list(self.each)
        frames[index], each[index] = stretch.apply(pixels), pixels.valid
        return replace(self, frames=tuple(frames), valid=self.valid & pixels.valid, each=tuple(each))


def align(images: Sequence[ImageFile], resize: bool = False) -> Aligned:
    """Read images onto the first one's grid, with square pixels where it has a place.

    Args:
        images: headers, the earliest first.
        resize: images without a georeference may differ in size; the later are resized to the first.

    Raises:
        InputError: for damaged files, different sizes, no overlap and no data.
    """
    images, notes = _placed_alike(images)
    first = images[0]
    georeferenced = any(image.georeference is not None and image.transform is None for image in images)
    if all(image.georeference for image in images):
        target, sources, more = place_on_map(images)
        if georeferenced:
            target, note = squared(target)
            more += [f"{first.name}: {note}"] if note else []
    else:
        target, sources, more = _place_on_plane(images, resize)
    notes += more
    _check_memory(images, target)
    pixels = []
    for image, source in zip(images, sources, strict=True):
        read, as_stored = read_onto(image, target, source)
        fills = find_fills(read)
        notes += [fill.note(image.name) for fill in fills]
        pixels.append(without(read, fills, 0 if as_stored else _BLENDED))
    for image, read in zip(images, pixels, strict=True):
        if not read.valid.any():
            where = "" if image is first else f" where it overlaps {first.name}"
            raise InputError(f"{image.name} has no data at all{where}, expected an image of the ground: check it")
    valid = np.logical_and.reduce([read.valid for read in pixels])
    if not valid.any():
        names = " and ".join(image.name for image in images[:2])
        raise InputError(f"{names} have no pixel with data in common: give files that cover the same place")
    if target != grid_of(first) or len(images) == 1:  # cut the margins that warping leaves, and the collar of one image
        target, pixels, valid = _cut_to_data(target, pixels, valid)
        check_grid(first.name, target)
    # Fitted on common ground only: what one date alone shows must not shift the colours of the other.
    common = [Pixels(read.values, valid) for read in pixels]
    stretches, note = fit_stretches(common, [image.dtype for image in images], [stored_sample(image) for image in images])
    notes += [note] if note else []
    frames = tuple(stretch.apply(read) for stretch, read in zip(stretches, pixels, strict=True))
    called = [name for image in images for name in (image.name, image.path.name)]
    unusual = doubts_of_frames([image.name for image in images], frames, valid)
    return Aligned(
        images=tuple(images),
        grid=target,
        georeferenced=georeferenced,
        sources=tuple(sources),
        stretches=tuple(stretches),
        frames=frames,
        valid=valid,
        each=tuple(read.valid for read in pixels),
        notes=tuple(said_once([*(note for image in images for note in image.notes), *notes], called)),
        doubts=tuple(said_once([*(doubt for image in images for doubt in image.doubts), *unusual], called)),
    )


def stored_sample(image: ImageFile) -> np.ndarray | None:
    """Samples values as they stand in a file, from windows over it, fill left out.

    Args:
        image: The image.

    Returns:
        (3, n) float64; None for 8 bit, which needs none, and where there is no data.
    """
    if image.dtype == "uint8":
        return None
    lefts, tops = (
        sorted({int(at) for at in np.linspace(0, max(0, size - _SAMPLE_WINDOW), _SAMPLE_WINDOWS)})
        for size in (image.width, image.height)
    )
    parts = []
    for top in tops:
        for left in lefts:
            wide, high = min(_SAMPLE_WINDOW, image.width - left), min(_SAMPLE_WINDOW, image.height - top)
            read = image.read((left, top, wide, high))
            read = without(read, find_fills(read))
            parts.append(read.values[:, read.valid].astype(np.float64))
    sample: np.ndarray = np.concatenate(parts, axis=1)
    return sample if sample.shape[1] else None


def _placed_alike(images: Sequence[ImageFile]) -> tuple[list[ImageFile], list[str]]:
    """Images with a transform but no CRS get that of the others, or a plane of their own where none has one."""
    bare = [image for image in images if image.georeference is None and image.transform is not None]
    if not bare:
        return list(images), []
    placed = next((image for image in images if image.georeference), None)
    if placed is None and (len(bare) < len(images) or len(images) == 1):
        return list(images), [f"{image.name} has a transform but no CRS: where it lies is not known" for image in bare]
    names = ", ".join(image.name for image in bare)
    if placed is None or placed.georeference is None:
        alike = [replace(image, georeference=_on(PLANE, image)) for image in images]
        return alike, [f"{names} have transforms but no CRS: laid on one another by them, the place on the map is not known"]
    crs = placed.georeference.crs
    for image in bare:
        there = replace(image, georeference=_on(crs, image))
        sizes = [abs(grid_of(one).transform.determinant) ** 0.5 for one in (placed, there)]
        if max(sizes) > _LIKE_SIZES * min(sizes) or overlap(grid_of(placed), grid_of(there)) is None:
            raise InputError(
                f"{image.name} has a transform but no CRS, and in that of {placed.name} they do not overlap: set its CRS"
            )
    alike = [replace(image, georeference=_on(crs, image), transform=None) if image in bare else image for image in images]
    return alike, [f"{names}: no CRS; its transform was taken to be in that of {placed.name}"]


def _on(crs: str, image: ImageFile) -> Georeference:
    assert image.transform is not None
    return Georeference(crs, image.transform)


def _check_memory(images: Sequence[ImageFile], target: Grid) -> None:
    """Raises InputError where the pixels of all dates, as decoded, would fill the memory."""
    size = sum(3 * target.width * target.height * min(4, np.dtype(image.dtype).itemsize) for image in images)
    if size > MAX_DECODED_BYTES:
        name = images[0].name if len(images) == 1 else f"{images[0].name} and {len(images) - 1} more"
        raise InputError(
            f"{name} take {size / 1e6:,.0f} MB once decoded ({target.width} x {target.height} pixels of {images[0].dtype}), "
            f"expected at most {MAX_DECODED_BYTES / 1e6:,.0f} MB: cut or shrink them, or save them in 8 bit"
        )


def place_on_map(images: Sequence[ImageFile], max_pixels: int = MAX_PIXELS) -> tuple[Grid, list[Grid], list[str]]:
    """The grid of images that all have a georeference.

    Args:
        images: headers.
        max_pixels: the largest overlap allowed.

    Returns:
        The overlap on the first one's grid, every image's own grid, and notes for the user.

    Raises:
        InputError: where they do not overlap, or in too few or too many pixels.
    """
    first, notes = images[0], []
    whole = target = grid_of(first)
    sources = [near(grid_of(image), whole) for image in images]
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
        on_earth = first.transform is None
        was, now = (metres_per_pixel(grid, grid.width, grid.height) if on_earth else None for grid in (source, whole))
        from_to = [figures(size) for size in (was, now) if size]
        sizes = f" (from {from_to[0]} m to {from_to[1]} m a pixel)" if len(set(from_to)) == 2 else ""
        notes.append(f"{image.name} was resampled onto the grid of {first.name}{sizes}")
    check_grid(first.name, target, max_pixels)
    share = target.width * target.height / (whole.width * whole.height)
    if target != whole:
        notes.append(f"only the overlap was compared: {target.width} x {target.height} pixels of {first.name}")
    if share < _SMALL_OVERLAP:
        notes.append(f"the overlap is small: {100 * share:.0f} % of {first.name}")
    return target, sources, notes


def _place_on_plane(images: Sequence[ImageFile], resize: bool) -> tuple[Grid, list[Grid], list[str]]:
    """The grid of images of which some or all have no georeference: they must have one size, or are resized."""
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


def read_onto(image: Readable, target: Grid, source: Grid) -> tuple[Pixels, bool]:
    """The image on a grid.

    Args:
        image: what is read.
        target: the grid its pixels are wanted on.
        source: the image's own grid.

    Returns:
        Its pixels: as stored where the grids agree, else resampled; and whether they are as stored.
    """
    if source.crs == target.crs:
        between = ~source.transform * target.transform
        left, top = between * (0, 0)
        corner, window = (round(left), round(top)), source.window(round(left), round(top), target.width, target.height)
        inside = corner[0] >= 0 and corner[1] >= 0
        inside &= corner[0] + target.width <= image.width and corner[1] + target.height <= image.height
        if inside and same_grid(window, target):
            return image.read((*corner, target.width, target.height)), True
    pixels = read_on(image, target, source)
    if np.dtype(image.dtype).kind in "iu":  # back to the file's own type: a quarter of the memory for 8 bit
        limits = np.iinfo(image.dtype)
        values = np.clip(np.rint(pixels.values), limits.min, limits.max).astype(image.dtype)
        return Pixels(values, pixels.valid), False
    return pixels, False


def _cut_to_data(grid: Grid, pixels: list[Pixels], valid: np.ndarray) -> tuple[Grid, list[Pixels], np.ndarray]:
    rows, columns = np.flatnonzero(valid.any(axis=1)), np.flatnonzero(valid.any(axis=0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    part = np.s_[top:bottom, left:right]
    cut = [Pixels(read.values[:, top:bottom, left:right], read.valid[part]) for read in pixels]
    return grid.window(int(left), int(top), int(right - left), int(bottom - top)), cut, valid[part]
