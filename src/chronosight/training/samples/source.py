"""What UniRS-compact is trained on: sources of scenes, and the questions that can be asked of each.

A source has `rows`, views of its scenes made once (a tower that does not change sees each view once and for all):
    kind            "image", "pair" or "video"
    frames(row)     (T, H, W, 3) uint8, the view as the model's processor would be given it
    ask(row, rng)   an `Exercise`: clue, whether the dates are swapped, questions with the replies to learn
A view is one of the flips of its scene, in another light; view 0 of a scene is the scene as it is. Everything random in
a view comes from `default_rng((seed, row))`, everything in an exercise from the generator given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from chronosight.tasks.question import Question, Value
from chronosight.tasks.wording import TASKS, vary, write_reply

Kind = Literal["image", "pair", "video"]


@dataclass(frozen=True)
class Exercise:
    """asked: questions in the wording to show, with the replies to learn. swapped: dates two and one, in this order."""

    asked: list[tuple[Question, str]]
    clue: str = ""
    swapped: bool = False


class Source(Protocol):
    """Scenes of one source; see the module's text."""

    kind: Kind
    rows: int

    def frames(self, row: int) -> np.ndarray:
        """(T, H, W, 3) uint8, the view of a row.

        Args:
            row: Row of the source, from 0.

        Returns:
            (T, H, W, 3) uint8: one frame for an image, two for a pair, more for a video; earliest first.
        """

    def ask(self, row: int, rng: np.random.Generator) -> Exercise:
        """Questions about a row with the replies to learn.

        Args:
            row: Row of the source, from 0.
            rng: Draws the questions, their wording and, for a pair, the order of the dates.

        Returns:
            The exercise: questions with the replies to learn, and for a pair the clue.
        """


def worded(asked: list[tuple[Question, Value]], rng: np.random.Generator) -> list[tuple[Question, str]]:
    """Questions in a wording drawn for each, with the replies to learn.

    Args:
        asked: Questions with their answers.
        rng: Draws the wordings.

    Returns:
        Questions and replies.
    """
    return [(vary(question, rng), write_reply(question.task, value)) for question, value in asked]


def question_of(task: str, subject: str | None, other: str | None) -> Question:
    """The canonical question of a task.

    Args:
        task: Name of the task.
        subject: What it asks about; None where the task needs none.
        other: What the subject is compared with; None where the task needs none.

    Returns:
        The question.
    """
    words = [word for word in (subject, other) if word]
    question: Question = TASKS[task].ask(*words)  # type: ignore[index]
    return question
