import numpy as np
import pytest

from chronosight.evaluation.score_claims import check_claims

REFERENCES = ("some houses are built in the top left corner", "a road appears in the desert", "the scene is the same as before")


def mask(value, rows=slice(0, 20), columns=slice(0, 20)):
    ways = np.zeros((90, 90), np.uint8)
    ways[rows, columns] = value
    return ways


def said(caption, references=REFERENCES, ways=None):
    return [(claim.kind, claim.right) for claim in check_claims(caption, references, ways)]


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("a house is built", [("thing", True)]),
        ("a home appears in the top left corner", [("thing", True), ("place", True)]),
        ("many houses are built in the top left corner", [("thing", True), ("place", True)]),
        ("many houses are built in the lower right corner", [("thing", True), ("place", False)]),
        ("some houses are removed", [("thing", False)]),
        ("a road appears in the desert", [("thing", True), ("surroundings", True)]),
        ("a road appears in the forest", [("thing", True), ("surroundings", False)]),
        ("a house is built in the woods", [("thing", True), ("surroundings", False)]),  # woods only say where
        ("a parking lot is built", [("thing", False)]),
        ("houses are built along the road", [("thing", True)]),  # the road only says where
        ("there is no difference", [("no change", True)]),
        ("the trees have been removed and a road appears", [("thing", False), ("thing", True)]),
    ],
)
def test_claims_are_held_against_what_people_wrote(caption, expected):
    assert said(caption) == expected


@pytest.mark.parametrize("caption", ["a road replaces the woods", "the forest is replaced by a road", "trees are removed"])
@pytest.mark.parametrize(("reference", "right"), [("some trees are replaced by a road", True), ("a road is built", False)])
def test_what_something_replaces_has_vanished_by_whatever_name(caption, reference, right):
    found = {claim.what: claim.right for claim in check_claims(caption, (reference,), None)}
    assert found["trees vanished"] is right and found.get("roads appeared", True)


def test_surroundings_have_several_names():
    assert said("a road is built across the forest", ("a road is built in the woods",))[1:] == [("surroundings", True)]
    assert said("a road is built on the bareland", ("a road on the wasteland appears",))[1:] == [("surroundings", True)]
    assert said("a road is built in the desert", ("a road on the wasteland appears",))[1:] == [("surroundings", False)]


def test_a_caption_of_no_change_is_wrong_where_nobody_wrote_so():
    assert said("there is no difference", ("a house is built",)) == [("no change", False)]


@pytest.mark.parametrize(("value", "right"), [(0, False), (1, True), (2, True), (3, False)])
def test_the_mask_supports_buildings_that_changed_so(value, right):
    assert said("a house is built", (), mask(value)) == [("thing", right)]
    assert said("a house is removed", (), mask(value)) == [("thing", value in (1, 3))]


def test_places_are_held_against_the_mask():
    assert said("a house is built in the top left corner", (), mask(2)) == [("thing", True), ("place", True)]
    assert said("a house is built in the lower right corner", (), mask(2)) == [("thing", True), ("place", False)]


def test_what_neither_sentences_nor_mask_can_decide_is_left_out():
    assert said("a road is built in the top left corner", (), mask(2)) == []
    assert said("the scene is the same as before", (), mask(0)) == [("no change", True)]
    assert said("the scene is the same as before", (), None) == []
