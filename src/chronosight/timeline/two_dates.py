"""A timeline of two dates: what `describe` finds, since there is one comparison and nothing to add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronosight.engines.router import POSSIBLE
from chronosight.timeline.follow import Event, Track
from chronosight.timeline.stack import Stack

if TYPE_CHECKING:
    from chronosight.engines.engine import Engine


def tracks_of_two(stack: Stack, engine: Engine) -> tuple[list[Track], list[str]]:
    """The objects of two dates, the same as those of a description of the pair.

    Args:
        stack: Of two dates.
        engine: Describes them.

    Returns:
        The objects with their histories, the largest first, and remarks for the user.

    Raises:
        InputError: The dates cannot be compared.
    """
    described = engine.describe(stack.pair(0, 1))
    tracks = []
    for item in described.objects:
        new = item.direction == "appeared"
        history = (not new, new)
        tracks.append(Track(item, history, (True, True), (Event(item.direction, 0, 1),), item.confidence))
    return tracks, [POSSIBLE] if tracks and described.changed.value is False else []
