"""The narrative: whatever the objects are, its numbers are those of the objects, and none stands there without a fact."""

import re
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from changed_scenes import SIDE, one, pixels, summary, town, zones_of
from chronosight.reports.places import most_changed
from chronosight.reports.plain_text import zone_lines
from chronosight.results.changed_object import ChangedObject, Tally, tally
from chronosight.results.narrative import narrative
from chronosight.results.sentences import area, compose, length, number, objects, summed_up
from chronosight.results.wording import size_words
from chronosight.results.zones import ZoneTable

boxes = st.tuples(
    st.sampled_from(["building", "road"]),
    st.sampled_from(["appeared", "vanished"]),
    st.integers(0, 270),
    st.integers(0, 270),
    st.integers(2, 28),
    st.integers(2, 28),
)


def scene_of(drawn) -> list[ChangedObject]:
    return [one(i + 1, *box) for i, box in enumerate(drawn)]


def numbers(text: str) -> Counter:
    return Counter(re.findall(r"\d[\d,.]*\d|\d", text))


@settings(max_examples=60, deadline=None)
@given(st.lists(boxes, max_size=40))
def test_prose_and_numbers_agree(drawn):
    found = scene_of(drawn)
    sentences = narrative(summary(found))
    text = " ".join(sentence.text for sentence in sentences)
    if not found:
        assert text == "No changed buildings or roads were found."
        return
    for class_name in ("building", "road"):
        of_class = [item for item in found if item.class_name == class_name]
        if not of_class:
            assert f"No changed {class_name}s were found." in text
            continue
        for direction in ("appeared", "vanished"):
            chosen = [item for item in of_class if item.direction == direction]  # counted anew, not by `tally`
            nothing = "none" if direction == "vanished" else f"no {class_name}s"
            words = f"{len(chosen)} {class_name}{'s' * (len(chosen) != 1)}" if chosen else nothing
            size = f" (about {size_words(sum(item.area for item in chosen), True)})" if chosen else ""
            assert f"{words} {direction}{size}".lower() in text.lower()
    largest = max(item.area for item in found)
    assert any(f"about {size_words(largest, True)}, " in s.text and s.facts.get("number") for s in sentences)


@settings(max_examples=20, deadline=None)
@given(st.lists(boxes, min_size=1, max_size=20))
def test_every_number_in_the_text_is_a_fact(drawn):
    """Facts alone, in words, hold all numbers that the sentence holds."""
    scene = summary(scene_of(drawn), zones=zones_of(west=pixels(0, 0, 150, 300), east=pixels(150, 0, 300, 300)))
    for sentence in narrative(scene):
        known = set()
        for value in sentence.facts.values():
            if isinstance(value, (int, float)):
                known |= {f"{value:,}", f"{value:,.0f}", size_words(float(value), True).split()[0]}
                known |= {f"{float(f'{value:.3g}'):,.0f}"}
        assert set(numbers(re.sub(r"m²|km²", "", sentence.text))) <= known


def test_a_pattern_may_not_hold_a_number():
    assert compose("{n} lie here.", n=objects(3, "house")).text == "3 houses lie here."
    with pytest.raises(ValueError, match="no fact"):
        compose("3 houses lie here.")


def test_words():
    text = " ".join(sentence.text for sentence in narrative(summary(town())))
    assert text.startswith("4 buildings appeared (about 465 m²) and 1 building vanished (about 100 m²). 1 road appeared")
    assert "Most new buildings lie in the top left corner: 3 of 4." in text
    assert "The lost building lies in the center." in text
    assert "New roads are about 200 m long in all." in text
    assert "The largest changed object is a new road of about 1,200 m², at the bottom (object 6)." in text


def test_zones_are_described_by_area_with_ties_named():
    found = [one(1, "building", "appeared", 10, 10, 10, 10), one(2, "building", "appeared", 210, 10, 10, 10)]
    zones = zones_of(A=pixels(0, 0, 100, 300), B=pixels(200, 0, 300, 300), C=pixels(110, 0, 190, 300))
    scene = summary(found, zones=zones)
    text = " ".join(sentence.text for sentence in narrative(scene))
    assert "By area, A and B changed most of 3 zones: 1 object, about 100 m² each." in text
    assert "Nothing changed in 1 of 3 zones." in text
    assert zone_lines(scene)[2] == "C: No change."


def test_part_of_an_object_is_called_that():
    found = [one(1, "road", "appeared", 0, 100, 300, 10)]
    lines = zone_lines(summary(found, zones=zones_of(W=pixels(0, 0, 100, 300), R=pixels(100, 0, 300, 300))))
    assert lines[0].startswith("W: Part of a road appeared (about 1,000 m²)")


def test_without_a_ground_size_areas_are_pixels():
    assert "pixels" in narrative(summary(town(), None, metric=False))[0].text
    assert area(1234.5, False).text == "about 1,230 pixels"


ON_THE_EDGE = [  # of the window around the first object, which therefore does not hold the eight others
    ("building", "appeared", 49, 49, 2, 2), *[("building", "appeared", 62, 49, 2, 2)] * 8, ("road", "appeared", 150, 150, 6, 5)
]  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.lists(boxes, max_size=30), st.integers(20, 150))
@example(ON_THE_EDGE, 26)
def test_places_are_apart_inside_and_the_most_changed(drawn, side):
    found = scene_of(drawn)
    places = most_changed(summary(found), side)
    assert bool(places) == bool(found)
    seen: list[int] = []
    for place in places:
        left, top, width, height = place.window
        assert width == height == side and 0 <= left <= SIDE - side and 0 <= top <= SIDE - side
        seen += place.numbers
        chosen = [item for item in found if item.number in place.numbers]
        assert all(left <= item.centroid[0] < left + side and top <= item.centroid[1] < top + side for item in chosen)
        for (name, way), value in tally(chosen).items():
            assert place.fact.facts[f"{name}_{way}"] == value.count
    assert len(seen) == len(set(seen))
    for a in places:
        for b in places:
            apart = any(abs(a.window[i] - b.window[i]) >= side for i in (0, 1))
            assert a is b or apart
    if places:
        largest = max(found, key=lambda item: item.area)
        first = sum(item.area for item in found if item.number in places[0].numbers)
        assert first >= largest.area - 1e-9


def test_a_tally_sums():
    assert sum(tally(town()).values(), Tally()).count == 6


def test_areas_are_written_as_in_the_files():
    """A sum of floats just above a half of the third figure is written as its fact, which has one decimal."""
    shown = area(1365 + 1e-9)
    assert shown.value == 1365.0
    assert shown.text == area(shown.value).text == "about 1,360 m²"


def test_no_place_is_said_to_have_the_most_where_several_have_as_many():
    def text_of(spots):
        found = [one(i + 1, "building", "appeared", *at, 8, 8) for i, at in enumerate(spots)]
        return " ".join(sentence.text for sentence in narrative(summary(found)))

    third = SIDE // 3
    spots = [(third * (i % 3) + 10, third * (i // 3) + 10) for i in range(6)]
    assert "spread over 6 of 9 parts." in text_of(spots) and "the most" not in text_of(spots)
    spots.append((spots[4][0] + 20, spots[4][1]))
    assert "with the most in the center: 2 of 7." in text_of(spots)


def whereabouts(*places: tuple[int, int], **fields) -> str:
    found = [replace(one(i + 1, "building", "appeared", x, y, 10, 10), **fields) for i, (x, y) in enumerate(places)]
    return next(sentence.text for sentence in narrative(summary(found)) if re.search(r"\blies?\b|spread", sentence.text))


TOP, LEFT, CENTER, RIGHT, BOTTOM = (140, 10), (10, 140), (140, 140), (250, 140), (140, 250)


def test_where_the_objects_of_one_kind_lie():
    assert whereabouts(TOP) == "The new building lies at the top."
    assert whereabouts(TOP, TOP) == "All 2 new buildings lie at the top."
    assert whereabouts(TOP, TOP, LEFT) == "Most new buildings lie at the top: 2 of 3."
    assert whereabouts(TOP, TOP, LEFT, LEFT) == "The new buildings lie at the top and on the left."
    assert whereabouts(TOP, LEFT, CENTER) == "The new buildings lie at the top, on the left and in the center."
    assert whereabouts(TOP, LEFT, CENTER, RIGHT) == "The new buildings are spread over 4 of 9 parts."
    # Long objects that all reach two cells.
    assert whereabouts(TOP, TOP, cells=("top", "center")) == "The new buildings lie at the top and in the center."


def test_the_zone_that_changed_most_is_named_with_what_lies_outside():
    found = [one(1, "building", "appeared", 10, 10, 10, 10), one(2, "road", "appeared", 50, 200, 250, 2)]
    zones = zones_of(A=pixels(0, 0, 40, 300), B=pixels(40, 190, 90, 300), C=pixels(40, 0, 90, 100))
    text = " ".join(sentence.text for sentence in narrative(summary(found, zones=zones)))
    assert "By area, A changed most of 3 zones: 1 object, about 100 m²." in text and "each" not in text
    assert "Nothing changed in 1 of 3 zones." in text, "B holds a part of the road, whose centroid lies outside"
    assert "1 object outside every zone (about 420 m²)." in text
    empty = narrative(summary(found, zones=zones_of(C=pixels(40, 0, 90, 100))))
    assert empty[-1].text == "None of 1 zone holds a changed object."


def test_a_summary_of_some_objects():
    assert summed_up([], True).text == "No changed object lies here."
    found = summed_up(town(), True)
    assert found.text == (
        "4 buildings appeared (about 465 m²); 1 building vanished (about 100 m²); 1 road appeared (about 1,200 m²)."
    )
    assert found.to_dict() == {"text": found.text, "facts": found.facts} and found.facts["building_appeared_area"] == 465.0


@pytest.mark.parametrize(
    ("metres", "value", "words"),
    [
        (12.34, 12.3, "12 m"), (999.949, 999.9, "1,000 m"), (999.96, 1000.0, "1 km"),
        (9994, 9994.0, "9.99 km"), (123456, 123456.0, "123 km"),
    ],
)
def test_lengths(metres, value, words):
    shown = length(metres)
    assert (shown.value, shown.text) == (value, f"about {words}")


def test_small_areas_and_counts():
    assert [size_words(area, True) for area in (0, 0.4, 1, 9.94, 10, 10.4, 1234)] == [
        "0 m²", "under 1 m²", "1 m²", "10 m²", "10 m²", "10 m²", "1,230 m²"]  # fmt: skip
    assert (area(0.3).text, area(1234).text) == ("under 1 m²", "about 1,230 m²")
    assert (area(12.34).value, number(0).text, number(0).value, number(1200).text) == (12.3, "none", 0, "1,200")


def test_facts_of_zones_are_read_back_and_another_schema_is_refused():
    table = summary(town(), zones=zones_of(A=pixels(0, 0, 150, 300))).zones
    facts = table.to_dict()
    assert facts["schema"] == "chronosight.zones/1" and ZoneTable.from_dict(facts).to_dict() == facts
    with pytest.raises(ValueError, match="zones/2"):
        ZoneTable.from_dict(facts | {"schema": "chronosight.zones/2"})
