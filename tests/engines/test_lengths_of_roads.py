"""Answers by the length of roads: limits of each, of all together, shares and comparisons; never by area."""

from dataclasses import replace

import pytest

from changed_scenes import one, summary
from chronosight.engines.router import answer_description

ROADS = [
    one(1, "building", "appeared", 10, 10, 30, 30),
    one(2, "road", "appeared", 10, 20, 120, 4),  # north, 120 m, 480 m²
    one(3, "road", "appeared", 10, 280, 40, 20),  # south, 40 m, but 800 m²
    one(4, "road", "vanished", 200, 250, 60, 5),
]


def answer(text, objects=ROADS, **facts):
    return answer_description(summary(objects, **facts), text)


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        ("How many roads longer than 100 m appeared?", 1, "1 road at least 100 m long appeared."),
        ("How many new roads are between 20 and 60 m long?", 1, "1 road at least 20 m and at most 60 m long appeared."),
        ("Is there a new road longer than 200 m?", False, "No: no roads at least 200 m long appeared."),
        ("How many new objects are longer than 25 m?", 2, "2 roads at least 25 m long appeared."),
        ("Total length of new roads longer than 100 m?", 120, "Roads at least 100 m long that appeared are about 120 m long"),
        ("How long are the new roads in km?", 160, "Roads that appeared are about 0.16 km long in all (2 roads)."),
        ("What is the longest new road?", 2, "The longest road that appeared is object 2"),
        ("What is the largest new road?", 3, "The largest road that appeared is object 3"),
        ("What is the total area of new roads?", 1280, "Roads that appeared cover about 1,280 m²"),
        ("What is the area of new roads longer than 100 m?", 480, "Roads at least 100 m long that appeared cover about 480 m²"),
        ("Did more than 100 m of road appear?", True, "Yes: roads that appeared are about 160 m long in all."),
        ("Are the new roads longer than 1 km in total?", False, "No: roads that appeared are about 160 m long in all."),
        ("What share of the new roads is longer than 100 m?", 50, "50 %: 1 road at least 100 m long appeared, of 2 roads"),
        ("What share of the length of new roads lies in the north?", 75, "75 %: about 120 m of roads appeared in the north"),
        ("Which half gained the most road length?", "left half", "Left half: 2 roads appeared, about 160 m, the most by length"),
        ("Which cell gained the most road length?", "top left corner", "Top left corner: 1 road appeared, about 120 m, the most"),
    ],
)
def test_answers_by_length(text, value, said):
    found = answer(text)
    assert found.text.startswith(said)
    assert found.value == value or found.value == str(value) or (isinstance(found.value, tuple) and value in found.value)


def test_length_and_area_are_not_mixed_up_when_parts_are_compared():
    by_length = answer("Compare the length of new roads in the north and the south")
    by_area = answer("Compare the area of new roads in the north and the south")
    assert (by_length.value, by_area.value) == ("in the north", "in the south")


@pytest.mark.parametrize(
    "text",
    ["How many roads longer than 100 m appeared?", "Is there a new road longer than 200 m?",
     "Which half gained the most road length?",
     "Did more than 100 m of road appear?", "What share of the length of new roads lies in the north?"],
)  # fmt: skip
def test_roads_that_were_not_measured_have_no_length(text):
    bare = [replace(item, length_m=None) for item in ROADS]
    found = answer(text, bare, metric=False)
    assert found.value is None and "the ground size of a pixel is not known" in found.text
    assert "were not measured" in answer(text, bare).text
