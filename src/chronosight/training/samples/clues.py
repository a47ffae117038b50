"""Clues for training scenes: the guide's facts where they were computed, simulated ones elsewhere.

They are mirrored and swapped with the scene.

Real training places have facts of a cross-fitted guide (`samples.guide_facts`). Rendered pairs, and real windows whose
facts are not there, get the truth with a guide's kinds of error put in: small objects missed, neighbours merged, false
objects, a wrong cell, a wrong direction, a doubtful likelihood. Simulated errors are a stand-in and no measurement.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chronosight.datasets.pair_questions import PairTruth
from chronosight.tasks.cells import CELLS
from chronosight.tasks.clue import CHANGE_CLASSES, ClassChange, GuideFacts
from chronosight.training.samples.mirror import mirror_caption

FALSE_CAPTION = "a house appears"  # caption of a change where there is none


def mirror_facts(facts: GuideFacts, sideways: bool, upside_down: bool) -> GuideFacts:
    """Facts of the scene flipped left-right and/or top-bottom. Cells keep the label rule's order, from the bottom up.

    Args:
        facts: Facts of the scene as it is.
        sideways: Whether it is flipped left-right.
        upside_down: Whether it is flipped top-bottom.

    Returns:
        The facts, with cells and words of place changed.
    """
    if not (sideways or upside_down):
        return facts
    classes = {}
    for name, change in facts.classes.items():
        cells = [_mirror_cell(cell, sideways, upside_down) for cell in change.cells]
        if upside_down:
            cells.sort(key=lambda cell: -(CELLS.index(cell) // 3))
        classes[name] = replace(change, cells=tuple(cells))
    caption = facts.caption and mirror_caption(facts.caption, sideways, upside_down)
    return replace(facts, classes=classes, caption=caption)


def swap_facts(facts: GuideFacts) -> GuideFacts:
    """Facts of the pair with its dates swapped.

    Args:
        facts: Facts of the pair as it is.

    Returns:
        The facts, appeared and vanished exchanged; without the caption, which does not hold any more.
    """
    classes = {
        name: replace(change, appeared=change.vanished, vanished=change.appeared) for name, change in facts.classes.items()
    }
    return replace(facts, classes=classes, caption=None)


def simulate_facts(truth: PairTruth, captions: tuple[str, ...], rng: np.random.Generator) -> GuideFacts:
    """Simulates what a guide finds in a pair whose truth is known, with a guide's kinds of error (see the module's text).

    Args:
        truth: What changed.
        captions: Reference captions; empty for facts without a caption.
        rng: Draws the errors.

    Returns:
        The facts.
    """
    skill = rng.beta(4, 1.2)  # one draw for the pair: hard scenes are hard for every class
    classes = {}
    for name in CHANGE_CLASSES:
        classes[name] = _blur(truth.classes.get(name, ClassChange()), skill, rng)
    seen = any(change.count for change in classes.values())
    certainty = rng.beta(1 + 6 * skill, 1)
    right = seen if rng.random() < 0.9 else truth.changed
    probability = float(0.5 + 0.5 * certainty if right else 0.5 - 0.5 * certainty)
    caption = None
    if seen and captions:
        wrong = not truth.changed or rng.random() > 0.5 + 0.5 * skill
        caption = FALSE_CAPTION if wrong else captions[int(rng.integers(len(captions)))]
    return GuideFacts(probability, caption, classes)


def _blur(change: ClassChange, skill: float, rng: np.random.Generator) -> ClassChange:
    missed = 0.25 * (1 - skill)
    appeared = int(rng.binomial(change.appeared, 1 - missed)) if change.appeared else 0
    vanished = int(rng.binomial(change.vanished, 1 - missed)) if change.vanished else 0
    false = int(rng.poisson(0.35 * (1 - skill)))
    if false:
        if rng.random() < 0.7:
            appeared += false
        else:
            vanished += false
    if rng.random() < 0.06 * (1 - skill):
        appeared, vanished = vanished, appeared
    total = appeared + vanished
    if not total:
        return ClassChange()
    cells = [cell for cell in change.cells if rng.random() > 0.5 * missed]
    if false or not cells:
        cells.append(CELLS[int(rng.integers(9))])
    if rng.random() < 0.3 * (1 - skill):
        cells[int(rng.integers(len(cells)))] = CELLS[int(rng.integers(9))]
    return ClassChange(appeared, vanished, tuple(dict.fromkeys(cells))[: max(1, total)])


def _mirror_cell(cell: str, sideways: bool, upside_down: bool) -> str:
    row, column = divmod(CELLS.index(cell), 3)
    return CELLS[3 * (2 - row if upside_down else row) + (2 - column if sideways else column)]
