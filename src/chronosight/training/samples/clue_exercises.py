"""Exercises in reading a clue: facts drawn at random, questions about them, and no image at all.

A small language model learns late to copy numbers and places from its prompt; pairs that show little change teach it too
seldom. These rows are short and train nothing else. Their truth is what the clue says, so they teach to believe
it; when not to, only pairs with images can teach.
"""

from __future__ import annotations

import numpy as np

from chronosight.datasets.pair_questions import PairTruth, pair_questions
from chronosight.tasks.caption import NO_CHANGE_SENTENCES
from chronosight.tasks.cells import CELLS
from chronosight.tasks.clue import ClassChange, GuideFacts, write_clue
from chronosight.tasks.wording import vary, write_reply
from chronosight.training.samples.source import Exercise

LARGEST = {"roads": 9, "buildings": 70}  # objects changed


def clue_exercise(rng: np.random.Generator, captions: tuple[str, ...], questions: int = 8) -> Exercise:
    """Makes one exercise.

    Args:
        rng: Draws the facts, the questions and their wording.
        captions: Captions of changed pairs, one of which is quoted in a full clue.
        questions: Largest number of questions about the clue.

    Returns:
        The exercise: questions with the replies to learn, and the clue.
    """
    classes = {name: _change(rng, largest) for name, largest in LARGEST.items()}
    seen = any(change.count for change in classes.values())
    probability = rng.uniform(0.5, 1.0) if seen else rng.uniform(0.0, 0.5)
    caption = captions[int(rng.integers(len(captions)))] if seen else str(rng.choice(NO_CHANGE_SENTENCES))
    clue = write_clue(GuideFacts(probability, caption, classes), "full" if rng.random() < 0.85 else "detail")
    asked = pair_questions(PairTruth(classes))
    chosen = [asked[i] for i in rng.permutation(len(asked))[:questions]]
    return Exercise([(vary(question, rng), write_reply(question.task, value)) for question, value in chosen], clue)


def _change(rng: np.random.Generator, largest: int) -> ClassChange:
    if rng.random() < 0.3:
        return ClassChange()
    total = round(float(np.exp(rng.uniform(0, np.log(largest)))))
    draw = rng.random()
    vanished = 0 if draw < 0.65 else total if draw < 0.85 else int(rng.integers(total + 1))
    number = min(total, int(rng.integers(1, 10)))
    cells = [int(k) for k in rng.permutation(9)[:number]]
    cells.sort(key=lambda k: -(k // 3) + rng.normal(0, 0.4))  # the label rule's order: from the bottom up, roughly
    return ClassChange(total - vanished, vanished, tuple(CELLS[k] for k in cells))
