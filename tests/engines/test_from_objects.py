"""Answers read off the objects: right by a count of one's own, and no answer where objects cannot tell."""

from dataclasses import replace

import numpy as np
import pytest

from changed_scenes import CORNERS, one, pixels, summary, town, zones_of
from chronosight.engines.confidence import of_exact_answer
from chronosight.engines.from_objects import CANNOT_TELL, answer_task, beside_undecided, counts_and_places
from chronosight.engines.router import FOLLOWS, POSSIBLE, answer_description
from chronosight.results.answer import Answer
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.changed_object import ChangedObject
from chronosight.results.description import ClassDescription
from chronosight.results.evidence import Evidence
from chronosight.tasks import binary, count, direction
from chronosight.tasks.caption import NO_CHANGE_SENTENCES

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
        ("What length of roads vanished?", "No roads vanished: 0 m.", 0),
        ("What is the size of the three largest new buildings?",
         "The 3 largest buildings that appeared: object 3 (200 m², in the top left corner), object 1 (120 m², in the top left "
         "corner) and object 4 (81 m², in the lower right corner); about 401 m² in all.", 401),
        ("How many buildings appeared in Riverside?", "3 buildings appeared in Riverside.", 3),
        ("Did anything vanish in Mill?", "No: no objects vanished in Mill.", False),
        ("Were any roads built?", "Yes: 1 road appeared.", True),
        ("How many roads changed?", "1 road changed: it appeared.", 1),
        ("Which zone lost the most buildings?", "Riverside: 1 building vanished, about 100 m², the most by number.", "Riverside"),
        ("Where did most buildings appear?", "Top left corner: 3 buildings appeared, about 384 m², the most by number.",
         "top left corner"),
        ("Which zones lost buildings?", "Zones with buildings that vanished: Riverside (1 building).", ("Riverside",)),
        ("Which zones did not lose any buildings?", "Zones without buildings that vanished: Mill.", ("Mill",)),
        ("Which part changed most?", "Lower: 1 object changed, about 1,200 m², the most by area.", "lower"),
        ("Which corner changed most?", "Top left corner: 3 objects changed, about 384 m², the most by area.", "top left corner"),
        ("Where were roads built?", "1 road appeared at the bottom.", ("lower",)),
    ],
)  # fmt: skip
def test_answers(question, text, value):
    answer = answer_description(scene(), question)
    assert (answer.text, answer.value) == (text, value)
    assert answer.confident and answer.confidence == pytest.approx(0.9)
    assert answer.to_dict()["task"] != "open"


def test_the_size_of_the_largest_object_is_an_area():
    answer = answer_description(scene(), "How large is the largest new building?")
    assert (answer.task, answer.value, answer.unit) == ("area", 200, "m2")
    assert "a building of about 200 m²" in answer.text
    assert "about 0.12 ha" in answer_description(scene(), "How many hectares does the largest new road cover?").text
    flat = replace(scene(), metric=False, ground=None)
    answer = answer_description(flat, "How large is the largest new building?")
    assert (answer.value, answer.unit) == (200, "px") and "not known" in answer.notes[0]
    refused = answer_description(flat, "How many hectares does the largest new building cover?")
    assert refused.task == "open" and "ground size" in refused.text
    assert answer_description(scene(), "Which is the largest new building?").value == 3


YES_NO = [
    ("Are there at least 4 new buildings?", "Yes: 4 buildings appeared.", True),
    ("Are there more than four new buildings?", "No: 4 buildings appeared.", False),
    ("Were fewer than 5 buildings built in the north?", "Yes: 3 buildings appeared in the north.", True),
    ("Is the area of new buildings larger than 1 hectare?", "No: buildings that appeared cover about 465 m².", False),
    ("Do the new buildings cover more than 400 m2?", "Yes: buildings that appeared cover about 465 m².", True),
    ("Did the number of buildings decrease?", "No: 4 buildings appeared and 1 vanished.", False),
    ("Are there more houses than before?", "Yes: 4 buildings appeared and 1 vanished.", True),
    ("Were fewer buildings built than demolished?", "No: 4 buildings appeared and 1 vanished.", False),
    ("Has the number of roads grown?", "Yes: 1 road appeared and none vanished.", True),
    ("Are all new buildings in the north?", "No: 3 of 4 buildings that appeared lie in the north.", False),
    ("Are most new buildings in the north?", "Yes: 3 of 4 buildings that appeared lie in the north.", True),
    ("Are the new roads only in the south?", "Yes: 1 of 1 road that appeared lies in the south.", True),
    ("Are there exactly four new buildings?", "Yes: 4 buildings appeared.", True),
    ("Are there exactly 5 new buildings?", "No: 4 buildings appeared.", False),
    ("Is the largest new building in the south?",
     "No: the largest building that appeared (object 3, 200 m²) does not lie in the south.", False),
    ("Is the largest new building in the western half?",
     "Yes: the largest building that appeared (object 3, 200 m²) lies in the western half.", True),
    ("Is the largest new building in the eastern half?",
     "No: the largest building that appeared (object 3, 200 m²) does not lie in the eastern half.", False),
    ("Is the largest new building in the northern half?",
     "Yes: the largest building that appeared (object 3, 200 m²) lies in the northern half.", True),
    ("Is the largest new building in the southern half?",
     "No: the largest building that appeared (object 3, 200 m²) does not lie in the southern half.", False),
    ("Has nothing changed?", "No: 6 objects changed: 4 buildings appeared, 1 building vanished, 1 road appeared.", False),
    ("Did no roads vanish?", "Yes: no roads vanished.", True),
    ("Compare buildings and roads",
     "5 buildings changed (about 565 m²), 1 road changed (about 1,200 m²): more buildings than roads.", "buildings"),
    ("How many more buildings appeared in the north than in the south?", "2: {}more by number in the north.", 2),
]


@pytest.mark.parametrize(("question", "text", "value"), YES_NO)
def test_what_is_asked_is_what_is_answered(question, text, value):
    answer = answer_description(scene(), question)
    assert (answer.text, answer.value) == (text.format(COMPARED), value)


COMPARED = "3 buildings appeared in the north (about 384 m²), 1 building appeared in the south (about 81 m²): "
COMPUTED = [
    ("compare the new buildings in the north with the south", COMPARED + "more by number in the north.", "in the north"),
    ("are there more new buildings in the north than in the south?", f"Yes: {COMPARED}more by number in the north.", True),
    ("are there fewer new buildings in the north than in the south?", f"No: {COMPARED}fewer by number in the south.", False),
    ("compare the north and the south", "3 objects changed in the north (about 384 m²), 2 objects changed in the south (about "
     "1,280 m²): more by area in the south.", "in the south"),
    ("what share of the new buildings is in the north-west?",
     "75 %: 3 buildings appeared in the north-west, of 4 buildings that appeared.", 75),
    ("what share of the top right corner is new buildings?", "0 %: no buildings appeared in the top right corner.", 0),
    ("what percentage of the scene changed?", "About 1.96 %: objects that changed cover about 1,760 m².", 1.96),
    ("what share of the changed buildings vanished?", "20 %: 1 building vanished, of 5 buildings that changed.", 20),
    ("what percentage of the changes are roads?", "16.7 %: 1 road changed, of 6 objects that changed.", 16.7),
    ("what share of new buildings are larger than 150 m2?",
     "25 %: 1 building of at least 150 m² appeared, of 4 buildings that appeared.", 25),
    ("how many new buildings per hectare?", "0.444 per ha: 4 buildings appeared, on 9 ha of ground.", 0.444),
    ("how many new buildings per hectare in the northern half?",
     "0.667 per ha: 3 buildings appeared in the northern half, on 4.5 ha of ground.", 0.667),
    ("what area of new buildings per hectare?",
     "51.7 m² per ha: about 465 m² of buildings appeared, on 9 ha of ground.", 51.7),
    ("how many new buildings are larger than 150 m2?", "1 building of at least 150 m² appeared.", 1),
    ("how many new buildings are smaller than 100 m2?", "2 buildings of at most 100 m² appeared.", 2),
    ("which are the two largest new buildings?", "The 2 largest buildings that appeared: object 3 (200 m², in the top left "
     "corner) and object 1 (120 m², in the top left corner); about 320 m² in all.", ("3", "1")),
    ("which half gained the most buildings?", "Upper half and left half: 3 buildings appeared, about 384 m² each, the most by "
     "number.", ("upper half", "left half")),
    ("which quarter changed most?", "Lower left quarter: 2 objects changed, about 1,300 m², the most by area.",
     "lower left quarter"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "text", "value"), COMPUTED)
def test_shares_densities_sizes_and_comparisons_are_computed(question, text, value):
    answer = answer_description(replace(scene(), ground=90_000.0), question)
    assert (answer.text, answer.value) == (text, value)


@pytest.mark.parametrize("question", ["how many new buildings per hectare?", "how many hectares changed?",
                                      "how many new buildings are larger than 150 m2?"])  # fmt: skip
def test_without_a_ground_size_nothing_is_measured(question):
    answer = answer_description(replace(scene(), metric=False, ground=None), question)
    assert answer.task == "open" and "ground size" in answer.text


def test_the_largest_is_named_with_its_place():
    answer = answer_description(scene(), "where is the largest new building?")
    assert answer.value == 3 and "object 3" in answer.text and "in the top left corner, at 47.99935°, 11.00080°" in answer.text


def test_the_story_is_the_description():
    answer = answer_description(scene(), "what changed?")
    assert answer.text.startswith("4 buildings appeared (about 465 m²)")


@pytest.mark.parametrize("question", ["why was it built?", "how many trees appeared?", "how many buildings are there?"])
def test_what_objects_do_not_show_is_not_answered(question):
    answer = answer_description(scene(), question)
    assert (answer.task, answer.value, answer.confident, answer.confidence) == ("open", None, False, 0.0)


def test_zones_are_needed_for_questions_about_them():
    answer = answer_description(summary(town()), "which zone changed most?")
    assert answer.task == "open" and "--zones" in answer.text


def test_a_close_yes_or_no_is_not_confident():
    """465 m² of buildings, 0.9 sure each: a tenth of them may not be there."""
    for question, confident in (
        ("Is the area of new buildings larger than 400 m2?", True),
        ("Is the area of new buildings larger than 450 m2?", False),
        ("Is the area of new buildings smaller than 470 m2?", False),
        ("Did the number of buildings grow?", True),
    ):
        answer = answer_description(scene(), question)
        assert answer.confident is confident and (answer.confidence <= 0.5) is not confident, question
    level = [one(n, "building", way, 10 * n, 10, 9, 9) for n, way in enumerate(["appeared"] * 6 + ["vanished"] * 5, 1)]
    answer = answer_description(summary(level), "Did the number of buildings grow?")
    assert answer.value is True and not answer.confident


def test_levels_are_named():
    found = [one(1, "building", "appeared", 10, 10, 10, 10), one(2, "building", "appeared", 210, 10, 10, 10)]
    zones = zones_of(A=pixels(0, 0, 100, 300), B=pixels(200, 0, 300, 300))
    answer = answer_description(summary(found, zones=zones), "which zone gained the most buildings?")
    assert answer.value == ("A", "B") and "2 zones are tied" in answer.notes


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


def test_unmeasured_lengths_are_not_reported():
    road = town()[5]
    bare = replace(road, length_m=None)
    assert answer_description(summary([bare]), "what length of roads was built?").task == "open"


def evidence(objects) -> Evidence:
    empty = np.zeros((300, 300), np.float32)
    return Evidence(("background", "road", "building"), empty.astype(np.uint8), empty, empty, tuple(objects))


def test_an_empty_region_is_as_sure_as_the_map_is_of_the_rest():
    """Something changed elsewhere: the mean confidence of all objects, not the chance that nothing changed at all."""
    objects = [replace(item, confidence=value) for item, value in zip(town(), (0.95, 0.9, 0.8, 0.7, 0.6, 0.5), strict=True)]
    mean = (0.95 + 0.9 + 0.8 + 0.7 + 0.6 + 0.5) / 6
    for question, value in ((count.ask("buildings"), 0), (binary.ask("buildings"), False)):
        answer = answer_task(question, evidence(objects), changed=0.95, cells=("right",))
        assert answer.value == value and answer.confidence == pytest.approx(mean) and answer.confident
        nothing = answer_task(question, evidence([]), changed=0.95, cells=("right",))
        assert nothing.value == (0 if value == 0 and question.task == "count" else None)
        assert nothing.confidence == pytest.approx(0.05) and not nothing.confident
    described = answer_description(summary(objects), "how many buildings vanished at the top?")
    assert described.value == 0 and described.confidence == pytest.approx(mean)


def test_one_rule_of_confidence_for_both_kinds_of_answer():
    objects = [replace(item, confidence=value) for item, value in zip(town(), (0.9, 0.8, 0.7, 0.6, 0.5, 0.4), strict=True)]
    for text, question in (("how many buildings changed?", count.ask("buildings")), ("has anything changed?", binary.ask())):
        short, sentence = answer_task(question, evidence(objects), 0.95), answer_description(summary(objects), text)
        assert (short.value, short.confidence) == (sentence.value, pytest.approx(sentence.confidence))
    assert answer_task(binary.ask(), evidence(objects), 0.95).confidence == pytest.approx(0.9)  # one object suffices


def test_nothing_found_is_as_sure_as_the_model_was():
    answer = answer_description(summary([], changed=0.2), "how many buildings appeared?")
    assert (answer.value, answer.confident) == (0, True) and answer.confidence == pytest.approx(0.8)
    assert not answer_description(summary([], changed=0.7), "how many buildings appeared?").confident


def test_counts_and_places_of_each_kind_in_words():
    def thing(name, direction, cell):
        return ChangedObject(name, direction, outline=np.zeros((1, 2)), area_px=10.0, cell=cell, confidence=0.9)

    found = [thing("building", "appeared", "top"), thing("road", "vanished", "center"), thing("building", "appeared", "top"),
             thing("building", "vanished", "lower")]  # fmt: skip
    assert counts_and_places(found) == (
        "2 buildings appeared at the top, and 1 building vanished at the bottom, and 1 road vanished in the center"
    )
    assert counts_and_places(found[1:2]) == "1 road vanished in the center"
    assert counts_and_places([]) == NO_CHANGE_SENTENCES[0]


@pytest.mark.parametrize(
    ("appeared", "vanished", "said"), [(3, 1, "both"), (2, 2, "both"), (0, 0, "none"), (1, 0, "appeared"), (0, 3, "vanished")]
)
def test_which_way_buildings_changed_is_counted(appeared, vanished, said):
    def thing(name, direction):
        return ChangedObject(name, direction, outline=np.zeros((1, 2)), area_px=10.0, cell="top", confidence=0.9)

    objects = [thing("building", "appeared")] * appeared + [thing("building", "vanished")] * vanished
    objects += [thing("road", "vanished")] * 9  # not asked about
    answer = answer_task(direction.ask("buildings"), evidence(objects), 0.95)
    assert answer.value == answer.text == said and answer.task == "direction"


def test_the_words_of_yes_and_no_are_those_of_the_value():
    yes = answer_task(binary.ask("buildings"), evidence(town()), 0.95)
    no = answer_task(binary.ask("buildings"), evidence([]), 0.02)
    open_ = answer_task(binary.ask("buildings"), evidence([]), 0.95)
    assert [(one.value, one.text) for one in (yes, no, open_)] == [(True, "Yes"), (False, "No"), (None, CANNOT_TELL)]
    assert yes.confident and no.confident and not open_.confident and len(open_.notes) == 1


def test_whether_anything_changed_is_answered_as_the_description_does():
    """It rests on more than the objects, so a result folder must not give another answer than the pair."""
    own = Answer("No", "binary", False, 0.85, True, notes=("why",))
    for changed in (own, replace(own, value=True, text="Yes")):
        said = answer_description(scene(), "Has anything changed?", changed)
        assert (said.value, said.confidence, said.notes) == (changed.value, changed.confidence, changed.notes)
        negated = answer_description(scene(), "Has nothing changed?", changed)
        assert negated.value is not changed.value and negated.confidence == changed.confidence
    buildings = answer_description(scene(), "Did any building change?", own)
    assert buildings.value is False and buildings.confidence == 0.85
    assert not buildings.confident and "possible change" in buildings.notes[-1]
    assert answer_description(scene(), "Did any building change?").value is True


@pytest.mark.parametrize("sure", [0.85, 0.6])
def test_where_nothing_changed_no_part_did(sure):
    """As sure as it is that nothing did; not confident where such an object is outlined as a possible change."""
    own = Answer("No", "binary", False, sure, sure > 0.7, notes=("why",))
    asked = {"Was any road removed?": False, "Did any building appear?": True, "Did anything vanish in Mill?": False}
    for text, possible in asked.items():
        said = answer_description(scene(changed=1 - sure), text, own)
        assert (said.value, said.confidence, said.confident) == (False, sure, sure > 0.7 and not possible), text
        assert said.text.startswith("No") and ("possible change" in " ".join(said.notes)) is possible
    negated = answer_description(scene(), "Did no roads vanish?", own)
    assert negated.value is True and negated.confidence == sure and negated.text.startswith("Yes")


def test_whether_a_class_changed_is_answered_as_the_description_does():
    yes = Answer("Yes", "binary", True, 0.95, True)
    own = Answer("Yes", "binary", True, 0.55, False, notes=("the map shows no outline of roads",))
    classes = [ClassDescription("buildings", 0, 0, (), 0.9), ClassDescription("roads", 0, 0, (), 0.9, changed=own)]
    nothing = summary([one(1, "building", "appeared", 10, 10, 10, 12)])
    said = answer_description(nothing, "Did any road change?", yes, classes)
    assert (said.value, said.confidence, said.confident, said.notes) == (True, 0.55, False, own.notes)
    assert answer_description(nothing, "Did no road change?", yes, classes).value is False
    assert answer_description(nothing, "Did any building change?", yes, classes).text.startswith("Yes: 1 building")
    open_ = answer_description(nothing, "Did any road appear?", yes, classes)
    assert (open_.value, open_.confident) == (None, False) and open_.confidence == pytest.approx(0.45)
    seen = summary([one(1, "road", "appeared", 10, 10, 10, 12), one(2, "road", "vanished", 90, 90, 10, 12)])
    assert answer_description(seen, "Did any road appear?", yes, classes).confidence == 0.9, "read from the objects"
    new = summary([one(1, "road", "appeared", 10, 10, 10, 12)])
    assert answer_description(new, "Did any road appear?", yes, classes).confidence == 0.55, "all of them are new"


def test_counts_rest_on_the_guide_where_they_are_calibrated():
    """As those of the pair do: a result folder gave other confidences."""
    exact = {"count": {"a": 1.0, "number": -0.4, "b": 0.0, "none": 0.5, "b_none": 1.0}}
    empty = replace(summary([], changed=0.4), exact=exact, guide_changed=0.1)
    said = answer_description(empty, "How many buildings changed?")
    assert said.value == 0 and said.confidence == pytest.approx(of_exact_answer(0.9, 0, exact["count"]))


def test_what_is_outlined_although_nothing_changed_is_not_counted():
    own = Answer("No", "binary", False, 0.65, False)
    for text in ("How many buildings changed?", "How many new buildings are there?", "Where did buildings appear?"):
        said = answer_description(scene(), text, own)
        assert said.value in (0, ()) and said.confidence == 0.65 and not said.confident and FOLLOWS in said.notes
    largest = answer_description(scene(), "Which is the largest new building?", own)
    assert largest.value and not largest.confident and POSSIBLE in largest.notes


def roads(*lengths):
    made = [one(n, "road", "appeared", 10 + 90 * n, 40, 5 * n, 20) for n in range(1, len(lengths) + 1)]
    return summary([replace(item, length_m=metres) for item, metres in zip(made, lengths, strict=True)])


@pytest.mark.parametrize(
    ("text", "value", "unit", "words"),
    [
        ("What is the longest new road?", 1, None, "The longest road that appeared is object 1: a road about 120 m long"),
        ("Which is the shortest new road?", 2, None, "The shortest road that appeared is object 2: a road about 30 m long"),
        ("How long is the longest new road?", 120, "m", "The longest road that appeared is object 1"),
        ("What are the two longest new roads?", ("1", "2"), None, "The 2 longest roads that appeared: object 1 (about 120 m"),
        ("What is the largest new road?", 2, None, "The largest road that appeared is object 2"),
        ("Is the longest new road in the east?", False, None, "No: the longest road that appeared (object 1, about 120 m)"),
    ],
)
def test_roads_are_ranked_by_length(text, value, unit, words):
    said = answer_description(roads(120.0, 30.0), text)
    assert (said.value, said.unit) == (value, unit) and said.text.startswith(words)


@pytest.mark.parametrize("text", ["What is the longest new building?", "What is the area of the longest new road?"])
def test_only_roads_are_long(text):
    assert answer_description(roads(120.0, 30.0), text).task == "open"


def test_lengths_that_were_not_measured_are_not_compared():
    assert "were not measured" in answer_description(roads(120.0, None), "What is the longest new road?").text


def test_nothing_counted_is_no_surer_than_that_nothing_changed():
    none, undecided = Answer("0", "count", 0, 0.86, True), Answer("Cannot tell", "binary", None, 0.4, False)
    beside = beside_undecided(none, undecided)
    assert beside.confidence == 0.4 and not beside.confident
    some = replace(none, value=2)
    assert beside_undecided(some, undecided) is some and beside_undecided(none, replace(undecided, value=False)) is none
