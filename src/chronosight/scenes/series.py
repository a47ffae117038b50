"""Many images of one place, in a folder or given one by one, as the frames of a video."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from chronosight.errors import InputError
from chronosight.limits import MAX_FOLDER_ENTRIES
from chronosight.scenes.align import align
from chronosight.scenes.doubts import doubt_of_padding, doubt_of_resolution, doubt_of_size, doubt_of_video, extent
from chronosight.scenes.files import RASTER_DRIVERS, check_video_size, file_format, local_path, one_line
from chronosight.scenes.image import ImageFile, open_image
from chronosight.scenes.sampling import pad_left, sample_indices
from chronosight.scenes.scene import Scene


def frames_in(folder: Path) -> list[Path]:
    """Images of a folder in natural order (frame2 before frame10); hidden and other files are passed over.

    Args:
        folder: that holds them.

    Raises:
        InputError: when there is none, or the folder cannot be listed or holds too many files.
    """
    try:
        files = []
        for path in folder.iterdir():
            if path.is_file() and not path.name.startswith("."):
                files.append(path)
            if len(files) > MAX_FOLDER_ENTRIES:
                raise InputError(f"the folder {one_line(folder.name)} holds over {MAX_FOLDER_ENTRIES:,} files, expected fewer")
    except OSError as error:
        raise InputError(f"{folder.name} cannot be listed ({error.strerror}): check its permissions") from None
    frames = [path for path in files if _is_image(path)]
    if not frames:
        raise InputError(f"the folder {folder.name} holds no PNG, JPEG, JPEG 2000, WebP or GeoTIFF, expected frames of a video")
    return sorted(frames, key=_natural)


def read_series(
    paths: Sequence[Path], n: int, resize: bool = False, header: Callable[[Path], ImageFile] = open_image
) -> Scene:
    """A video of n frames: the images at linspace(0, count - 2, n), on the first one's grid, with one stretch.

    Black frames stand before them where there are fewer than n.

    Args:
        paths: of the images, in order.
        n: number of frames.
        resize: images without a georeference may differ in size; the later are resized to the first.
        header: opens an image.

    Raises:
        InputError: as `align` does.
    """
    chosen = [paths[i] for i in sample_indices(len(paths), n)]
    images = {path: header(local_path(path)) for path in dict.fromkeys(chosen)}
    first = images[chosen[0]]
    check_video_size("a series", first.width, first.height, n)
    aligned = align(list(images.values()), resize)
    frame_of = dict(zip(images, aligned.frames, strict=True))
    notes = list(aligned.notes)
    missing = n - len(chosen)
    if missing:
        notes.append(f"{len(chosen)} of {n} frames are there: {missing} black ones stand before them")
    times = [images[path].time for path in chosen]
    return Scene(
        kind="video",
        frames=pad_left([frame_of[path] for path in chosen], n),
        valid=aligned.valid,
        sources=tuple(str(path) for path in paths),
        georeference=aligned.georeference,
        metres_per_pixel=aligned.metres_per_pixel,
        times=(None,) * missing + tuple(times) if any(times) else (),
        notes=notes,
        doubts=(
            *aligned.doubts,
            *doubt_of_size("video", *extent(aligned.valid)),
            *doubt_of_resolution("video", aligned.metres_per_pixel),
            *doubt_of_video("the series", aligned.frames),
            *doubt_of_padding(missing, n),
        ),
    )


def _is_image(path: Path) -> bool:
    try:
        return file_format(path) in RASTER_DRIVERS
    except InputError:
        return False


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """Sort key in which runs of digits count as numbers."""
    parts = re.split(r"(\d+)", path.name)
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part.casefold()) for part in parts if part]
