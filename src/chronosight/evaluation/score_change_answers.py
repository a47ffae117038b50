"""Metrics of answers about changed objects: whether any changed, how many, and where.

A reply that cannot be parsed counts as "no change": no, 0, no cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chronosight.datasets.sample import Sample
from chronosight.evaluation.metric import Metric, mean_metric
from chronosight.evaluation.score_masks import cells_of, number_of, overlap_metrics
from chronosight.metrics.bootstrap import mean_parts, ratio
from chronosight.metrics.change import cell_parts, confusion_parts, false_alarm_rate, jaccard
from chronosight.tasks.question import Value

SIZES = ((0, 0), (1, 1), (2, 4), (5, 9), (10, 19), (20, 10**9))  # true counts that are scored apart


def binary_metrics(samples: Sequence[Sample], values: Sequence[Value | None], name: str = "binary") -> list[Metric]:
    """Accuracy, precision, recall and F1 with change as the positive class, and the false alarm rate.

    Args:
        samples: What was asked.
        values: The values of the replies.
        name: Begins the names of the metrics.

    Returns:
        The metrics; the false alarm rate alone where nothing changed anywhere.
    """
    groups = groups_of(samples)
    parts = confusion_parts([value is True for value in values], [sample.truth is True for sample in samples])
    still = np.flatnonzero(parts[:, 1] + parts[:, 3])
    alarms = Metric(f"{name} false alarm rate", [groups[i] for i in still.tolist()], parts[still], false_alarm_rate)
    if len(still) == len(samples):
        return [replace(alarms, name="false alarm rate", unit="pairs")]
    accuracy = mean_metric(f"{name} accuracy", groups, parts[:, 0] + parts[:, 3])
    return [accuracy, *overlap_metrics(name, groups, parts), *([alarms] if still.size else [])]


def count_metrics(samples: Sequence[Sample], values: Sequence[Value | None], name: str = "count") -> list[Metric]:
    """MAE and RMSE in objects, share counted exactly; MAE and exact again by the size of the true count.

    Args:
        samples: Samples of task count.
        values: Predicted counts, in the same order; None counts as 0.
        name: What the metrics' names begin with.

    Returns:
        The metrics.
    """
    groups = groups_of(samples)
    true = np.array([number_of(sample.truth) for sample in samples], dtype=float)
    error = np.array([number_of(value) for value in values], dtype=float) - true
    metrics = [
        mean_metric(f"{name} MAE", groups, np.abs(error)),
        Metric(f"{name} RMSE", groups, mean_parts(error**2), lambda sums: np.sqrt(ratio(sums))),
        mean_metric(f"{name} exact", groups, error == 0),
        Metric(f"{name}, all together, off by", groups, np.stack([error, true], axis=1), _share_off),
    ]
    for low, high in SIZES:
        chosen = np.flatnonzero((true >= low) & (true <= high))
        if chosen.size:
            size = str(low) if low == high else f"{low} to {high}" if high < 10**9 else f"{low} and more"
            of_size = [groups[i] for i in chosen]
            metrics.append(mean_metric(f"{name} MAE, of {size}", of_size, np.abs(error[chosen])))
            metrics.append(mean_metric(f"{name} exact, of {size}", of_size, error[chosen] == 0))
    return metrics


def _share_off(sums: np.ndarray) -> np.ndarray:
    """Sums (..., 2) of errors and of true counts -> the share by which the sum of all counts is off."""
    return np.asarray(np.abs(sums[..., 0]) / np.where(sums[..., 1] > 0, sums[..., 1], np.nan))


def location_metrics(samples: Sequence[Sample], values: Sequence[Value | None], name: str = "location") -> list[Metric]:
    """Example accuracy with two empty sets counting 1 and, DeltaVLM's variant, 0; subset accuracy; micro P, R and F1.

    Args:
        samples: Samples of task location.
        values: Predicted cells, in the same order; None counts as no cells.
        name: What the metrics' names begin with.

    Returns:
        The metrics.
    """
    groups = groups_of(samples)
    predicted, true = [cells_of(value) for value in values], [cells_of(sample.truth) for sample in samples]
    pairs = list(zip(predicted, true, strict=True))
    return [
        mean_metric(f"{name} example accuracy", groups, [jaccard(p, t) for p, t in pairs]),
        mean_metric(f"{name} example accuracy, empty/empty 0", groups, [jaccard(p, t, 0.0) for p, t in pairs]),
        mean_metric(f"{name} subset accuracy", groups, [p == t for p, t in pairs]),
        *overlap_metrics(f"{name} micro", groups, cell_parts(predicted, true)),
    ]


def groups_of(samples: Sequence[Sample]) -> list[str]:
    """The group of each sample, for the bootstrap.

    Args:
        samples: Of a benchmark.

    Returns:
        One name a sample.
    """
    return [sample.resampled for sample in samples]
