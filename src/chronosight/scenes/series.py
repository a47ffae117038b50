"""Many pictures of one place, in a folder or given one by one, as the frames of a video."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from chronosight.errors import InputError
from chronosight.scenes.align import align
from chronosight.scenes.files import RASTER_DRIVERS, check_video_size, file_format
from chronosight.scenes.image import open_image
from chronosight.scenes.sampling import pad_left, sample_indices
from chronosight.scenes.scene import Scene


def frames_in(folder: Path) -> list[Path]:
    """Pictures of a folder in natural order (frame2 before frame10); hidden and other files are passed over.

    Raises InputError when there is none, or the folder cannot be listed.
    """
    try:
        files = [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
    except OSError as error:
        raise InputError(f"{folder.name} cannot be listed ({error.strerror}): check its permissions") from None
    frames = [path for path in files if _is_picture(path)]
    if not frames:
        raise InputError(f"the folder {folder.name} holds no PNG, JPEG, WebP or GeoTIFF, expected frames of a video")
    return sorted(frames, key=_natural)


def read_series(paths: Sequence[Path], n: int, resize: bool = False, bands: tuple[int, int, int] | None = None) -> Scene:
    """A video of n frames: the pictures at linspace(0, count - 2, n), on the first one's grid, with one stretch.

    Black frames stand before them where there are fewer than n. Raises InputError as `align` does.
    """
    chosen = [paths[i] for i in sample_indices(len(paths), n)]
    images = {path: open_image(path, bands) for path in dict.fromkeys(chosen)}
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
    )


def _is_picture(path: Path) -> bool:
    try:
        return file_format(path) in RASTER_DRIVERS
    except InputError:
        return False


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """Sort key in which runs of digits count as numbers."""
    parts = re.split(r"(\d+)", path.name)
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part.casefold()) for part in parts if part]
