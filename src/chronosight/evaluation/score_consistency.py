"""Do the words agree with the mask, and with each other, right or wrong? Needs no truth.

Of the same scene: "yes" where the mask has more than 20 pixels of change; the count and the cells said are those of the
mask by the label rule; "yes" where a count above 0 or a cell is said.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chronosight.evaluation.figures import Figure, mean_figure
from chronosight.evaluation.item import Item, Reply
from chronosight.evaluation.places import CHANGED_PIXELS
from chronosight.evaluation.score_change import cells_of, whole_number
from chronosight.evaluation.score_masks import read_mask
from chronosight.tasks.objects import count_and_cells
from chronosight.tasks.question import Value

SUBJECTS = {"roads": "road", "buildings": "building"}  # subject of a question -> class of a mask


def consistency_figures(items: Sequence[Item], replies: Sequence[Reply], values: Sequence[Value | None]) -> list[Figure]:
    """Share of scenes in which two replies agree, pair by pair of replies."""
    scenes: dict[str, list[int]] = {}
    for i, item in enumerate(items):
        if item.dialogue is None:
            scenes.setdefault(item.sight.name, []).append(i)
    found: dict[str, list[tuple[str, bool]]] = {}
    for members in scenes.values():
        group = items[members[0]].group
        for name, agrees in _agreements(members, items, replies, values):
            found.setdefault(name, []).append((group, agrees))
    return [
        mean_figure(f"consistency: {name}", [group for group, _ in pairs], [agrees for _, agrees in pairs], "scenes")
        for name, pairs in found.items()
    ]


def _agreements(
    members: list[int], items: Sequence[Item], replies: Sequence[Reply], values: Sequence[Value | None]
) -> list[tuple[str, bool]]:
    """(which two replies, whether they agree) of one scene."""
    mask: dict[str, np.ndarray] = {}
    said: dict[tuple[str, str], Value | None] = {}
    for i in members:
        path = replies[i].mask
        if items[i].task == "mask" and path is not None:
            pixels = read_mask(path)
            mask = {name: pixels == at for at, name in enumerate(items[i].classes) if at}
        elif items[i].task in ("binary", "count", "location"):
            said[items[i].task, items[i].kind] = values[i]
    result: list[tuple[str, bool]] = []
    changed = {kind: value is True for (task, kind), value in said.items() if task == "binary"}
    for kind, yes in changed.items():
        wanted = [SUBJECTS.get(kind, kind)] if kind else list(mask)
        if mask and all(name in mask for name in wanted):
            drawn = sum(int(mask[name].sum()) for name in wanted) > CHANGED_PIXELS
            result.append(("yes or no with the mask", yes == drawn))
        named = [v for (task, subject), v in said.items() if task != "binary" and (not kind or subject == kind)]
        if named:
            told = any(whole_number(v) > 0 or bool(cells_of(v)) for v in named)
            result.append(("yes or no with counts and places", yes == told))
    for (task, subject), value in said.items():
        drawn_mask = mask.get(SUBJECTS.get(subject, subject))
        if drawn_mask is None or task == "binary":
            continue
        objects, cells = count_and_cells(drawn_mask)
        agrees = whole_number(value) == objects if task == "count" else cells_of(value) == set(cells)
        result.append((f"{task} of {subject} with the mask", agrees))
    return result
