"""Answers about land cover, read from lists of objects: yes is one piece of ground, no is all of it."""

from dataclasses import replace

import pytest

from changed_scenes import SIDE, one, pixels, summary, town, zones_of
from chronosight.engines.land_cover_caption import LEFT_OUT, LITTLE, cover_caption
from chronosight.engines.router import answer_description
from chronosight.engines.zones import cover_by_zone
from chronosight.reports.cover_codes import pair_label
from chronosight.reports.overlay import cover_legend
from chronosight.results.answer import Answer
from chronosight.results.changed_object import Tally
from chronosight.results.description import ClassDescription
from chronosight.results.land_cover_change import UNKNOWN, CoverObject, LandCoverChange, ObjectGround
from chronosight.results.land_cover_sentences import cover_sentences, kind_pattern
from chronosight.results.narrative import narrative

FOREST, POND, LOW, BARE = "trees", "water", "low vegetation and crops", "bare ground"


def piece(number, before, after, x, y, w, h, confidence=0.8):
    """A rectangle of ground, as `changed_scenes.one` makes a changed object."""
    shaped = one(number, "building", "appeared", x, y, w, h, confidence)
    return CoverObject(
        before, after, outline=shaped.outline, area_px=shaped.area_px, cell=shaped.cell, confidence=confidence, number=number,
        centroid=shaped.centroid, area_m2=shaped.area_m2, lonlat=shaped.lonlat, shape=shaped.shape,
    )  # fmt: skip


CLEARING = piece(1, FOREST, BARE, 220, 10, 70, 60)  # 4,200 m² in the north-east
FIELD = piece(2, FOREST, LOW, 10, 240, 40, 20)  # 800 m² in the south-west
WATER = piece(3, LOW, POND, 120, 120, 40, 30)  # 1,200 m² in the middle
GROUNDS = (
    ObjectGround(1, "building", "appeared", FOREST, 0.9, {FOREST: 100.0, UNKNOWN: 20.0}),
    ObjectGround(2, "building", "appeared", LOW, 0.9, {LOW: 64.0}),
    ObjectGround(5, "building", "vanished", BARE, 0.8, {BARE: 100.0}),
    ObjectGround(6, "road", "appeared", LOW, 0.9, {LOW: 1200.0}),
)


def found(*objects, grounds=(), known=1.0, **facts):
    change = LandCoverChange(objects, grounds, known, True, {FOREST: (21000.0, 16000.0), POND: (500.0, 1700.0)})
    return replace(summary(town() if grounds else [], **facts), land_cover=change)


def answer(text, *objects, **facts):
    return answer_description(found(*objects, **facts), text)


def test_forest_that_disappeared():
    said = answer("did any forest disappear?", CLEARING, FIELD, WATER)
    assert said.value is True and said.confident and said.confidence == pytest.approx(0.8)
    assert said.text.startswith("Yes: about 5,000 m² of trees disappeared in the north-east and south-west")
    assert any('"forest" is taken as the class "trees"' in note for note in said.notes)


def test_area_in_the_unit_asked_for_and_in_a_part():
    assert answer("how much forest was lost?", CLEARING, FIELD).value == 5000
    said = answer("how many hectares of forest were lost?", CLEARING, FIELD)
    assert said.value == 5000 and "0.5 ha" in said.text
    assert answer("how much forest was lost in the north?", CLEARING, FIELD).value == 4200
    assert answer("how much water is new?", CLEARING, WATER).value == 1200


def test_ground_under_new_buildings_counts_as_lost():
    said = answer("how much forest was lost?", CLEARING, grounds=GROUNDS)
    assert said.value == 4300
    built = answer("how much farmland was built on?", CLEARING, grounds=GROUNDS)
    assert built.value == 1264 and "were built over" in built.text
    assert answer("how much forest was lost to buildings?", CLEARING, grounds=GROUNDS).value == 100


def test_what_was_there_before_and_after():
    said = answer("what was there before the buildings?", grounds=GROUNDS)
    assert said.value == (FOREST, LOW) and said.text.startswith("The 2 new buildings stand on what was trees (about 100 m²)")
    assert answer("what did the new roads replace?", grounds=GROUNDS).value == (LOW,)
    after = answer("what came after the demolished buildings?", grounds=GROUNDS)
    assert after.value == (BARE,) and after.text.startswith("The former building gave way to bare ground")


ON_A_ROAD = ObjectGround(2, "building", "appeared", "road and paved", 0.9, {"road and paved": 80.0})
INTO_HOUSES = ObjectGround(7, "road", "vanished", "built-up", 0.8, {"built-up": 60.0, LOW: 300.0})


def test_a_road_replaced_by_buildings_is_read_from_new_buildings_and_vanished_roads():
    for text in ("was a road replaced by buildings?", "did buildings replace a road?", "was the road built over?"):
        said = answer(text, grounds=(*GROUNDS, ON_A_ROAD, INTO_HOUSES))
        assert said.value is True and said.text.startswith("Yes: about 140 m² of paved ground"), text
        assert not said.confident, "a road is not told from other paved ground"
    none = answer("was a road replaced by buildings?", grounds=GROUNDS[1:])
    assert none.value is False and "no paved ground" in none.text
    assert answer("how much of the roads was replaced by houses?", grounds=(ON_A_ROAD, INTO_HOUSES)).value == 100


def test_what_came_where_buildings_were():
    said = answer("was a building replaced by bare ground?", grounds=GROUNDS)
    assert said.value is True and said.text.startswith("Yes: about 100 m² of bare ground replaced buildings")
    none = answer("was a building replaced by trees?", grounds=GROUNDS)
    assert none.value is False and "where the vanished buildings were" in none.text
    house = answer("was a house demolished for a new road?", grounds=GROUNDS)
    assert house.value is False


def test_without_such_objects_it_is_no_however_little_ground_is_known():
    said = answer_description(found(CLEARING, known=0.1, changed=0.02), "was a road replaced by grass?")
    assert said.value is False and said.text == "No: no roads vanished."
    assert answer_description(found(known=0.1, changed=0.02), "how much grass was replaced by houses?").value == 0


@pytest.mark.parametrize(
    "text",
    ["was the forest replaced by houses?", "has the number of buildings grown?", "are there more new buildings than new roads?"],
)
def test_a_no_is_not_sure_where_buildings_may_have_changed_that_are_not_outlined(text):
    perhaps = ClassDescription("buildings", 0, 0, (), 0.6, changed=Answer("Yes", "binary", True, 0.67, False))
    nothing = found(known=0.95, changed=0.02)
    said = answer_description(nothing, text, classes=(perhaps,))
    assert said.value is False and not said.confident and said.notes[-1].startswith("nothing is outlined")
    assert answer_description(nothing, text).confident


def test_how_many_objects_stand_on_a_kind_of_ground():
    said = answer("how many buildings replaced trees?", grounds=GROUNDS)
    assert said.value == 1 and said.text == "1 new building stands on what was mostly trees: object 1."
    unknown = ObjectGround(3, "building", "appeared", UNKNOWN, 0.5, {UNKNOWN: 90.0})
    partly = answer("which buildings were built on grass?", grounds=(*GROUNDS, unknown))
    assert partly.value == 1 and not partly.confident and "of 1 other the ground is not known" in partly.text
    unseen = answer("how many buildings were built on water?", grounds=(*GROUNDS, unknown))
    assert unseen.value is None and unseen.text.startswith("Cannot tell: of 1 building the ground is not known")


def test_what_vanished_speaks_of_the_ground_too():
    said = answer("what vanished?", CLEARING, grounds=GROUNDS)
    assert "Of the ground, trees (about 4,300 m²)" in said.text and said.text.endswith("disappeared.")
    said = answer("what vanished?", CLEARING)
    assert said.text == "No objects vanished. Of the ground, trees (about 4,200 m²) disappeared."


def test_what_came_after_respects_the_part_of_the_scene():
    everywhere = answer("what replaced the demolished buildings?", grounds=GROUNDS)
    assert everywhere.value == (BARE,)
    parts = ("north", "center")
    values = {answer(f"what replaced the demolished buildings in the {part}?", grounds=GROUNDS).value for part in parts}
    assert values == {(), (BARE,)}


def test_what_it_became_and_what_changed_most():
    assert answer("what did the forest become?", CLEARING, FIELD).value == (BARE, LOW)
    assert answer("what did the water replace?", CLEARING, WATER).value == (LOW,)
    assert answer("which land cover changed most?", CLEARING, FIELD, WATER).value == FOREST
    assert answer("which land cover was gained most?", CLEARING, FIELD, WATER).value == BARE
    assert answer("what share of the forest was lost?", CLEARING).value == 20
    sure = [answer("what share of the forest was lost?", CLEARING, known=known).confident for known in (0.9, 0.4)]
    assert sure == [True, False]  # of a forest that is mostly not known


def test_more_or_less_than_before():
    grown = piece(4, BARE, FOREST, 10, 10, 100, 100)
    assert answer("is there less forest than before?", CLEARING).value is True
    assert answer("is there more forest than before?", CLEARING, grown).value is True
    close = answer("has the forest grown?", CLEARING, piece(4, BARE, FOREST, 10, 10, 70, 62))
    assert not close.confident
    by = answer("by how much has the forest grown?", CLEARING, piece(4, BARE, FOREST, 10, 10, 70, 62))
    assert by.value == 140 and not by.confident
    under = (ObjectGround(1, "building", "appeared", UNKNOWN, 0.9, {UNKNOWN: 12000.0}),)
    assert answer("has the forest grown?", grown).confident
    assert not answer("has the forest grown?", grown, grounds=under).confident
    assert answer("has the forest shrunk?", CLEARING, grounds=under).confident
    neither = answer("has the forest grown?", known=0.95)
    assert neither.value is False and neither.text.startswith("No: no trees were seen to have changed")


def test_a_no_is_sure_only_where_the_ground_is_known():
    sure = answer("is there a new pond?", CLEARING)
    assert sure.value is False and sure.confident and sure.text.startswith("No: no water was seen to have appeared")
    partly = answer("is there a new pond?", CLEARING, known=0.75)
    assert partly.value is False and not partly.confident and "75 %" in partly.text
    assert any("25 %" in note for note in partly.notes)
    hardly = answer("is there a new pond?", CLEARING, known=0.4)
    assert hardly.value is None and not hardly.confident and "60 %" in hardly.text


@pytest.mark.parametrize("text", ["did any grass disappear?", "did any bare ground appear?", "how much grass is new?"])
def test_that_no_field_turned_bare_or_green_is_never_sure(text):
    said = answer(text, known=0.95)
    assert not said.value and not said.confident and any("the season does that too" in note for note in said.notes)


def test_seasons_make_no_other_kind_of_ground_come_or_go():
    assert answer("did any grass become water?").confident and answer("did the land cover change?").confident


def test_a_no_is_not_sure_where_ground_looks_as_if_it_had_changed_so():
    scene = found(known=0.95)
    scene = replace(scene, land_cover=replace(scene.land_cover, perhaps={(FOREST, POND): Tally(0, 340.0)}))
    gone = answer_description(scene, "did any trees disappear?")
    assert gone.value is False and not gone.confident
    assert any(note.startswith("about 340 m² of ground may have changed") for note in gone.notes)
    assert not answer_description(scene, "did the land cover change?").confident
    assert answer_description(scene, "did any trees appear?").confident


def test_grass_that_perhaps_replaced_trees_may_be_bare_ground():
    scene = found(known=0.95)
    scene = replace(scene, land_cover=replace(scene.land_cover, perhaps={(FOREST, LOW): Tally(0, 340.0)}))
    assert not answer_description(scene, "did bare ground replace trees?").confident
    assert answer_description(scene, "did water replace trees?").confident


def test_changed_ground_of_unknown_kind_may_be_what_is_asked_about():
    unsure = piece(1, LOW, UNKNOWN, 10, 10, 30, 30)
    said = answer("is there a new pond?", unsure)
    assert said.value is None and "900 m²" in said.text and not said.confident
    assert answer("did any forest disappear?", unsure).value is False  # it was no forest
    assert answer("did the land cover change?", unsure).value is True


def test_what_was_seen_at_one_date_alone_is_not_confident():
    water, other = piece(1, UNKNOWN, POND, 10, 10, 30, 30, 0.95), piece(2, LOW, POND, 60, 60, 40, 40, 0.95)
    assert not answer("is there any new water?", water).confident, "it may have been there before"
    assert answer("is there any new water?", other).confident and answer("is there any new water?", water, other).confident


def test_a_kind_that_the_map_does_not_distinguish_is_never_a_confident_yes():
    water = piece(1, LOW, POND, 60, 60, 40, 40, 0.95)
    river = answer("is there a new river?", water)
    assert river.value is True and not river.confident and "does not distinguish" in " ".join(river.notes)
    assert answer("is there any new water?", water).confident
    none = answer("is there a new river?", piece(1, POND, LOW, 60, 60, 40, 40, 0.95))
    assert none.value is False and none.confident, "without new water there is no new river"


def test_a_change_less_likely_than_not_is_no_yes():
    said = answer("did any forest disappear?", piece(1, FOREST, BARE, 10, 10, 30, 30, confidence=0.4))
    assert said.value is None and not said.confident


@pytest.mark.parametrize(
    "text", ["did any forest disappear?", "what was there before the buildings?", "did the land cover change?"]
)
def test_without_a_land_cover_map_there_is_no_answer(text):
    said = answer_description(summary(town()), text)
    assert said.task == "open" and said.value is None and not said.confident and said.text


@pytest.mark.parametrize(("pair", "sentence", "label"), [
    ((FOREST, UNKNOWN), "trees probably gave way to ground of unknown kind", "Trees to ground of unknown kind"),
    ((UNKNOWN, FOREST), "ground of unknown kind probably became trees", "Ground of unknown kind to trees"),
    ((UNKNOWN, UNKNOWN), "ground of unknown kind probably changed", "Changed ground, kind unknown"),
])  # fmt: skip
def test_ground_of_unknown_kind_in_words(pair, sentence, label):
    assert kind_pattern(pair, 0.7) == f"{{area}} of {sentence}"
    assert kind_pattern(pair, 0.9) == f"{{area}} of {sentence.replace('probably ', '')}"
    assert pair_label(pair) == label


def test_zones_have_their_own_sums():

    zones = zones_of(North=pixels(0, 0, SIDE, 100), South=pixels(0, 100, SIDE, SIDE))
    scene = found(CLEARING, FIELD, WATER, grounds=GROUNDS, zones=zones)
    change = cover_by_zone(scene.land_cover, scene.objects, zones)
    scene = replace(scene, land_cover=change)
    north, south = change.zones
    assert north.flows[FOREST, BARE].area == pytest.approx(4200, rel=1e-3) and north.flows[FOREST, BARE].count == 1
    assert south.flows[LOW, POND].area == pytest.approx(1200, rel=1e-3)
    total = sum(value.area for zone in change.zones for value in zone.flows.values())
    assert total == pytest.approx(sum(value.area for value in change.flows.values()), rel=1e-3)
    assert answer_description(scene, "how much forest was lost in zone South?").value == 800


def test_sentences_rest_on_facts_and_say_how_sure_they_are():
    told = [sentence.text for sentence in cover_sentences(found(CLEARING))]
    assert told == ["About 4,200 m² of trees became bare ground in the north-east."]
    doubtful = cover_sentences(found(replace(CLEARING, confidence=0.6)))[0]
    assert "trees probably became" in doubtful.text and doubtful.facts["area"] == 4200
    unknown = cover_sentences(found(piece(1, FOREST, UNKNOWN, 10, 10, 30, 30), known=0.9))
    assert unknown[0].text == "About 900 m² of trees gave way to ground of unknown kind in the north-west."
    assert "10 %" in unknown[1].text
    many = [piece(1, FOREST, UNKNOWN, 10, 10, 90, 90), piece(2, UNKNOWN, BARE, 120, 10, 30, 30),
            piece(3, UNKNOWN, UNKNOWN, 10, 120, 20, 20, 0.9)]  # fmt: skip
    told = [sentence.text for sentence in cover_sentences(found(*many, CLEARING, grounds=GROUNDS))]
    assert told[0].startswith("About 4,200 m² of trees became bare ground"), "what is known comes first, however small"
    assert told[-1] == (
        "Trees (about 8,100 m²) gave way to ground of unknown kind; bare ground (about 900 m²) replaced ground of unknown kind; "
        "about 400 m² of ground of unknown kind changed."
    )
    under = " ".join(sentence.text for sentence in cover_sentences(found(grounds=GROUNDS)))
    known = "trees (about 100 m²), low vegetation or crops (about 64 m²) and ground of unknown kind (about 20 m²)"
    assert f"The new buildings replaced {known}." in under
    assert narrative(found(CLEARING))[1].text == told[0] and len(narrative(summary([]))) == 1


SAME = Answer("the scene is the same as before", "caption", "the scene is the same as before", 0.9, True)


def test_ground_under_objects_that_is_mostly_not_known_says_so():
    grounds = (ObjectGround(1, "building", "appeared", UNKNOWN, 0.9, {FOREST: 100.0, UNKNOWN: 1200.0}),
               ObjectGround(5, "building", "vanished", UNKNOWN, 0.9, {UNKNOWN: 300.0}))  # fmt: skip
    told = [sentence.text for sentence in cover_sentences(found(CLEARING, grounds=grounds))]
    mostly = "What was there before the new buildings is mostly not known (1,200 m² of 1,300 m²)"
    assert f"{mostly}; the rest includes trees (about 100 m²)." in told
    assert "What came after the buildings that are gone is not known." in told
    assert not any("replaced" in text for text in told)
    said = answer("how much forest was built on?", grounds=grounds)
    assert said.value == 100 and not said.confident and any("1,200 m²" in note for note in said.notes)
    assert answer("how much forest was built on?", grounds=GROUNDS).confident


def test_that_no_other_ground_changed_comes_after_the_ground_that_did():
    told = [sentence.text for sentence in cover_sentences(found(grounds=GROUNDS))]
    assert len(told) > 1 and told[-1] == "No other land cover was seen to change."


def test_no_change_is_said_of_the_known_ground_alone():
    assert cover_sentences(found(known=0.95))[0].text == "No other land cover was seen to change."
    told = [sentence.text for sentence in cover_sentences(found(known=0.18))]
    assert told == ["No other land cover was seen to change on the 18 % of the ground where it is known."]
    few = replace(piece(1, LOW, UNKNOWN, 10, 10, 5, 5), confidence=0.9)
    assert cover_caption(SAME, found(few)).confident and not cover_caption(SAME, found(few, known=0.4)).confident


def test_the_legend_ends_with_one_line_of_unknown_kinds():
    change = found(piece(1, FOREST, UNKNOWN, 10, 10, 90, 90), piece(2, UNKNOWN, BARE, 120, 10, 30, 30), CLEARING).land_cover
    assert [label for label, *_ in cover_legend(change)] == ["Trees to bare ground (1)", "To or from ground of unknown kind (2)"]


def test_a_caption_does_not_say_that_nothing_changed_where_the_ground_did():
    said = cover_caption(SAME, found(CLEARING))
    assert said.text == "some trees are removed in the north-east and bare ground appears"
    assert said.confidence == pytest.approx(0.8) and said.value == said.text
    assert cover_caption(SAME, found()) is SAME
    other = replace(SAME, text="a house is built")
    assert cover_caption(other, found(CLEARING)) is other
    both = cover_caption(SAME, found(CLEARING, WATER))
    assert both.text == f"{said.text} and low vegetation or crops are replaced by water in the centre"


@pytest.mark.parametrize(
    ("before", "after", "side", "text"),
    [
        (FOREST, UNKNOWN, 31, LITTLE),
        (FOREST, UNKNOWN, 33, "some trees are removed in the north-west"),
        (FOREST, UNKNOWN, 160, "many trees are removed in the north-west"),
        (LOW, POND, 33, "low vegetation or crops are replaced by water in the north-west"),
        (UNKNOWN, POND, 140, LITTLE),  # of unknown kind, or grown over: of such a change people write where it is large
        (UNKNOWN, POND, 155, "water appears in the north-west"),
        (LOW, FOREST, 140, LITTLE),
        (LOW, FOREST, 155, "many trees have grown in the north-west"),
        (LOW, UNKNOWN, 155, LITTLE),  # fields change from season to season
        (LOW, UNKNOWN, 195, "low vegetation or crops are replaced by other ground in the north-west"),
        (FOREST, LOW, 60, "some trees are removed in the north-west and low vegetation or crops appear"),
        (UNKNOWN, LOW, 195, "low vegetation or crops appear in the north-west"),
        (UNKNOWN, UNKNOWN, 195, "the ground changes in the north-west"),
    ],
)  # fmt: skip
def test_a_caption_is_about_what_people_would_write_of(before, after, side, text):
    said = cover_caption(SAME, found(piece(1, before, after, 0, 0, side, side)))
    assert said.text == text and said.value == text
    assert said.confidence == pytest.approx(0.9 if text == LITTLE else 0.8)


def test_an_uncertain_caption_of_land_cover_says_so_and_a_plain_image_has_no_compass():
    unsure = replace(found(piece(1, FOREST, BARE, 0, 0, 70, 60, confidence=0.75)), corners=None)
    expected = "some trees are probably removed in the top left corner of the scene and bare ground appears"
    assert cover_caption(SAME, unsure).text == expected
    cover = unsure.land_cover
    assert cover is not None
    pixels_alone = replace(unsure, land_cover=replace(cover, metric=False))
    assert cover_caption(SAME, pixels_alone).text == LITTLE  # 4,200 of 90,000 pixels


@pytest.mark.parametrize(
    ("text", "value", "sure"),
    [
        ("Are the images identical?", True, False),
        ("Has anything changed?", False, False),
        ("Did anything disappear?", False, False),
        ("Has anything changed in the north-east?", False, False),
        ("Has anything changed in the south-west?", False, True),
        ("Did any building change?", False, True),
    ],
)
def test_nothing_changed_is_never_sure_beside_land_cover_that_did(text, value, sure):
    own = Answer("No", "binary", False, 0.94, True)
    said = answer_description(found(CLEARING, changed=0.06), text, own)
    assert (said.value, said.confidence, said.confident) == (value, pytest.approx(0.94), sure)
    assert (LEFT_OUT in said.notes) is not sure


LOST = ("How much forest was lost?", "What area of trees was removed?", "How many square metres of trees disappeared?",
        "How much did the forest shrink?", "What is the extent of deforestation?", "How much less forest is there?")  # fmt: skip


@pytest.mark.parametrize("text", LOST)
def test_one_question_has_one_figure(text):
    """Ground under new buildings counts in every wording."""
    said = answer(text, CLEARING, FIELD, grounds=GROUNDS)
    assert (said.value, said.unit) == (5100, "m2") and "5,100 m²" in said.text


def test_what_grew_and_shrank_is_the_difference():
    grown = piece(4, BARE, FOREST, 10, 10, 20, 60)
    said = answer("how much did the forest shrink?", CLEARING, grown)
    assert said.value == 3000
    assert said.text == "About 4,200 m² of trees disappeared and about 1,200 m² appeared: about 3,000 m² less in all."
    assert answer("how much did the forest grow?", CLEARING, grown).value == -3000
    assert answer("how did the forest change?", CLEARING, grounds=GROUNDS).text.startswith(
        "About 4,300 m² of trees disappeared and none appeared."
    )


def test_pieces_and_places_speak_of_ground_under_buildings_too():
    said = answer("how many patches of forest were lost?", CLEARING, grounds=GROUNDS)
    assert said.value == 1 and said.text.endswith("about 4,200 m², and about 100 m² where buildings or roads changed.")
    under = answer("how many patches of forest were lost?", grounds=GROUNDS)
    assert under.value is None and "about 100 m²" in under.text.lower()
    assert answer("where was forest lost?", grounds=GROUNDS).value == ("top left corner",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("did any forest disappear?", "No: no trees were seen to have disappeared."),
        ("did any farmland disappear?", "No: no low vegetation or crops were seen to have disappeared."),
        ("did any water appear?", "No: no water was seen to have appeared."),
        ("was grass built on?", "No: no low vegetation or crops were seen where the new buildings and roads stand."),
        ("what was there before the new buildings?", "No buildings were seen to have appeared."),
    ],
)
def test_sentences_agree_in_number(text, said):
    assert answer(text).text == said


def test_a_yes_about_a_kind_that_ground_became_is_never_confident():
    lot = piece(5, FOREST, "road and paved", 10, 10, 40, 40, 0.9)
    assert answer("did the forest become paved ground?", lot).confident
    said = answer("did the forest become a parking lot?", lot)
    assert said.value is True and not said.confident
    assert any('"parking lot" is taken as' in note for note in said.notes)
