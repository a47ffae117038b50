"""How files are opened, and what goes in and out of the pipeline."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from chronosight.results.zones import Zone

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
    """

    resize: bool = False
    bands: tuple[int, int, int] | None = None
    frames: int = 8
    register: bool = True
    force: bool = False
    metres_per_pixel: float | None = None
    video: bool = False


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
