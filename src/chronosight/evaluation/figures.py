"""Figures that are functions of sums, and their intervals: one bootstrap for all figures of a benchmark.

Every score here adds up: hits and answers, squared errors, matched n-grams, confidences by bin. So a draw of places is a
vector of weights on the sums of each place, and a thousand draws for all figures are a few matrix products. Groups
(places, pictures) are drawn whole, since questions about one place fail together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from chronosight.evaluation.table import Row
from chronosight.metrics.bootstrap import DRAWS

BATCH = 8  # draws at once: weights of 100,000 groups are 6 MB


@dataclass(frozen=True, eq=False)
class Figure:
    """groups: of each answer, n names. parts: (n, k) what is summed. of: sums (..., k) -> figure (...). n: how many units
    it is made of, the number of answers where None."""

    metric: str
    groups: Sequence[str]
    parts: np.ndarray
    of: Callable[[np.ndarray], np.ndarray] = field(repr=False)
    unit: str = "answers"
    n: int | None = None
    note: str = ""


def mean_of(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Parts of a mean: (n, 2), a value and a one."""
    array = np.asarray(values, dtype=float)
    return np.stack([array, np.ones_like(array)], axis=-1)


def ratio(sums: np.ndarray) -> np.ndarray:
    """The first sum over the second; nan where there is nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        result: np.ndarray = sums[..., 0] / sums[..., 1]
    return result


def mean_figure(metric: str, groups: Sequence[str], values: Sequence[float] | np.ndarray, unit: str = "answers") -> Figure:
    return Figure(metric, groups, mean_of(values), ratio, unit)


def figure_rows(entries: Sequence[Figure | Row], seed: int = 0, draws: int = DRAWS, level: float = 0.95) -> list[Row]:
    """Rows with percentile intervals over groups; the same seed gives the same intervals. No interval under two groups, or
    with no draws.

    What is a row already (a figure that does not add up) stays as it is, in its place.
    """
    figures = [entry for entry in entries if isinstance(entry, Figure)]
    names = sorted({group for figure in figures for group in figure.groups})
    index = {name: i for i, name in enumerate(names)}
    columns = [_by_group(figure, index) for figure in figures]
    if not columns:
        return [entry for entry in entries if isinstance(entry, Row)]
    edges = np.cumsum([0, *(part.shape[1] for part in columns)])
    drawn = _draw(np.concatenate(columns, axis=1), seed, draws) if len(names) > 1 and draws else None
    rows: list[Row] = []
    spans = pairwise(edges)
    for figure in entries:
        if isinstance(figure, Row):
            rows.append(figure)
            continue
        start, end = next(spans)
        value = float(figure.of(np.asarray(figure.parts, dtype=float).sum(axis=0)))
        n = len(figure.groups) if figure.n is None else figure.n
        interval = None
        if drawn is not None and len(set(figure.groups)) > 1:
            interval = _interval(figure.of(drawn[:, start:end]), level)
        rows.append(Row(figure.metric, value, n, figure.unit, interval, note=figure.note))
    return rows


def _by_group(figure: Figure, index: dict[str, int]) -> np.ndarray:
    """(G, k) sums by group."""
    parts = np.asarray(figure.parts, dtype=float)
    at = np.array([index[group] for group in figure.groups], dtype=np.int64)
    return np.stack([np.bincount(at, parts[:, k], len(index)) for k in range(parts.shape[1])], axis=1)


def _draw(sums: np.ndarray, seed: int, draws: int) -> np.ndarray:
    """(draws, k) sums over groups drawn with replacement."""
    rng = np.random.default_rng(seed)
    groups = sums.shape[0]
    found = []
    for start in range(0, draws, BATCH):
        size = min(BATCH, draws - start)
        weights = np.stack([np.bincount(rng.integers(0, groups, groups), minlength=groups) for _ in range(size)])
        found.append(weights.astype(float) @ sums)
    return np.concatenate(found)


def _interval(values: np.ndarray, level: float) -> tuple[float, float] | None:
    values = values[~np.isnan(values)]
    if not values.size:
        return None
    tail = 50 * (1 - level)
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)
