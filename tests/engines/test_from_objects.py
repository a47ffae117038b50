"""Answers read off the objects: right by a count of one's own, and no answer where objects cannot tell."""

from dataclasses import replace

import numpy as np
import pytest

from changed_scenes import CORNERS, one, pixels, summary, town, zones_of
from chronosight.engines.router import answer_description
from chronosight.results.change_summary import ChangeSummary

ZONES = {"Riverside": pixels(0, 0, 150, 300), "Old Mill": pixels(150, 0, 300, 299.9), "Void": pixels(100, 100, 120, 120)}


def scene(**changes) -> ChangeSummary:
    return summary(town(), **changes, zones=zones_of(Riverside=ZONES["Riverside"], Mill=ZONES["Old Mill"]))


@pytest.mark.parametrize(
    ("question", "text", "value"),
    [
        ("How many buildings appeared in the north-west?", "3 buildings appeared in the north-west.", 3),
        ("How many buildings appeared in the northern half?", "3 buildings appeared in the northern half.", 3),
        ("How many roads vanished?", "No roads vanished.", 0),
        ("How many buildings changed?", "5 buildings changed: 4 appeared, 1 vanished.", 5),
        ("What area of buildings appeared?", "Buildings that appeared cover about 465 m² (4 buildings).", 465),
        ("How many hectares of roads were built?", "Roads that appeared cover about 0.12 ha (1 road).", 1200),
        ("What area of roads vanished?", "No roads vanished: 0 m².", 0),
        ("What length of roads was built?", "Roads that appeared are about 200 m long in all (1 road).", 200),
        ("How many buildings appeared in Riverside?", "3 buildings appeared in Riverside.", 3),
        ("Did anything vanish in Mill?", "No: no objects vanished in Mill.", False),
        ("Were any roads built?", "Yes: 1 road appeared.", True),
        ("Which zone lost the most buildings?", "Riverside: 1 building vanished, about 100 m², the most by number.", "Riverside"),
        ("Where did most buildings appear?", "Top left corner: 3 buildings appeared, about 384 m², the most by number.",
         "top left corner"),
        ("Which zones lost buildings?", "Zones with buildings that vanished: Riverside (1 building).", ("Riverside",)),
        ("Which zones did not lose any buildings?", "Zones without buildings that vanished: Mill.", ("Mill",)),
        ("Where were roads built?", "1 road appeared at the bottom.", ("lower",)),
    ],
)  # fmt: skip
def test_answers(question, text, value):
    answer = answer_description(scene(), question)
    assert (answer.text, answer.value) == (text, value)
    assert answer.confident and answer.confidence == pytest.approx(0.9)
    assert answer.to_dict()["task"] != "open"


def test_the_largest_is_named_with_its_place():
    answer = answer_description(scene(), "where is the largest new building?")
    assert answer.value == 3 and "object 3" in answer.text and "in the top left corner, at 47.99935°, 11.00080°" in answer.text


def test_the_story_is_the_description():
    answer = answer_description(scene(), "what changed?")
    assert answer.text.startswith("4 buildings appeared (about 465 m²)")


@pytest.mark.parametrize("question", ["why was it built?", "how many trees appeared?", "how many buildings are there?"])
def test_what_objects_cannot_tell_is_not_answered(question):
    answer = answer_description(scene(), question)
    assert (answer.task, answer.value, answer.confident, answer.confidence) == ("open", None, False, 0.0)


def test_zones_are_needed_for_questions_about_them():
    answer = answer_description(summary(town()), "which zone changed most?")
    assert answer.task == "open" and "--zones" in answer.text


def test_levels_are_named():
    found = [one(1, "building", "appeared", 10, 10, 10, 10), one(2, "building", "appeared", 210, 10, 10, 10)]
    zones = zones_of(A=pixels(0, 0, 100, 300), B=pixels(200, 0, 300, 300))
    answer = answer_description(summary(found, zones=zones), "which zone gained the most buildings?")
    assert answer.value == ("A", "B") and "2 zones are level" in answer.notes


def test_compass_words_need_north_up():
    for turn, up in ((np.pi / 2, False), (0.2, True), (np.pi, False)):
        rotate = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        middle = CORNERS.mean(axis=0)
        corners = (CORNERS - middle) @ rotate.T + middle
        turned = summary(town(), corners=corners)
        answer = answer_description(turned, "how many buildings appeared in the north?")
        assert (answer.value == 3) is up
        assert answer_description(turned, "how many buildings appeared at the top?").value == 3
    assert answer_description(summary(town(), None), "how many buildings appeared in the north?").value == 3


def test_pixels_are_not_called_square_metres():
    plain = summary(town(), None, metric=False)
    assert "pixels" in answer_description(plain, "what area of buildings appeared?").text
    assert answer_description(plain, "how many square metres of buildings appeared?").task == "open"


def test_unmeasured_lengths_are_not_told():
    road = town()[5]
    bare = replace(road, length_m=None)
    assert answer_description(summary([bare]), "what length of roads was built?").task == "open"


def test_nothing_found_is_as_sure_as_the_model_was():
    answer = answer_description(summary([], changed=0.2), "how many buildings appeared?")
    assert (answer.value, answer.confident) == (0, True) and answer.confidence == pytest.approx(0.8)
    assert not answer_description(summary([], changed=0.7), "how many buildings appeared?").confident
