"""One reader of questions: read once, for a model and for the objects; questions of a conversation lean on the one before."""

from dataclasses import replace

import pytest

from chronosight.tasks import routing
from chronosight.tasks.cover_follow_ups import cover_in_full
from chronosight.tasks.follow_ups import in_full
from chronosight.tasks.parsing import in_conversation, parse_question
from chronosight.tasks.question import CoverQuestion, SceneQuestion
from chronosight.tasks.routing import route
from chronosight.tasks.scene_regions import take_region


def after(*questions, kind="pair"):
    """What the next question leans on after these."""
    last = None
    for question in questions:
        last = parse_question(question, kind, last=last).remembered(last)
    return last


COUNT = after("How many new buildings are there in the north?")
TREES, WATER, LOW = ("trees",), ("water",), ("low vegetation and crops",)
NORTH = COUNT.routed.cells


def test_a_question_is_read_once(monkeypatch):
    texts = []
    for name in ("foreign_language", "unanswerable", "tokenise"):
        real = getattr(routing, name)
        monkeypatch.setattr(routing, name, lambda *given, real=real, name=name: (texts.append(name), real(*given))[1])
    parsed = parse_question("How many new buildings are larger than 500 m2 in the north?", "pair")
    assert sorted(texts) == ["foreign_language", "tokenise", "unanswerable"]
    assert parsed.of_objects.question.min_area == 500 and parsed.of_objects.question.region.cells


@pytest.mark.parametrize(
    ("text", "task", "subject", "direction", "cells", "full"),
    [
        ("And the roads?", "count", "roads", "appeared", NORTH, "How many roads appeared in the north?"),
        ("What about roads?", "count", "roads", "appeared", NORTH, "How many roads appeared in the north?"),
        ("And the vanished ones?", "count", "buildings", "vanished", NORTH, "How many buildings vanished in the north?"),
        ("Where?", "location", "buildings", "appeared", NORTH, "Where did buildings appear in the north?"),
        ("Where are they?", "location", "buildings", "appeared", NORTH, "Where are the new buildings in the north?"),
        ("How many vanished?", "count", "buildings", "vanished", NORTH, "How many buildings vanished in the north?"),
        ("How many of them vanished?", "count", "buildings", "vanished", NORTH,
         "How many of the buildings in the north vanished?"),
        ("And in the south?", "count", "buildings", "appeared", route("what changed in the south", "pair").cells,
         "How many buildings appeared in the south?"),
    ],
)  # fmt: skip
def test_a_short_question_leans_on_the_one_before(text, task, subject, direction, cells, full):
    parsed = parse_question(text, "pair", last=COUNT)
    routed, of_objects = parsed.routed, parsed.of_objects.question
    assert (routed.question.task, routed.question.subject, routed.direction, routed.cells) == (task, subject, direction, cells)
    assert (of_objects.subject, of_objects.direction, of_objects.region.cells) == (subject, direction, cells)
    assert parsed.text == full and routed.note == parsed.of_objects.note == f"Taken as: {full}"


LARGEST = {"asks": "largest", "subject": "buildings", "direction": "appeared"}


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Which of them is the largest?", LARGEST),
        ("Which of these is the largest?", LARGEST),
        ("Which is the largest?", LARGEST),
        ("And the two smallest?", {**LARGEST, "least": True, "top": 2}),
        ("How large is the largest of them?", {**LARGEST, "sized": True}),
        ("How many of them are larger than 500 m2?", {**LARGEST, "asks": "count", "min_area": 500}),
        ("What is their total area?", {"asks": "area", "subject": "buildings", "direction": "appeared"}),
        ("And in hectares?", {"asks": "area", "subject": "buildings", "unit": "ha"}),
    ],
)  # fmt: skip
def test_what_only_objects_answer_leans_on_the_question_before(text, asked):
    question = parse_question(text, "pair", last=COUNT).of_objects.question
    assert {name: getattr(question, name) for name in asked} == asked
    assert question.region.words == "in the north"


@pytest.mark.parametrize(
    ("chat", "full"),
    [
        (["Is there a new road?", "Where?"], "Where did roads appear?"),
        (["Is there a new road?", "Where is it?"], "Where is the new road?"),
        (["Is there a new road?", "How long are they?"], "How long are the new roads?"),
        (["Which is the largest new building?", "Where is it?"], "Where is the largest new building?"),
        (["Which is the largest new building?", "What is its area?"], "What is the area of the largest new building?"),
        (["Which are the three largest new buildings?", "Where are they?"], "Where are the 3 largest new buildings?"),
        (["Which is the largest new building?", "And in hectares?"], "What is the area of the largest new building in hectares?"),
        (["How big is the largest new building?", "And the smallest?"], "What is the area of the smallest new building?"),
        (["How many new buildings?", "How many are larger than 200 m2?"], "How many buildings larger than 200 m2 appeared?"),
        (["How many roads were built?", "And how many buildings?"], "How many buildings appeared?"),
        (["How many roads were built?", "Which half has the most?"], "Which half has the most new roads?"),
        (["How many roads were built?", "Are there more in the north than in the south?"],
         "Are there more new roads in the north than in the south?"),
        (["How many new buildings?", "Describe them"], "Describe the new buildings"),
        (["How many new buildings?", "Are there more than 3?"], "Are there more than 3 new buildings?"),
        (["How many new buildings?", "Is the largest one in the north?"], "Is the largest new building in the north?"),
        (["How many new buildings?", "Are most in the north?"], "Are most new buildings in the north?"),
        (["How many new buildings?", "What share is in the north?"], "What share of the new buildings is in the north?"),
        (["How many new roads?", "Did more appear than vanish?"], "Did more roads appear than vanish?"),
        (["How many roads vanished?", "Is there just one?"], "Is there just one vanished road?"),
        (["Did any forest disappear?", "What replaced it?"], "What replaced the forest?"),
        (["Was any water lost?", "And gained?"], "Did any water appear?"),
        (["Was any water lost?", "And in the north?"], "Did any water disappear in the north?"),
        (["How much water was lost?", "How many hectares?"], "How much water disappeared in hectares?"),
        (["Describe the changes", "Where?"], "Where did buildings or roads change?"),
        (["What changed?", "How many of them are roads?"], "How many of the changed objects are roads?"),
        (["How many roads vanished?", "What replaced them?"], "What replaced the vanished roads?"),
        (["Did any forest disappear in the north?", "Where?"], "Where did forest disappear in the north?"),
        (["How many new buildings?", "Did any forest disappear?", "How much?"], "How much forest disappeared?"),
        (["Did any forest disappear?", "And the water?"], "Did any water disappear?"),
        (["Was the forest paved?", "And the grass?"], "Was the grass paved?"),
        (["Was the forest paved?", "And the grass?", "And built over?"], "Was the grass built over?"),
        (["Was the forest paved?", "And flooded?", "And the meadow?"], "Was the meadow flooded?"),
        (["What became of the trees?", "And the bare ground?"], "What became of the bare ground?"),
        (["Did the forest grow?", "And the meadow?"], "Did the meadow grow?"),
        (["Did the forest grow?", "By how much?"], "By how much did the forest grow?"),
        (["Is there a new pond?", "And a lake?"], "Is there a new lake?"),
        (["Is there a new pond?", "A new road?"], "Is there a new road?"),
        (["What share of the forest was lost?", "And of the meadow?"], "What share of the meadow was lost?"),
        (["Did any trees disappear?", "And houses?"], "Did any houses disappear?"),
        (["Did any trees disappear?", "New roads?"], "New roads?"),
        (["Did any trees disappear in the north?", "In total?"], "Did any trees disappear?"),
        (["Were trees cut down?", "Were they replaced by houses?"], "Were the trees replaced by houses?"),
        (["Were trees replaced by houses?", "By roads?"], "Were trees replaced by roads?"),
        (["Were trees replaced by houses?", "By what?"], "What replaced the trees?"),
        (["Did buildings replace trees?", "And roads?"], "Did roads replace trees?"),
        (["Did buildings replace trees?", "And grass?"], "Did buildings replace grass?"),
        (["Did buildings replace trees?", "How many?"], "How many buildings replaced trees?"),
        (["Did houses replace trees?", "How many houses?"], "How many buildings replaced trees?"),
        (["Did buildings replace trees?", "In the north?"], "Were any trees replaced by buildings in the north?"),
        (["Did buildings replace trees?", "Where?"], "Where were trees replaced by buildings?"),
        (["Was a road replaced by buildings?", "And by grass?"], "Was a road replaced by grass?"),
        (["Was a road replaced by buildings?", "And trees?"], "Were the trees replaced by buildings?"),
        (["Did buildings replace a road?", "How much?"], "What area of roads were replaced by buildings?"),
        (["What did the new buildings replace?", "And the roads?"], "What did the new roads replace?"),
        (["What did the new buildings replace?", "Were they built on grass?"], "Were the new buildings built on grass?"),
        (["How many buildings are new?", "Were they built on trees?"], "Were the buildings built on trees?"),
        (["Where did new roads appear?", "Did they replace trees?"], "Did the new roads replace trees?"),
        (["Were the new buildings built on trees?", "What did they replace?"], "What did the new buildings replace?"),
        (["How many new buildings?", "How many of them were built on grass?"],
         "How many of the buildings were built on grass?"),
        (["Were the new buildings built on grass?", "How many of them?"], "How many buildings replaced grass?"),
        (["How many new buildings?", "What did they replace?", "And in the north?"],
         "What did the new buildings replace in the north?"),
        (["Which land cover changed most?", "In the north?"], "Which land cover changed most in the north?"),
        (["What share of the new buildings is in the north?", "And in the south?"],
         "What share of the new buildings is in the south?"),
        (["What share of the new buildings is in the north?", "And of the roads?"],
         "What share of the new roads is in the north?"),
        (["What percentage of the ground changed?", "And in the north?"], "What percentage of the ground changed in the north?"),
        (["Are there more buildings in the north than in the south?", "And roads?"],
         "Are there more roads in the north than in the south?"),
        (["Are there more than 5 new buildings?", "And roads?", "And in the north?"],
         "Are there more than 5 new roads in the north?"),
        (["Which half gained the most buildings?", "And roads?"], "Which half gained the most roads?"),
        (["How many new buildings are in the north?", "And in all?"], "How many buildings appeared?"),
        (["Is anything new?", "What?"], "What appeared?"),
        (["Is anything new?", "How much?"], "What is the total area of new buildings or roads?"),
        (["How many new houses?", "Wehre?", "Where?"], "Where did buildings appear?"),
        (["How many new houses?", "Where?", "And the roads?", "How many?"], "How many roads appeared?"),
    ],
)  # fmt: skip
def test_a_conversation_is_written_out(chat, full):
    assert in_conversation(chat, "pair") == full
    assert parse_question(full, "pair").understood


@pytest.mark.parametrize(
    ("chat", "full"),
    [
        (["Is there a building?", "How many?"], "How many buildings are there?"),
        (["How many buildings are there?", "And roads?"], "How many roads are there?"),
        (["Is there a building?", "What about trees?"], "Are there any trees?"),
        (["Is there a building?", "Where?"], "Where are the buildings?"),
        (["Is it rural?", "Where is it?"], "Where is it?"),
    ],
)
def test_a_conversation_about_one_image_is_written_out(chat, full):
    assert in_conversation(chat, "image") == full


@pytest.mark.parametrize(
    "chat",
    [
        ["Is there a new building on the left of the road?", "Which of them is the largest?"],
        ["How many new buildings are there near the road?", "Where?"],
        ["Which half changed most?", "How many of them vanished?"],
        ["Compare the new buildings in the north with the south", "Where are they?"],
        ["How many new buildings?", "Compare them with the new roads"],
        ["Which land cover changed most?", "And least?"],
    ],
)
def test_where_nothing_says_what_they_are_the_question_is_refused(chat):
    last = parse_question(chat[1], "pair", last=after(chat[0]))
    assert not last.understood
    assert last.routed.note.startswith("It is not clear what the question refers to")
    assert last.of_objects.note.startswith("It is not clear what the question refers to")


@pytest.mark.parametrize(
    "slip",
    ["blah?", "What is the meaning of life?", "what about the flumph in the grommet near Jupiter all along?", "What colour?"],
)
def test_a_question_that_was_not_understood_leaves_the_subject(slip):
    chat = ["How many new buildings?", slip, "And in the north?"]
    assert in_conversation(chat, "pair") == "How many buildings appeared in the north?"
    assert parse_question(chat[-1], "pair", last=after(*chat[:-1])).routed.note.startswith("Taken as: ")
    image = ["Is there a building?", slip, "How many?"]
    assert in_conversation(image, "image") == "How many buildings are there?"


@pytest.mark.parametrize("other", ["What about swimming pools?", "What colour are the roofs of the houses in the old town?"])
def test_a_question_that_was_not_understood_but_names_a_thing_is_the_new_subject(other):
    last = parse_question("Where?", "pair", last=after("How many new buildings?", other))
    assert not last.understood and last.routed.note.startswith("It is not clear what the question refers to")


@pytest.mark.parametrize("text", ["Where is it?", "Where are they?", "Where?"])
def test_a_thing_in_one_image_has_no_known_place(text):
    found = parse_question(text, "image", last=after("Is there a building?", kind="image")).routed
    assert found.question is None and found.note.startswith("Places within one image are not known.")
    assert parse_question("Where is it?", "image").routed.note.startswith("Where on Earth an image was taken is not known.")


@pytest.mark.parametrize(
    ("text", "kind", "last"),
    [
        ("And the roads?", "pair", None),
        ("And the roads?", "video", COUNT),
        ("And the planes?", "pair", COUNT),
        ("And the roads and the buildings?", "pair", COUNT),  # too long
        ("And the roads in the scene?", "pair", COUNT),
        ("And roads, buildings?", "pair", COUNT),
        ("And the fnord roads?", "pair", COUNT),
        ("And the fnords?", "pair", COUNT),
        ("How many times?", "pair", COUNT),
        ("Has anything changed?", "pair", COUNT),
        ("Is the scene different?", "pair", COUNT),
        ("Really?", "pair", COUNT),
        ("Did they build new roads?", "pair", COUNT),  # anybody
        ("And the roads?", "pair", after("Describe the changes")),
        ("Where?", "pair", after("Which half changed most?")),
        ("And the roads?", "pair", after("nonsense")),
    ],
)
def test_others_stand_alone(text, kind, last):
    parsed = parse_question(text, kind, last=last)
    assert parsed == parse_question(text, kind) and parsed.text == text


@pytest.mark.parametrize("subject", ["buildings", "roads", None])
@pytest.mark.parametrize("direction", ["appeared", "vanished", None])
@pytest.mark.parametrize("place", ["", "on the left", "in the north-west", "at the top and on the left", "in the northern half"])
@pytest.mark.parametrize("asks", ["count", "where", "whether", "direction", "area", "largest"])
def test_a_question_written_out_is_read_as_it_was(asks, place, direction, subject):
    region = take_region(place.replace("-", " ").split())[0] if place else None
    question = SceneQuestion(asks, subject, None if asks == "direction" else direction, region, min_area=200.0)
    if asks == "area":
        question = replace(question, unit="ha")
    if asks == "largest":
        question = replace(question, top=3, least=True)
    assert parse_question(in_full(question), "pair").of_objects.question == question


COVERS = [
    CoverQuestion("whether", before=TREES, word="forest"), CoverQuestion("area", after=WATER, word="water"),
    CoverQuestion("where", before=TREES, after=LOW, word="forest", other="grass"),
    CoverQuestion("share", before=TREES, word="forest"), CoverQuestion("count", after=WATER, word="pond"),
    CoverQuestion("net", before=TREES, word="forest", least=True), CoverQuestion("net_area", before=TREES, word="forest"),
    CoverQuestion("into", before=TREES, word="tree"), CoverQuestion("out_of", after=WATER, word="water"),
    CoverQuestion("most", way="gone"), CoverQuestion("change"), CoverQuestion("whether"), CoverQuestion("area"),
    *(CoverQuestion(asks, before=TREES, under="buildings", word="tree") for asks in ("whether", "where", "area", "objects")),
    CoverQuestion("share", before=TREES, under="buildings", word="tree"),
    *(CoverQuestion(asks, after=LOW, under="roads", former=True, word="grass") for asks in ("whether", "where", "objects")),
    CoverQuestion("area", after=LOW, under="roads", former=True, word="grass"),
    CoverQuestion("whether", before=LOW, under="objects", word="meadow"),
    CoverQuestion("was_before", under="objects"), CoverQuestion("came_after", under="buildings"),
]  # fmt: skip


@pytest.mark.parametrize("cover", COVERS)
def test_a_question_about_land_cover_written_out_is_read_as_it_was(cover):
    read = parse_question(cover_in_full(cover, " in the north"), "pair").of_objects.question
    assert read.cover == cover and read.region.words == "in the north"


def test_both_readers_refuse_alike():
    for text, said in (("Are new roads going to be built?", "future"), ("Wie viele neue Gebäude gibt es?", "German")):
        parsed = parse_question(text, "pair")
        assert parsed.routed.question is parsed.of_objects.question is None
        assert said in parsed.routed.note and said in parsed.of_objects.note


@pytest.mark.parametrize(
    ("then", "full"),
    [
        ("How long is it?", "How long is the longest new road?"),
        ("Where is it?", "Where is the longest new road?"),
        ("And the shortest?", "Which is the shortest new road?"),
    ],
)
def test_what_follows_on_the_longest_road_is_about_it(then, full):
    said = in_conversation(["What is the longest new road?", then], "pair")
    assert said.lower() == full.lower()
