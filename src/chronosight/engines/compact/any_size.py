"""Answers about a pair whose ground size is not known hold only where they do not depend on it.

The estimate decides which guide compares the pair, and of imagery unlike that trained on it is off by up to two octaves, nearly
always towards coarser. The guide of the next finer imagery compares such a pair too; where it says otherwise, the answer is not
confident.
"""

from __future__ import annotations

from dataclasses import replace

from chronosight.figures import figures
from chronosight.results.answer import Answer
from chronosight.results.description import ClassDescription
from chronosight.results.doubts import MOST
from chronosight.tasks.question import Value


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


def _same(one: Value | None, other: Value | None) -> bool:
    return set(one) == set(other) if isinstance(one, tuple) and isinstance(other, tuple) else one == other


def _otherwise(finer: Answer, metres: float) -> str:
    return f'at {figures(metres, 2)} m the answer would be "{finer.text}"'


def _both(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    """The interval that holds both."""
    return one if one is None or other is None else (min(one[0], other[0]), max(one[1], other[1]))
