"""Percentile bootstrap over groups (places, images): answers about one place fail together, so groups are drawn whole."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np

DRAWS = 1000
LEVEL = 0.95  # share of the draws inside an interval
BATCH = 8  # draws at once: the weights of 100,000 groups are 6 MB


def mean_parts(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """The parts of a mean.

    Args:
        values: (n,) one value an answer.

    Returns:
        (n, 2) the value and a one; `ratio` of their sums is the mean.
    """
    array = np.asarray(values, dtype=float)
    return np.stack([array, np.ones_like(array)], axis=-1)


def ratio(sums: np.ndarray) -> np.ndarray:
    """The first sum over the second.

    Args:
        sums: (..., 2).

    Returns:
        (...); nan where both are 0.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums[..., 0] / sums[..., 1])


def sum_by_group(parts: np.ndarray, members: np.ndarray, groups: int) -> np.ndarray:
    """Sums of the parts of each group.

    Args:
        parts: (n, k).
        members: (n,) int, the group of each row.
        groups: Number of groups.

    Returns:
        (groups, k).
    """
    return np.stack([np.bincount(members, parts[:, k], groups) for k in range(parts.shape[1])], axis=1)


def resample(sums: np.ndarray, seed: int = 0, draws: int = DRAWS) -> np.ndarray:
    """Sums over groups drawn with replacement.

    Args:
        sums: (groups, k) of `sum_by_group`.
        seed: The same seed gives the same draws.
        draws: How many.

    Returns:
        (draws, k).
    """
    rng = np.random.default_rng(seed)
    groups = sums.shape[0]
    found = []
    for start in range(0, draws, BATCH):
        size = min(BATCH, draws - start)
        weights = np.stack([np.bincount(rng.integers(0, groups, groups), minlength=groups) for _ in range(size)])
        found.append(weights.astype(float) @ sums)
    return np.concatenate(found)


def percentile_interval(values: np.ndarray, level: float = LEVEL) -> tuple[float, float] | None:
    """The central interval of drawn values.

    Args:
        values: (draws,); nan is left out.
        level: Share of the draws inside: 0.95 leaves 2.5 % below and 2.5 % above.

    Returns:
        Low and high; None where nothing is left.
    """
    values = values[~np.isnan(values)]
    if not values.size:
        return None
    low, high = np.percentile(values, [50 * (1 - level), 50 * (1 + level)])
    return float(low), float(high)


def bootstrap_interval(
    groups: Sequence[Hashable], statistic: Callable[[np.ndarray], float], draws: int = DRAWS, seed: int = 0
) -> tuple[float, float] | None:
    """Interval of a statistic that is no formula of sums; slower than `resample`, with the same draws.

    Args:
        groups: The group of each of n answers.
        statistic: Takes the indices of the drawn answers, (m,) int with repeats.
        draws: How many.
        seed: The same seed gives the same interval.

    Returns:
        Low and high of the central 95 %; None for fewer than two groups.
    """
    members: dict[Hashable, list[int]] = {}
    for answer, group in enumerate(groups):
        members.setdefault(group, []).append(answer)
    places = [np.array(members[name]) for name in sorted(members, key=str)]
    if len(places) < 2:
        return None
    rng = np.random.default_rng(seed)
    drawn = [rng.integers(0, len(places), len(places)) for _ in range(draws)]
    return percentile_interval(np.array([statistic(np.concatenate([places[i] for i in draw])) for draw in drawn], dtype=float))
