"""Figures of short answers and of one-of-many answers.

RSVQA averages are published in two ways, which differ by points: over all questions (`weighted by question`) and the plain
mean of the types' accuracies (`plain mean of types`). Both are given, over the types the benchmark averages; counts and
areas are scored beside, exactly and in RSVQA's ranges (0, 1 to 10, 11 to 100, 101 to 1000, more).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from chronosight.evaluation.figures import Figure, mean_figure, ratio
from chronosight.evaluation.item import Item, is_right
from chronosight.metrics.answers import ClassificationScores, score_classes
from chronosight.tasks.question import Value

RANGES = (1, 11, 101, 1001)


def vqa_figures(items: Sequence[Item], values: Sequence[Value | None], averaged: Sequence[str]) -> list[Figure]:
    """Accuracy by type, and both averages over the types in `averaged`; all types where it is empty."""
    groups = [item.group for item in items]
    right = np.array([is_right(item, value) for item, value in zip(items, values, strict=True)], dtype=float)
    kinds = np.array([item.kind for item in items])
    figures: list[Figure] = []
    for kind in sorted(set(kinds.tolist())):
        at = np.flatnonzero(kinds == kind).tolist()
        figures.append(mean_figure(f"{kind}: accuracy", [groups[i] for i in at], right[at], "questions"))
        if kind in ("count", "area"):
            same = [_range_of(items[i].truth) == _range_of(values[i]) for i in at]
            figures.append(mean_figure(f"{kind}: accuracy in ranges", [groups[i] for i in at], same, "questions"))
    chosen = [kind for kind in sorted(set(kinds.tolist())) if not averaged or kind in averaged]
    if chosen:
        counted = np.flatnonzero(np.isin(kinds, chosen))
        member = (kinds[counted, None] == np.array(chosen)[None]).astype(float)  # (m, types)
        parts = np.concatenate([member * right[counted, None], member], axis=1)
        of_group = [groups[i] for i in counted.tolist()]
        figures.append(mean_figure("average, weighted by question", of_group, right[counted], "questions"))
        figures.append(Figure("average, plain mean of types", of_group, parts, _plain_mean, "questions"))
    return figures


def _plain_mean(sums: np.ndarray) -> np.ndarray:
    types = sums.shape[-1] // 2
    mean: np.ndarray = ratio(np.stack([sums[..., :types], sums[..., types:]], axis=-1)).mean(axis=-1)
    return mean


def _range_of(value: Value | None) -> int | None:
    """Number of RSVQA's range that an answer such as "37" or "120m2" falls into; None for no number."""
    found = re.match(r"\s*(\d+)", str(value)) if value is not None else None
    return None if found is None else int(np.digitize(int(found[1]), RANGES))


def class_figures(items: Sequence[Item], values: Sequence[Value | None]) -> tuple[list[Figure], ClassificationScores]:
    """Overall accuracy, that of each class, their mean; and the confusion table."""
    groups = [item.group for item in items]
    truths = [str(item.truth) for item in items]
    said = [None if value is None else str(value) for value in values]
    right = np.array([p == t for p, t in zip(said, truths, strict=True)], dtype=float)
    names = sorted(set(truths))
    member = (np.array(truths)[:, None] == np.array(names)[None]).astype(float)
    figures = [
        mean_figure("overall accuracy", groups, right, "scenes"),
        Figure("mean over classes", groups, np.concatenate([member * right[:, None], member], axis=1), _plain_mean, "scenes"),
    ]
    for k, name in enumerate(names):
        at = np.flatnonzero(member[:, k])
        figures.append(mean_figure(f"accuracy of {name}", [groups[i] for i in at], right[at], "scenes"))
    return figures, score_classes(said, truths)
