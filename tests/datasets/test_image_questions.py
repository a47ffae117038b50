"""Questions made from captions."""

import numpy as np

from chronosight.datasets.aid_ucm import clean_caption, readable_class
from chronosight.datasets.caption_nouns import mentions, present, quantities, surely_absent
from chronosight.datasets.image_questions import comparison_questions, count_questions, presence_questions
from chronosight.tasks.scene_class import AID_CLASSES

CAPTIONS = (
    "many planes are parked next to a long building in an airport",
    "many planes are parked near two runways",
    "some planes and a building",
    "a lot of planes are in an airport with two runways",
    "the airport is near a road",
)


def test_two_of_five_captions_make_a_noun_present():
    assert mentions(CAPTIONS)["planes"] == 4
    assert set(present(CAPTIONS)) == {"planes", "buildings", "runways"}
    assert "roads" not in present(CAPTIONS) and "roads" not in surely_absent(CAPTIONS)  # one mention decides nothing


def test_what_is_implied_is_not_absent():
    assert "houses" not in surely_absent(CAPTIONS)
    assert "baseball fields" in surely_absent(CAPTIONS)


def test_quantities():
    found = quantities(CAPTIONS)
    assert found["planes"] == "many" and found["runways"] == "two" and found["buildings"] == "a"


def test_presence_is_balanced_and_true():
    for seed in range(20):
        asked = presence_questions(CAPTIONS, np.random.default_rng(seed), 2)
        values = [value for _, value in asked]
        assert values.count(True) == values.count(False) == 2
        for question, value in asked:
            assert (question.subject in present(CAPTIONS)) == value


def test_comparison_follows_the_ranks():
    for seed in range(20):
        for question, value in comparison_questions(CAPTIONS, np.random.default_rng(seed), 3):
            order = {"planes": 4, "runways": 2, "buildings": 1}
            assert value == (order[question.subject] > order[question.other])


def test_counts_are_those_stated():
    assert [(q.subject, n) for q, n in count_questions(CAPTIONS)] == [("runways", 2)]


def test_names_and_captions_are_cleaned():
    assert readable_class("DenseResidential") == "dense residential"
    assert readable_class("BareLand") in AID_CLASSES
    assert readable_class("golfcourse") == "golf course"
    assert clean_caption("Many planes , some  cars .") == "many planes, some cars"
