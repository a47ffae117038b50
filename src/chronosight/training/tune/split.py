"""Which pairs show the same ground, and which places are for tuning, for choosing and for measuring.

Pairs that overlap on the ground are one place, and a place is in one part alone: else the result would be measured on
buildings that were learned by heart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chronosight.errors import InputError
from chronosight.scenes.lonlat import scene_corners
from chronosight.training.tune.pairs import OwnPair

PARTS = ("train", "val", "test")
SHARES = {"test": 0.2, "val": 0.15}  # of the pairs
FEWEST_CHANGED = 4  # places with a changed building, below which nothing can be learned and held out
ALL_PARTS_FROM = 9  # places with change, from which on measuring has places of its own


@dataclass(frozen=True)
class Split:
    """The parts.

    Attributes:
        places: Place of each pair, by number.
        parts: Name of the part of each pair.
        shared: Whether the places for measuring also chose the step, since there are few.
    """

    places: tuple[int, ...]
    parts: tuple[str, ...]
    shared: bool

    def of(self, part: str, pairs: Sequence[OwnPair]) -> list[OwnPair]:
        """The pairs of a part.

        Args:
            part: "train", "val" or "test".
            pairs: All pairs, in the order of the split.

        Returns:
            Those of the part; for "test", those of "val" where they are shared.
        """
        wanted = "val" if self.shared and part == "test" else part
        return [pair for pair, of in zip(pairs, self.parts, strict=True) if of == wanted]


def find_places(pairs: Sequence[OwnPair]) -> tuple[int, ...]:
    """Groups pairs that overlap on the ground, and pairs that hold the same image.

    Args:
        pairs: The pairs.

    Returns:
        A number of the place for each pair, from 0 in the order of the pairs.
    """
    import shapely

    owner = list(range(len(pairs)))

    def root(index: int) -> int:
        while owner[index] != index:
            owner[index] = owner[owner[index]]
            index = owner[index]
        return index

    def join(first: int, second: int) -> None:
        low, high = sorted((root(first), root(second)))
        owner[high] = low

    seen: dict[str, int] = {}
    outlines = []
    for index, pair in enumerate(pairs):
        for frame in pair.scene.frames:
            key = hashlib.sha256(np.ascontiguousarray(frame).tobytes() + str(frame.shape).encode()).hexdigest()
            join(index, seen.setdefault(key, index))
        corners = scene_corners(pair.scene)
        outlines.append(None if corners is None else shapely.Polygon(corners))
    placed = [index for index, outline in enumerate(outlines) if outline is not None]
    if placed:
        tree = shapely.STRtree([outlines[index] for index in placed])
        for first, second in tree.query([outlines[index] for index in placed], predicate="intersects").T:
            a, b = outlines[placed[first]], outlines[placed[second]]
            if first < second and a is not None and b is not None and a.intersection(b).area > 1e-3 * min(a.area, b.area):
                join(placed[first], placed[second])
    numbers: dict[int, int] = {}
    return tuple(numbers.setdefault(root(index), len(numbers)) for index in range(len(pairs)))


def split_places(pairs: Sequence[OwnPair], seed: int = 0) -> Split:
    """Divides the places at random, those with change and those without alike.

    Args:
        pairs: The pairs.
        seed: Of the draw.

    Returns:
        The parts.

    Raises:
        InputError: Too few places have a changed building.
    """
    places = find_places(pairs)
    by_place: dict[int, list[int]] = {}
    for index, place in enumerate(places):
        by_place.setdefault(place, []).append(index)
    changed = [place for place, members in by_place.items() if any(pairs[i].has_change for i in members)]
    if len(changed) < FEWEST_CHANGED:
        raise InputError(
            f"{len(changed)} of {len(by_place)} places have a labelled change, expected at least {FEWEST_CHANGED}: two to learn "
            "from and two held out; label more places"
        )
    shared = len(changed) < ALL_PARTS_FROM
    wanted = {"val": SHARES["val"] + SHARES["test"]} if shared else SHARES
    rng = np.random.default_rng(seed)
    part_of: dict[int, str] = {}
    for group, least in ((changed, 2), ([place for place in by_place if place not in changed], 0)):
        order = [group[i] for i in rng.permutation(len(group))]
        order.sort(key=lambda place: len(by_place[place]))  # large places are for tuning
        total = sum(len(by_place[place]) for place in group)
        for part, share in wanted.items():
            taken = places_taken = 0
            while (
                order and len(order) > least and (places_taken < least or taken + len(by_place[order[0]]) <= share * total + 0.5)
            ):
                place = order.pop(0)
                part_of[place] = part
                taken += len(by_place[place])
                places_taken += 1
        part_of |= dict.fromkeys(order, "train")
    return Split(places, tuple(part_of[place] for place in places), shared)
