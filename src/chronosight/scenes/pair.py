"""Two dates of a place on one grid, with the displacement that is left between them."""

from __future__ import annotations

import numpy as np

from chronosight.scenes.align import align
from chronosight.scenes.doubts import doubt_of_resolution, doubt_of_size, extent
from chronosight.scenes.ground import metres_per_pixel
from chronosight.scenes.haze import without_haze
from chronosight.scenes.image import ImageFile
from chronosight.scenes.registration import MAX_SHIFT, MIN_CONFIDENCE, estimate_shift, improves
from chronosight.scenes.resolution import TRAINED, check_resolution
from chronosight.scenes.scene import Scene, Shift


def read_pair(earlier: ImageFile, later: ImageFile, resize: bool = False, register: bool = True, force: bool = False) -> Scene:
    """The later date on the earlier one's grid, cut to the overlap, both with one stretch, an even veil of haze taken off.

    Args:
        earlier: header of the first date.
        later: header of the second date.
        resize: images without a georeference may differ in size; the later is resized to the first.
        register: estimate the displacement that is left, and undo it where that makes the dates agree better.
        force: take pixels that are far too coarse.

    Raises:
        InputError: for damaged files, different sizes, no overlap, no data, and pixels far too coarse.
    """
    for image in (earlier, later):
        if image.georeference is not None:
            check_resolution(image.name, metres_per_pixel(image.georeference, image.width, image.height), TRAINED, force)
    aligned = align([earlier, later], resize)
    notes = list(aligned.notes)
    shift, displaced = None, list[str]()
    if register:
        estimate = estimate_shift(aligned.frames[0], aligned.frames[1], aligned.valid)
        dx, dy = round(estimate.dx, 2) + 0.0, round(estimate.dy, 2) + 0.0  # + 0.0: no minus zero
        moved = aligned.with_frame_moved(1, estimate.dx, estimate.dy) if estimate.worth_correcting else aligned
        if moved is not aligned and improves(aligned.frames[0], aligned.frames[1], moved.frames[1], moved.valid):
            aligned = moved
            shift = Shift(dx, dy, corrected=True)
            notes.append(f"{later.name} lay {dx:+.1f} pixels right and {dy:+.1f} down of {earlier.name}: corrected")
        elif estimate.confidence >= MIN_CONFIDENCE:
            shift = Shift(dx, dy, corrected=False)
            if max(abs(dx), abs(dy)) > MAX_SHIFT:
                displaced.append(f"{later.name} seems to lie {dx:+.1f}, {dy:+.1f} pixels off {earlier.name}: not corrected")
        else:
            shift = Shift(0.0, 0.0, corrected=False)
    frames, veiled = without_haze(aligned.frames, aligned.valid)
    if veiled is not None:
        notes.append(f"{(earlier, later)[veiled].name} is far hazier than the other date: its contrast was restored")
    notes += order_notes(earlier, later)
    return Scene(
        kind="pair",
        frames=np.stack(frames),
        valid=aligned.valid,
        sources=(str(earlier.path), str(later.path)),
        georeference=aligned.georeference,
        metres_per_pixel=aligned.metres_per_pixel,
        times=(earlier.time, later.time) if earlier.time or later.time else (),
        shift=shift,
        notes=notes,
        doubts=(
            *aligned.doubts,
            *displaced,
            *doubt_of_size("pair", *extent(aligned.valid)),
            *doubt_of_resolution("pair", aligned.metres_per_pixel),
        ),
    )


def order_notes(earlier: ImageFile, later: ImageFile) -> list[str]:
    """Notes that the dates are known and given the wrong way round.

    Args:
        earlier: The image given first.
        later: The image given second.

    Returns:
        One note, or none.
    """
    if earlier.time and later.time and later.time < earlier.time:
        return [f"{earlier.name} is dated after {later.name}: the order given was kept"]
    return []
