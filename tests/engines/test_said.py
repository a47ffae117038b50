"""Words, probability and map agree: yes is likelier than no, counts have intervals, captions say what the map shows."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from changed_scenes import SIDE, one, summary, town
from chronosight.engines.chosen_objects import Chosen
from chronosight.engines.compact.caption import choose_caption, completed, fit_caption, in_words, joined_caption, miscounted, part
from chronosight.engines.compact.describe import describe_objects
from chronosight.engines.compact.reconcile import reconcile
from chronosight.engines.compact.replies import answer_yes_no
from chronosight.engines.confidence import count_interval, of_exact_answer
from chronosight.engines.from_objects import answer_task
from chronosight.engines.generalise import ObjectLimits
from chronosight.engines.limited import limited
from chronosight.engines.router import answer_description
from chronosight.engines.yes_no_answers import TAIL, _probability
from chronosight.reports.plain_text import answer_line, caption_line, changed_line, class_line
from chronosight.results.answer import Answer
from chronosight.results.change_summary import change_summary
from chronosight.results.description import ClassDescription, placeholder_scene
from chronosight.results.evidence import Evidence
from chronosight.results.land_cover_change import LandCoverChange, ObjectGround
from chronosight.results.narrative import narrative
from chronosight.scenes.scene import Scene
from chronosight.tasks import binary, count
from chronosight.tasks.caption import BELOW_LIMITS, says_no_change

EXACT = {"count": {"a": 0.37, "number": -0.42, "b": -0.87, "none": 0.5, "b_none": 3.1, "sure": 0.5, "mean": 1.0,
                   "low": -1.4, "high": 3.0, "spread": 0.05, "most": 3.0}}  # fmt: skip
SCENE = placeholder_scene(SIDE, SIDE, sources=("a", "b"), metres_per_pixel=1.0)
probabilities = st.floats(0, 1)


def evidence(objects):
    flat = np.zeros((SIDE, SIDE), np.float32)
    return Evidence(("background", "road", "building"), flat.astype(np.uint8), flat, flat, tuple(objects))


def some(confidences, direction="appeared"):
    return [one(i + 1, "building", direction, 10 + 20 * i, 10, 8, 8, p) for i, p in enumerate(confidences)]


def assert_agree(answer):
    """The words say yes or no only where that is at least as likely as its opposite."""
    line = changed_line(answer)
    if answer.value is None:
        assert "cannot tell" in line.lower() and not answer.confident
    else:
        assert answer.confidence >= 0.5
        assert ("yes" in line) == answer.value


@settings(max_examples=60, deadline=None)
@given(st.lists(probabilities, max_size=6), probabilities, st.floats(0, 1))
def test_yes_and_no_are_never_less_likely_than_their_opposites(confidences, changed, threshold):
    found, setting = evidence(some(confidences)), {"threshold": threshold, "sure": 0.0}
    assert_agree(reconcile(changed, setting, found).changed)
    assert_agree(answer_yes_no(binary.ask(), changed, setting))
    assert_agree(answer_task(binary.ask(), found, changed))
    assert_agree(describe_objects(found, changed, {}, SCENE).changed)
    asked = answer_description(summary(found.objects, changed=changed), "did any building vanish?")
    assert asked.value is None or asked.confidence >= 0.5
    limited_changed = limited(describe_objects(found, changed, {}, SCENE), ObjectLimits(0, 0.5)).changed
    assert_agree(limited_changed)


def test_a_faint_outline_is_no_yes():
    answer = answer_task(binary.ask(), evidence(some([0.43])), changed=0.6)
    assert (answer.text, answer.value, answer.confident) == ("Cannot tell", None, False)
    assert changed_line(answer) == "Changed: cannot tell."
    assert changed_line(Answer("Yes", "binary", True, 0.43, False)) == "Changed: cannot tell, perhaps yes."


def test_confidence_of_a_count_falls_with_the_number():
    said = [of_exact_answer(0.8**n, n, EXACT["count"]) for n in (1, 3, 10, 30, 154, 1500)]
    assert said == sorted(said, reverse=True) and said[4] < 0.2
    large = answer_task(count.ask("buildings"), evidence(some([0.9] * 12)), 0.99, exact=EXACT)
    asked = answer_description(replace(summary(some([0.9] * 12)), exact=EXACT), "how many buildings appeared?")
    described = describe_objects(evidence(some([0.9] * 12)), 0.99, {"exact_answers": EXACT}, SCENE).classes[0]
    assert large.confidence == pytest.approx(asked.confidence)
    assert large.interval == asked.interval == described.interval and large.confidence < 0.5
    assert not large.confident and not asked.confident


@given(st.integers(0, 5000), probabilities)
def test_an_interval_holds_its_number_and_grows_with_it(number, confidence):
    low, high = count_interval(number, confidence, EXACT["count"])
    assert 0 <= low <= number <= high
    wider = count_interval(number + 100, confidence, EXACT["count"])
    assert wider[1] - wider[0] >= high - low
    assert count_interval(number, confidence, {}) is None


def test_a_sure_nothing_is_nothing():
    assert count_interval(0, 0.95, EXACT["count"]) == (0, 0)
    assert count_interval(0, 0.8, EXACT["count"]) == (0, 3)


def test_places_are_written_with_spaces():
    answer = Answer("top,center", "location", ("top", "center"), 0.8, True)
    assert answer_line(answer) == "top, center" and answer.text == "top,center"


def test_intervals_are_written_out():
    answer = Answer("154", "count", 154, 0.08, False, interval=(140, 170))
    assert answer_line(answer) == "154 (about 140 to 170)"
    assert answer_line(replace(answer, text="154 buildings appeared.")) == "154 buildings appeared (about 140 to 170)."
    assert answer_line(replace(answer, interval=(154, 154))) == answer_line(replace(answer, interval=None)) == "154"
    assert answer.to_dict()["interval"] == [140, 170] and "interval" not in replace(answer, interval=None).to_dict()
    described = describe_objects(evidence(town()), 0.99, {}, SCENE)
    line = class_line(described, ClassDescription("buildings", 4, 1, ("top",), 0.1, (4, 9)))
    assert "(about 4 to 9 in all; the exact number is uncertain)" in line
    assert "(about 4 to 9; 60 % confident)" in class_line(described, ClassDescription("buildings", 4, 0, ("top",), 0.6, (4, 9)))


YES = Answer("Yes", "binary", True, 0.95, True)


def captioned(text, confidence=0.9):
    return Answer(text, "caption", text, confidence, True)


@pytest.mark.parametrize(
    ("text", "objects", "kept"),
    [
        ("many houses are built along the road", some([0.8] * 6), "many houses are built along the road"),
        ("a road is built and many houses are built", some([0.8] * 6), "many houses are built"),
        ("a road is built in the woods", some([0.8] * 6), "many houses are built at the top of the scene"),
        ("a road with a road appears", [one(1, "road", "appeared", 0, 0, 50, 5), *some([0.8])],
         "a road with some houses appears"),
        ("a road with a road appears", [one(1, "road", "appeared", 0, 0, 50, 5)], "a road appears"),
        ("a road with a parking lot appears", [one(1, "road", "appeared", 0, 0, 50, 5), *some([0.8])],
         "a road with some houses appears"),
        ("a parking lot is built in the center", some([0.8]), "a building is built in the top left corner of the scene"),
        ("a building is built in the lower left corner", some([0.8]), "a building is built in the top left corner of the scene"),
    ],
)  # fmt: skip
def test_a_caption_says_what_the_map_shows(text, objects, kept):
    answer, note = fit_caption(captioned(text), YES, evidence(objects))
    assert answer.text == answer.value == kept
    assert bool(note) == (kept != text)


def test_the_likeliest_caption_that_fits_the_map_is_chosen():
    objects = evidence([one(1, "road", "appeared", 0, 0, 50, 5)])
    said = {"a house is built": 0.9, "a road is built": 0.5, "a road appears": 0.4}
    likely, second, third = (captioned(text, confidence) for text, confidence in said.items())
    chosen, note = choose_caption([likely, second, third], YES, objects)
    assert (chosen.text, note) == ("a road is built", "")
    assert choose_caption([third, second], YES, objects)[0].text == "a road appears"
    assert choose_caption([likely], YES, objects) == fit_caption(likely, YES, objects)
    no = replace(YES, value=False, confidence=0.85)
    same = captioned("there is no difference", 0.3)
    assert choose_caption([likely, same], no, evidence([]))[0].text == same.text, "the model's own words, where it has some"


def test_a_caption_names_every_class_of_which_there_are_many():
    road, houses = one(99, "road", "appeared", 0, 0, 50, 5), some([0.8] * 6)
    said = {"a road is built": 0.9, "a building appears": 0.8, "a road is built with many houses beside it": 0.5}
    of_road, of_one, of_both = (captioned(text, confidence) for text, confidence in said.items())
    chosen, note = choose_caption([of_road, of_both], YES, evidence([road, *houses]))
    assert (chosen.text, note) == (of_both.text, ""), "the likeliest that leaves nothing out"
    added, note = choose_caption([of_road], YES, evidence([road, *houses]))
    assert added.text == added.value == "a road is built and many houses are built" and "leaves out" in note
    assert added.confidence <= of_road.confidence
    assert choose_caption([of_one], YES, evidence(houses))[0].text == "many houses are built", "six are not one"
    assert choose_caption([of_one], YES, evidence(houses[:1]))[0].text == "a building appears"
    assert choose_caption([of_road], YES, evidence([road, *houses[:3]]))[0].text == "a road is built", "three are not many"
    both = captioned("a house is built and a villa is removed")
    lost = one(98, "building", "vanished", 150, 150, 9, 9)
    assert choose_caption([both], YES, evidence([*houses, lost]))[0].text == "a villa is removed and many houses are built"
    gone = some([0.8] * 6, direction="vanished")
    assert "houses are removed" in choose_caption([captioned("many houses are built")], YES, evidence([*houses, *gone]))[0].text


@pytest.mark.parametrize(
    ("text", "number", "wrong"),
    [
        ("a house is built", 1, False), ("a house is built", 3, True), ("a new building appears", 2, True),
        ("two houses are built", 2, False), ("two houses are built", 1, True), ("two houses are built", 4, True),
        ("many houses are built", 4, True), ("many houses are built along the road", 5, False),
        ("some houses are built", 4, False), ("a row of houses is built", 4, False), ("a road is built", 3, False),
    ],
)  # fmt: skip
def test_a_caption_with_another_number_than_the_map_is_not_confident(text, number, wrong):
    objects = some([0.9] * number)
    assert miscounted(text, objects) == wrong
    said = replace(captioned(text, 0.9), confident=True)
    sure = replace(YES, confidence=0.95, confident=True)
    if "road" not in text.split()[:3]:
        assert choose_caption([said], sure, evidence(objects))[0].confident is not wrong
    assert choose_caption([captioned("two houses are built")], YES, evidence(some([0.9] * 6)))[0].text == "many houses are built"


@pytest.mark.parametrize("text", ["the two scenes seem buildings", "the scene is the same as roadside", "some trees are removed"])
def test_a_caption_that_names_no_object_gives_way_to_the_objects(text):
    answer, note = fit_caption(captioned(text), YES, evidence(some([0.8] * 6)))
    assert answer.text == "many houses are built at the top of the scene" and note
    no = replace(YES, value=False, confidence=0.85)
    assert says_no_change(fit_caption(captioned(text), no, evidence([]))[0].text)


def test_no_desert_is_seen():
    answer, _ = fit_caption(captioned("some houses are built in the desert"), YES, evidence(some([0.8] * 3)))
    assert answer.text == "some houses are built"


def test_a_caption_is_no_more_certain_than_its_facts():
    assert fit_caption(captioned("a house is built"), YES, evidence(some([0.61, 0.4])))[0].confidence == 0.61
    assert fit_caption(captioned("a house is built"), replace(YES, confidence=0.55), evidence(some([0.9])))[0].confidence == 0.55
    assert fit_caption(captioned("a road is built"), YES, evidence(some([0.7])))[0].confidence == 0.7, "rewritten from facts"


def test_a_caption_follows_the_answer():
    denied, note = fit_caption(captioned("the scene is the same as before"), YES, evidence(some([0.8])))
    assert denied.text == denied.value == "a building is built in the top left corner of the scene"
    assert denied.confidence == 0.8 and '"yes"' in note
    no = replace(YES, value=False, confidence=0.85)
    denied, note = fit_caption(captioned("a house is built"), no, evidence([]))
    assert says_no_change(denied.text) and denied.confidence == 0.85 and '"no"' in note
    unseen, note = fit_caption(captioned("the scene is the same as before"), YES, evidence([]))  # nothing to describe
    assert says_no_change(unseen.text) and not unseen.confident and "better guess" in note
    assert unseen.confidence <= 1 - YES.confidence + 1e-9


def test_objects_in_words():
    assert in_words(town()) == "some houses are built, a road is built and a building is removed"
    assert in_words(some([0.9] * 5)) == "many houses are built in the top left corner of the scene"
    assert in_words(some([0.9] * 5), placed=False) == "many houses are built"


def test_a_large_pair_joins_the_captions_of_its_parts():
    objects = [
        one(1, "building", "appeared", 20, 20, 30, 30), one(2, "building", "appeared", 250, 20, 20, 20),
        one(3, "building", "appeared", 250, 250, 10, 10),
    ]  # fmt: skip
    frames = np.arange(2 * SIDE * SIDE * 3, dtype=np.uint32).astype(np.uint8).reshape(2, SIDE, SIDE, 3)
    scene = Scene("pair", frames, np.ones((SIDE, SIDE), bool), ("a", "b"), metres_per_pixel=1.0)
    seen = []

    def caption_of(view):
        seen.append(view)
        same = ("a house is built in the upper-left corner", 0.8), ("no change has occurred", 0.9), ("a villa is built", 0.7)
        return captioned(*same[len(seen) - 1])

    answer = joined_caption(scene, evidence(objects), YES, SIDE / 2, caption_of)
    assert answer.text == (
        "in the top left quarter, a house is built; in the top right quarter, a building is built; "
        "in the lower right quarter, a villa is built"
    )
    assert [view.frames.shape for view in seen] == [(2, SIDE // 2, SIDE // 2, 3)] * 3
    np.testing.assert_array_equal(seen[1].frames, frames[:, :150, 150:])
    assert answer.confidence == 0.7 and not answer.confident, "one part's own caption was denied"
    assert part(scene, (0, 0, 30, 40)).frames.shape == (2, 40, 30, 3)


def test_limits_hold_in_counts_places_words_and_map():
    described = describe_objects(evidence(town()), 0.95, {}, SCENE)
    fewer = limited(described, ObjectLimits(100, 0))
    assert [item.number for item in fewer.objects] == [1, 3, 5, 6]
    assert (fewer.classes[0].appeared, fewer.classes[0].vanished) == (2, 1)
    assert any("2 of 6" in note for note in fewer.notes)
    assert fewer.caption.text == "some houses are built, a road is built and a building is removed", "of what is left"
    assert limited(described, ObjectLimits(1, 0.5)) is described
    none = limited(described, ObjectLimits(1e6, 0))
    assert none.changed.value is True and none.caption.text == BELOW_LIMITS, "not that the scene is the same"
    assert caption_line(none.caption) == "All that changed is below the limits."
    trees = [(item, {"trees": item.area}) for item in described.objects]
    grounds = tuple(ObjectGround(item.number, item.class_name, item.direction, "trees", 0.9, area) for item, area in trees)
    covered = limited(replace(described, land_cover=LandCoverChange((), grounds)), ObjectLimits(1e6, 0))
    paved = answer_description(change_summary(covered), "Was the forest paved?", covered.changed, covered.classes)
    assert not paved.confident and "6 pieces of changed ground left out: below the limits" in paved.notes
    buildings, roads = (class_line(none, one) for one in none.classes)
    assert buildings == "Buildings: all 5 that changed are below the limits."
    assert roads == "Roads: the one that changed is below the limits."
    asked = {
        "Did any building change?": "No: all 5 buildings that changed are below the limits.",
        "How many buildings vanished?": "The one building that vanished is below the limits.",
        "What changed?": "All 6 objects that changed are below the limits.",
    }
    for text, said in asked.items():
        answer = answer_description(change_summary(none), text, none.changed, none.classes)
        assert answer.text == said and not answer.confident
    some_left = answer_description(change_summary(fewer), "How many buildings appeared?", fewer.changed, fewer.classes)
    assert some_left.value == 2 and "2 buildings that appeared left out: below the limits" in some_left.notes
    assert "All that changed is below the limits." in [one.text for one in narrative(change_summary(none))]
    assert not none.objects and (none.classes[0].appeared, none.classes[0].cells) == (0, ())
    assert not none.caption.confident


def counted(confidence, interval=None):
    return Chosen([], 0.0, "building", "", "", (), confidence, interval=interval)


@pytest.mark.parametrize(
    ("low", "high", "interval", "share"),
    [
        (8, None, (6, 16), 2.5 / 4.5),
        (None, 10, (6, 16), 0.5 / 6.5),
        (8, 10, (6, 16), 0.5 / 6.5),
        (6, None, (6, 16), 1.0),
        (3, None, (6, 16), 1.0),
        (10, None, (10, 12), 1.0),
        (12, None, (6, 16), 1.5 / 6.5),
    ],
)
def test_a_limit_is_the_more_certain_the_farther_it_lies_from_the_count(low, high, interval, share):
    """From a half at the count to all but the tail at the end of the interval; of two limits the nearer one decides."""
    chosen = counted(0.3, interval)
    value = (low is None or low <= 10) and (high is None or high >= 10)
    assert _probability(10, value, low, high, chosen) == pytest.approx(0.5 + (0.5 - TAIL) * share)


def test_without_an_interval_a_limit_is_as_certain_as_the_number():
    chosen = counted(0.8)
    assert _probability(3, True, 2, None, chosen) == 0.8
    assert _probability(3, True, 2, None, counted(0.2)) == 0.5
    assert _probability(3, True, 3, 3, chosen) == 0.8, "exactly three"
    assert _probability(3, False, 4, 4, chosen) == 0.5
    assert _probability(3, False, 4, 4, counted(0.2)) == pytest.approx(0.8)


def test_limits_that_leave_nothing_out_of_a_class_keep_what_is_said_of_it():
    road, house = one(1, "road", "appeared", 0, 0, 50, 5), one(2, "building", "appeared", 100, 100, 9, 9, 0.6)
    said = Answer("Yes", "binary", True, 0.95, True)
    described = describe_objects(evidence([road, house]), 0.99, {}, SCENE)
    described = replace(described, classes=tuple(replace(item, changed=said) for item in described.classes))
    left = {item.name: item.changed for item in limited(described, ObjectLimits(0, 0.7)).classes}
    assert left == {"roads": said, "buildings": None}


def test_a_possible_change_below_the_limits_is_no_change():
    described = describe_objects(evidence(some([0.3])), 0.9, {}, SCENE)
    assert described.changed.value is None
    left = limited(described, ObjectLimits(0, 0.5))
    assert (left.changed.value, left.changed.confidence, left.changed.confident) == (False, pytest.approx(0.7), False)
    asked = answer_description(change_summary(left), "did any building vanish?", left.changed, left.classes)
    assert (asked.value, asked.confidence, asked.confident) == (False, pytest.approx(0.7), False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a road with villas built along appears", "a road with villas built along it appears"),
        ("trees vanish and a road with villas built along", "trees vanish and a road with villas built along it appears"),
        ("many houses are built along the road", "many houses are built along the road"),
    ],
)
def test_a_caption_is_a_whole_sentence(text, said):
    answer = completed(captioned(text))
    assert answer.text == answer.value == said
