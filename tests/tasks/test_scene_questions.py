"""Questions about a whole scene: read whole or refused, and parts of the scene as people name them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chronosight.tasks.cells import CELLS, cell_at
from chronosight.tasks.reading import tokenise
from chronosight.tasks.scene_questions import HELP, needs_objects, read_scene_question
from chronosight.tasks.scene_regions import in_region, take_region

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
}
REFUSED = (
    "why were the houses built?",
    "how many trees were cut down?",
    "how many trees appeared?",
    "what area of forest vanished?",
    "how many buildings are there?",
    "what area do the buildings cover?",
    "how many more buildings appeared than vanished?",
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
    read = read_scene_question(text, ZONES)
    assert read.question is not None, read.note
    told = {name: getattr(read.question, name) for name in UNDERSTOOD[text]}
    assert told == UNDERSTOOD[text]


@pytest.mark.parametrize("text", REFUSED)
def test_refused_with_a_reason(text):
    read = read_scene_question(text, ZONES)
    assert read.question is None
    assert len(read.note) > len(HELP) and read.note.endswith(HELP)


WORDS = [
    "which", "zone", "most", "area", "of", "new", "buildings", "in", "the", "north", "half", "Riverside", "how", "many",
    "not", "than", "roads", "largest", "lost", "?",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40) | st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_never_raises(text):
    read = read_scene_question(text, ZONES)
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
    assert read_scene_question(f"how many roads were built in {text}").question is None


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


def test_what_only_objects_tell():
    assert needs_objects("what area of buildings appeared?")
    assert needs_objects("how many buildings appeared in Riverside?", ZONES)
    assert not needs_objects("how many buildings appeared?") and not needs_objects("why?")
