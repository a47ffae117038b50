"""ERA: aerial videos of 5 s in 25 classes of events.

DIR/Train/CLASS/NAME.mp4           CLASS is one of 25 folders, named like the classes, however they are spelled:
DIR/Test/CLASS/NAME.mp4            "TrafficCollision", "traffic_collision" and "Traffic collision" are one
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chronosight.datasets.sample import Example, Turn
from chronosight.errors import InputError
from chronosight.tasks import event
from chronosight.tasks.label_set import read_label
from chronosight.tasks.question import Question

SUFFIXES = (".mp4", ".avi", ".mov", ".mkv", ".webm")


def read_era(root: Path, split: str = "train") -> Iterator[Example]:
    """split: "train" or "test". Raises InputError for a folder that is none of the classes."""
    folder = root / split.capitalize()
    if not folder.is_dir():
        raise InputError(f"{root} has no {split.capitalize()}/; expected Train/ and Test/ with a folder a class, as ERA has")
    for place in sorted(path for path in folder.iterdir() if path.is_dir()):
        label = event_of(place.name)
        if label is None:
            raise InputError(f"{place} is none of ERA's 25 classes; expected folders such as PoliceChase")
        turn = Turn(Question("event", event.UNIRS), (event.UNIRS_REPLY.format(event=label),))
        for path in sorted(place.iterdir()):
            if path.suffix.lower() in SUFFIXES:
                name = path.relative_to(root).as_posix()
                yield Example(f"era/{name}", "era", "video", (name,), (turn,))


def event_of(folder: str) -> str | None:
    """The class of a folder's name, which has to be one letter for letter (case and signs aside)."""
    label = read_label(folder, event.EVENTS)
    letters = [c for c in (label or "").lower() if c.isalnum()]
    return label if letters == [c for c in folder.lower() if c.isalnum()] else None
