"""Objects followed through time: outlined where all comparisons together show a change, each with its history.

Every date is compared with every other one (of a long series with the next three and the first). What the comparisons say of a
pixel is added up before anything is outlined (`histories.py`): so a house that haze hides from every single comparison is found
where many of them hint at it. Pixels with enough evidence become objects, and each object gets the history that agrees best
with the comparisons over its outline. So histories are consistent whatever single comparisons say: what is there in 2012 and in
2018 is there in 2015, unless the image of 2015 says otherwise. The comparisons alone say what changed. Where the land cover of
each date was mapped, it helps to say at which dates a building is there, and drops one that was there all the time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from chronosight.engines.outlines import outline_in_scene, place_objects
from chronosight.results.change_probabilities import STEPS, UNKNOWN, ChangeProbabilities
from chronosight.results.changed_object import ChangedObject, Direction
from chronosight.scenes.scene import Scene
from chronosight.tasks.objects import MaskObject, find_objects
from chronosight.tasks.split import split_by_cores
from chronosight.timeline.histories import MISSED, best_histories, gain_of_presence, gains_of

ENOUGH = 0.7  # score of the comparisons from which a pixel, and an object, counts as changed
ODDS = 40.0  # by which a history is likelier than the sum over all others says: of 89 in rendered series 99 % were right
SEEN = 0.5  # of an object: with less of it in view the date says nothing about it
CHUNK = 1 << 15  # pixels whose histories are found at once: of eight dates each takes 4 kB

PRESENCE = gain_of_presence(np.arange(STEPS + 1) / STEPS)  # by probability in 1/255; 0 at UNKNOWN

Changes = Mapping[tuple[int, int], ChangeProbabilities]


@dataclass(frozen=True)
class Event:
    """A change of an object: not yet at date `before`, done at date `after` (indices of the timeline's dates)."""

    direction: Direction
    before: int
    after: int


@dataclass(frozen=True)
class Track:
    """One object through time.

    Attributes:
        item: Class, outline, area and place; its direction and confidence are those of one comparison.
        present: Whether it is there, at each date.
        seen: Whether the date shows its place (data, no cloud); where not, `present` is inferred.
        events: Its changes, in order.
        confidence: In [0, 1]: that the object is real, as the engine says (calibrated on real places), times that its history is
            right (calibrated on rendered series).
    """

    item: ChangedObject
    present: tuple[bool, ...]
    seen: tuple[bool, ...]
    events: tuple[Event, ...]
    confidence: float

    @property
    def first_seen(self) -> int:
        """Index of the first date at which it is there."""
        return self.present.index(True)

    @property
    def last_seen(self) -> int:
        """Index of the last date at which it is there."""
        return len(self.present) - 1 - self.present[::-1].index(True)

    @property
    def inferred(self) -> tuple[int, ...]:
        """Indices of the dates at which it is taken to be there or not without being seen."""
        return tuple(index for index, seen in enumerate(self.seen) if not seen)


def follow(changes: Changes, seen: np.ndarray, scene: Scene | None = None) -> list[Track]:
    """Follows objects through all dates.

    Args:
        changes: Of each compared pair of dates (`histories.pairs_to_compare`).
        seen: (T, H, W) bool, where each date has data and no cloud.
        scene: The place, for areas and places on the ground; None leaves these out.

    Returns:
        The objects that changed, the largest first.
    """
    if not changes:
        return []
    tracks = []
    for index, name in enumerate(next(iter(changes.values())).classes):
        built = _built(changes, seen) if name == "building" else None
        found = (_track(item, changes, seen, index, built) for item in _outlined(changes, seen, index))
        tracks += [track for track in found if track is not None]
    items = [track.item for track in tracks]
    placed = items if scene is None else place_objects(scene, items)
    tracks = [replace(track, item=item) for track, item in zip(tracks, placed, strict=True)]
    tracks.sort(key=lambda track: -track.item.area)
    return [replace(track, item=replace(track.item, number=number)) for number, track in enumerate(tracks, start=1)]


def _built(changes: Changes, seen: np.ndarray) -> np.ndarray | None:
    """(T, H, W) uint8 in 1/255, how probable it is that each date is built up; None where no land cover was mapped."""
    mapped = [(pair, maps.built) for pair, maps in changes.items() if maps.built is not None]
    if not mapped:
        return None
    found = np.full(seen.shape, UNKNOWN, np.uint8)
    for date in range(len(seen)):
        sums, count = np.zeros((2, *seen.shape[1:]), np.uint16)
        for pair, built in mapped:
            if date in pair:
                both = _both(seen, pair)
                sums += built[pair.index(date)] * both
                count += both
        np.floor_divide(sums, count, out=found[date], where=count > 0, casting="unsafe")
    return found


def _outlined(changes: Changes, seen: np.ndarray, index: int) -> list[MaskObject]:
    """Objects of a class (its index) by the label rule, where all comparisons together have enough evidence."""
    shape = seen.shape[1:]
    hints = np.zeros(shape, bool)
    for maps in changes.values():  # no sum of comparisons is positive where none reaches this
        hints |= maps.appeared[index].astype(np.uint16) + maps.vanished[index] > (1 - MISSED) * STEPS
    places = np.flatnonzero(hints)
    mask, interiors = np.zeros((2, hints.size), bool)
    for start in range(0, len(places), CHUNK):
        here = places[start : start + CHUNK]
        gains, weights, inner = {}, np.full(len(here), 1e-6), np.zeros(len(here))
        for pair, maps in changes.items():
            new, gone = (part[index].ravel()[here] / STEPS for part in (maps.appeared, maps.vanished))
            gains[pair] = gains_of(new, gone) * _both(seen, pair).ravel()[here]
            weights += new + gone
            inner += (new + gone) * maps.interiors.ravel()[here]
        mask[here] = best_histories(gains, len(seen)).score >= ENOUGH
        interiors[here] = inner > weights * STEPS / 2
    smallest = next(iter(changes.values())).min_area
    return find_objects(split_by_cores(mask.reshape(shape), interiors.reshape(shape)), smallest)


def _track(
    item: MaskObject, changes: Changes, seen: np.ndarray, index: int, built: np.ndarray | None
) -> Track | None:
    """An object with its history; None where the dates that show it do not suffice."""
    view = seen[:, *item.window][:, item.inside]
    in_view = tuple(bool(part.mean() >= SEEN) for part in view)
    shown = [date for date, there in enumerate(in_view) if there]
    gains, strength = {}, {}
    for (first, second), maps in changes.items():
        both = view[first] & view[second]
        if first in shown and second in shown and both.any():
            new, gone = (
                part[index][item.window][item.inside][both].astype(np.float32) / STEPS
                for part in (maps.appeared, maps.vanished)
            )
            gains[shown.index(first), shown.index(second)] = gains_of(new, gone).mean(axis=1, keepdims=True)
            strength[first, second] = float((new + gone).mean())
    if not gains:
        return None
    found = best_histories(gains, len(shown))
    if found.score[0] < ENOUGH:
        return None
    if built is not None:
        presence = [PRESENCE[built[date][item.window][item.inside]].mean(keepdims=True) for date in shown]
        found = best_histories(gains, len(shown), presence)
        if found.score[0] < 0:
            return None
    present = _between(shown, found.present[0].tolist(), len(seen))
    share = float(found.share[0])
    real = max(value for (first, second), value in strength.items() if present[first] != present[second])
    events = _events(present, in_view)
    ring, holes = outline_in_scene(item)
    name = next(iter(changes.values())).classes[index]
    one = ChangedObject(
        name, events[0].direction, outline=ring, area_px=float(item.inside.sum()), cell=item.cell, confidence=real, holes=holes
    )
    return Track(one, present, in_view, events, real * ODDS * share / (ODDS * share + 1 - share))


def _both(seen: np.ndarray, pair: tuple[int, int]) -> np.ndarray:
    """(H, W) bool, where both dates of a pair show the ground."""
    both: np.ndarray = seen[pair[0]] & seen[pair[1]]
    return both


def _between(shown: Sequence[int], states: Sequence[bool], count: int) -> tuple[bool, ...]:
    """States at all dates: a date that does not show the place is taken to be as the one before it that does."""
    at = np.searchsorted(shown, range(count), side="right") - 1
    return tuple(states[max(0, int(index))] for index in at)


def _events(present: Sequence[bool], seen: Sequence[bool]) -> tuple[Event, ...]:
    """Changes between dates that show the place."""
    shown = [index for index, view in enumerate(seen) if view]
    return tuple(
        Event("appeared" if present[after] else "vanished", before, after)
        for before, after in pairwise(shown)
        if present[before] != present[after]
    )
