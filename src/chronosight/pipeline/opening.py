"""How files are opened, and what goes in and out of the pipeline."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from chronosight.results.zones import Zone
    from chronosight.scenes.image import ImageFile
    from chronosight.scenes.scene import Scene

Source: TypeAlias = "str | os.PathLike[str]"
Zones: TypeAlias = "Source | Sequence[Zone] | None"
Point: TypeAlias = tuple[float, float]
Say = Callable[[str], None]  # gets one-line remarks about the input, as they come
CELL_M = 500.0  # metres: side of a cell of a whole scene's table


@dataclass(frozen=True)
class Opening:
    """How files are opened.

    Attributes:
        resize: bring plain images of different size to one size.
        bands: numbers of the red, green and blue band, from 1; chosen from the file when None.
        frames: taken from a video.
        register: correct a small shift between two dates.
        force: accept imagery far coarser than the model was trained on.
        metres_per_pixel: ground size of a pixel, where the files have no georeference.
        video: take a folder or several images as frames of a video, whatever their names say.
        names: what messages and reports call each file, "" for its own name; () for their own names.
        times: when each image was taken, None where the file itself says it; () where all do.
    """

    resize: bool = False
    bands: tuple[int, int, int] | None = None
    frames: int = 8
    register: bool = True
    force: bool = False
    metres_per_pixel: float | None = None
    video: bool = False
    names: tuple[str, ...] = ()
    times: tuple[datetime | None, ...] = ()


USUAL = Opening()


def report_notes(say: Say | None, lines: Sequence[str]) -> None:
    """Reports notes on the input, one call a line.

    Args:
        say: Called with each line; None for no notes.
        lines: The notes.
    """
    if say is not None:
        for line in lines:
            say(line)


def open_scene(inputs: Sequence[Source], opening: Opening) -> Scene:
    """Opens files as a scene that fits into memory.

    Args:
        inputs: One image, two dates, or a video or its frames.
        opening: How the files are opened.

    Returns:
        The scene.

    Raises:
        InputError: The files cannot be used.
    """
    from chronosight.scenes.open import open_scene as open_files

    return open_files(
        *inputs, resize=opening.resize, bands=opening.bands, frames=opening.frames, register=opening.register,
        force=opening.force, metres_per_pixel=opening.metres_per_pixel, video=opening.video, names=opening.names,
        times=opening.times,
    )  # fmt: skip


def whole_scene_headers(before: Source, after: Source, opening: Opening) -> tuple[ImageFile, ImageFile] | None:
    """Both files, opened but not read, where the pair is too large for memory.

    Args:
        before: The earlier image.
        after: The later image.
        opening: How the files are opened.

    Returns:
        The headers; None for a pair that is read at once.

    Raises:
        InputError: The files cannot be used.
    """
    from chronosight.scenes.large.choose import large_pair
    from chronosight.scenes.resolution import check_stated

    check_stated(opening.metres_per_pixel)
    headers = large_pair(os.fspath(before), os.fspath(after), opening.bands)
    if headers is None:
        return None
    for image in headers:
        check_ground_size(image, opening)
    names, times = opening.names or ("", ""), opening.times or (None, None)
    earlier, later = (
        replace(image, label=name or image.label, time=time or image.time)
        for image, name, time in zip(headers, names, times, strict=True)
    )
    return earlier, later


def check_ground_size(image: ImageFile, opening: Opening) -> None:
    """Checks that the stated size of a pixel is that of an image's georeference.

    Args:
        image: The image.
        opening: States the size, or None.

    Raises:
        InputError: It is another one.
    """
    from chronosight.scenes.ground import metres_per_pixel
    from chronosight.scenes.resolution import check_agreement

    own = None if image.georeference is None else metres_per_pixel(image.georeference, image.width, image.height)
    check_agreement(image.name, own, opening.metres_per_pixel)
