"""Every task reads back what it writes, understands near wordings, and takes nothing else for an answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronosight.tasks import caption, direction, event, vqa
from chronosight.tasks.cells import CELLS
from chronosight.tasks.nearest_label import nearest_label
from chronosight.tasks.scene_class import AID_CLASSES, SCENE_CLASSES, UCM_CLASSES
from chronosight.tasks.wording import TASKS, parse_reply, write_reply

yes_no = st.booleans()
numbers = st.integers(0, 10_000)
sentences = st.lists(st.text("abcdefghij", min_size=1), min_size=1).map(" ".join)
VALUES: dict[Any, st.SearchStrategy] = {
    "caption": sentences,
    "binary": yes_no,
    "count": numbers,
    "location": st.lists(st.sampled_from(CELLS), unique=True).map(tuple),
    "direction": st.sampled_from(direction.DIRECTIONS),
    "scene_class": st.sampled_from(SCENE_CLASSES),
    "presence": yes_no,
    "object_count": numbers,
    "comparison": yes_no,
    "rural_urban": st.sampled_from(["rural", "urban"]),
    "event": st.sampled_from(event.EVENTS),
}


@pytest.mark.parametrize("task", TASKS)
@given(data=st.data())
def test_a_value_written_is_read_back(task: Any, data: st.DataObject) -> None:
    value = data.draw(VALUES[task])
    assert parse_reply(task, write_reply(task, value)) == value


@pytest.mark.parametrize("task", TASKS)
@given(text=st.text(max_size=40))
def test_any_text_is_read_or_refused_and_what_is_read_can_be_written(task: Any, text: str) -> None:
    value = parse_reply(task, text)
    if value is not None:
        assert parse_reply(task, write_reply(task, value)) == value


@pytest.mark.parametrize(
    ("task", "text", "value"),
    [
        ("binary", "yes.", True),
        ("binary", "No, nothing changed", False),
        ("binary", "Nothing changed", None),
        ("binary", "yesterday", None),
        ("count", "There are 12 buildings.", 12),
        ("count", "three", 3),
        ("count", "no buildings", 0),
        ("count", "None", 0),
        ("count", "2 or 3", None),
        ("count", "-4", None),
        ("count", "1.5", None),
        ("count", "many", None),
        ("location", "No change.", ()),
        ("location", "top,left", ("top", "left")),
        ("direction", "Appeared and vanished.", "both"),
        ("direction", "It has appeared", "appeared"),
        ("direction", "None.", "none"),
        ("direction", "appeared,vanished", "both"),
        ("direction", "Appeared.Vanished", "both"),
        ("direction", "both, appeared and vanished", "both"),
        ("direction", "none vanished", None),
        ("direction", "yes", None),
        ("rural_urban", "It is an urban area.", "urban"),
        ("rural_urban", "rural or urban", None),
        ("event", "This is a video about police chase.", "police chase"),
        ("event", "Traffic Collision", "traffic collision"),
        ("event", "parade", None),
        ("scene_class", "BaseballField", "baseball field"),
        ("scene_class", "This is a parking lot.", "parking lot"),
        ("scene_class", "a dense residential area", "dense residential"),
        ("scene_class", "airprot", "airport"),
        ("scene_class", "a forest by a river", None),
        ("scene_class", "moon", None),
        ("caption", "Many  houses appear. ", "Many houses appear"),
        ("caption", " . ", None),
    ],
)
def test_near_wordings(task: Any, text: str, value: Any) -> None:
    assert parse_reply(task, text) == value


def test_the_label_set_is_the_callers() -> None:
    assert nearest_label("overpass", AID_CLASSES) is None
    assert nearest_label("overpass", UCM_CLASSES) == "overpass"


def test_label_sets_have_the_published_sizes() -> None:
    assert (len(set(AID_CLASSES)), len(set(UCM_CLASSES)), len(set(event.EVENTS))) == (30, 21, 25)
    assert set(SCENE_CLASSES) == {*AID_CLASSES, *UCM_CLASSES}


@pytest.mark.parametrize(("counts", "value"), [((0, 0), "none"), ((3, 0), "appeared"), ((0, 1), "vanished"),
                                               ((2, 2), "both")])  # fmt: skip
def test_a_direction_follows_from_what_appeared_and_vanished(counts: tuple[int, int], value: str) -> None:
    assert direction.direction_of(*counts) == value


def test_no_change_sentences_are_known_and_others_are_not() -> None:
    assert all(caption.says_no_change(sentence.capitalize() + " .") for sentence in caption.NO_CHANGE_SENTENCES)
    assert not caption.says_no_change("a road has changed")


def test_number_words_up_to_twenty() -> None:
    words = (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty"
    )
    assert [parse_reply("count", f"about {word} houses") for word in words.split()] == list(range(21))


def test_label_sets_have_the_published_names() -> None:
    assert ", ".join(event.EVENTS) == (
        "post-earthquake, flood, fire, landslide, mudslide, traffic collision, traffic congestion, harvesting, ploughing, "
        "constructing, police chase, conflict, baseball, basketball, boating, cycling, running, soccer, swimming, car racing, "
        "party, concert, parade/protest, religious activity, non-event"
    )
    assert "".join(AID_CLASSES).replace(" ", "") == (
        "airportbarelandbaseballfieldbeachbridgecenterchurchcommercialdenseresidentialdesertfarmlandforestindustrialmeadow"
        "mediumresidentialmountainparkparkingplaygroundpondportrailwaystationresortriverschoolsparseresidentialsquarestadium"
        "storagetanksviaduct"
    )
    assert "".join(UCM_CLASSES).replace(" ", "") == (
        "agriculturalairplanebaseballdiamondbeachbuildingschaparraldenseresidentialforestfreewaygolfcourseharborintersection"
        "mediumresidentialmobilehomeparkoverpassparkinglotriverrunwaysparseresidentialstoragetankstenniscourt"
    )
    assert event.UNIRS_REPLY == "This is a video about {event}."


@pytest.mark.parametrize("task", ["binary", "presence", "comparison"])
def test_yes_and_no(task: Any) -> None:
    assert [write_reply(task, value) for value in (True, False)] == ["Yes", "No"]
    assert [parse_reply(task, text) for text in ("Yes, there is", "no.", "Not")] == [True, False, None]


@pytest.mark.parametrize(("text", "yes_no", "plain"), [
    ("Yes, there is.", True, "yes"), ("No; none", True, "no"), ("Yes, there is.", False, "yes, there is"),
    ("storage_tanks .", False, "storage tanks"), ("  Dense   Residential. ", True, "dense residential"), (" . ", True, None),
])  # fmt: skip
def test_short_answers_are_compared_in_one_form(text: str, yes_no: bool, plain: str | None) -> None:
    assert vqa.plain_answer(text, yes_no) == plain


@pytest.mark.parametrize(("task", "value", "reply"), [
    ("count", 12, "12"), ("object_count", 0, "0"), ("location", ("top", "left"), "top,left"), ("direction", "both", "both"),
    ("presence", False, "No"), ("rural_urban", "rural", "rural"), ("scene_class", "storage tanks", "storage tanks"),
])  # fmt: skip
def test_replies_as_they_are_written(task: Any, value: Any, reply: str) -> None:
    assert write_reply(task, value) == reply and parse_reply(task, reply) == value


def test_a_question_in_free_words_asks_once_for_a_short_answer() -> None:
    asked = vqa.ask("What  is\nthis?")
    assert (asked.task, asked.text) == ("vqa", "What is this? Answer the question using a single word or phrase.")
    assert vqa.ask(asked.text).text == asked.text and vqa.ask("What is this?", short=False).text == "What is this?"
