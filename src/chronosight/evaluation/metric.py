"""A metric is a formula of sums over answers; a result is its value with a bootstrap interval.

Every score here adds up: hits and answers, squared errors, matched n-grams, confidences by bin. So a draw of groups is a vector
of weights on the sums of each group, and a thousand draws for all metrics are a few matrix products.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from chronosight.metrics.bootstrap import DRAWS, mean_parts, percentile_interval, ratio, resample, sum_by_group


@dataclass(frozen=True, eq=False)
class Metric:
    """A metric before it is estimated.

    Attributes:
        name: As tables show it.
        groups: The group of each of n answers, for the bootstrap.
        parts: (n, k) what is summed.
        of: Sums (..., k) -> value (...).
        unit: What one of n is.
        n: Over how many units, the number of answers where None.
    """

    name: str
    groups: Sequence[str]
    parts: np.ndarray
    of: Callable[[np.ndarray], np.ndarray] = field(repr=False)
    unit: str = "answers"
    n: int | None = None


@dataclass(frozen=True)
class Target:
    """What a metric should reach.

    Attributes:
        at: "least" for scores, "most" for errors.
        value: The threshold.
    """

    at: Literal["least", "most"]
    value: float

    def met_by(self, value: float) -> bool:
        """Whether a value reaches the target.

        Args:
            value: The value of the metric.

        Returns:
            True where it does.
        """
        return value >= self.value if self.at == "least" else value <= self.value

    def __str__(self) -> str:
        return f"{'≥' if self.at == 'least' else '≤'} {self.value:g}"


@dataclass(frozen=True)
class Result:
    """One row of a results table.

    Attributes:
        metric: Its name.
        value: None where it cannot be had; then `note` says why.
        n: Over how many units.
        unit: What one of n is.
        interval: Central 95 % of the bootstrap over groups; None where there is none.
        target: What it should reach.
        note: A remark.
    """

    metric: str
    value: float | None
    n: int
    unit: str = "answers"
    interval: tuple[float, float] | None = None
    target: Target | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without a target or a value."""
        if self.target is None or self.value is None or math.isnan(self.value):
            return None
        return self.target.met_by(self.value)

    def to_dict(self) -> dict[str, Any]:
        """As JSON types; nan becomes None. "bar" is the old name of "target"."""
        target = None if self.target is None else str(self.target)
        fields = asdict(self)
        fields["value"] = _number(self.value)
        fields["interval"] = None if self.interval is None else [_number(v) for v in self.interval]
        return {**fields, "target": target, "bar": target, "met": self.met}


def mean_metric(name: str, groups: Sequence[str], values: Sequence[float] | np.ndarray, unit: str = "answers") -> Metric:
    """The mean of one value an answer.

    Args:
        name: As tables show it.
        groups: The group of each answer.
        values: (n,).
        unit: What one of n is.

    Returns:
        The metric.
    """
    return Metric(name, groups, mean_parts(values), ratio, unit)


def difference(name: str, minuend: Metric, subtrahend: Metric) -> Metric:
    """A difference of two metrics over the same answers; groups are drawn for both at once.

    Args:
        name: As tables show it.
        minuend: The metric that the other is taken from.
        subtrahend: The other.

    Returns:
        The metric.
    """
    width = minuend.parts.shape[1]

    def of(sums: np.ndarray) -> np.ndarray:
        return np.asarray(minuend.of(sums[..., :width]) - subtrahend.of(sums[..., width:]))

    return replace(minuend, name=name, parts=np.concatenate([minuend.parts, subtrahend.parts], axis=1), of=of)


def estimate(entries: Sequence[Metric | Result], seed: int = 0, draws: int = DRAWS) -> list[Result]:
    """Values with intervals; one bootstrap for all.

    Args:
        entries: Metrics, and results that are finished already (a score that does not add up), in order.
        seed: The same seed gives the same intervals.
        draws: How many; 0 for no intervals.

    Returns:
        One result an entry; without an interval where it has fewer than two groups.
    """
    metrics = [entry for entry in entries if isinstance(entry, Metric)]
    names = sorted({group for metric in metrics for group in metric.groups})
    index = {name: i for i, name in enumerate(names)}
    columns = [
        sum_by_group(np.asarray(m.parts, dtype=float), np.array([index[group] for group in m.groups], dtype=np.int64), len(names))
        for m in metrics
    ]
    drawn = resample(np.concatenate(columns, axis=1), seed, draws) if len(names) > 1 and draws else None
    spans = pairwise(np.cumsum([0, *(part.shape[1] for part in columns)]))
    results: list[Result] = []
    for entry in entries:
        if isinstance(entry, Result):
            results.append(entry)
            continue
        start, end = next(spans)
        interval = None
        if drawn is not None and len(set(entry.groups)) > 1:
            interval = percentile_interval(entry.of(drawn[:, start:end]))
        value = float(entry.of(np.asarray(entry.parts, dtype=float).sum(axis=0)))
        results.append(Result(entry.name, value, len(entry.groups) if entry.n is None else entry.n, entry.unit, interval))
    return results


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(value, 6)
