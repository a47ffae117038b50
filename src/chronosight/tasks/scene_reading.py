"""Shared by the readers of questions about a scene: their result, refusals, restrictions, and the words beside the measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from chronosight.tasks import word_lists as lists
from chronosight.tasks.nouns import change_subject
from chronosight.tasks.question import SceneQuestion
from chronosight.tasks.reading import Reading, read
from chronosight.tasks.routing import KIND_OF_PLACE, not_mapped
from chronosight.tasks.scene_regions import SceneRegion

HELP = (
    "Of a whole scene you can ask how many buildings or roads changed, appeared or vanished, what area or share they cover, "
    "where they are, which are the largest, how two parts compare, and which zone or cell changed most; of a place in it "
    "(--at, --within) anything the model can answer about two dates."
)


@dataclass(frozen=True)
class ReadScene:
    """A question that was read.

    Attributes:
        question: None where it cannot be answered from objects.
        note: Then why; else a remark for the user, or "".
        without_cover: Of a question about land cover, how it is read where no land cover is mapped: why it cannot be answered.
    """

    question: SceneQuestion | None
    note: str = ""
    without_cover: ReadScene | None = None


@dataclass(frozen=True)
class Restrictions:
    """What restricts the objects of a question: where they are and how large.

    Attributes:
        region: Cells, a half or a quarter; None for the whole scene.
        zone: Name of a zone; None for none.
        min_area: In square metres; None for no limit.
        max_area: In square metres; None for no limit.
        per: Unit of ground that numbers are given per; "" for none.
        min_length: In metres, of roads; None for no limit.
        max_length: In metres, of roads; None for no limit.
    """

    region: SceneRegion | None
    zone: str | None
    min_area: float | None = None
    max_area: float | None = None
    per: str = ""
    min_length: float | None = None
    max_length: float | None = None

    @property
    def of_length(self) -> bool:
        """Whether the length of roads is limited."""
        return self.min_length is not None or self.max_length is not None

    def restrict(self, question: SceneQuestion) -> SceneQuestion:
        """The question with these restrictions.

        Args:
            question: Without any.

        Returns:
            A copy.
        """
        return replace(
            question, region=self.region, zone=self.zone, min_area=self.min_area, max_area=self.max_area, per=self.per,
            min_length=self.min_length, max_length=self.max_length,
            subject="roads" if self.of_length else question.subject,  # nothing else is long
        )  # fmt: skip


def refuse(reason: str) -> ReadScene:
    """What comes of a question that objects cannot answer.

    Args:
        reason: Why not, as a sentence.

    Returns:
        No question; the note says why, and what can be asked.
    """
    return ReadScene(None, f"{reason} {HELP}".strip())


def read_rest(line: str, phrases: Sequence[str], change_meant: bool) -> tuple[Reading | None, str]:
    """Reads a question without the phrases of its measure.

    Args:
        line: Words of the question, with a space at both ends.
        phrases: Of the measure.
        change_meant: Whether the measure itself speaks of change, so that no other word need do so.

    Returns:
        What is left, and ""; None and the reason where changed objects cannot answer it.
    """
    for phrase in sorted(phrases, key=len, reverse=True):
        line = line.replace(f" {phrase} ", " ")
    reading = read(line.split())
    if reading.unknown:
        return None, f"Not understood: {', '.join(reading.unknown)}."
    reason = not_mapped(reading)
    if reason:
        return None, reason
    if reading.says(lists.RURAL_URBAN):
        return None, KIND_OF_PLACE
    changes = any(reading.says(words) for words in (lists.CHANGED, lists.APPEARED, lists.VANISHED, lists.HAPPENED))
    if reading.says(lists.SAME) or (reading.says(lists.NEGATED) and not reading.says(lists.VANISHED)):
        return None, "Only what changed is known, not what stayed."
    if not (changes or change_meant):
        return None, "Only what changed between the dates is known, not all there is."
    return reading, ""


def one_subject(reading: Reading) -> str | None:
    """The class of changed objects that a question names.

    Args:
        reading: Of the question.

    Returns:
        The class; None where it names none or several.
    """
    classes = {change_subject(name) for name in reading.subjects}
    return classes.pop() if len(classes) == 1 else None


def one_direction(reading: Reading) -> Literal["appeared", "vanished"] | None:
    """The direction of change that a question names.

    Args:
        reading: Of the question.

    Returns:
        The direction; None where it names none or both.
    """
    appeared, vanished = reading.says(lists.APPEARED), reading.says(lists.VANISHED)
    if appeared == vanished:
        return None
    return "appeared" if appeared else "vanished"
