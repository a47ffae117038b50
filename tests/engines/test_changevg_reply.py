"""Token probabilities -> confidence, words -> values, words against the map."""

import pytest

from chronosight.engines.changevg.consistency import About, compare, numbers_named
from chronosight.engines.changevg.language_model import Step, make_reply
from chronosight.engines.changevg.read_value import cells_named, read_value
from chronosight.engines.confidence import raw_confidence as confidence
from chronosight.results.changed_object import ChangedObject
from chronosight.results.evidence import Evidence

NOTHING = None


def reply(*steps, text=""):
    return make_reply(text, steps, True)


def digit(text, probability, digits):
    return Step(text, probability, 0.0, 0.0, digits)


def test_yes_and_no_share_their_tokens_mass():
    steps = reply(Step("Yes", 0.5, 0.6, 0.2, 0.0), Step("", 0.9, 0.0, 0.0, 0.0))
    assert confidence("binary", True, steps) == pytest.approx(0.75)
    assert confidence("binary", False, steps) == pytest.approx(0.25)


def test_a_count_takes_the_digits_mass_and_where_the_number_ends():
    steps = reply(digit("1", 0.3, 0.6), digit("2", 0.8, 0.9), digit("", 0.7, 0.1))
    assert confidence("count", 12, steps) == pytest.approx(0.3 / 0.6 * 0.8 * 0.9)
    mixed = reply(digit("There are ", 0.1, 0.0), digit(" 7", 0.4, 0.5), digit(" houses", 0.9, 0.0))
    assert confidence("count", 7, mixed) == pytest.approx(0.8)
    assert confidence("count", 2, reply(digit("two", 0.5, 0.1), digit("", 0.5, 0.0))) == pytest.approx(0.25)


def test_captions_take_the_mean_log_probability_and_lists_the_product():
    steps = reply(digit("a", 0.25, 0.0), digit("", 1.0, 0.0))
    assert confidence("caption", "a", steps) == pytest.approx(0.5)
    assert confidence("location", ("top",), steps) == pytest.approx(0.25)


def test_no_probabilities_no_confidence():
    assert confidence("binary", True, make_reply("Yes", (), True)) == 0.0


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("top left corner,left", ("top left corner", "left")),
        ("They are in the upper left, the centre and at the bottom.", ("top left corner", "center", "lower")),
        ("There is no change.", ()),
        ("I cannot say.", None),
    ],
)
def test_places_within_a_sentence(text, cells):
    assert read_value("location", text) == cells == (cells_named(text))


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("three new houses are built beside the road", [(3, "buildings")]),
        ("2 villas and one new road appeared", [(2, "buildings"), (1, "roads")]),
        ("one of the roads is wider", []),
        ("several houses are built", []),
        ("12 trees next to houses", []),
    ],
)
def test_numbers_in_a_sentence(sentence, expected):
    assert numbers_named(sentence) == expected


def evidence(*objects):
    found = tuple(
        ChangedObject(name, way, outline=NOTHING, area_px=9.0, cell=cell, confidence=0.9) for name, way, cell in objects
    )
    return Evidence(("background", "road", "building"), NOTHING, NOTHING, NOTHING, found)


TWO = evidence(("building", "appeared", "top"), ("building", "vanished", "left"))
EMPTY = evidence()


@pytest.mark.parametrize(
    ("about", "text", "value", "seen", "note", "outright"),
    [
        (About("count", "buildings"), "3", 3, EMPTY, "the words count 3 buildings, the map shows 0", True),
        (About("count", "buildings"), "3", 3, TWO, "the words count 3 buildings, the map shows 2", False),
        (About("count", "buildings", "appeared"), "2", 2, TWO, "the words count 2 buildings, the map shows 1", False),
        (About("count", "roads"), "1", 1, TWO, "the words count 1 roads, the map shows 0", True),
        (About("binary"), "No", False, TWO, "the words say no, the map shows 2 outlines of buildings or roads", True),
        (About("binary", "roads"), "Yes", True, TWO, "the words say yes, the map shows no outline of roads", True),
        (About("location", "buildings"), "top", ("top",), TWO, "buildings: the words say top, the map shows top,left", False),
        (
            About("location", "buildings"),
            "No change",
            (),
            TWO,
            "buildings: the words say No change, the map shows top,left",
            True,
        ),
        (
            About("direction", "buildings"),
            "appeared",
            "appeared",
            TWO,
            "buildings: the words say appeared, the map shows both",
            False,
        ),
        (
            About("caption"),
            "the scene is the same as before",
            "x",
            TWO,
            "the words report no change, the map shows 2 outlines",
            True,
        ),
        (About("open"), "There are 3 new houses.", None, EMPTY, "the words count 3 buildings, the map shows 0", True),
    ],
)
def test_a_disagreement_shows_both_sides(about, text, value, seen, note, outright):
    found = compare(about, text, value, seen)
    assert found is not None and (found.note, found.outright) == (note, outright)


@pytest.mark.parametrize(
    ("about", "text", "value", "seen"),
    [
        (About("count", "buildings"), "2", 2, TWO),
        (About("count", "buildings", None, ("top",)), "1", 1, TWO),
        (About("binary"), "Yes", True, TWO),
        (About("binary"), "No", False, EMPTY),
        (About("location", "buildings"), "left,top", ("left", "top"), TWO),
        (About("direction", "roads"), "none", "none", TWO),
        (About("caption"), "two houses changed", "x", TWO),
        (About("count", "buildings"), "many", None, TWO),
    ],
)
def test_where_they_agree_or_cannot_be_compared_nothing_is_said(about, text, value, seen):
    assert compare(about, text, value, seen) is None
