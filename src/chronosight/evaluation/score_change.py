"""Figures of change: yes or no, counts, places, dialogues, and whether the words agree with the mask (arXiv 2509.23105).

A reply that cannot be read counts as "no change": no, 0, no cell.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chronosight.evaluation.figures import Figure, mean_figure, mean_of, ratio
from chronosight.evaluation.item import Item, is_right
from chronosight.metrics.change import jaccard
from chronosight.tasks.question import Value

# Sizes of a true count, by which counting is told apart.
SIZES = ((0, 0), (1, 1), (2, 4), (5, 9), (10, 19), (20, 10**9))


def binary_figures(items: Sequence[Item], values: Sequence[Value | None], name: str = "binary") -> list[Figure]:
    """Accuracy, and precision, recall and F1 with change as the positive class."""
    groups = [item.group for item in items]
    said, true = np.array([v is True for v in values]), np.array([item.truth is True for item in items])
    return [mean_figure(f"{name} accuracy", groups, said == true), *overlap_figures(name, groups, _confusion(said, true))]


def _confusion(said: np.ndarray, true: np.ndarray) -> np.ndarray:
    """(n, 3) hits, false alarms, misses."""
    return np.stack([said & true, said & ~true, ~said & true], axis=1).astype(float)


def overlap_figures(name: str, groups: Sequence[str], parts: np.ndarray, unit: str = "answers") -> list[Figure]:
    """Precision, recall and F1 of (n, 3) hits, false alarms and misses, pooled."""
    hits, alarms, misses = parts.T
    return [
        Figure(f"{name} precision", groups, np.stack([hits, hits + alarms], axis=1), ratio, unit),
        Figure(f"{name} recall", groups, np.stack([hits, hits + misses], axis=1), ratio, unit),
        Figure(f"{name} F1", groups, np.stack([2 * hits, 2 * hits + alarms + misses], axis=1), ratio, unit),
    ]


def count_figures(items: Sequence[Item], values: Sequence[Value | None], name: str = "count") -> list[Figure]:
    """MAE and RMSE in objects, share counted exactly; MAE and exact again by the size of the true count."""
    groups = [item.group for item in items]
    said = np.array([whole_number(value) for value in values], dtype=float)
    true = np.array([whole_number(item.truth) for item in items], dtype=float)
    error = said - true
    figures = [
        mean_figure(f"{name} MAE", groups, np.abs(error)),
        Figure(f"{name} RMSE", groups, mean_of(error**2), lambda sums: np.sqrt(ratio(sums))),
        mean_figure(f"{name} exact", groups, error == 0),
    ]
    for low, high in SIZES:
        chosen = np.flatnonzero((true >= low) & (true <= high))
        if chosen.size:
            size = str(low) if low == high else f"{low} to {high}" if high < 10**9 else f"{low} and more"
            of_size = [groups[i] for i in chosen]
            figures.append(mean_figure(f"{name} MAE, of {size}", of_size, np.abs(error[chosen])))
            figures.append(mean_figure(f"{name} exact, of {size}", of_size, error[chosen] == 0))
    return figures


def whole_number(value: Value | None) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def cells_of(value: Value | None) -> set[str]:
    return set(value) if isinstance(value, tuple) else set()


def location_figures(items: Sequence[Item], values: Sequence[Value | None], name: str = "location") -> list[Figure]:
    """Example accuracy with two empty sets counting 1 and, DeltaVLM's variant, 0; subset accuracy; micro P, R and F1."""
    groups = [item.group for item in items]
    pairs = [(cells_of(value), cells_of(item.truth)) for item, value in zip(items, values, strict=True)]
    cells = np.array([[len(said & true), len(said - true), len(true - said)] for said, true in pairs], dtype=float)
    return [
        mean_figure(f"{name} example accuracy", groups, [jaccard(said, true) for said, true in pairs]),
        mean_figure(f"{name} example accuracy, empty/empty 0", groups, [jaccard(said, true, 0.0) for said, true in pairs]),
        mean_figure(f"{name} subset accuracy", groups, [said == true for said, true in pairs]),
        *overlap_figures(f"{name} micro", groups, cells.reshape(-1, 3)),
    ]


def dialogue_figures(items: Sequence[Item], values: Sequence[Value | None]) -> list[Figure]:
    """Share of right replies by turn, and of dialogues all of whose turns are right.

    A caption turn is right where it says "no change" exactly when the references do: words can be put in many ways.
    """
    from chronosight.tasks.caption import says_no_change

    turns: dict[int, list[tuple[str, bool]]] = {}
    whole: dict[str, tuple[str, list[bool]]] = {}
    for item, value in zip(items, values, strict=True):
        if item.dialogue is None:
            continue
        name, turn = item.dialogue
        if item.task == "caption":
            right = says_no_change(str(value or "")) is not item.changed
        else:
            right = is_right(item, value)
        turns.setdefault(turn, []).append((item.group, right))
        whole.setdefault(name, (item.group, []))[1].append(right)
    figures = [
        mean_figure(f"dialogue turn {turn + 1}", [group for group, _ in found], [right for _, right in found])
        for turn, found in sorted(turns.items())
    ]
    if whole:
        groups = [group for group, _ in whole.values()]
        figures.append(mean_figure("dialogue, all turns right", groups, [all(r) for _, r in whole.values()], "dialogues"))
    return figures
