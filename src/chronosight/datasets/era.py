"""ERA (Mou et al., 2020): 2,864 aerial videos of five seconds, 25 classes of events.

    DIR/{Train,Test}/CLASS/NAME.mp4

CLASS is named like the class, however it is spelled: "TrafficCollision", "traffic_collision", "Traffic collision".
"""

from __future__ import annotations

import re
from pathlib import Path

from chronosight.datasets.sample import Sample, Turn
from chronosight.errors import InputError
from chronosight.tasks import event

SUFFIXES = (".mp4", ".avi", ".mov", ".mkv", ".webm")
_NAMES = {re.sub(r"[^a-z]", "", name.lower()): name for name in event.EVENTS}


def read_era(root: Path, split: str = "train") -> list[Sample]:
    """ERA.

    Args:
        root: Folder of the dataset.
        split: "train" or "test".

    Returns:
        One sample a video, by folder and name.

    Raises:
        InputError: There is no folder of the split, or a folder in it is not one of the classes.
    """
    folder = root / split.capitalize()
    if not folder.is_dir():
        raise InputError(f"{root} has no {split.capitalize()}/; expected Train/ and Test/ with a folder a class, as ERA has")
    samples = []
    for place in sorted(path for path in folder.iterdir() if path.is_dir()):
        turn = Turn(event.ask(), (event.UNIRS_REPLY.format(event=event_of(place.name)),))
        for path in sorted(place.iterdir()):
            if path.suffix.lower() in SUFFIXES:
                name = f"{place.name}/{path.stem}"
                samples.append(
                    Sample(
                        name, "era", "video", (path.relative_to(root).as_posix(),), (turn,), split=split, scene=name,
                        type="event", labels=event.EVENTS, root=root,
                    )
                )  # fmt: skip
    return samples


def event_of(folder: str) -> str:
    """The class that a folder is named after.

    Args:
        folder: Its name: "PostEarthquake", "post_earthquake".

    Returns:
        The class: "post-earthquake".

    Raises:
        InputError: The name is none of the 25 classes.
    """
    key = re.sub(r"[^a-z]", "", folder.lower())
    if key not in _NAMES:
        raise InputError(f'"{folder}" is not one of ERA\'s 25 events; expected folders such as {", ".join(event.EVENTS[:3])}')
    return _NAMES[key]
