"""Questions about a whole scene: read whole or refused, and parts of the scene as people name them."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chronosight.tasks.cells import CELLS, cell_at
from chronosight.tasks.parsing import parse_question
from chronosight.tasks.reading import tokenise
from chronosight.tasks.routing import MAX_CHARACTERS, route
from chronosight.tasks.scene_questions import only_objects_answer
from chronosight.tasks.scene_reading import HELP, ReadScene
from chronosight.tasks.scene_regions import in_region, take_region


def of_objects(text, zones=()) -> ReadScene:
    return parse_question(text, "pair", zones).of_objects


ZONES = ["Riverside", "North", "Old Mill", "7"]
COUNT = {"asks": "count", "subject": "buildings", "direction": "appeared"}
UNDERSTOOD = {
    "How many buildings appeared in the north-west?": COUNT,
    "how many new houses are in Riverside": {**COUNT, "zone": "Riverside"},
    "how many buildings appeared in zone North?": {**COUNT, "zone": "North"},
    "how many buildings appeared in North?": {**COUNT, "zone": "North"},
    "how many buildings appeared in the North?": {**COUNT, "zone": None},
    "how many buildings appeared in north-west?": {**COUNT, "zone": None},
    "how many buildings appeared in district 7?": {**COUNT, "zone": "7"},
    "How many roads vanished?": {"asks": "count", "subject": "roads", "direction": "vanished"},
    "how many things changed": {"asks": "count", "subject": None, "direction": None},
    "What area of buildings appeared?": {"asks": "area", "subject": "buildings", "direction": "appeared"},
    "how many hectares of roads were built": {"asks": "area", "subject": "roads", "unit": "ha"},
    "how much area changed?": {"asks": "area", "subject": None, "direction": None},
    "what is the total area of demolished buildings in square metres": {"asks": "area", "direction": "vanished", "unit": "m2"},
    "what length of roads was built?": {"asks": "length", "subject": "roads", "direction": "appeared"},
    "Which zone changed most?": {"asks": "rank", "among": "zones", "by": "area", "least": False},
    "which district gained the most buildings": {"asks": "rank", "among": "zones", "by": "count", "direction": "appeared"},
    "which zone lost the fewest buildings?": {"asks": "rank", "by": "count", "direction": "vanished", "least": True},
    "which zone has the largest area of new roads": {"asks": "rank", "by": "area", "subject": "roads"},
    "where did most buildings appear?": {"asks": "rank", "among": "cells", "by": "count"},
    "which zones did not change?": {"asks": "list", "among": "zones", "least": True},
    "which zones changed": {"asks": "list", "among": "zones", "least": False},
    "where is the largest new building?": {"asks": "largest", "subject": "buildings", "direction": "appeared"},
    "what is the smallest lost building": {"asks": "largest", "least": True, "direction": "vanished"},
    "did anything change in the southern half?": {"asks": "whether", "subject": None},
    "where were roads built?": {"asks": "where", "subject": "roads", "direction": "appeared"},
    "describe the changes": {"asks": "describe"},
    "compare the two images": {"asks": "describe", "regions": ()},
    "how many buildings were built in the north and the south?": {**COUNT, "regions": ()},
    "what is the density of new buildings?": {**COUNT, "per": "ha"},
    "how many new buildings per hectare?": {**COUNT, "per": "ha"},
    "how many new houses are there per square kilometre in Riverside?": {**COUNT, "per": "km2", "zone": "Riverside"},
    "what area of new buildings per ha?": {"asks": "area", "per": "ha"},
    "how many new buildings are larger than 200 m2?": {**COUNT, "min_area": 200, "max_area": None},
    "how many buildings bigger than 1,000 square metres were built?": {**COUNT, "min_area": 1000},
    "how many buildings over 0.1 ha were built?": {**COUNT, "min_area": 1000},
    "how many new buildings are between 100 and 300 m2?": {**COUNT, "min_area": 100, "max_area": 300},
    "how many buildings from 100 m2 to 0.1 ha were built?": {**COUNT, "min_area": 100, "max_area": 1000},
    "which corner has the most new houses?": {"asks": "rank", "among": "corners", "by": "count"},
    "in which part is the largest new building?": {"asks": "largest", "subject": "buildings", "direction": "appeared"},
    "which part has the largest area of new roads?": {"asks": "rank", "among": "cells", "by": "area"},
    "how large is the largest new building?": {"asks": "largest", "subject": "buildings", "direction": "appeared", "sized": True},
    "what is the area of the smallest changed road in m2?": {"asks": "largest", "least": True, "sized": True, "unit": "m2"},
    "which building has the largest area?": {"asks": "largest", "sized": False},
    "how much ground do the new roads cover?": {"asks": "area", "subject": "roads", "direction": "appeared"},
    "how large are the new buildings?": {"asks": "area", "subject": "buildings", "direction": "appeared"},
    "how many buildings under 0.5 hectares appeared?": {**COUNT, "min_area": None, "max_area": 5000},
    "are there new buildings of at least 500 m²?": {"asks": "whether", "min_area": 500},
    "where are the new buildings smaller than 50 sq m?": {"asks": "where", "max_area": 50},
    "which are the five largest new buildings?": {"asks": "largest", "top": 5, "least": False},
    "what are the 3 biggest demolished buildings": {"asks": "largest", "top": 3, "direction": "vanished"},
    "where are the ten smallest new roads": {"asks": "largest", "top": 10, "least": True, "subject": "roads"},
    "top 5 new buildings": {"asks": "largest", "top": 5, "region": None},
    "what is the largest new building": {"asks": "largest", "top": 1},
    "which half changed most?": {"asks": "rank", "among": "halves", "by": "area"},
    "which quarter gained the most buildings?": {"asks": "rank", "among": "quarters", "by": "count"},
    "what percentage of the scene changed?": {"asks": "share", "share_of": "ground", "region": None},
    "how much of the scene is covered by new buildings?": {"asks": "share", "share_of": "ground", "subject": "buildings"},
    "what share of Riverside changed?": {"asks": "share", "share_of": "ground", "zone": "Riverside"},
    "what share of the new buildings is in Riverside?": {"asks": "share", "share_of": "region", "zone": "Riverside"},
    "what share of the new buildings are larger than 200 m2?": {"asks": "share", "share_of": "size", "min_area": 200},
    "what share of the changed buildings vanished?": {"asks": "share", "share_of": "direction", "direction": "vanished"},
    "what percentage of the changes are roads?": {"asks": "share", "share_of": "subject", "subject": "roads"},
}
TWO_PARTS = {
    "compare the north and the south": ("in the north", "in the south", "area", False, False),
    "compare left and right": ("on the left", "on the right", "area", False, False),
    "north vs south": ("in the north", "in the south", "area", False, False),
    "compare the northern and southern half": ("in the northern half", "in the southern half", "area", False, False),
    "compare new buildings in the top left and the bottom right": (
        "in the top left",
        "in the bottom right",
        "count",
        False,
        False,
    ),
    "are there more new houses in the north than in the south?": ("in the north", "in the south", "count", False, True),
    "were fewer roads built in the left half than in the right half?": (
        "in the left half",
        "in the right half",
        "count",
        True,
        True,
    ),
    "did the north change more than the south?": ("in the north", "in the south", "area", False, True),
    "which has more new buildings, the north or the south?": ("in the north", "in the south", "count", False, False),
}
REFUSED = (
    "why were the houses built?",
    "how many trees were cut down?",
    "how many trees appeared?",
    "how many buildings are there?",
    "what area do the buildings cover?",
    "how many more buildings appeared than vanished?",
    "are there more new buildings than new roads in the north?",
    "compare Riverside with the north",
    "compare the north, the south and the east",
    "how many new buildings are larger than 200 metres?",
    "the 500 largest new buildings",
    "what length of new roads per hectare?",
    "which half did not change most?",
    "what share of new buildings per hectare?",
    "what is the average area of new buildings?",
    "what share of the zone changed?",
    "how many zones changed?",
    "how many buildings appeared in Riverside and in Old Mill?",
    "how many buildings appeared in Riverside in the north?",
    "which zone in the north changed most?",
    "who lives in Riverside?",
    "what will Riverside look like next year?",
    "which zone did not change most?",
    "what colour is the largest building?",
    "",
    "???",
)


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_understood(text):
    read = of_objects(text, ZONES)
    assert read.question is not None, read.note
    read_fields = {name: getattr(read.question, name) for name in UNDERSTOOD[text]}
    assert read_fields == UNDERSTOOD[text]


@pytest.mark.parametrize("text", TWO_PARTS)
def test_two_parts_are_compared_not_united(text):
    wanted = of_objects(text, ZONES).question
    assert wanted is not None and wanted.asks == "compare"
    assert (*(part.words for part in wanted.regions), wanted.by, wanted.least, wanted.yes_no) == TWO_PARTS[text]


SYNONYMS = [
    ["how many square metres of roads were built", "how many square meters of roads were built",
     "how many sqm of roads were built", "how many m2 of roads were built", "how many sq m of roads were built"],
    ["how many square kilometres of roads were built", "how many km2 of roads were built", "how many sq km of roads were built",
     "how many square kilometers of roads were built"],
    ["how many hectares of roads were built", "how many ha of roads were built"],
    ["which zone changed most", "which district changed most", "which borough changed most", "which ward changed most",
     "which municipality changed most"],
    ["which zones changed", "which districts changed", "which boroughs changed", "which wards changed",
     "which municipalities changed"],
    ["which half changed most", "which halves changed most"],
    ["which quarter changed most", "which quadrant changed most", "which quadrants changed most"],
    ["what length of roads was built", "total length of new roads", "the length of new roads", "length of new roads",
     "how many metres of roads were built", "how many km of roads were built"],
    ["what percentage of the scene changed", "what share of the scene changed", "what proportion of the scene changed",
     "what fraction of the scene changed", "what percent of the land changed", "how much of the scene changed"],
    ["where is the largest new building", "where is the biggest new building"],
    ["compare the north and the south", "compare the north with the south", "compare the north versus the south",
     "north vs south"],
    ["how many new buildings are larger than 100 m2", "how many new buildings are bigger than 100 m2",
     "how many new buildings are over 100 sqm", "how many new buildings are above 0.01 ha",
     "how many new buildings of at least 100 m2"],
]  # fmt: skip


@pytest.mark.parametrize("texts", SYNONYMS, ids=[texts[0] for texts in SYNONYMS])
def test_other_words_for_the_same_are_read_alike(texts):
    first, *others = [of_objects(text, ZONES).question for text in texts]
    assert first is not None
    for text, other in zip(texts[1:], others, strict=True):
        assert other == first, text


def test_two_zones_are_compared():
    wanted = of_objects("compare the new buildings in zone Riverside with Old Mill", ZONES).question
    assert wanted is not None and (wanted.asks, set(wanted.zones), wanted.by) == ("compare", {"Riverside", "Old Mill"}, "count")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wie viele neue Gebäude gibt es?", "German"), ("Combien de bâtiments ont été construits ?", "French"),
        ("¿Cuántos edificios nuevos hay?", "Spanish"), ("Quanti edifici sono stati costruiti?", "Italian"),
        ("Quantos edifícios foram construídos?", "Portuguese"), ("Hoeveel gebouwen zijn er gebouwd?", "Dutch"),
        ("新しい建物はどこにありますか？", "Japanese"), ("有多少新建筑？", "Chinese"), ("새 건물은 몇 개입니까?", "Korean"),
        ("Сколько новых зданий?", "Russian"), ("Скільки нових будівель?", "Ukrainian"), ("كم عدد المباني الجديدة؟", "Arabic"),
        ("Kaç yeni bina yapıldı?", "Turkish"), ("Ile nowych budynków powstało?", "Polish"), ("कितनी नई इमारतें हैं?", "Hindi"),
        ("Hur många nya byggnader finns det?", "Swedish"), ("Kolik nových budov bylo postaveno?", "Czech"),
    ],
)  # fmt: skip
def test_another_language_is_named_in_one_line(text, language):
    for note in (of_objects(text).note, route(text, "pair").note, route(text, "image").note):
        assert note == f"The question seems to be in {language}; questions are understood in English only."


@pytest.mark.parametrize("text", ["why were the houses built?", "what colour is the die", "asdf", "???", "la la la"])
def test_english_and_nonsense_are_no_other_language(text):
    assert "English only" not in route(text, "pair").note


def test_names_of_places_make_no_other_language():
    assert of_objects("how many buildings appeared in Rue de la Paix?", ["Rue de la Paix"]).question is not None


def test_a_long_question_is_read_up_to_the_limit_in_linear_time():
    def seconds(text):
        start = time.perf_counter()
        of_objects(text, [f"Zone {i}" for i in range(1000)])
        route(text, "pair")
        return time.perf_counter() - start

    sentence = "Please tell me where the new buildings are. "
    whole = sentence * (MAX_CHARACTERS // len(sentence))
    assert "characters" not in route(whole, "pair").note
    assert seconds(whole) < 20 * seconds(sentence * 4) + 0.5
    for text in (whole + "x" * 100, "x" * 10**7, "新" * 10**6):
        assert seconds(text) < 0.2
        assert route(text, "pair").note.startswith(f"The question has {len(text):,} characters; at most 2,000")
        assert of_objects(text).note == route(text, "pair").note


@pytest.mark.parametrize("text", REFUSED)
def test_refused_with_a_reason(text):
    read = of_objects(text, ZONES)
    assert read.question is None
    assert len(read.note) > len(HELP) and read.note.endswith(HELP)


WORDS = [
    "which", "zone", "most", "area", "of", "new", "buildings", "in", "the", "north", "half", "Riverside", "how", "many",
    "not", "than", "roads", "largest", "lost", "?", "compare", "south", "share", "per", "ha", "five", "12", "m2", "larger", "top",
    "quarter", "vs", "fewer", "are",
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=40) | st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_never_raises(text):
    read = of_objects(text, ZONES)
    assert (read.question is None) <= bool(read.note)


def region(text):
    found, rest, reason = take_region(tokenise(text))
    assert reason == ""
    return found, rest


@pytest.mark.parametrize(
    ("text", "cells", "words"),
    [
        ("in the north-west", ("top left corner",), "in the north-west"),
        ("in the northeast", ("top right corner",), "in the northeast"),
        ("in the north", ("top left corner", "top", "top right corner"), "in the north"),
        ("on the left", ("top left corner", "left", "lower left corner"), "on the left"),
        ("in the centre", ("center",), "in the centre"),
        ("at the top", ("top left corner", "top", "top right corner"), "at the top"),
    ],
)
def test_thirds(text, cells, words):
    found, rest = region(f"how many roads were built {text}")
    assert (found.cells, found.words) == (cells, words)
    assert rest == ["how", "many", "roads", "were", "built"]


@pytest.mark.parametrize(
    ("text", "box", "compass"),
    [
        ("northern half", (0, 0, 1, 0.5), True),
        ("right half", (0.5, 0, 1, 1), False),
        ("south west quarter", (0, 0.5, 0.5, 1), True),
        ("upper left quadrant", (0, 0, 0.5, 0.5), False),
    ],
)
def test_halves_and_quarters(text, box, compass):
    found, _ = region(f"how many roads were built in the {text}?")
    assert (found.cells, found.box, found.compass) == ((), box, compass)


@pytest.mark.parametrize("text", ["the half", "the north south quarter", "the northern quarter", "the top left half"])
def test_other_halves_are_refused(text):
    assert of_objects(f"how many roads were built in {text}").question is None


@given(st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True))
def test_parts_tile_the_scene(x, y):
    """Every point lies in one of the nine parts, one half of each pair, one quarter."""
    cell = cell_at(x, y, 1, 1)
    for names in (
        [f"in the {name}" if name != "center" else "in the center" for name in CELLS],
        ["northern half", "southern half"],
        ["west half", "east half"],
        [f"{a} {b} quarter" for a in ("top", "bottom") for b in ("left", "right")],
    ):
        found = [region(f"how many roads changed {name} part" if "in the" in name else name)[0] for name in names]
        if "in the" in names[0]:  # a side alone is three cells, a corner one
            found = [part for part in found if len(part.cells) == 1]
            assert sum(in_region(part, cell, x, y) for part in found) == (cell.endswith("corner") or cell == "center")
        else:
            assert sum(in_region(part, cell, x, y) for part in found) == 1


def test_what_only_objects_can_answer():
    assert only_objects_answer(of_objects("what area of buildings appeared?"))
    assert only_objects_answer(of_objects("how many buildings appeared in Riverside?", ZONES))
    for text in ("compare the north and the south", "are new buildings larger than 9 m2?", "how many new roads per ha?",
                 "what percentage of the scene changed?"):  # fmt: skip
        assert only_objects_answer(of_objects(text)), text
    assert not only_objects_answer(of_objects("how many buildings appeared?"))
    assert not only_objects_answer(of_objects("why?"))


LONG = {
    "How many roads longer than 100 m appeared?": {"asks": "count", "direction": "appeared", "min_length": 100.0},
    "How many new roads are between 20 and 60 m long?": {"asks": "count", "min_length": 20.0, "max_length": 60.0},
    "How many roads of 0.5 km or more appeared?": {"asks": "count", "min_length": 500.0, "max_length": None},
    "Is there a new road of more than 200 m?": {"asks": "whether", "min_length": 200.0},
    "Are there new roads shorter than 1,000 metres?": {"asks": "whether", "max_length": 1000.0},
    "Did any road longer than 100 m vanish in the north?": {"asks": "whether", "direction": "vanished", "min_length": 100.0},
    "How many changed objects are longer than 100 m?": {"asks": "count", "min_length": 100.0},
    "Total length of roads longer than 100 m?": {"asks": "length", "min_length": 100.0},
    "How long are the new roads in km?": {"asks": "length", "unit": "km"},
    "How much road was built?": {"asks": "length", "direction": "appeared"},
    "What is the total area of new roads?": {"asks": "area", "unit": ""},
    "What is the area of new roads longer than 100 m?": {"asks": "area", "min_length": 100.0},
    "How many roads larger than 500 m2 appeared?": {"asks": "count", "min_area": 500.0, "min_length": None},
    "Did more than 1 km of roads appear?": {"asks": "length_is", "at_least": 1000.0, "min_length": None},
    "Are the new roads longer than 1 km in total?": {"asks": "length_is", "at_least": 1000.0},
    "Do the new roads have a total length of more than 1 km?": {"asks": "length_is", "at_least": 1000.0},
    "Is less than 300 m of road new?": {"asks": "length_is", "at_most": 300.0},
    "Are more than 3 new roads longer than 50 m?": {"asks": "number_is", "at_least": 4, "min_length": 50.0},
    "What share of the new roads is longer than 100 m?": {"asks": "share", "share_of": "size", "by": "count"},
    "What share of the road length lies in the north?": {"asks": "share", "share_of": "region", "by": "length"},
    "Which half gained the most road length?": {"asks": "rank", "among": "halves", "by": "length"},
    "Which part gained the most kilometres of road?": {"asks": "rank", "among": "cells", "by": "length"},
    "Compare the length of new roads in the north and the south": {"asks": "compare", "by": "length"},
    "Are there more kilometres of new roads in the east than in the west?": {"asks": "compare", "by": "length", "yes_no": True},
}  # fmt: skip


@pytest.mark.parametrize("text", LONG)
def test_roads_are_asked_about_by_length(text):
    parsed = parse_question(text, "pair")
    question = parsed.of_objects.question
    assert question is not None, parsed.of_objects.note
    assert {name: getattr(question, name) for name in LONG[text]} == LONG[text]
    assert question.subject == "roads" and parsed.only_objects


@pytest.mark.parametrize(
    "text",
    ["How many buildings longer than 20 m appeared?", "How long is the largest building?", "How long is the largest road?",
     "How wide are the new roads?", "How many new roads are longer than 100 feet?",
     "How many new buildings are taller than 10 m?",
     "How many new buildings are within 100 m of a road?", "How many new roads are longer than 60 m and shorter than 20 m?",
     "How many km of new roads per km2?", "How many roads are exactly 25 m long?"],
)  # fmt: skip
def test_lengths_that_are_not_measured_are_refused(text):
    assert parse_question(text, "pair").of_objects.question is None
