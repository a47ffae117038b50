"""Every reply gets a label by the documented rule, and what lay outside the set is counted."""

from __future__ import annotations

import pytest

from chronosight.tasks import vqa
from chronosight.tasks.event import EVENTS
from chronosight.tasks.label_set import Outside, read_label


@pytest.mark.parametrize(
    ("reply", "label", "outside"),
    [
        ("flood", "flood", 0),
        ("This is a video about traffic congestion.", "traffic congestion", 0),
        ("Parade / protest", "parade/protest", 0),
        ("There is a fire in a wood.", "fire", 1),  # named within
        ("a basketbal match", "basketball", 1),  # no label in one run, nearest by letters
        ("flooding of a town", "flood", 1),  # its letters in one run
        ("post earthquake ruins", "post-earthquake", 1),
        ("firefighters at work in a crowded street", "fire", 1),  # by letters alone: religious activity
        ("flooded religious site", "flood", 1),  # by letters alone: religious activity
        ("", None, 1),
        ("...", None, 1),
    ],
)
def test_replies_and_labels(reply, label, outside):
    count = Outside()
    assert read_label(reply, EVENTS, count) == label
    assert (count.replies, count.outside) == (1, outside)


def test_every_label_is_itself_in_both_forms():
    for event in EVENTS:
        count = Outside()
        assert read_label(event.upper(), EVENTS, count) == read_label(f"This is a video about {event}.", EVENTS, count) == event
        assert count.outside == 0


def test_counts_add_up():
    first, second = Outside(), Outside()
    read_label("a tornado", EVENTS, first)
    read_label("a tornado", EVENTS, second)
    read_label("fire", EVENTS, second)
    both = first + second
    assert (both.replies, both.outside, both.texts["a tornado"]) == (3, 2, 2)
    with pytest.raises(ValueError, match="no labels"):
        read_label("fire", [])


def test_free_questions_ask_for_a_short_answer_once():
    asked = vqa.ask("What colour  is it?")
    assert asked.text == "What colour is it? Answer the question using a single word or phrase."
    assert vqa.ask(asked.text) == asked
    assert vqa.parse_reply(" A red\nroof. ") == "a red roof" and vqa.parse_reply(" . ") is None


def test_the_longest_label_within_a_run_of_letters_and_the_first_of_equals() -> None:
    assert read_label("abcfloodplainxyz", ["flood", "floodplain", "plain"]) == "floodplain"
    assert read_label("zzzz", ["tree", "road"]) == "tree", "nothing alike: the first"


def test_what_lay_outside_is_kept_short() -> None:
    count = Outside()
    read_label("x " * 200, EVENTS, count)
    assert [len(text) for text in count.texts] == [80]
