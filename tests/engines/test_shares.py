"""Shares: of the ground without its size, of objects by number, area and length; and which part changed more."""

from dataclasses import replace

import pytest

from changed_scenes import one, summary
from chronosight.engines.router import answer_description
from chronosight.results.land_cover_change import CoverObject, LandCoverChange
from chronosight.tasks.parsing import parse_question

OBJECTS = [
    one(1, "building", "appeared", 10, 10, 30, 30),  # north-west, 900
    one(2, "building", "appeared", 200, 250, 10, 10),  # south-east, 100
    one(3, "building", "appeared", 220, 250, 10, 10),
    replace(one(4, "road", "appeared", 10, 20, 10, 180), cells=("top left corner", "left")),  # half of it in the north
]


def answer(text, metric=False):
    objects = OBJECTS if metric else [replace(item, area_m2=None, length_m=None) for item in OBJECTS]
    return answer_description(summary(objects, corners=None, metric=metric), text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("What share of the ground changed?", 3.22),
        ("What percentage of the image was built on?", 3.22),
        ("What per cent of the scene is covered by new buildings?", 1.22),
        ("What % of the new buildings lies in the lower part?", 66.7),
        ("What share of the area of new buildings lies at the top?", 81.8),
        ("What share of the built area lies at the top?", 62.1),
        ("What share of the changed area are buildings?", 37.9),
    ],
)
def test_a_share_needs_no_ground_size(text, value):
    said = answer(text)
    assert said.task == "share" and said.value == pytest.approx(value)
    assert "m²" not in said.text


def test_an_area_in_square_metres_does():
    for text in ("How many hectares of buildings appeared?", "What share of the new buildings is larger than 200 m2?"):
        said = answer(text)
        assert said.value is None and "the ground size of a pixel is not known" in said.text


def test_a_long_road_counts_in_a_part_by_its_places():
    where = ("at the top", "in the lower part")
    assert [answer(f"What share of the road length lies {place}?", metric=True).value for place in where] == [50, 0]


def test_the_ground_beside_the_objects_is_mentioned():
    shaped = one(1, "building", "appeared", 220, 10, 70, 60)
    piece = CoverObject(
        "trees", "bare ground", outline=shaped.outline, area_px=shaped.area_px, cell=shaped.cell, confidence=0.9, number=1,
        centroid=shaped.centroid, area_m2=shaped.area_m2,
    )  # fmt: skip
    scene = replace(summary(OBJECTS), ground=90000.0, land_cover=LandCoverChange((piece,)))
    assert "other ground changed too" in " ".join(answer_description(scene, "What share of the ground changed?").notes)
    share = answer_description(scene, "What share of the land cover changed?")
    assert share.value == pytest.approx(4.7)
    assert answer_description(scene, "What share of the ground lost trees?").value == pytest.approx(4.7)


@pytest.mark.parametrize(
    ("text", "same"),
    [("Which half changed more?", "Which half changed most?"),
     ("Which quarter gained fewer roads?", "Which quarter gained the fewest roads?")],
)  # fmt: skip
def test_which_part_changed_more_is_which_changed_most(text, same):
    assert parse_question(text, "pair").of_objects.question == parse_question(same, "pair").of_objects.question is not None


def nine_and_ten():
    places = [(20 if n % 2 else 260, 10 if n < 10 else 250) for n in range(1, 20)]
    return summary([one(n, "building", "appeared", x, y, 10, 10) for n, (x, y) in enumerate(places, 1)])


@pytest.mark.parametrize(
    "text", ["Are there more new buildings in the north than in the south?", "Which half has the most new buildings?"]
)
def test_what_is_nearly_as_much_is_not_surely_more(text):
    assert answer_description(nine_and_ten(), text).confidence <= 0.5


def test_shares_and_differences_of_numbers_are_no_surer_than_the_numbers():
    counted = answer_description(nine_and_ten(), "How many buildings appeared?").confidence
    for text in ("What share of the new buildings lies in the north?", "How many more buildings than roads appeared?"):
        said = answer_description(nine_and_ten(), text)
        assert said.value and said.confidence <= counted
