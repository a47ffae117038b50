"""Figures of confidence: calibration error, and how accurate the surest answers are.

Expected calibration error as in `calibration`, 15 bins of equal width. Selective accuracy at coverage c: accuracy of the
share c of the answers that are surest (Geifman and El-Yaniv, 2017); of equally sure ones, the earlier in the benchmark.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chronosight.evaluation.figures import Figure
from chronosight.evaluation.item import Item, Reply, is_right
from chronosight.evaluation.table import Row
from chronosight.metrics.calibration import BINS
from chronosight.tasks.question import Value

COVERAGES = (0.5, 0.8, 0.9, 1.0)


def confidence_figures(items: Sequence[Item], replies: Sequence[Reply], values: Sequence[Value | None]) -> list[Figure | Row]:
    """Of answers that are right or wrong and come with a confidence: all together, and task by task."""
    asked = [i for i, item in enumerate(items) if item.task not in ("caption", "mask") and replies[i].confidence is not None]
    if not asked:
        return []
    tasks = sorted({items[i].task for i in asked})
    figures: list[Figure | Row] = []
    for name, chosen in [("all answers", asked), *((task, [i for i in asked if items[i].task == task]) for task in tasks)]:
        if name != "all answers" and len(tasks) == 1:
            continue
        groups = [items[i].group for i in chosen]
        sure = np.array([replies[i].confidence for i in chosen], dtype=float)
        right = np.array([is_right(items[i], values[i]) for i in chosen], dtype=float)
        figures.append(Figure(f"calibration error, {name}", groups, _bin_parts(sure, right), _calibration_error))
        for coverage in COVERAGES:
            n = max(1, round(coverage * len(chosen)))
            surest = np.argsort(-sure, kind="stable")[:n]
            figures.append(Row(f"accuracy of the surest {coverage:.0%}, {name}", float(right[surest].mean()), n, "answers"))
    return figures


def _bin_parts(sure: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(n, BINS + 1): confidence less outcome in the column of its bin, and a one."""
    edges = np.linspace(0, 1, BINS + 1)
    index = np.clip(np.searchsorted(edges, sure, side="left") - 1, 0, BINS - 1)
    parts = np.zeros((sure.size, BINS + 1))
    parts[np.arange(sure.size), index] = sure - right
    parts[:, BINS] = 1
    return parts


def _calibration_error(sums: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        error: np.ndarray = np.abs(sums[..., :BINS]).sum(axis=-1) / sums[..., BINS]
    return error
