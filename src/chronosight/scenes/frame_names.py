"""Whether several images are frames of a video, or something else that their names say: pairs, or dates of one place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from chronosight.errors import InputError
from chronosight.scenes.pair_names import pairs_in_folder
from chronosight.scenes.scene import Scene
from chronosight.scenes.series import frames_in
from chronosight.scenes.times import time_of

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
ANYWAY = "or add --video to take them as frames of a video"


def check_folder(folder: Path) -> None:
    """Checks that the images of a folder are frames of a video, by their names.

    Args:
        folder: The folder.

    Raises:
        InputError: They are pairs or dates; the message says what to use.
    """
    pairs = pairs_in_folder(folder)
    if pairs:
        names = f"{pairs[0][1].name} and {pairs[0][2].name}"
        many = "a pair" if len(pairs) == 1 else f"{len(pairs)} pairs"
        use = "give its two images" if len(pairs) == 1 else f"use chronosight batch {folder.name}"
        raise InputError(f"the folder {folder.name} holds {many} of dates ({names}), not a video: {use}, {ANYWAY}")
    check_frames(frames_in(folder))


def check_frames(paths: Sequence[Path]) -> None:
    """Checks that images are frames of a video, by their names.

    Args:
        paths: The images.

    Raises:
        InputError: Their names are different dates; the message says what to use.
    """
    days = {day for path in paths if (day := _day(path.stem))}
    if len(paths) > 1 and len(days) == len(paths):
        first, last = min(days), max(days)
        use = "use chronosight timeline" if len(paths) > 2 else "give the two files themselves"
        raise InputError(
            f"{len(paths)} dates of one place were given ({first} to {last}), expected one image, two dates or a video: {use}, "
            f"{ANYWAY}"
        )


def as_frames(scene: Scene, count: int, video: bool) -> Scene:
    """Adds a note that images were taken for the frames of a video, where the user did not say so.

    Args:
        scene: The video; its notes are changed.
        count: Number of images.
        video: Whether the user said that it is a video.

    Returns:
        `scene`.
    """
    if not video:
        scene.notes.insert(0, f"{count} images were taken as the frames of a video, in the order of their names or as given")
    return scene


def _day(stem: str) -> str | None:
    """The day, or the year, that a name holds."""
    if time := time_of([], stem):
        return time.date().isoformat()
    found = _YEAR.findall(stem)
    return found[0] if len(found) == 1 else None
