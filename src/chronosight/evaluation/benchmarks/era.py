"""ERA (Mou et al., 2020): 2,864 videos of five seconds from the air, 25 events. A video lies in the folder of its event."""

from __future__ import annotations

import re
from pathlib import Path

from chronosight.errors import InputError
from chronosight.evaluation.benchmarks.benchmark import Benchmark, Column, Loaded
from chronosight.evaluation.benchmarks.sights import video_sight
from chronosight.evaluation.item import Item
from chronosight.tasks import event

LAYOUT = "Test/EVENT/*.mp4 and Train/EVENT/*.mp4, a folder an event"
FOLDERS = {"test": "Test", "train": "Train"}
_NAMES = {re.sub(r"[^a-z]", "", name.lower()): name for name in event.EVENTS}
# Folder names that are not the event's own.
_NAMES |= {"postearthquake": "post-earthquake", "paradeprotest": "parade/protest", "nonevent": "non-event"}


def event_of(folder: str) -> str:
    """ "PostEarthquake", "post_earthquake" -> "post-earthquake". Raises InputError for a folder of no event."""
    key = re.sub(r"[^a-z]", "", folder.lower())
    if key not in _NAMES:
        raise InputError(f'"{folder}" is none of ERA\'s 25 events; expected folders such as {", ".join(event.EVENTS[:3])}')
    return _NAMES[key]


def _load(root: Path, split: str) -> Loaded:
    folder = root / FOLDERS[split]
    items = []
    for path in sorted(folder.glob("*/*.mp4")):
        name = f"{path.parent.name}/{path.stem}"
        truth = event_of(path.parent.name)
        sight = video_sight(name, path)
        items.append(Item(name, sight, "class", event.UNIRS, truth, name, event.ask(), "event", event.EVENTS))
    return Loaded(items, seen=[item.sight.paths[0] for item in items])


ERA = Benchmark(
    "era", "ERA: events in videos", "Mou et al. 2020", LAYOUT, ("test", "train"), _load,
    (Column("overall accuracy", "overall accuracy"), Column("mean over classes", "mean over classes")),
)  # fmt: skip
