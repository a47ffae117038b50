"""Changed objects, sums over them, answers and doubts: what is written, rounded and left out."""

from dataclasses import replace

import numpy as np
import pytest

from changed_scenes import CORNERS, SIDE, lonlat, one, summary, town
from chronosight.engines.compact.describe import describe_objects
from chronosight.results.answer import Answer
from chronosight.results.change_summary import change_summary
from chronosight.results.changed_object import Tally, classes_of, tally, tally_rows, total
from chronosight.results.codes import code_map
from chronosight.results.description import ClassDescription, placeholder_scene
from chronosight.results.doubts import MOST, doubted, doubted_description
from chronosight.results.evidence import Evidence
from small_scenes import ground, pair

TURNS = [(0, True), (19, True), (-19, True), (20, False), (-20, False), (90, False), (180, False)]
CLASSES = ("background", "road", "building")


def evidence(objects):
    flat = np.full((SIDE, SIDE), 0.25, np.float32)
    return Evidence(CLASSES, np.zeros((SIDE, SIDE), np.uint8), flat, flat, tuple(objects))


def described(**facts):
    scene = placeholder_scene(SIDE, SIDE, sources=("a", "b"), metres_per_pixel=1.0)
    return describe_objects(evidence(town()), 0.95, {}, scene)


def test_facts_of_an_object_are_rounded_and_the_unknown_left_out():
    item = one(3, "building", "appeared", 10, 10, 10, 12, 0.123456)
    bare = replace(item, area_px=120.26, area_m2=None, length_m=None)
    expected = {"number": 3, "class": "building", "direction": "appeared", "cell": "top left corner", "area_px": 120.3}
    assert bare.to_dict() == {**expected, "confidence": 0.1235}
    full = replace(bare, area_m2=30.06, length_m=12.34, tile="r3c12", cells=("top", "center"))
    assert full.to_dict() == {
        **expected, "cells": ["top", "center"], "tile": "r3c12", "area_m2": 30.1, "length_m": 12.3, "confidence": 0.1235
    }  # fmt: skip
    assert (bare.area, full.area) == (120.26, 30.06) and (bare.places, full.places) == (("top left corner",), ("top", "center"))


def test_sums_by_class_and_direction():
    sums = tally(town()[::-1])
    assert list(sums) == [("building", "appeared"), ("building", "vanished"), ("road", "appeared")]
    assert sums["building", "appeared"] == Tally(4, 120 + 64 + 200 + 81)
    assert total(sums) == Tally(6, 465 + 100 + 1200) and total(sums, "building") == Tally(5, 565)
    assert total(sums, direction="appeared") == Tally(5, 1665) and total(sums, "road", "vanished") == Tally()
    assert tally_rows({("road", "vanished"): Tally(2, 3.14159)}) == [
        {"class": "road", "direction": "vanished", "count": 2, "area_m2": 3.1}
    ]
    assert classes_of([one(1, "tank", "appeared", 0, 0, 1, 1), *town()]) == ("building", "road", "tank")


def test_an_answer_as_json_types():
    answer = Answer("about 12 m", "length", 12.5, 0.123456, True, notes=("a note",), unit="m")
    assert answer.to_dict() == {
        "text": "about 12 m", "task": "length", "value": 12.5, "unit": "m", "confidence": 0.1235, "confident": True, "sure": True,
        "notes": ["a note"],
    }  # fmt: skip
    plain = Answer("top", "location", ("top",), 0.5, False)
    assert "unit" not in plain.to_dict() and plain.to_dict()["value"] == ["top"] and plain.to_dict()["sure"] is False
    assert replace(plain, confidence_known=False).to_dict()["confidence"] is None
    with pytest.warns(DeprecationWarning):
        assert plain.sure is False


def test_answers_about_a_doubtful_scene_are_unsure_and_say_why():
    scene = pair(ground(8, 8), doubts=("the image is blank", "no optical image"))
    answer = Answer("Yes", "binary", True, 0.9, True, notes=("the image is blank",))
    unsure = doubted(answer, scene)
    assert (unsure.text, unsure.value, unsure.confidence, unsure.confident) == ("Yes", True, 0.5, False)
    assert unsure.notes == ("the image is blank", "no optical image"), "each reason once"
    assert doubted(replace(answer, confidence=0.3), scene).confidence == 0.3
    assert doubted(answer, pair(ground(8, 8))) is answer


def test_a_caption_of_what_shows_nothing_says_that_nothing_can_be_compared():
    captioned = Answer("houses are built", "caption", "houses are built", 0.8, True)
    blank = "white.png shows nothing: it is nearly one colour throughout"
    unsure = doubted(captioned, pair(ground(8, 8), doubts=(blank, "night.png is grey")))
    assert unsure.text == unsure.value == "Nothing can be compared: white.png shows nothing"
    assert not unsure.confident and unsure.notes == (blank, "night.png is grey")
    one = replace(pair(ground(8, 8)), kind="image", doubts=(blank.replace("nothing", "next to nothing", 1),))
    assert doubted(captioned, one).text == "Nothing can be described: white.png shows next to nothing"
    assert doubted(captioned, pair(ground(8, 8), doubts=("night.png is grey",))).text == "houses are built"
    assert doubted(replace(captioned, task="count", value=3), pair(ground(8, 8), doubts=(blank,))).value == 3


def test_a_description_of_a_doubtful_scene_is_unsure_throughout():
    sure, scene = described(), pair(ground(8, 8), doubts=("the image is blank",))
    unsure = doubted_description(replace(sure, scene=scene))
    assert not unsure.caption.confident and not unsure.changed.confident and unsure.changed.confidence <= 0.5
    assert sure.classes[0].confidence > 0.5 and [row.confidence <= 0.5 for row in unsure.classes] == [True] * len(sure.classes)
    assert unsure.notes == (*sure.notes, "the image is blank")
    assert doubted_description(sure) is sure
    roads = ClassDescription("roads", 0, 0, (), 0.9, changed=Answer("No", "binary", False, 0.9, True))
    (of_roads,) = doubted_description(replace(sure, scene=scene, classes=(roads,))).classes
    assert not of_roads.changed.confident and of_roads.changed.confidence == MOST and of_roads.changed.notes


@pytest.mark.parametrize(("degrees", "up"), TURNS)
@pytest.mark.parametrize("latitude", [0.0, 60.0])
def test_north_is_up_within_the_limit_on_the_ground_at_any_latitude(degrees, up, latitude):
    """At 60 degrees a degree of longitude is half as long."""
    turn = np.radians(degrees)
    square = (CORNERS - CORNERS.mean(axis=0)) * 1e-5
    east, south = (square @ [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]).T
    corners = np.stack([11 + east / np.cos(np.radians(latitude)), latitude - south], axis=1)
    assert replace(summary(town()), corners=corners).north_up is up
    assert replace(summary(town()), corners=None).north_up is None


def test_the_summary_of_a_description():
    sure = described()
    found = change_summary(sure)
    assert found.changed == sure.changed.confidence and (found.width, found.height, found.metric) == (SIDE, SIDE, True)
    assert found.ground == SIDE * SIDE and found.corners is None and found.exact == {}
    no = replace(sure.changed, value=False, confidence=0.8)
    assert change_summary(replace(sure, changed=no)).changed == pytest.approx(0.2)
    assert change_summary(replace(sure, changed=replace(no, confidence_known=False))).changed == 0.5
    open_ = replace(no, text="Cannot tell", value=None, confidence=0.1, confident=False)  # of the answer that was not given
    assert change_summary(replace(sure, changed=open_)).changed == pytest.approx(0.1 if sure.objects else 0.9)
    nothing = replace(sure, changed=open_, evidence=replace(sure.evidence, objects=()))
    assert change_summary(nothing).changed == pytest.approx(0.9)
    assert change_summary(replace(sure, model={"exact_answers": {"count": {"a": 1.0}}})).exact == {"count": {"a": 1.0}}
    coarse = replace(sure, scene=placeholder_scene(10, 20, sources=("a", "b"), metres_per_pixel=2.0))
    assert change_summary(coarse).ground == 800
    assert summary(town()).footprint.bounds == pytest.approx((*lonlat(CORNERS).min(axis=0), *lonlat(CORNERS).max(axis=0)))


def test_codes_of_the_change_map():
    """Objects give their pixels their own direction, a rim included; other pixels follow `appeared`."""
    mask = np.zeros((30, 30), np.uint8)
    mask[2:8, 2:8], mask[12:18, 12:18], mask[24:28, 4:8], mask[24:28, 20:24] = 1, 2, 1, 2
    mask[12:18, 18:20] = 2  # just outside the outline of the building
    appeared = np.full((30, 30), 0.5, np.float32)
    appeared[24:28, 20:24] = 0.49
    objects = [one(1, "road", "vanished", 2, 2, 6, 6), one(2, "building", "vanished", 12, 12, 6, 6)]
    codes = code_map(mask, appeared, CLASSES, objects)
    assert set(np.unique(codes[2:8, 2:8])) == {2} and set(np.unique(codes[12:18, 12:20])) == {4}
    assert set(np.unique(codes[24:28, 4:8])) == {1} and set(np.unique(codes[24:28, 20:24])) == {4}
    assert ((codes > 0) == (mask > 0)).all()
    flat = np.array([[0.0, 0.004, 0.006, 1.0]], np.float32)
    flat, valid = np.vstack([flat, flat[:, ::-1]]), np.array([[True, True, True, False], [True] * 4])
    seen = Evidence(CLASSES, np.zeros((2, 4), np.uint8), flat, flat, (), valid)
    assert seen.percent().tolist() == [[0, 0, 1, 255], [100, 1, 0, 0]]
    assert seen.percent(1).tolist() == [[100, 1, 0, 0]] and seen.percent(0, 1).tolist() == [[0, 0, 1, 255]]
    assert seen.codes().tolist() == [[0, 0, 0, 255], [0] * 4]
