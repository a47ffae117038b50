"""Numbers in words: no exponents, no more figures than are known."""

import pytest

from chronosight.figures import figures
from chronosight.results.answer import Answer
from chronosight.results.wording import confidence_words


@pytest.mark.parametrize(
    ("value", "digits", "words"),
    [
        (1000, 3, "1,000"), (1234567, 3, "1,230,000"), (999.96, 3, "1,000"), (0.25, 2, "0.25"), (12.34, 3, "12.3"),
        (0, 3, "0"), (-4.567, 2, "-4.6"), (0.000123, 2, "0.00012"), (1500, 2, "1,500"),
    ],
)
def test_figures(value, digits, words):
    assert figures(value, digits) == words


def test_a_doubted_answer_does_not_give_the_probability_that_denies_it():
    assert confidence_words(0.94, False) == "not confident" and confidence_words(0.41, False) == "not confident, 41 %"
    assert confidence_words(0.94, True) == "94 % confident"
    assert repr(Answer("Yes", "binary", True, 0.94, False)) == "Answer: Yes (not confident)"
