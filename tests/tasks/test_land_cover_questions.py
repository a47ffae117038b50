"""Questions about land cover: what is asked of the change map. Each row was read by a person."""

import pytest

from chronosight.tasks.parsing import parse_question

TREES, WATER, LOW, BARE = ("trees",), ("water",), ("low vegetation and crops",), ("bare ground",)
PAVED, BUILT = ("road and paved",), ("built-up",)
READ = {
    "did any forest disappear": {"asks": "whether", "before": TREES, "word": "forest"},
    "Have trees been cut down?": {"asks": "whether", "before": TREES},
    "Was there any deforestation?": {"asks": "whether", "before": TREES},
    "how much water is new": {"asks": "area", "after": WATER},
    "how much forest was lost": {"asks": "area", "before": TREES},
    "how much of the forest was lost": {"asks": "share", "before": TREES},
    "what share of the trees vanished?": {"asks": "share", "before": TREES},
    "what area of forest vanished?": {"asks": "area", "before": TREES},
    "what was there before the buildings": {"asks": "was_before", "under": "buildings"},
    "what did the new buildings replace": {"asks": "was_before", "under": "buildings"},
    "what stood where the new buildings are?": {"asks": "was_before", "under": "buildings"},
    "on what ground were the new roads built?": {"asks": "was_before", "under": "roads"},
    "what came after the demolished buildings?": {"asks": "came_after", "under": "buildings"},
    "What is there now instead of the demolished buildings?": {"asks": "came_after", "under": "buildings"},
    "which land cover changed most": {"asks": "most", "way": ""},
    "which land cover was lost most": {"asks": "most", "way": "gone"},
    "is there a new pond": {"asks": "whether", "after": WATER, "word": "pond"},
    "are there any new lakes?": {"asks": "whether", "after": WATER, "word": "lake"},
    "how many new ponds are there": {"asks": "count", "after": WATER},
    "was the pond filled in?": {"asks": "whether", "before": WATER},
    "where did trees disappear": {"asks": "where", "before": TREES},
    "what became of the meadow": {"asks": "into", "before": LOW},
    "what did the forest become": {"asks": "into", "before": TREES},
    "what replaced the trees": {"asks": "into", "before": TREES},
    "what was built where the forest was": {"asks": "into", "before": TREES},
    "what is where there was grass": {"asks": "into", "before": LOW},
    "were there more trees before": {"asks": "net", "before": TREES, "least": True},
    "are there more trees in the first image": {"asks": "net", "before": TREES, "least": True},
    "was there less water than now": {"asks": "net", "before": WATER, "least": False},
    "is there more forest than before": {"asks": "net", "before": TREES, "least": False},
    "are there fewer trees than in the first image": {"asks": "net", "before": TREES, "least": True},
    "has the forest grown since the first image": {"asks": "net", "before": TREES, "least": False},
    "how much more forest was there before": {"asks": "net_area", "before": TREES, "least": True},
    "by how much did the forest grow": {"asks": "net_area", "before": TREES, "least": False},
    "how much did the forest shrink": {"asks": "net_area", "before": TREES, "least": True},
    "how much less forest is there": {"asks": "net_area", "before": TREES, "least": True},
    "what is the extent of deforestation": {"asks": "area", "before": TREES},
    "how much forest was lost to construction": {"asks": "area", "before": TREES, "under": "objects"},
    "was bare ground paved": {"asks": "whether", "before": BARE, "after": PAVED},
    "was the grass paved over": {"asks": "whether", "before": LOW, "after": PAVED, "under": ""},
    "how much bare soil was paved": {"asks": "area", "before": BARE, "after": PAVED},
    "was new asphalt paved": {"asks": "whether", "before": (), "after": PAVED},
    "did any paved ground disappear": {"asks": "whether", "before": PAVED, "after": (), "either": ()},
    "how much paved ground was lost": {"asks": "area", "before": PAVED, "after": (), "either": ()},
    "did any built up area vanish": {"asks": "whether", "before": BUILT, "after": (), "either": ()},
    "was anything paved": {"asks": "whether", "before": (), "after": PAVED},
    "how much farmland was flooded": {"asks": "area", "before": LOW, "after": WATER},
    "was bare ground planted": {"asks": "whether", "before": BARE, "after": TREES + LOW},
    "were trees planted": {"asks": "whether", "before": (), "after": TREES},
    "was the forest developed": {"asks": "whether", "before": TREES, "under": "objects"},
    "was the meadow built up": {"asks": "whether", "before": LOW, "under": "objects"},
    "was the grass built over": {"asks": "whether", "before": LOW, "under": "objects"},
    "did the forest become a parking lot": {"asks": "whether", "before": TREES, "after": PAVED},
    "has the field been turned into houses": {"asks": "whether", "before": LOW, "under": "buildings"},
    "did the forest grow or shrink": {"asks": "change", "either": TREES},
    "what did the water replace": {"asks": "out_of", "after": WATER},
    "what became water": {"asks": "out_of", "after": WATER},
    "what was there before the new pond": {"asks": "out_of", "after": WATER},
    "how much forest became bare ground": {"asks": "area", "before": TREES, "after": BARE},
    "was forest turned into farmland": {"asks": "whether", "before": TREES, "after": LOW},
    "did water replace grass": {"asks": "whether", "before": LOW, "after": WATER},
    "how much farmland was built on": {"asks": "area", "before": LOW, "under": "objects"},
    "did the buildings replace trees": {"asks": "whether", "before": TREES, "under": "buildings"},
    "is there more water than before": {"asks": "net", "before": WATER, "least": False},
    "is there less forest than before": {"asks": "net", "before": TREES, "least": True},
    "did the land cover change": {"asks": "whether"},
    "how did the land cover change": {"asks": "change"},
    "has a building become a field?": {"asks": "whether", "after": LOW, "before": (), "under": "buildings", "former": True},
    "were houses turned into a lake?": {"asks": "whether", "after": WATER, "under": "buildings", "former": True},
    "were buildings replaced by grass?": {"asks": "whether", "after": LOW, "under": "buildings", "former": True},
    "did grass replace the houses?": {"asks": "whether", "after": LOW, "under": "buildings", "former": True},
    "was the road turned into grass?": {"asks": "whether", "after": LOW, "under": "roads", "former": True},
    "were the houses covered by trees?": {"asks": "whether", "after": TREES, "under": "buildings", "former": True},
    "is there grass where the house was?": {"asks": "whether", "after": LOW, "under": "buildings", "former": True},
    "was a road replaced by buildings": {"asks": "whether", "before": PAVED, "after": BUILT, "under": "buildings"},
    "did buildings replace a road": {"asks": "whether", "before": PAVED, "after": BUILT, "under": "buildings"},
    "is there a building where there was a road": {"asks": "whether", "before": PAVED, "under": "buildings"},
    "was the road built over": {"asks": "whether", "before": PAVED, "after": BUILT, "under": "buildings"},
    "was a house demolished for a new road": {"asks": "whether", "before": BUILT, "after": PAVED, "under": "roads"},
    "did any building make way for a road": {"asks": "whether", "before": BUILT, "after": PAVED, "under": "roads"},
    "was the building paved over": {"asks": "whether", "before": BUILT, "after": PAVED, "under": "roads"},
    "where did houses replace roads": {"asks": "where", "before": PAVED, "under": "buildings"},
    "were trees cleared for houses": {"asks": "whether", "before": TREES, "under": "buildings", "former": False},
    "were trees cut down to build a road": {"asks": "whether", "before": TREES, "under": "roads"},
    "are there houses where the trees were": {"asks": "whether", "before": TREES, "under": "buildings"},
    "which trees did the houses replace": {"asks": "whether", "before": TREES, "under": "buildings"},
    "how many buildings replaced trees": {"asks": "objects", "before": TREES, "under": "buildings"},
    "which new roads were built on grass": {"asks": "objects", "before": LOW, "under": "roads"},
    "was a building or a road replaced by trees": {"asks": "whether", "after": TREES, "under": "objects", "former": True},
    "were buildings and roads built on forest": {"asks": "whether", "before": TREES, "under": "objects"},
    "how much forest was lost to buildings and roads": {"asks": "area", "before": TREES, "under": "objects"},
    "did development replace the forest": {"asks": "whether", "before": TREES, "under": "objects"},
    "what did the new buildings and roads replace": {"asks": "was_before", "under": "objects"},
    "what was built over": {"asks": "was_before", "under": "objects"},
    "what was demolished to make way for the road": {"asks": "was_before", "under": "roads"},
    "what disappeared under the new buildings": {"asks": "was_before", "under": "buildings"},
    "was anything replaced by buildings": {"asks": "was_before", "under": "buildings"},
    "did the buildings replace anything": {"asks": "was_before", "under": "buildings"},
    "which land was lost to the new houses": {"asks": "was_before", "under": "buildings"},
    "what replaced the road": {"asks": "came_after", "under": "roads"},
    "what was the road replaced with": {"asks": "came_after", "under": "roads"},
    "what is now where the road used to be": {"asks": "came_after", "under": "roads"},
    "what were the trees replaced by": {"asks": "into", "before": TREES},
    "what came in place of the trees": {"asks": "into", "before": TREES},
    "did anything replace the trees": {"asks": "into", "before": TREES},
    "were the trees replaced": {"asks": "whether", "before": TREES},
    "was grass replaced by concrete": {"asks": "whether", "before": LOW, "after": PAVED},
    "what share of the ground was paved": {"asks": "share", "after": PAVED, "of_ground": True},
    "what percent of the image is new forest": {"asks": "share", "after": TREES, "of_ground": True},
    "what share of the land cover changed": {"asks": "share", "before": (), "after": (), "of_ground": False},
    "what % of the trees vanished?": {"asks": "share", "before": TREES, "of_ground": False},
    "has any vegetation been lost": {"asks": "whether", "before": ("trees", "low vegetation and crops")},
}


@pytest.mark.parametrize("text", READ)
def test_what_is_asked(text):
    read = parse_question(text, "pair").of_objects
    assert read.question is not None, read.note
    assert read.question.asks == "land_cover"
    found = {name: getattr(read.question.cover, name) for name in READ[text]}
    assert found == READ[text]


@pytest.mark.parametrize("text", READ)
def test_no_model_is_asked_and_without_a_land_cover_map_it_is_refused(text):
    """Whatever was read without land cover before: "did the land cover change" was taken for "did anything change"."""
    parsed = parse_question(text, "pair")
    assert parsed.routed.question is None and parsed.routed.note
    assert parsed.only_objects
    assert parsed.of_objects.without_cover.question is None and parsed.of_objects.without_cover.note


def test_a_part_of_the_scene_a_zone_and_a_unit_are_read_too():
    read = parse_question("how many hectares of forest were lost in the north?", "pair").of_objects.question
    assert (read.cover.asks, read.unit, read.region.words) == ("area", "ha", "in the north")
    read = parse_question("how much forest was lost in Old Mill?", "pair", ["Old Mill"]).of_objects.question
    assert (read.cover.asks, read.zone) == ("area", "Old Mill")


@pytest.mark.parametrize(
    "text",
    ["how many buildings are new", "where are the new roads", "has anything changed", "what has changed", "are roads gone",
     "are there new baseball fields?", "is there a new swimming pool?", "are there new buildings in the forest?",
     "how many new houses are near the lake?", "why was the forest cut down?", "did the trees change colour?",
     "what percentage of the scene is covered by new buildings?", "what area was covered by the new roads?",
     "will the forest disappear?", "did any forest but the northern one disappear, and where?",
     "how many buildings are new and how much forest was lost?"],
)  # fmt: skip
def test_other_questions_are_left_as_they_were(text):
    read = parse_question(text, "pair").of_objects
    assert read.without_cover is None and (read.question is None or read.question.asks != "land_cover")


@pytest.mark.parametrize(
    "text",
    ["was no forest lost?", "how many trees were cut down?", "was the river flooded?",
     "were old buildings replaced by new buildings?", "was any house replaced by another one?", "were buildings replaced?",
     "was the house built over?", "were roads replaced by roads?", "was a house not replaced by a road?",
     "was the largest new building built on grass?", "what did the biggest new building replace?", "was the biggest forest lost?",
     "did the whole forest vanish?", "what share of the lost forest was built over?",
     "was the field drained?", "was the field dug?",
     "has the field been opened?", "was the beach built?", "was the field planted?"],
)  # fmt: skip
def test_what_the_map_cannot_say_is_refused(text):
    assert parse_question(text, "pair").of_objects.question is None


def test_one_image_is_not_asked_about_change():
    assert parse_question("did any forest disappear", "image").of_objects is None
