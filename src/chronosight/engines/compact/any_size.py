"""Answers about a pair whose ground size is not known hold only where they do not depend on it.

The estimate decides which guide compares the pair, and of imagery unlike that trained on it is off by up to two octaves, nearly
always towards coarser. The guide of the next finer imagery compares such a pair too; where it says otherwise, the answer is not
confident.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from chronosight.figures import figures
from chronosight.results.answer import Answer
from chronosight.results.changed_object import Tally
from chronosight.results.description import ClassDescription
from chronosight.results.doubts import MOST
from chronosight.results.land_cover_change import LandCoverChange, Pair, add_flows
from chronosight.tasks.question import Value

ALIKE = 2.0  # times as much ground of one kind of change: not more than this apart


def doubt_of_size(answer: Answer, finer: Answer, metres: float) -> tuple[str, ...]:
    """Why no answer about a pair is confident: whether anything changed depends on the ground size.

    Args:
        answer: Whether anything changed.
        finer: The same where its pixels are finer.
        metres: Metres per pixel in that case.

    Returns:
        One doubt, or none.
    """
    if _same(answer.value, finer.value):
        return ()
    return (f"whether anything changed depends on the ground size of a pixel, which is not known: {_otherwise(finer, metres)}",)


def at_any_size(answer: Answer, finer: Answer, metres: float) -> Answer:
    """An answer as it may be given where it is not known how fine the pair is.

    Args:
        answer: At the estimated ground size.
        finer: The answer to the same question where its pixels are finer.
        metres: Metres per pixel in that case.

    Returns:
        The answer; not confident where the other one differs, and a count's interval holds both.
    """
    if _same(answer.value, finer.value):
        return answer
    note = f"it depends on the ground size of a pixel, which is not known: {_otherwise(finer, metres)}"
    return replace(
        answer, confident=False, confidence=min(MOST, answer.confidence), notes=(*answer.notes, note),
        interval=_both(answer.interval, finer.interval),
    )  # fmt: skip


def class_at_any_size(described: ClassDescription, finer: ClassDescription, metres: float) -> ClassDescription:
    """What is described of a class, likewise.

    Args:
        described: At the estimated ground size.
        finer: Where the pixels are finer.
        metres: Metres per pixel in that case.

    Returns:
        The description; not confident where the numbers or places differ, and its interval holds both.
    """
    if described.changed is not None and finer.changed is not None:
        described = replace(described, changed=at_any_size(described.changed, finer.changed, metres))
    same = (described.appeared, described.vanished) == (finer.appeared, finer.vanished)
    if same and set(described.cells) == set(finer.cells):
        return described
    interval = _both(described.interval, finer.interval)
    return replace(described, confidence=min(MOST, described.confidence), interval=interval)


def cover_at_any_size(change: LandCoverChange, finer: LandCoverChange, pixel_area: float) -> LandCoverChange:
    """The land-cover change as it may be given, likewise.

    Args:
        change: At the estimated ground size, its areas in pixels.
        finer: Where the pixels are finer.
        pixel_area: Of one pixel in that case, in the unit of its areas.

    Returns:
        The change; a kind of change that covers far more or less ground where the pixels are finer is not confident, and what
        only that shows perhaps changed.
    """
    own, others = change.flows, {pair: value.area / pixel_area for pair, value in finer.flows.items()}

    def alike(pair: Pair) -> bool:
        areas = own.get(pair, Tally()).area, others.get(pair, 0.0)
        return max(areas) <= ALIKE * min(areas)

    def sure(confidence: float, pairs: Iterable[Pair]) -> float:
        return confidence if all(map(alike, pairs)) else min(MOST, confidence)

    only_finer = {pair: Tally(0, area) for pair, area in others.items() if pair not in own}
    return replace(
        change,
        objects=tuple(replace(item, confidence=sure(item.confidence, [item.key])) for item in change.objects),
        grounds=tuple(replace(one, confidence=sure(one.confidence, one.flows)) for one in change.grounds),
        perhaps=add_flows([change.perhaps, only_finer]),
    )


def _same(one: Value | None, other: Value | None) -> bool:
    return set(one) == set(other) if isinstance(one, tuple) and isinstance(other, tuple) else one == other


def _otherwise(finer: Answer, metres: float) -> str:
    return f'at {figures(metres, 2)} m the answer would be "{finer.text}"'


def _both(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    """The interval that holds both."""
    return one if one is None or other is None else (min(one[0], other[0]), max(one[1], other[1]))
