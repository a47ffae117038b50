"""User turns: words, pictures and clue, in their order."""

import pytest

from chronosight.models.changevg.prompt import IMAGE, in_words, user_turn
from chronosight.tasks import binary, caption, count, direction, event, location
from chronosight.tasks.caption import CHANGEIMTI_DIALOGUE
from chronosight.tasks.event import EVENTS

PAIR = [binary.ask(), count.ask("roads"), location.ask("buildings"), caption.ask("pair")]


@pytest.mark.parametrize("question", PAIR, ids=lambda question: question.task)
def test_the_instruction_sets_questions_have_their_images_inside(question):
    text = in_words(question, "changeimti")
    assert text.count(IMAGE) == 2 and not text.startswith(IMAGE)
    assert IMAGE not in in_words(question, "changeimti", first=False)


def test_words_of_the_instruction_set():
    assert in_words(count.ask("roads"), "changeimti") == (
        "How many roads have been changed in these two images:<image> and <image>"
    )
    assert in_words(caption.ask("pair"), "changeimti", first=False) == CHANGEIMTI_DIALOGUE
    assert IMAGE not in in_words(caption.ask("image"), "changeimti"), "the instruction set knows pairs alone"
    assert IMAGE not in in_words(direction.ask("roads"), "changeimti")


def test_weights_that_were_not_tuned_are_given_the_form_of_the_reply():
    assert in_words(count.ask("roads"), "plain").endswith("two images. Answer with a number only.")
    assert in_words(count.ask("roads"), "plain", typed="How many new roads?") == "How many new roads? Answer with a number only."
    assert "lower left corner" in in_words(location.ask("roads"), "plain")
    assert all(name in in_words(event.ask(), "plain") for name in EVENTS)
    assert in_words(binary.ask(), "plain") == binary.ask().text


def test_the_clue_comes_first_and_images_where_the_words_have_them():
    turn = user_turn("Where in <image> and <image>?", "A clue.", 2)
    assert [part.get("text", IMAGE) for part in turn] == ["A clue.\nWhere in ", IMAGE, " and ", IMAGE, "?"]
    turn = user_turn("Where?", "A clue.", 2)
    assert [part.get("text", IMAGE) for part in turn] == ["A clue.\n", IMAGE, IMAGE, "Where?"]


@pytest.mark.parametrize("text", ["Is <image> the same?", "<image><image><image>", "nothing"])
def test_words_cannot_bring_images_of_their_own(text):
    assert sum(part["type"] == "image" for part in user_turn(text, "", 2)) == 2
    assert all(part["type"] == "text" for part in user_turn(text))
