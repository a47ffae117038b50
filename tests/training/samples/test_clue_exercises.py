"""Exercises on the clue: what is asked is what the clue says."""

import numpy as np

from chronosight.tasks.wording import parse_reply
from chronosight.training.samples.clue_exercises import clue_exercise


def test_replies_stand_in_the_clue_and_are_seeded():
    asked = 0
    for seed in range(30):
        exercise = clue_exercise(np.random.default_rng(seed), ("a house appears",))
        assert exercise == clue_exercise(np.random.default_rng(seed), ("a house appears",))
        for question, reply in exercise.asked:
            value = parse_reply(question.task, reply)
            assert value is not None
            if question.task == "count" and question.subject:
                assert f"{question.subject} {value}" in exercise.clue
                asked += 1
            if question.task == "location" and value:
                assert all(cell in exercise.clue for cell in value)
    assert asked > 20
