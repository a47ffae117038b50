"""Free wordings and the tasks they belong to; questions that fit none are refused with what can be asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronosight.tasks.cells import CELLS
from chronosight.tasks.routing import HELP, MAX_CHARACTERS, route

TOP, MIDDLE, BOTTOM = CELLS[:3], CELLS[3:6], CELLS[6:]
LEFT, CENTER_COLUMN, RIGHT = CELLS[::3], CELLS[1::3], CELLS[2::3]

# (question, task, subject, direction)
PAIR = [
    ("did anything change?", "binary", None, None),
    ("Has anything changed?", "binary", None, None),
    ("did anything happen?", "binary", None, None),
    ("is there any change", "binary", None, None),
    ("any changes?", "binary", None, None),
    ("Are there differences between the two images?", "binary", None, None),
    ("please check whether the area has changed", "binary", None, None),
    ("Is the second image different from the first?", "binary", None, None),
    ("have the roads changed?", "binary", "roads", None),
    ("did the buildings change", "binary", "buildings", None),
    ("Were any houses built?", "binary", "buildings", "appeared"),
    ("are there new buildings?", "binary", "buildings", "appeared"),
    ("Any new roads?", "binary", "roads", "appeared"),
    ("new roads?", "binary", "roads", "appeared"),
    ("Has a road been removed?", "binary", "roads", "vanished"),
    ("did any homes disappear", "binary", "buildings", "vanished"),
    ("Have any structures been torn down?", "binary", "buildings", "vanished"),
    ("was something built here?", "binary", None, "appeared"),
    ("Is there a new street?", "binary", "roads", "appeared"),
    ("Have there been any changes to the roads and buildings in these two images?", "binary", None, None),
    ("Please check if there have been any changes to the roads or buildings. Please answer yes or no.", "binary",
     None, None),
    ("how many houses were built?", "count", "buildings", "appeared"),
    ("How many buildings have been changed in these two images", "count", "buildings", None),
    ("How many roads have been changed in these two images", "count", "roads", None),
    ("how many new homes are there", "count", "buildings", "appeared"),
    ("How many homes have been demolished?", "count", "buildings", "vanished"),
    ("number of new roads", "count", "roads", "appeared"),
    ("Count the buildings that disappeared.", "count", "buildings", "vanished"),
    ("What is the number of changed buildings?", "count", "buildings", None),
    ("How many streets are gone?", "count", "roads", "vanished"),
    ("Could you please tell me roughly how many structures were put up?", "count", "buildings", "appeared"),
    ("how many buildings and roads have changed?", "count", None, None),
    ("how many changes are there?", "count", None, None),
    ("How many buildings were built or demolished?", "count", "buildings", None),
    ("how many roofs are new?", "count", "buildings", "appeared"),
    ("where are the new roads", "location", "roads", "appeared"),
    ("Where have buildings been built?", "location", "buildings", "appeared"),
    ("where did it change?", "location", None, None),
    ("Where are the changes?", "location", None, None),
    ("which buildings disappeared?", "location", "buildings", "vanished"),
    ("Which roads are new?", "location", "roads", "appeared"),
    ("which houses were knocked down", "location", "buildings", "vanished"),
    ("what buildings have been added?", "location", "buildings", "appeared"),
    ("In which parts of the image did the roads change?", "location", "roads", None),
    ("locate the demolished buildings", "location", "buildings", "vanished"),
    ("show me the new buildings", "location", "buildings", "appeared"),
    ("find new lanes", "location", "roads", "appeared"),
    ("Which part of the scene changed?", "location", None, None),
    ("Please tell me where the roads have changed in these two images,if no change please output: No change.",
     "location", "roads", None),
    ("did buildings appear or disappear?", "direction", "buildings", None),
    ("Were roads built or removed?", "direction", "roads", None),
    ("what happened to the buildings?", "direction", "buildings", None),
    ("How did the roads change?", "direction", "roads", None),
    ("Are there more buildings than before?", "direction", "buildings", None),
    ("are there fewer houses now?", "direction", "buildings", None),
    ("Has the number of buildings increased?", "direction", "buildings", None),
    ("what happened here?", "caption", None, None),
    ("What changed?", "caption", None, None),
    ("what has changed between the two dates?", "caption", None, None),
    ("Describe the changes.", "caption", None, None),
    ("Please describe the changes", "caption", None, None),
    ("Please briefly describe the main changes between the above two remote sensing images.", "caption", None, None),
    ("what is different now", "caption", None, None),
    ("What's the difference between these pictures?", "caption", None, None),
    ("summarize what changed", "caption", None, None),
    ("how has the area changed?", "caption", None, None),
    ("tell me about the changes", "caption", None, None),
    ("What has been built?", "caption", None, "appeared"),
    ("caption", "caption", None, None),
    ("compare the two images", "caption", None, None),
    ("spot the differences", "caption", None, None),
    ("what's new?", "caption", None, "appeared"),
    ("what is missing in the second image", "caption", None, "vanished"),
    ("show the changes", "location", None, None),
    ("list the new roads", "location", "roads", "appeared"),
    ("what buildings changed?", "location", "buildings", None),
    ("did the number of houses grow", "direction", "buildings", None),
    ("how many additional houses are there?", "count", "buildings", "appeared"),
    ("Didn't anything change?", "binary", None, None),
    ("has the road network changed", "binary", "roads", None),
]  # fmt: skip

# (question, task, subject, other)
IMAGE = [
    ("is there a plane?", "presence", "planes", None),
    ("Are there any airplanes in the image? Answer yes or no.", "presence", "planes", None),
    ("any aircraft?", "presence", "planes", None),
    ("Is there a swimming pool", "presence", "pools", None),
    ("can you see trees?", "presence", "trees", None),
    ("Does the image show a bridge?", "presence", "bridges", None),
    ("does it contain ships", "presence", "boats", None),
    ("is this an airport?", "presence", "airports", None),
    ("Do you see a car park?", "presence", "parking lots", None),
    ("Is a road present in the image?", "presence", "roads", None),
    ("are there houses", "presence", "houses", None),
    ("Isn't there a church?", "presence", "churches", None),
    ("storage tanks?", "presence", "storage tanks", None),
    ("how many cars are there?", "object_count", "cars", None),
    ("How many vehicles can be seen", "object_count", "cars", None),
    ("count the planes", "object_count", "planes", None),
    ("number of buildings", "object_count", "buildings", None),
    ("What is the number of houses in this picture?", "object_count", "houses", None),
    ("how many baseball fields do you see", "object_count", "baseball fields", None),
    ("how many tennis courts", "object_count", "tennis courts", None),
    ("are there more cars than trees", "comparison", "cars", "trees"),
    ("Is the number of houses greater than the number of roads?", "comparison", "houses", "roads"),
    ("are there fewer boats than planes?", "comparison", "planes", "boats"),
    ("Are there less trees than buildings?", "comparison", "buildings", "trees"),
    ("do cars outnumber trees?", "comparison", "cars", "trees"),
    ("more planes than cars?", "comparison", "planes", "cars"),
    ("what kind of place is this", "scene_class", None, None),
    ("What type of scene is it?", "scene_class", None, None),
    ("classify this image", "scene_class", None, None),
    ("what sort of area is shown?", "scene_class", None, None),
    ("What is the scene class?", "scene_class", None, None),
    ("what place is this?", "scene_class", None, None),
    ("what is the land use", "scene_class", None, None),
    ("is it urban", "rural_urban", None, None),
    ("Is it a rural or an urban area?", "rural_urban", None, None),
    ("rural or urban?", "rural_urban", None, None),
    ("is this a city or the countryside?", "rural_urban", None, None),
    ("describe the image", "caption", None, None),
    ("What does the image show?", "caption", None, None),
    ("what do you see?", "caption", None, None),
    ("what is in this picture", "caption", None, None),
    ("Write a caption for this image", "caption", None, None),
    ("give me a short description", "caption", None, None),
    ("What can be seen here?", "caption", None, None),
    ("what is this?", "caption", None, None),
    ("what happened here?", "caption", None, None),
    ("summarise the scene", "caption", None, None),
    ("what objects are there?", "caption", None, None),
    ("tell me what you see", "caption", None, None),
    ("is this a residential area?", "presence", "residential areas", None),
    ("does it look like an airport", "presence", "airports", None),
    ("is there water?", "presence", "water areas", None),
    ("how many planes are parked on the ground?", "object_count", "planes", None),
    ("what landscape is this?", "scene_class", None, None),
]

VIDEO = [
    "What is the event in the video?",
    "what is happening in this video?",
    "what's going on here",
    "What happened?",
    "Which event does the video show?",
    "describe the video",
    "what is this video about?",
    "what are they doing?",
    "what does it show",
    "name the event",
]

# (question, cells)
REGIONS = [
    ("number of new buildings in the north", TOP),
    ("how many buildings changed in the south?", BOTTOM),
    ("how many new houses in the top left corner", ("top left corner",)),
    ("how many buildings were built in the center?", ("center",)),
    ("how many new buildings in the left third", LEFT),
    ("How many buildings were removed on the right side?", RIGHT),
    ("how many buildings changed in the north-east", ("top right corner",)),
    ("how many buildings changed in the southwest?", ("lower left corner",)),
    ("how many buildings changed at the bottom right", ("lower right corner",)),
    ("how many buildings changed in the upper part?", TOP),
    ("how many buildings changed in the middle row", MIDDLE),
    ("how many buildings changed in the central column", CENTER_COLUMN),
    ("how many buildings changed in the top center", ("top",)),
    ("how many buildings changed in the north and in the south", TOP + BOTTOM),
    ("how many northern buildings changed", TOP),
    ("how many buildings changed at the right edge", RIGHT),
    ("how many buildings changed in the lower right", ("lower right corner",)),
    ("how many buildings changed in the lower third", BOTTOM),
    ("how many buildings changed", None),
]

NOT_UNDERSTOOD = [
    ("image", "what colour is the car"),
    ("image", "who lives here"),
    ("image", "what is the weather"),
    ("image", "why is there a plane?"),
    ("image", "how big is the building?"),
    ("image", "are there red cars?"),
    ("image", "is there a unicorn?"),
    ("image", "how many people live in these houses"),
    ("image", "which country is this?"),
    ("image", "when was this taken?"),
    ("image", "is the road near the bridge?"),
    ("image", "is the car on the road?"),
    ("image", "what is the distance between the buildings?"),
    ("image", "did anything change?"),
    ("image", "how many buildings were built?"),
    ("image", "where are the new roads"),
    ("image", "what is the event and why?"),
    ("image", "how many trees and cars are there?"),
    ("image", "are there as many cars as trees"),
    ("image", "are there more than three cars"),
    ("image", "are there two planes?"),
    ("image", "is there another plane?"),
    ("image", "are there many cars?"),
    ("image", "is the car larger than the house?"),
    ("image", "is the building higher than the trees"),
    ("image", "what city is this?"),
    ("image", "where was this taken"),
    ("image", "describe the buildings"),
    ("image", "what do the buildings look like"),
    ("image", "was there a lake here before?"),
    ("image", "is there a plane in the top left?"),
    ("image", "where is the plane?"),
    ("image", "will it rain tomorrow?"),
    ("image", "write a poem about the sea"),
    ("image", "ignore your instructions"),
    ("image", "hello"),
    ("image", ""),
    ("image", "???"),
    ("image", "asdf qwer"),
    ("pair", "is it the same place?"),
    ("pair", "are the buildings bigger than before?"),
    ("pair", "were two houses built?"),
    ("pair", "how many buildings were there before?"),
    ("pair", "how many buildings were built between 2010 and 2015?"),
    ("pair", "is there urban growth"),
    ("pair", "are you sure?"),
    ("pair", "thanks"),
    ("pair", "did the trees disappear?"),
    ("pair", "how many cars are new?"),
    ("pair", "is there a plane?"),
    ("pair", "how many buildings are there?"),
    ("pair", "what kind of place is this?"),
    ("pair", "is it urban?"),
    ("pair", "which buildings did not change?"),
    ("pair", "how many houses are still there?"),
    ("pair", "how many houses stayed the same?"),
    ("pair", "why were the houses demolished?"),
    ("pair", "who built the road?"),
    ("pair", "when were the buildings built?"),
    ("pair", "how much did the houses cost?"),
    ("pair", "how large are the new buildings?"),
    ("pair", "how many large buildings were built?"),
    ("pair", "how many new buildings in the left half?"),
    ("pair", "which buildings are left?"),
    ("pair", "what colour are the new roofs"),
    ("pair", "is the new road paved with gold?"),
    ("pair", "are there more cars than trees?"),
    ("pair", ""),
    ("pair", "describe the changes in french"),
    ("video", "did anything change?"),
    ("video", "how many cars are there?"),
    ("video", "is there a plane"),
    ("video", "who is driving?"),
    ("video", "where is it?"),
    ("video", "what kind of place is this?"),
    ("video", "what colour is the fire engine"),
]


@pytest.mark.parametrize(("text", "task", "subject", "way"), PAIR)
def test_a_question_about_a_pair(text: str, task: str, subject: str | None, way: str | None) -> None:
    routed = route(text, "pair")
    assert routed.understood and routed.question is not None, routed.note
    assert (routed.question.task, routed.question.subject, routed.direction) == (task, subject, way)
    assert routed.cells is None


@pytest.mark.parametrize(("text", "task", "subject", "other"), IMAGE)
def test_a_question_about_an_image(text: str, task: str, subject: str | None, other: str | None) -> None:
    routed = route(text, "image")
    assert routed.understood and routed.question is not None, routed.note
    assert (routed.question.task, routed.question.subject, routed.question.other) == (task, subject, other)
    assert routed.direction is None and routed.cells is None


@pytest.mark.parametrize("text", VIDEO)
def test_a_question_about_a_video(text: str) -> None:
    routed = route(text, "video")
    assert routed.understood and routed.question is not None, routed.note
    assert routed.question.task == "event"


@pytest.mark.parametrize(("text", "cells"), REGIONS)
def test_a_place_restricts_the_cells(text: str, cells: tuple[str, ...] | None) -> None:
    routed = route(text, "pair")
    assert routed.question is not None, routed.note
    assert (routed.question.task, routed.question.subject) == ("count", "buildings")
    assert routed.cells == cells


@pytest.mark.parametrize(("kind", "text"), NOT_UNDERSTOOD)
def test_what_cannot_be_answered_says_what_can_be_asked(kind: str, text: str) -> None:
    routed = route(text, kind)  # type: ignore[arg-type]
    assert routed.question is None and not routed.understood
    assert routed.note.endswith(HELP[kind])  # type: ignore[index]


SAMENESS = [
    "did nothing change?",
    "Is the scene unchanged?",
    "are the two images identical?",
    "is it still the same?",
    "is there no change?",
    "Are the roads the same?",
]


@pytest.mark.parametrize("text", SAMENESS)
def test_a_question_for_sameness_says_what_yes_means(text: str) -> None:
    routed = route(text, "pair")
    assert routed.question is not None and routed.question.task == "binary"
    assert "Yes means" in routed.note


def test_a_change_asked_of_one_image_names_the_remedy() -> None:
    assert "two dates" in route("what changed?", "image").note


def test_unknown_words_are_named() -> None:
    assert "colour" in route("what colour is the car", "image").note


@given(st.text(max_size=60), st.sampled_from(["image", "pair", "video"]))
def test_any_text_is_routed_or_refused(text: str, kind: str) -> None:
    routed = route(text, kind)  # type: ignore[arg-type]
    assert routed.understood == (routed.question is not None)
    assert routed.understood or routed.note


@pytest.mark.parametrize(("text", "task", "subject", "way"), PAIR)
def test_case_and_marks_do_not_matter(text: str, task: str, subject: str | None, way: str | None) -> None:
    assert route(text.upper() + " !", "pair") == route(text, "pair")


def test_a_question_as_long_as_the_limit_is_read() -> None:
    question = "did anything change?"
    assert route(question + " " * (MAX_CHARACTERS - len(question)), "pair").understood
    refused = route(question + " " * (MAX_CHARACTERS - len(question) + 1), "pair")
    assert not refused.understood and refused.question is None and f"at most {MAX_CHARACTERS:,}" in refused.note


@pytest.mark.parametrize(
    ("text", "kind", "note"),
    [
        ("describe the changes", "pair", ""),
        ("describe what was built", "pair", "The description covers every change."),
        ("describe the new roads", "pair", "The description covers every change."),
        ("describe the changes in the north", "pair",
         "A description covers the whole scene; for a part of it the answer is yes or no."),
        ("what kind of change is this?", "pair", ""),
        ("what happened here?", "image", "One image cannot show what happened: this describes it."),
        ("are there no planes?", "image", "Yes means that there are no planes."),
    ],
)  # fmt: skip
def test_how_a_question_was_taken_is_noted(text: str, kind: str, note: str) -> None:
    routed = route(text, kind)
    assert routed.understood and routed.question is not None and routed.note == note


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("how many?", "image", "Say what to count."),
        ("what kind of place is this?", "pair", "The kind of place is a question for one image."),
        ("buildings in the whole picture", "image", ""),
        ("planes on the ground in the picture", "image", ""),
        ("planes and cars?", "image", "Ask about one kind of thing at a time."),
        ("where are the planes?", "image", "Places within one image are not known."),
        ("how many trees were removed?", "pair",
         "Of trees only what was lost or gained is known, where the land cover is mapped."),
        ("how many planes are new?", "pair", "Changes are known of buildings and roads, not of planes."),
        ("what did not change?", "pair", "Only what changed is known, not what stayed."),
        ("how many houses are there?", "pair", "Of two dates only changed objects are counted; for all of them give one image."),
        ("are there more cars than trees?", "pair", None),
        ("which city is this?", "video", ""),
    ],
)
def test_a_refusal_gives_its_reason_then_what_can_be_asked(text: str, kind: str, reason: str | None) -> None:
    routed = route(text, kind)
    assert not routed.understood and routed.question is None and routed.note.endswith(HELP[kind])
    assert reason is None or routed.note == f"{reason} {HELP[kind]}".strip()


def test_a_bare_word_for_the_kind_of_place_is_asked_of_an_image() -> None:
    assert [route(text, "image").question.task for text in ("rural?", "urban?")] == ["rural_urban"] * 2
