"""Histories, there or not there at each date, that agree best with all comparisons together.

A comparison of two dates says how probable "appeared", "vanished" and "unchanged" are. Its gain is the logarithm of how much
likelier that makes a change between its dates than none. Gains are added up over all comparisons, so that a change which many of
them show weakly is certain. A comparison that sees nothing says little against a change, as haze and shadow hide houses; one
that sees a change says much for it. What each date says by itself, built up or not, may be added: comparisons show that a house
came, the dates by themselves at which of them it is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

MISSED, INVENTED = 0.8, 0.04  # weight of a comparison that sees nothing where there is a change, and a change where there is none
TURN = -1.0  # logarithm of how much rarer each change after the first is
EVEN, WEIGHT, MOST = 0.2, 0.5, 2.0  # probability of "built up" that says nothing; weight of a date by itself, and its limit
ALL_PAIRS = 8  # dates up to which every one is compared with every other;
REACH = 3  # of more dates each is compared with so many that follow, and with the first

Gains = Mapping[tuple[int, int], np.ndarray]
State = tuple[bool, bool, tuple[bool, ...]]  # there at the first date, anything changed, there at the last dates
Paths = tuple[np.ndarray, np.ndarray, np.ndarray]  # best score, logarithm of the sum over all paths, the best as bits by date


@dataclass(frozen=True)
class Histories:
    """The best history of N places.

    Attributes:
        present: (N, T) bool, whether the object is there at each date.
        score: (N,) by how much, as a logarithm, it is likelier than no change at all, there or not there throughout.
        share: (N,) in [0, 1], its probability among all histories with a change.
    """

    present: np.ndarray
    score: np.ndarray
    share: np.ndarray


def pairs_to_compare(count: int) -> list[tuple[int, int]]:
    """Neighbouring dates first, then those further apart.

    Args:
        count: Number of dates.

    Returns:
        (earlier, later) indices of dates.
    """
    pairs = [(first, first + apart) for apart in range(1, count) for first in range(count - apart)]
    return [pair for pair in pairs if count <= ALL_PAIRS or pair[0] == 0 or pair[1] - pair[0] <= REACH]


def gains_of(appeared: np.ndarray, vanished: np.ndarray) -> np.ndarray:
    """What a comparison says for a change.

    Args:
        appeared: (N,) probabilities in [0, 1].
        vanished: (N,) the same; both together are 1 at most.

    Returns:
        (2, N) float32: logarithms of how much likelier "appeared" and "vanished" are than "unchanged".
    """
    unchanged = np.log(np.maximum(1 - appeared - vanished, INVENTED))
    gains = [
        np.log(np.maximum(np.maximum(value, MISSED * (1 - opposite)), INVENTED)) - unchanged
        for value, opposite in ((appeared, vanished), (vanished, appeared))
    ]
    return np.stack(gains).astype(np.float32)


def gain_of_presence(built: np.ndarray) -> np.ndarray:
    """What one date by itself says for a building.

    Args:
        built: (N,) probabilities in [0, 1] that the place is built up.

    Returns:
        (N,) float32: weighted logarithm of how much likelier that makes a building than none.
    """
    odds = np.log(np.maximum(built, 1e-3) / np.maximum(1 - built, 1e-3) * (1 - EVEN) / EVEN)
    gain: np.ndarray = (WEIGHT * np.clip(odds, -MOST, MOST)).astype(np.float32)
    return gain


def best_histories(gains: Gains, count: int, presence: Sequence[np.ndarray] | None = None) -> Histories:
    """Finds the best history of each place, exactly (Viterbi's algorithm), and sums over all others.

    A state of the search is all that comparisons with later dates depend on: whether the object was there at the first date,
    whether anything has changed yet, and whether it was there at the last dates, all of them where there are few.

    Args:
        gains: Of the compared pairs of dates, those of `pairs_to_compare` or fewer, (2, N) each (`gains_of`).
        count: Number of dates T, 2 to 64.
        presence: Of each date (N,), what it says by itself for a building (`gain_of_presence`); None for nothing.

    Returns:
        The histories.
    """
    places = next(iter(gains.values())).shape[1]
    reach = count if count <= ALL_PAIRS else REACH
    zeros = np.zeros(places, np.float32)
    by_itself = [zeros] * count if presence is None else presence
    paths: dict[State, Paths] = {}
    for there in (False, True):
        begun = by_itself[0] if there else zeros
        paths[there, False, (there,)] = begun, begun, np.full(places, there, np.uint64)
    for date in range(1, count):
        grown: dict[State, Paths] = {}
        for (first, changed, recent), (best, every, bits) in paths.items():
            for there in (False, True):
                turned = there != recent[-1]
                step = np.full(places, TURN if turned and changed else 0.0, np.float32)
                if there:
                    step += by_itself[date]
                earlier = {0: first} | {date - len(recent) + at: state for at, state in enumerate(recent)}
                for other, was in earlier.items():
                    if was != there and (other, date) in gains:
                        step += gains[other, date][int(was)]
                state = first, changed or turned, (*recent, there)[-reach:]
                found = best + step, every + step, bits | np.uint64(there << date)
                grown[state] = _merged(grown[state], found) if state in grown else found
        paths = grown
    ends = [found for (_, changed, _), found in paths.items() if changed]
    constant = np.max([best for (_, changed, _), (best, _, _) in paths.items() if not changed], axis=0)
    best, every, bits = ends[0]
    for found in ends[1:]:
        best, every, bits = _merged((best, every, bits), found)
    present = (bits[:, None] >> np.arange(count, dtype=np.uint64)) & np.uint64(1)
    return Histories(present.astype(bool), best - constant, np.exp(best - every))


def _merged(one: Paths, other: Paths) -> Paths:
    """Two groups of paths as one: the better path of each place, and the sum."""
    better = other[0] > one[0]
    return np.maximum(one[0], other[0]), np.logaddexp(one[1], other[1]), np.where(better, other[2], one[2])
