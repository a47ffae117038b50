"""A folder that `chronosight timeline --out` wrote, read back: what questions are answered from, without the images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from chronosight.errors import InputError
from chronosight.files import read_json
from chronosight.limits import MAX_OBJECTS
from chronosight.results.changed_object import ChangedObject
from chronosight.timeline.dates import Date, parse_date
from chronosight.timeline.follow import Event, Track
from chronosight.timeline.stack import Stack
from chronosight.timeline.timeline import DateRow, Timeline
from chronosight.timeline.write import SCHEMA

NAME = "timeline.json"
EXPECTED = "a folder that `chronosight timeline --out` wrote"


def read_timeline(folder: Path) -> Timeline:
    """The timeline in a result folder. Its images are not read: `stack.frames` and `stack.seen` are empty of content.

    Args:
        folder: The folder.

    Returns:
        The timeline, without its answers.

    Raises:
        InputError: The folder holds no timeline, or it is incomplete.
    """
    path = folder / NAME
    if not path.is_file():
        raise InputError(f"{folder} holds no {NAME}, expected {EXPECTED}")
    facts = read_json(path, EXPECTED)
    if not isinstance(facts, dict) or facts.get("schema") != SCHEMA:
        raise InputError(f"{path} is no timeline of this version, expected schema {SCHEMA}")
    try:
        if len(facts["objects"]) > MAX_OBJECTS:
            raise InputError(f"{path} holds {len(facts['objects']):,} objects, expected at most {MAX_OBJECTS:,}")
        return _read(facts)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise InputError(f"{path} is incomplete; write the folder again with timeline --out") from error


def _read(facts: dict[str, Any]) -> Timeline:
    dates = tuple(_date(row["date"]) for row in facts["dates"])
    index = {date.text: at for at, date in enumerate(dates)}
    shape = (len(dates), int(facts["height"]), int(facts["width"]))
    stack = Stack(
        dates, np.broadcast_to(np.uint8(0), (*shape, 3)), np.broadcast_to(np.True_, shape),
        tuple(str(row["source"]) for row in facts["dates"]), None, facts["metres_per_pixel"],
        tuple((float(row["shift"][0]), float(row["shift"][1])) for row in facts["dates"]), tuple(facts["notes"]),
        tuple(facts["doubts"]), str(facts.get("not_followed") or ""),
    )  # fmt: skip
    rows = tuple(DateRow(**{**row, "date": index[row["date"]]}) for row in facts["table"])
    captions = tuple(str(row["text"]) for row in facts["captions"])
    tracks = tuple(_track(item, index) for item in facts["objects"])
    return Timeline(stack, tracks, rows, captions, dict(facts["model"]), notes=tuple(facts["notes"]))


def _date(text: str) -> Date:
    date = parse_date(text)
    if date is None:
        raise ValueError(text)
    return date


def _track(facts: dict[str, Any], index: dict[str, int]) -> Track:
    """One object; its outline has no holes here, its direction is that of its first change."""
    present = set(facts["present"])
    events = tuple(Event(event["direction"], index[event["after"]], index[event["before"]]) for event in facts["events"])
    item = ChangedObject(
        str(facts["class"]), events[0].direction, outline=np.array(facts["polygon_px"], np.float64),
        area_px=float(facts["area_px"]), cell=str(facts["cell"]), confidence=float(facts["confidence"]),
        number=int(facts["number"]), area_m2=facts.get("area_m2"),
    )  # fmt: skip
    seen = tuple(date not in facts["inferred"] for date in index)
    return Track(item, tuple(date in present for date in index), seen, events, float(facts["confidence"]))
