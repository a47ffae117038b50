"""A caption's claims: said once, and only what the change map shows."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronosight.tasks.caption import without_repeats
from chronosight.tasks.caption_claims import clauses, faults, supported_confidence, without_faults, without_settings


@dataclass
class Changed:
    class_name: str
    direction: str = "appeared"
    cell: str = "center"


HOUSE, ROAD = Changed("building"), Changed("road")
GONE = Changed("building", "vanished", "top left corner")


@pytest.mark.parametrize(
    ("caption", "parts"),
    [
        ("many houses are built", 1),
        ("houses and roads are built", 1),
        ("some trees are removed and several houses are built along the road", 2),
        ("a road is built, houses appear while the forest is cleared", 3),
        ("the scene is the same as before", 1),
        ("", 0),
        (" . ", 0),
    ],
)
def test_clauses_have_a_change_of_their_own(caption, parts):
    assert len(clauses(caption)) == parts


def test_a_clause_says_what_changed_how_and_where():
    first, second = clauses("Two villas are built at the top left and a road has been removed in the desert.")
    assert (first.nouns, first.subjects, first.direction, first.cells) == (
        ("houses",), ("buildings",), "appeared", ("top left corner",))  # fmt: skip
    assert (second.subjects, second.direction, second.settings) == (("roads",), "vanished", ("desert",))


@pytest.mark.parametrize(
    ("caption", "direction", "subjects", "replaced"),
    [
        ("a road with villas built along replaces the woods", "appeared", ("roads", "buildings"), ("forests",)),
        ("the forest is replaced by houses", "appeared", ("buildings",), ("forests",)),
        ("many trees have been removed and replaced with a road", "appeared", ("roads",), ("trees",)),
        ("a building is replaced by a road", "appeared", ("roads",), ("buildings",)),
        ("a building is replaced by a larger one", "vanished", (), ("buildings",)),
        ("houses replace houses", None, ("buildings",), ()),
        ("a road is built across the forest", "appeared", ("roads",), ()),
    ],
)
def test_what_is_replaced_has_vanished_and_what_replaces_it_appeared(caption, direction, subjects, replaced):
    (clause,) = clauses(caption)
    assert (clause.direction, clause.subjects, clause.replaced) == (direction, subjects, replaced)


def test_a_map_of_new_houses_supports_a_caption_that_says_what_they_replaced():
    assert not faults("the trees are replaced by houses", [HOUSE])
    assert [fault.kind for fault in faults("the trees are replaced by houses", [GONE])] == ["direction"]


@pytest.mark.parametrize(
    ("caption", "objects", "found"),
    [
        ("a parking lot is built and a parking lot are built", [], [("repeated clause", 1)]),
        ("a house is built at the top and a house is built on the right", [Changed("building", cell="top"),
                                                                          Changed("building", cell="right")], []),
        ("a house is built and a house is removed", [HOUSE, GONE], []),
        ("a road with a road appears", [ROAD], [("repeated noun", 0)]),
        ("many houses are built", [ROAD], [("class", 0)]),
        ("many houses are built", [GONE], [("direction", 0)]),
        ("many houses are built", [HOUSE], []),
        ("a house is built in the top left corner", [HOUSE], [("place", 0)]),
        ("a house is built in the center", [HOUSE], []),
        ("some houses appear in the desert", [HOUSE], [("setting", 0)]),
        ("some trees are removed", [], []),
        ("the two scenes seem identical", [HOUSE], []),
    ],
)  # fmt: skip
def test_faults(caption, objects, found):
    assert [(fault.kind, fault.position) for fault in faults(caption, objects)] == found


@pytest.mark.parametrize(
    ("caption", "objects", "left"),
    [
        ("a parking lot is built and a parking lot are built", [], "a parking lot is built"),
        ("a road with a road appears", [ROAD], "a road appears"),
        ("a parking lot is built", [HOUSE], ""),
        ("a parking lot is built", [ROAD], "a parking lot is built"),
        ("a parking lot and a house are built", [HOUSE], "a house is built"),
        ("some parking lots and a big house have been built", [HOUSE], "a big house has been built"),
        ("a parking lot and some houses are built", [HOUSE], "some houses are built"),
        ("a house and a villa are built", [HOUSE], "a house is built"),
        ("a parking lot and a house and a tree are built", [HOUSE], "a house and a tree are built"),
        ("a house with trees and a parking lot are built", [HOUSE], "a house with trees is built"),
        ("a house is built beside the parking lot", [HOUSE], "a house is built"),
        ("a road is built and many houses are built", [ROAD], "a road is built"),
        ("many houses are built", [ROAD], ""),
        ("a house is built in the top left corner", [HOUSE], "a house is built in the center of the scene"),
        ("trees are removed, a road is built and a house is built", [ROAD, HOUSE],
         "trees are removed, a road is built and a house is built"),
    ],
)  # fmt: skip
def test_what_is_left_without_them(caption, objects, left):
    assert without_faults(caption, objects) == left


def test_settings_go_where_that_is_asked():
    assert without_faults("some houses appear in the desert", [HOUSE]) == "some houses appear in the desert"
    assert without_faults("some houses appear in the desert", [HOUSE], ("setting",)) == "some houses appear"


def test_chosen_settings_go_and_others_stay():
    caption = "a house is built in the woods and a road appears in the bareland"
    assert without_settings(caption, ["wood"]) == "a house is built and a road appears in the bareland"
    assert without_settings(caption, []) == caption


def test_a_caption_is_no_surer_than_its_facts():
    assert supported_confidence(0.9, [0.8, 0.4]) == 0.4
    assert supported_confidence(0.3, [0.8]) == supported_confidence(0.3, []) == 0.3


WORDS = ["a", "road", "house", "houses", "parking", "lot", "is", "built", "removed", "and", "with", "in", "the", "desert", "top",
         "left", ",", ".", "while", "two"]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join), st.lists(st.sampled_from([HOUSE, ROAD, GONE]), max_size=3))
def test_what_is_left_has_no_fault_of_the_kinds_that_went(caption, objects):
    kinds = ("repeated clause", "class", "direction")
    left = without_faults(caption, objects, kinds)
    assert not any(fault.kind in kinds for fault in faults(left, objects))


@pytest.mark.parametrize(("text", "left"), [
    ("a residential area with a residential area", "a residential area"),
    ("a building is near a building", "a building"),
    ("a piece of green ocean is near a piece of ocean", "a piece of green ocean"),
    ("many buildings are near a river", "many buildings are near a river"),
    ("a church is near a road and a river", "a church is near a road and a river"),
    ("trees", "trees"),
])  # fmt: skip
def test_an_image_is_described_once(text, left):
    assert without_repeats(text) == left


@pytest.mark.parametrize("where", ["along the", "alongside a", "near several", "beyond the old", "on both sides of the"])
def test_a_noun_that_only_says_where_is_not_claimed_to_have_changed(where):
    caption = f"many houses are built {where} road"
    (clause,) = clauses(caption)
    assert (clause.nouns, clause.beside, clause.subjects) == (("houses", "roads"), ("roads",), ("buildings",))
    assert faults(caption, [HOUSE]) == []


@pytest.mark.parametrize(
    "where", ["on the left of the road", "in the top left corner of the road", "at the top of a few villas", "along a road"]
)
def test_a_place_beside_a_thing_is_no_place_in_the_scene_and_no_claim_about_the_thing(where):
    (clause,) = clauses(f"a building is constructed {where}")
    assert (clause.cells, clause.subjects) == ((), ("buildings",))
    assert without_faults(clause.text, [replace(HOUSE, cell="right")]) == clause.text
    (whole,) = clauses("a building is constructed on the left of the scene")
    assert whole.cells == ("top left corner", "left", "lower left corner")


def test_only_nouns_joined_by_with_or_and_are_repeated():
    assert [fault.kind for fault in faults("a road and some new roads appear", [ROAD])] == ["repeated noun"]
    assert faults("the road a road appears", [ROAD]) == []


@pytest.mark.parametrize(
    ("caption", "left"),
    [
        ("some houses are built at the bottom of the scene", "some houses are built"),
        ("a house is built in the lower right corner of the image and a road appears", "a house is built and a road appears"),
        ("a house is built at the bottom of the residential area", "a house is built"),
        ("a road appears and a house appears on the bottom of it", "a road appears and a house appears"),
        ("a house is built at the bottom of an old residential area", "a house is built"),
        ("the bottom of the scene is covered with new houses", "the scene is covered with new houses"),
        ("houses are built in the bottom, near trees", "houses are built near trees"),
    ],
)
def test_a_place_goes_with_what_it_is_a_place_of(caption, left):
    """The houses lie in two opposite corners, which no few words say."""
    corners = [replace(HOUSE, cell=cell) for cell in ("top right corner", "left")]
    assert without_faults(caption, [*corners, ROAD]) == left


@pytest.mark.parametrize(
    ("caption", "cells", "corrected"),
    [
        ("a house is built at the bottom of the scene", ["top left corner"],
         "a house is built in the top left corner of the scene"),
        ("some houses are built on the right", ["top left corner", "top"], "some houses are built at the top of the scene"),
        ("some houses are built in the top right corner", ["lower", "lower right corner", "lower"],
         "some houses are built at the bottom of the scene"),
        ("a road is removed on the right and a house is built at the top", ["left"],
         "a house is built on the left of the scene"),
        ("a house is built at the top and on the right of the scene", ["center"],
         "a house is built in the center of the scene"),
        ("the bottom of the scene is covered with new houses", ["top"], "the top of the scene is covered with new houses"),
        ("a house at the bottom of the scene is built", ["top"], "a house at the top of the scene is built"),
        ("in the lower right corner, a house is built", ["top"], "at the top of the scene, a house is built"),
        ("houses appear on the left, at the bottom, and in the center", ["right"], "houses appear on the right of the scene"),
        ("houses appear on the left of an old residential area, near trees", ["right"],
         "houses appear on the right of the scene, near trees"),
    ],
)  # fmt: skip
def test_a_denied_place_is_replaced_by_that_of_the_objects(caption, cells, corrected):
    objects = [replace(HOUSE, cell=cell) for cell in cells]
    fixed = without_faults(caption, objects)
    assert fixed == corrected
    assert not [fault for fault in faults(fixed, objects) if fault.kind == "place"]
