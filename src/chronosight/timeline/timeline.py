"""The result: dates, objects with their histories, counts by date; and how it is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from chronosight.engines.engine_facts import engine_facts
from chronosight.results.answer import Answer
from chronosight.results.change_probabilities import ChangeProbabilities
from chronosight.results.changed_object import DIRECTIONS
from chronosight.timeline.follow import Track, follow
from chronosight.timeline.histories import pairs_to_compare
from chronosight.timeline.stack import Stack
from chronosight.timeline.two_dates import tracks_of_two

if TYPE_CHECKING:
    from chronosight.engines.engine import Engine
    from chronosight.engines.generalise import ObjectLimits

CLASSES = ("building", "road")
ADDED_UP = (
    "numbers and areas are those that all comparisons of the {count} dates show together: describe, which compares two of them "
    "alone, gives different ones"
)


@dataclass(frozen=True)
class DateRow:
    """Counts of one class at one date.

    Attributes:
        date: Index of the date.
        class_name: In the singular.
        present: Followed objects that are there. Objects that never change are not counted.
        present_area: Their area, in the timeline's unit.
        appeared: Objects new since the date before.
        appeared_area: Their area.
        vanished: Objects gone since the date before.
        vanished_area: Their area.
    """

    date: int
    class_name: str
    present: int
    present_area: float
    appeared: int
    appeared_area: float
    vanished: int
    vanished_area: float


@dataclass(frozen=True)
class Timeline:
    """Many dates of one place and what changed from each to the next.

    Attributes:
        stack: The dates, on one grid.
        tracks: Objects that changed, with their histories.
        rows: Counts by date and class; none where objects are not followed.
        captions: One sentence for each pair of neighbouring dates.
        model: Name, version and hash of the weights.
        answers: Extra questions with their answers.
        notes: What the user should know.
    """

    stack: Stack
    tracks: tuple[Track, ...]
    rows: tuple[DateRow, ...]
    captions: tuple[str, ...]
    model: dict[str, Any] = field(default_factory=dict)
    answers: tuple[tuple[str, Answer], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """Of areas: "m2", or "px" where the ground size of a pixel is not known."""
        return "px" if self.stack.metres_per_pixel is None else "m2"


def make_timeline(
    stack: Stack, engine: Engine, limits: ObjectLimits | None = None, progress: Callable[[int, int], None] | None = None
) -> Timeline:
    """Compares the dates and follows the objects.

    Args:
        stack: Of `open_stack`.
        engine: Compares two dates.
        limits: Objects smaller or less probable are left out.
        progress: Called with (comparisons done, comparisons in all).

    Raises:
        InputError: Two dates cannot be compared.
    """
    count = len(stack.dates)
    if stack.too_coarse:
        return Timeline(stack, (), (), ("",) * (count - 1), notes=(*stack.notes, stack.too_coarse))
    notes: list[str] = [*stack.notes]
    pairs = []
    for first, second in pairs_to_compare(count):
        if (stack.seen[first] & stack.seen[second]).any():
            pairs.append((first, second))
        else:
            notes.append(f"{stack.dates[first].text} and {stack.dates[second].text} show no common ground: not compared")
    followed: Sequence[Track]
    if count == 2 and pairs:
        followed, remarks = tracks_of_two(stack, engine)
        notes += remarks
    else:
        followed = _followed(stack, engine, pairs, progress)
        notes += [ADDED_UP.format(count=count)] if followed else []
    tracks = tuple(track for track in followed if limits is None or limits.allow(track.item))
    captions = tuple(_caption(tracks, index) for index in range(1, count))
    return Timeline(stack, tracks, count_rows(tracks, count), captions, engine_facts(engine), notes=tuple(dict.fromkeys(notes)))


def _followed(
    stack: Stack, engine: Engine, pairs: Sequence[tuple[int, int]], progress: Callable[[int, int], None] | None
) -> list[Track]:
    """Objects of more than two dates, from what all comparisons say together."""
    changes: dict[tuple[int, int], ChangeProbabilities] = {}
    always: np.ndarray = np.all(stack.seen, axis=0)
    place = replace(stack.scene, kind="video", frames=stack.frames, valid=always)
    compared = engine.compare_dates(place, (stack.pair(*pair) for pair in pairs))
    for done, pair in enumerate(pairs):
        if progress:
            progress(done, len(pairs))
        changes[pair] = next(compared)
    if progress:
        progress(len(pairs), len(pairs))
    return follow(changes, stack.seen, stack.scene)


def _caption(tracks: Sequence[Track], index: int) -> str:
    """What changed since the date before, in words."""
    parts = []
    for direction in DIRECTIONS:
        for name in CLASSES:
            count = sum(
                track.item.class_name == name and event.after == index and event.direction == direction
                for track in tracks
                for event in track.events
            )
            if count:
                parts.append(f"{count} {name}{'s' * (count != 1)} {direction}")
    return ", ".join(parts) or "no building or road changed"


def count_rows(tracks: Sequence[Track], count: int) -> tuple[DateRow, ...]:
    """Counts and areas by date and class.

    Args:
        tracks: The objects, followed through time.
        count: Number of dates.

    Returns:
        One row a date and class.
    """
    rows = []
    for index in range(count):
        for name in CLASSES:
            own = [track for track in tracks if track.item.class_name == name]
            here = [track.item.area for track in own if track.present[index]]
            new, gone = (
                [track.item.area for track in own for event in track.events if event.after == index and event.direction == way]
                for way in ("appeared", "vanished")
            )
            rows.append(
                DateRow(
                    index, name, len(here), round(sum(here), 1), len(new), round(sum(new), 1), len(gone), round(sum(gone), 1)
                )
            )
    return tuple(rows)
