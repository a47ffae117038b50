"""Words that change what a question means are answered or refused, never passed over."""

import pytest

from chronosight.tasks.parsing import parse_question

REFUSED = (
    ("What is the second largest new building?", "three largest"),
    ("Which is the 3rd biggest new road?", "three largest"),
    ("Did anything other than buildings change?", "Exceptions"),
    ("How many objects changed except roads?", "Exceptions"),
    ("How many buildings appeared and how many vanished?", "one question"),
    ("How many new buildings are there and where are they?", "one question"),
    ("Did anything change? Where?", "one question"),
    ("Will more buildings be built?", "future"),
    ("Should there be new roads?", "future"),
    ("Are new roads going to be built?", "future"),
    ("How many new buildings are in the left image?", "before and after"),
    ("How many new buildings in the picture on the right?", "before and after"),
    ("How many buildings did not vanish?", "what stayed"),
    ("Did all the buildings vanish?", "what stayed"),
    ("Is anything unchanged?", "what stayed"),
    ("Has the scene not changed?", "without a negation"),
    ("How many new schools are there?", "not of schools"),
    ("How many highways were built?", "not of highways"),
    ("What is the total area of new churches?", "not of churches"),
    ("At least how many buildings are new?", "Give the number"),
    ("How many times more buildings are in the south than in the north?", "Ratios"),
    ("Is the largest new building larger than 100 m2?", "largest"),
    ("Is the north the part that changed most?", "largest"),
    ("Tell me how many buildings appeared, and where they are.", "one question"),
    ("Count the new buildings and say where they are", "one question"),
    ("How many new buildings; how many new roads", "one question"),
    ("How many new buildings are there, where are they?", "one question"),
    ("How much grass was lost in the north compared with the south?", "not compared between parts"),
    ("How many acres of buildings were built?", "square metres"),
    ("Was a single building demolished?", "number itself"),
    ("How many more buildings were built than demolished?", "differences"),
    ("By what percentage did the number of buildings increase?", "growth in percent"),
    ("How many new buildings are smaller than 100 m2 or larger than 500 m2?", "one range"),
    ("How many new buildings are larger than 20 m?", "given as areas"),
    ("What kind of buildings were built?", "Kinds of buildings"),
    ("Is the area more urban than before?", "kind of place"),
    ("Was land cleared?", "what was cleared"),
    ("Describe the second image", "give it alone"),
    ("What percentage of the scene is forest?", "lost or gained"),
    ("Compare the new buildings with the south", "two parts"),
)


@pytest.mark.parametrize(("question", "reason"), REFUSED)
def test_two_dates(question, reason):
    parsed = parse_question(question, "pair")
    assert parsed.routed.question is None or parsed.only_objects
    assert parsed.of_objects.question is None and reason in parsed.of_objects.note


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("Are there trees besides the houses?", "Exceptions"),
        ("Is there something other than water?", "Exceptions"),
        ("Is there exactly one building?", "number itself"),
        ("Is there a single house?", "number itself"),
        ("Are there more than ten cars?", "number itself"),
        ("How many more buildings than roads are there?", "Differences"),
        ("Are there not any trees?", "without a negation"),
    ],
)
def test_one_image(question, reason):
    routed = parse_question(question, "image").routed
    assert routed.question is None and reason in routed.note


@pytest.mark.parametrize(
    "question",
    ["Would you tell me what changed?", "Has anything changed at all?", "Which buildings are no longer there?",
     "Do you see any new buildings?", "Is it different? Answer yes or no.",
     "What has changed between the first and the last image?", "Tell me, how many new roads are there?",
     "In the north, how many buildings are new?", "Do the new buildings lie in the east?"],
)  # fmt: skip
def test_polite_and_common_questions_stay_answered(question):
    assert parse_question(question, "pair").routed.question is not None


@pytest.mark.parametrize(
    "question", ["Has nothing changed?", "Did no buildings vanish?", "Are the two images the same?", "Is there no new road?"]
)
def test_denials_are_marked(question):
    parsed = parse_question(question, "pair")
    assert parsed.routed.question.task == "binary" and parsed.routed.negated and parsed.of_objects.question.negated
    assert not parse_question("Has anything changed?", "pair").routed.negated


@pytest.mark.parametrize("question", ["Was just one building built?", "Is there only one new building?"])
def test_only_one_is_exactly_one(question):
    asked = parse_question(question, "pair").of_objects.question
    assert (asked.asks, asked.at_least, asked.at_most, asked.direction) == ("number_is", 1, 1, "appeared")


def test_no_trees_is_the_opposite_of_any_trees():
    routed = parse_question("Are there no trees?", "image").routed
    assert routed.question.task == "presence" and routed.negated


def test_either_or_about_one_image_is_one_question():
    assert parse_question("Is it rural or is it urban?", "image").routed.question.task == "rural_urban"


RELATIVE = (
    "Is there a new building {}?",
    "Did any building appear {}?",
    "How many houses were built {}?",
)
PLACES = (
    "on the left of the road", "to the right of the old road", "on the left side of the road", "above the road", "near the river",
    "below the lake", "north of the river", "at the top of the hill", "in the upper left corner of the field", "next to the road",
    "beside a road", "along the road", "between the houses", "between the road and the river", "behind the school",
    "by the river", "close to the road", "close to it", "in front of the house", "on the road", "in the forest",
    "on both sides of the road", "at the end of the street", "around the lake", "across the road", "opposite the church",
    "nearby", "within 100 m of the road",
    "50 metres from the road", "in the middle of the city",
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("pattern", RELATIVE)
def test_places_beside_other_things_are_refused(pattern, place):
    question = pattern.format(place)
    parsed = parse_question(question, "pair", ["Riverside"])
    assert not parsed.understood
    assert parsed.routed.note.startswith("Positions relative to other things are not known.")
    assert parsed.of_objects.note.startswith("Positions relative to other things are not known.")
    of_image = parse_question(f"Is there a building {place}?", "image").routed
    assert of_image.question is None and of_image.note.startswith("Positions relative to other things are not known.")


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("on the left of the scene", "on the left"), ("on the left side of the image", "on the left side"),
        ("at the top of the picture", "at the top"), ("in the north of the map", "in the north"),
        ("in the upper left corner of the area", "in the upper left corner"), ("near the top", "at the top"),
        ("near the centre of the scene", "in the centre"), ("in the left half of the photo", "in the left half"),
    ],
)  # fmt: skip
def test_parts_of_the_scene_stay_places(place, words):
    asked = parse_question(f"How many houses were built {place}?", "pair").of_objects.question
    assert (asked.asks, asked.subject, asked.direction, asked.region.words) == ("count", "buildings", "appeared", words)


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("How many new buildings are above 200 m2?", "count"), ("Did anything change between the two dates?", "whether"),
        ("Were any houses built over the meadow?", "land_cover"), ("How much forest lies under the new buildings?", "land_cover"),
        ("Compare the changes between the north and the south", "compare"), ("Is there a difference in buildings?", "whether"),
        ("What is the difference between new roads and new buildings?", "compare"),
        ("What share of the scene is covered by new buildings?", "share"), ("How many new buildings are in Park View?", "count"),
        ("What area in square metres of buildings appeared at the top?", "area"),
        ("Have there been any changes to the roads in the above two remote sensing images?", "whether"),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_place_beside_a_thing_is_answered(question, asks):
    assert parse_question(question, "pair", ["Park View"]).of_objects.question.asks == asks
