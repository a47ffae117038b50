"""Many dates of one place as pixels on one grid, co-registered; clouded and empty dates are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from chronosight.errors import InputError
from chronosight.figures import figures
from chronosight.limits import MAX_FRAMES
from chronosight.scenes.align import Aligned, align
from chronosight.scenes.doubts import doubt_of_resolution, doubt_of_size, extent
from chronosight.scenes.files import local_path
from chronosight.scenes.gdal import opened
from chronosight.scenes.image import ImageFile, open_image
from chronosight.scenes.registration import MIN_CONFIDENCE, estimate_shift, improves
from chronosight.scenes.resolution import REFUSED, TRAINED, check_agreement, check_stated
from chronosight.scenes.scene import Georeference, Scene
from chronosight.timeline.clouds import find_clouds
from chronosight.timeline.dates import Date, check_order, dates_of, given_dates, parse_date

LEAST_DATA = 0.2  # of its pixels: a date with less is left out
FLAT = 2.0  # standard deviation in levels of 255 of an image that shows nothing
SMALL = 256  # pixels a side at which emptiness is judged
CLOUDED = 0.3  # of a date: from here on it is left out


@dataclass(frozen=True)
class Stack:
    """Dates of one place.

    Attributes:
        dates: Of each frame, rising.
        frames: (T, H, W, 3) uint8, on one grid.
        seen: (T, H, W) bool, where a date has data and no cloud.
        sources: Path of each frame's file.
        georeference: None for plain images.
        metres_per_pixel: None where it is not known.
        shifts: Displacement of each frame against the first in pixels (right, down) that was undone.
        notes: What the user should know, dates left out included.
        doubts: As in `Scene`.
        too_coarse: Why objects cannot be followed, "" where they can.
    """

    dates: tuple[Date, ...]
    frames: np.ndarray
    seen: np.ndarray
    sources: tuple[str, ...]
    georeference: Georeference | None
    metres_per_pixel: float | None
    shifts: tuple[tuple[float, float], ...]
    notes: tuple[str, ...]
    doubts: tuple[str, ...]
    too_coarse: str

    def pair(self, first: int, second: int) -> Scene:
        """Two of the dates as a scene.

        Args:
            first: Index of the earlier date.
            second: Index of the later date.

        Returns:
            The pair; valid where both dates show the ground.
        """
        return Scene(
            "pair", self.frames[[first, second]], self.seen[first] & self.seen[second],
            (self.sources[first], self.sources[second]), self.georeference, self.metres_per_pixel,
            (self.dates[first].time, self.dates[second].time), None, [], self.doubts,
        )  # fmt: skip

    @property
    def scene(self) -> Scene:
        """The place itself: the first and the last date."""
        return self.pair(0, len(self.dates) - 1)


def open_stack(
    sources: Sequence[str | Path], dates: str | None = None, bands: tuple[int, int, int] | None = None,
    bands_per_date: int | None = None, resize: bool = False, register: bool = True, force: bool = False,
    metres_per_pixel: float | None = None,
) -> Stack:  # fmt: skip
    """Opens many dates of one place.

    Args:
        sources: Images, or one stack whose bands are dates.
        dates: Of each image, with commas between them; from metadata and names when None.
        bands: Numbers of red, green and blue, from 1.
        bands_per_date: Of one stack: 1 (grey) or 3.
        resize: Bring plain images of different size to one size.
        register: Undo small displacements against the first date.
        force: Follow objects in imagery far coarser than the model was trained on.
        metres_per_pixel: Ground size of a pixel of the earliest image, where the files have no georeference.

    Raises:
        InputError: The images cannot be used, or fewer than two dates are left.
    """
    check_stated(metres_per_pixel)
    if bands_per_date is not None:
        images, known = _bands_as_dates(sources, bands_per_date)
    else:
        images, known = [open_image(local_path(source), bands) for source in sources], None
    if not 2 <= len(images) <= MAX_FRAMES:
        given = "1 date was" if len(images) == 1 else f"{len(images)} dates were"
        raise InputError(f"{given} given, expected 2 to {MAX_FRAMES} images of one place")
    labels = [image.name for image in images]
    stamps = given_dates(dates, len(images)) if dates is not None else known or dates_of(images)
    order = check_order(stamps, labels)
    images, stamps = [images[index] for index in order], [stamps[index] for index in order]
    empty = {index: why for index, image in enumerate(images) if (why := _emptiness(image))}
    notes = [f"{stamps[index].text} was left out: {images[index].name} {why}" for index, why in empty.items()]
    kept = [index for index in range(len(images)) if index not in empty]
    _enough(kept, notes)
    aligned = align([images[index] for index in kept], resize)
    shifts: list[tuple[float, float]] = [(0.0, 0.0)] * len(kept)
    if register:
        aligned, shifts, shift_notes = _registered(aligned)
        notes += shift_notes
    frames, seen = np.stack(aligned.frames), np.stack(aligned.each)
    metres = aligned.metres_per_pixel or metres_per_pixel
    clouds = find_clouds(frames, seen, metres)
    shares = [float(cloud[has].mean()) if has.any() else 1.0 for cloud, has in zip(clouds, seen, strict=True)]
    left = [index for index, share in enumerate(shares) if share < CLOUDED]
    for index, share in enumerate(shares):
        name = stamps[kept[index]].text
        if share >= CLOUDED:
            notes.append(f"{name} was left out: {share:.0%} of it seems to be clouds")
        elif share > 0.01:
            notes.append(f"{name}: {share:.0%} of it seems to be clouds; objects under them are not seen at this date")
    _enough(left, notes)
    check_agreement(aligned.images[0].name, metres, metres_per_pixel)
    coarse = ""
    if metres is not None and metres >= REFUSED * TRAINED and not force:
        coarse = (
            f"objects are not followed: pixels of {figures(metres)} m are far coarser than the {TRAINED:g} m that the model was "
            "trained on, and a house is a pixel or two; --force follows them all the same"
        )
    doubts = [] if coarse else [*doubt_of_size("pair", *extent(aligned.valid)), *doubt_of_resolution("pair", metres)]
    return Stack(
        tuple(stamps[kept[index]] for index in left), frames[left], (seen & ~clouds)[left],
        tuple(str(aligned.images[index].path) for index in left), aligned.georeference, metres,
        tuple(shifts[index] for index in left), (*aligned.notes, *notes), (*aligned.doubts, *doubts),
        coarse,
    )  # fmt: skip


def _registered(aligned: Aligned) -> tuple[Aligned, list[tuple[float, float]], list[str]]:
    """Every date moved onto the first one; where season hides the edges, onto the date before it."""
    shifts, notes = [(0.0, 0.0)], []
    for index in range(1, len(aligned.frames)):
        done = (0.0, 0.0)
        for against in dict.fromkeys((0, index - 1)):
            valid = aligned.each[against] & aligned.each[index]
            estimate = estimate_shift(aligned.frames[against], aligned.frames[index], valid)
            if estimate.worth_correcting:
                moved = aligned.with_frame_moved(index, estimate.dx, estimate.dy)
                both = aligned.each[against] & moved.each[index]
                if improves(aligned.frames[against], aligned.frames[index], moved.frames[index], both):
                    aligned, done = moved, (round(estimate.dx, 2), round(estimate.dy, 2))
                    name = aligned.images[index].name
                    notes.append(f"{name} lay {estimate.dx:+.1f} pixels right and {estimate.dy:+.1f} down: corrected")
                    break
            if estimate.confidence >= MIN_CONFIDENCE:
                break
        shifts.append(done)
    return aligned, shifts, notes


def _emptiness(image: ImageFile) -> str:
    """Why a date shows nothing, "" where it shows something."""
    factor = max(1.0, max(image.width, image.height) / SMALL)
    pixels = image.read(shape=(max(1, round(image.height / factor)), max(1, round(image.width / factor))))
    share = float(pixels.valid.mean())
    if share < LEAST_DATA:
        return f"has data in {share:.0%} of its pixels"
    values = pixels.values[:, pixels.valid].astype(np.float64)
    reach = float(np.ptp(values)) if image.dtype != "uint8" else 255.0
    if reach == 0 or float(values.std(axis=1).max()) * 255 / reach < FLAT:
        return "is nearly one colour throughout"
    return ""


def _enough(kept: Sequence[int], notes: Sequence[str]) -> None:
    if len(kept) < 2:
        raise InputError(f"{len(kept)} date is left, expected two or more ({'; '.join(notes)})")


def _bands_as_dates(sources: Sequence[str | Path], per_date: int) -> tuple[list[ImageFile], list[Date] | None]:
    """One file as many images; their dates from the names of its bands, None where these hold none."""
    if len(sources) != 1:
        raise InputError(f"--bands-per-date goes with one stack, but {len(sources)} files were given: leave it out")
    if per_date not in (1, 3):
        raise InputError(f"--bands-per-date is {per_date}, expected 1 (grey) or 3 (red, green, blue)")
    path = local_path(sources[0])
    header = open_image(path, [1, 1, 1])
    with opened(path, header.driver) as dataset:
        names, count = list(dataset.descriptions), dataset.count
    if count % per_date or count < 2 * per_date:
        raise InputError(f"{path.name} has {count} bands, expected {per_date} for each of two or more dates (--bands-per-date)")
    images, dates = [], []
    for first in range(1, count + 1, per_date):
        image = open_image(path, [first, first, first] if per_date == 1 else [first, first + 1, first + 2])
        label = names[first - 1] or f"band {first}"
        images.append(replace(image, label=f"{path.name} ({label})", doubts=()))
        dates.append(parse_date(label))
    known = [date for date in dates if date is not None]
    return images, known if len(known) == len(images) else None
