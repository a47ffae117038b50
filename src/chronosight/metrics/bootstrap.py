"""How far a figure could have come out otherwise: percentile bootstrap over places.

Windows of one place look alike, so whole places are drawn with replacement, never single windows.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np

DRAWS = 1000


def bootstrap_interval(
    groups: Sequence[Hashable],
    statistic: Callable[[np.ndarray], float],
    draws: int = DRAWS,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile interval of a statistic.

    groups: the place of each item. statistic: takes the indices of the drawn items, (m,) int with repeats, and gives a
    figure; draws in which it is nan are left out. The same seed gives the same interval; under two places: (nan, nan).
    """
    members: dict[Hashable, list[int]] = {}
    for item, group in enumerate(groups):
        members.setdefault(group, []).append(item)
    places = [np.array(items) for items in members.values()]
    if len(places) < 2:
        return float("nan"), float("nan")
    random = np.random.default_rng(seed)
    figures = np.array(
        [statistic(np.concatenate([places[i] for i in random.integers(0, len(places), len(places))])) for _ in range(draws)],
        dtype=float,
    )
    figures = figures[~np.isnan(figures)]
    if not figures.size:
        return float("nan"), float("nan")
    tail = 50 * (1 - level)
    low, high = np.percentile(figures, [tail, 100 - tail])
    return float(low), float(high)


def mean_interval(groups: Sequence[Hashable], values: Sequence[float] | np.ndarray, seed: int = 0) -> tuple[float, float]:
    """Interval of the mean of one value per item."""
    array = np.asarray(values, dtype=float)
    return bootstrap_interval(groups, lambda items: float(array[items].mean()), seed=seed)
