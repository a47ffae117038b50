"""Words that change what a question means are answered or refused, never passed over."""

import pytest

from chronosight.tasks.parsing import parse_question

REFUSED = (
    ("What is the second largest new building?", "three largest"),
    ("Which is the 3rd biggest new road?", "three largest"),
    ("Did anything other than buildings change?", "Exceptions"),
    ("How many objects changed except roads?", "Exceptions"),
    ("How many buildings appeared and how many vanished?", "one question"),
    ("How many new buildings are there and where are they?", "one question"),
    ("Did anything change? Where?", "one question"),
    ("Will more buildings be built?", "future"),
    ("Should there be new roads?", "future"),
    ("Are new roads going to be built?", "future"),
    ("How many new buildings are in the left image?", "before and after"),
    ("How many new buildings in the picture on the right?", "before and after"),
    ("How many buildings did not vanish?", "what stayed"),
    ("Did all the buildings vanish?", "what stayed"),
    ("Is anything unchanged?", "what stayed"),
    ("Has the scene not changed?", "without a negation"),
    ("How many new schools are there?", "not of schools"),
    ("How many highways were built?", "not of highways"),
    ("What is the total area of new churches?", "not of churches"),
    ("At least how many buildings are new?", "Give the number"),
    ("How many times more buildings are in the south than in the north?", "Ratios"),
    ("Is the largest new building larger than 100 m2?", "largest"),
    ("Is the north the part that changed most?", "largest"),
)


@pytest.mark.parametrize(("question", "reason"), REFUSED)
def test_two_dates(question, reason):
    parsed = parse_question(question, "pair")
    assert parsed.routed.question is None or parsed.only_objects
    assert parsed.of_objects.question is None and reason in parsed.of_objects.note


@pytest.mark.parametrize("question", ["Are there trees besides the houses?", "Is there something other than water?"])
def test_one_image(question):
    routed = parse_question(question, "image").routed
    assert routed.question is None and "Exceptions" in routed.note


@pytest.mark.parametrize(
    "question",
    ["Would you tell me what changed?", "Has anything changed at all?", "Which buildings are no longer there?",
     "Do you see any new buildings?", "Is it different? Answer yes or no.",
     "What has changed between the first and the last image?"],
)  # fmt: skip
def test_polite_and_common_questions_stay_answered(question):
    assert parse_question(question, "pair").routed.question is not None


@pytest.mark.parametrize(
    "question", ["Has nothing changed?", "Did no buildings vanish?", "Are the two images the same?", "Is there no new road?"]
)
def test_denials_are_marked(question):
    parsed = parse_question(question, "pair")
    assert parsed.routed.question.task == "binary" and parsed.routed.negated and parsed.of_objects.question.negated
    assert not parse_question("Has anything changed?", "pair").routed.negated


def test_either_or_about_one_image_is_one_question():
    assert parse_question("Is it rural or is it urban?", "image").routed.question.task == "rural_urban"
