"""Objects followed through time: each gets the history that agrees best with the comparisons.

Every date is compared with every other one (of a long series with the next three and the first). A candidate is a place where
any comparison reports an object. Its history, there or not there at each date, is the most probable path of a hidden Markov
model: a comparison of two dates says how probable "appeared", "vanished" and "unchanged" are within the outline, and a change of
state costs a little. Only neighbouring dates and the first are used here, as comparisons that share a date err together. So the
histories are consistent whatever single comparisons say: what is there in 2012 and in 2018 is there in 2015, unless the image of
2015 says otherwise. The path is exact: with the state at the first date fixed, comparisons with it depend on one date alone. The
object is kept where two comparisons or more report it as its history has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw
from shapely import Polygon, STRtree

from chronosight.results.changed_object import ChangedObject, Direction
from chronosight.results.evidence import Evidence

SAME = 0.2  # of the smaller outline: two that share more are one object
CHANGE = 0.45  # prior probability that a place where some comparison reports an object changes between two dates
MISSED, INVENTED = 0.8, 0.04  # weight of a comparison that sees nothing where there is a change, and a change where there is none
ODDS = 80.0  # by which a history is likelier than the sum over all others says: of 121 in rendered series 88 % were right
SEEN = 0.5  # of an outline: with less of it in view the date says nothing about the object
REPORTS = 2  # comparisons that must report an object, where so many are of two dates between which it changed
WEIGHT_OF_FIRST = 0.25  # comparisons over the whole span are less reliable than those of neighbours
ALL_PAIRS = 8  # dates up to which every one is compared with every other;
REACH = 3  # of more dates each is compared with so many that follow, and with the first


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


def pairs_to_compare(count: int) -> list[tuple[int, int]]:
    """Neighbouring dates first, then those further apart.

    Args:
        count: Number of dates.

    Returns:
        (earlier, later) indices of dates.
    """
    pairs = [(first, first + apart) for apart in range(1, count) for first in range(count - apart)]
    return [pair for pair in pairs if count <= ALL_PAIRS or pair[0] == 0 or pair[1] - pair[0] <= REACH]


def follow(evidence: Mapping[tuple[int, int], Evidence], seen: np.ndarray) -> list[Track]:
    """Follows objects through all dates.

    Args:
        evidence: Of each compared pair of dates (`pairs_to_compare`).
        seen: (T, H, W) bool, where each date has data and no cloud.

    Returns:
        The objects that changed, the largest first; what too few comparisons report is left out.
    """
    tracks, reports = [], _Reports(evidence)
    for item in _candidates(evidence):
        box, inside = _pixels(item, seen.shape[1:])
        in_view = tuple(bool(view.mean() >= SEEN) for view in seen[:, *box][:, inside]) if inside.any() else ()
        if sum(in_view) < 2:
            continue
        shown = [index for index, view in enumerate(in_view) if view]
        compared = {}
        for at, second in enumerate(shown[1:], start=1):
            for before in {at - 1, 0}:  # the date before it that shows the place, and the first one
                if maps := evidence.get((shown[before], second)):
                    both = inside & seen[shown[before]][box] & seen[second][box]
                    compared[before, at] = _probabilities(maps, box, both)
        states, share = _history(compared, len(shown))
        present = _between(shown, states, len(seen))
        if reports.enough(item, present, in_view):
            confidence = item.confidence * ODDS * share / (ODDS * share + 1 - share)
            tracks.append(Track(item, present, in_view, _events(present, in_view), confidence))
    kept = _distinct(tracks)
    return [replace(track, item=replace(track.item, number=number)) for number, track in enumerate(kept, start=1)]


def _candidates(evidence: Mapping[tuple[int, int], Evidence]) -> list[ChangedObject]:
    """Every object that any comparison reports, once; neighbouring dates first, which separate objects best."""
    chosen: list[ChangedObject] = []
    shapes: list[Polygon] = []
    for maps in evidence.values():
        tree = STRtree(shapes)
        known, fresh = list(shapes), []
        for item in maps.objects:
            shape = _polygon(item)
            others = [known[i] for i in tree.query(shape) if chosen[i].class_name == item.class_name] if known else []
            if any(_shared(shape, other) >= SAME for other in others):
                continue
            fresh.append((item, shape))
        for item, shape in fresh:
            chosen.append(item)
            shapes.append(shape)
    return chosen


class _Reports:
    """What the comparisons report, to be looked up by place."""

    def __init__(self, evidence: Mapping[tuple[int, int], Evidence]) -> None:
        self.by_pair: dict[tuple[int, int], tuple[STRtree, list[Polygon], Sequence[ChangedObject]]] = {}
        for pair, maps in evidence.items():
            shapes = [_polygon(item) for item in maps.objects]
            self.by_pair[pair] = STRtree(shapes), shapes, maps.objects

    def enough(self, item: ChangedObject, present: Sequence[bool], in_view: Sequence[bool]) -> bool:
        """Whether REPORTS comparisons, or all of fewer, report the change that the history says happened between their dates."""
        shape, reported, possible = _polygon(item), 0, 0
        for (first, second), (tree, shapes, items) in self.by_pair.items():
            if not (in_view[first] and in_view[second]) or present[first] == present[second]:
                continue
            possible += 1
            direction = "appeared" if present[second] else "vanished"
            reported += any(
                items[i].class_name == item.class_name
                and items[i].direction == direction
                and _shared(shape, shapes[i]) >= SAME
                for i in tree.query(shape)
            )
        return possible > 0 and reported >= min(REPORTS, possible)


def _distinct(tracks: Sequence[Track]) -> list[Track]:
    """Without tracks that lie within a larger one of the same class."""
    ordered = sorted(tracks, key=lambda track: -track.item.area)
    kept: list[Track] = []
    for track in ordered:
        shape = _polygon(track.item)
        if not any(
            other.item.class_name == track.item.class_name and _shared(shape, _polygon(other.item)) >= SAME for other in kept
        ):
            kept.append(track)
    return kept


def _polygon(item: ChangedObject) -> Polygon:
    shape = Polygon(item.outline, item.holes)
    return shape if shape.is_valid else shape.buffer(0)


def _shared(first: Polygon, second: Polygon) -> float:
    """The share of the smaller one that both cover."""
    smaller = min(first.area, second.area)
    return float(first.intersection(second).area / smaller) if smaller > 0 else 0.0


def _pixels(item: ChangedObject, shape: tuple[int, ...]) -> tuple[tuple[slice, slice], np.ndarray]:
    """The box around an object, and which of its pixels (h, w) lie inside the outline."""
    (left, top), (right, bottom) = np.floor(item.outline.min(axis=0)), np.ceil(item.outline.max(axis=0))
    left, top = int(np.clip(left, 0, shape[1] - 1)), int(np.clip(top, 0, shape[0] - 1))
    right, bottom = int(np.clip(right, left + 1, shape[1])), int(np.clip(bottom, top + 1, shape[0]))
    sheet = Image.new("1", (right - left, bottom - top))
    pen = ImageDraw.Draw(sheet)
    for ring, fill in ((item.outline, 1), *((hole, 0) for hole in item.holes)):
        pen.polygon([(float(x) - left - 0.5, float(y) - top - 0.5) for x, y in ring], fill=fill)
    return (slice(top, bottom), slice(left, right)), np.array(sheet)


def _probabilities(maps: Evidence, box: tuple[slice, slice], inside: np.ndarray) -> tuple[float, float, float]:
    """Probabilities of unchanged, appeared and vanished within an outline."""
    change = maps.probability[box][inside].astype(np.float64)
    if not change.size:
        return 1 / 3, 1 / 3, 1 / 3
    appeared = maps.appeared[box][inside].astype(np.float64)
    new, gone = float((change * appeared).mean()), float((change * (1 - appeared)).mean())
    return 1 - new - gone, new, gone


def _history(compared: Mapping[tuple[int, int], tuple[float, float, float]], count: int) -> tuple[tuple[bool, ...], float]:
    """The most probable states with a change among them, and how probable they are against all others that have one.

    By Viterbi's algorithm, and a sum over all paths.
    """
    best, every = (-np.inf, (False,) * count), -np.inf
    for start in (False, True):
        paths: dict[tuple[bool, bool], tuple[float, tuple[bool, ...]]] = {(start, False): (0.0, (start,))}
        sums = {(start, False): 0.0}
        for index in range(1, count):
            grown: dict[tuple[bool, bool], tuple[float, tuple[bool, ...]]] = {}
            summed: dict[tuple[bool, bool], float] = {}
            for state in (False, True):
                own = WEIGHT_OF_FIRST * _log(compared.get((0, index)), start, state) if index > 1 else 0.0
                steps = {
                    before: own + _log(compared.get((index - 1, index)), before, state)
                    + float(np.log(CHANGE if before != state else 1 - CHANGE))
                    for before in (False, True)
                }  # fmt: skip
                for (before, changed), (score, path) in paths.items():
                    now = state, changed or before != state  # with whether anything has changed so far
                    grown[now] = max(grown.get(now, (-np.inf, ())), (score + steps[before], (*path, state)))
                    added = sums[before, changed] + steps[before]
                    summed[now] = float(np.logaddexp(summed.get(now, -np.inf), added))
            paths, sums = grown, summed
        for (_, changed), found in paths.items():
            best = max(best, found) if changed else best
        for (_, changed), value in sums.items():
            every = float(np.logaddexp(every, value)) if changed else every
    return best[1], float(np.exp(best[0] - every))


def _between(shown: Sequence[int], states: Sequence[bool], count: int) -> tuple[bool, ...]:
    """States at all dates: a date that does not show the place is taken to be as the one before it that does."""
    at = np.searchsorted(shown, range(count), side="right") - 1
    return tuple(states[max(0, int(index))] for index in at)


def _log(compared: tuple[float, float, float] | None, before: bool, after: bool) -> float:
    """Log-likelihood of a comparison given the states at its two dates; 0 where it says nothing."""
    if compared is None:
        return 0.0
    unchanged, appeared, vanished = compared
    if before == after:
        return float(np.log(max(unchanged, INVENTED)))
    value, opposite = (appeared, vanished) if after else (vanished, appeared)
    return float(np.log(max(value, MISSED * (1 - opposite), INVENTED)))


def _events(present: Sequence[bool], seen: Sequence[bool]) -> tuple[Event, ...]:
    """Changes between dates that show the place."""
    shown = [index for index, view in enumerate(seen) if view]
    return tuple(
        Event("appeared" if present[after] else "vanished", before, after)
        for before, after in pairwise(shown)
        if present[before] != present[after]
    )
