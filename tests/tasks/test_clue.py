"""The guide's clue in its four forms, word for word, and the user turn around it."""

from __future__ import annotations

import pytest

from chronosight.tasks.clue import ClassChange, GuideFacts, likelihood_word, with_clue, write_clue

FACTS = GuideFacts(
    0.8, "many houses are built", {"buildings": ClassChange(3, 1, ("top", "left")), "roads": ClassChange()}
)  # fmt: skip
DETAIL = "change likely; roads 0; buildings 4, new 3, gone 1, at top,left"
# The published auxiliary prompt, its spelling included (arXiv 2509.23105).
CAPTION = "Please refer to this description:{}.Modify or correct it."


def test_the_four_forms() -> None:
    assert write_clue(FACTS, "none") == write_clue(None, "full") == ""
    assert write_clue(FACTS, "caption") == CAPTION.format("many houses are built")
    assert write_clue(FACTS, "detail") == DETAIL
    assert write_clue(FACTS, "full") == f"{DETAIL}. {CAPTION.format('many houses are built')}"


def test_a_guide_that_saw_nothing() -> None:
    assert write_clue(GuideFacts(), "detail") == "change none; roads 0; buildings 0"
    assert write_clue(GuideFacts(), "caption") == CAPTION.format("the scene is the same as before")


@pytest.mark.parametrize(
    ("probability", "word"),
    [(0.0, "none"), (0.049, "none"), (0.05, "unlikely"), (0.299, "unlikely"), (0.3, "unsure"), (0.699, "unsure"), (0.7, "likely"),
     (0.949, "likely"), (0.95, "certain"), (1.0, "certain")],
)  # fmt: skip
def test_five_words_of_likelihood(probability: float, word: str) -> None:
    assert likelihood_word(probability) == word


def test_the_clue_stands_on_a_line_before_the_question() -> None:
    assert with_clue("a clue", "Why?") == "a clue\nWhy?" and with_clue("", "Why?") == "Why?"
    assert (ClassChange(3, 1).count, ClassChange().count) == (4, 0)
