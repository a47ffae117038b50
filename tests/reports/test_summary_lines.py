"""The sentences: natural, with singular and plural right, and plain about what is uncertain."""

from dataclasses import replace
from datetime import datetime

import pytest

from chronosight.reports.plain_text import changed_line, class_line, date_words, places, summary_lines
from chronosight.results.answer import Answer
from chronosight.results.description import ClassDescription
from chronosight.results.wording import percent, sentence, size_words
from chronosight.tasks.cells import CELLS


def test_the_whole_summary(make_pair):
    description = make_pair("utm")
    assert summary_lines(description) == [
        "Two houses are built beside a new road.",
        "Changed: yes (97 % confident).",
        "Roads: 1 new, none gone; in the center (91 % confident). New: about 144 m².",
        "Buildings: 2 new, 1 gone; at the top and in the top left and lower right corners (91 % confident). "
        "New: about 86 m². Gone: about 100 m².",
        "Note: Bands 3, 2, 1 are shown as red, green, blue.",
        "Note: One note.",
    ]


def test_areas_are_in_pixels_where_the_ground_is_unknown(make_pair):
    description = make_pair(None)
    assert class_line(description, description.classes[1]).endswith("New: about 344 pixels. Gone: about 400 pixels.")


def test_no_change_is_said_in_one_phrase(make_pair):
    description = make_pair(rectangles=())
    lines = summary_lines(description)
    assert lines[1:4] == [
        "Changed: no (97 % confident).",
        "Roads: no change (91 % confident).",
        "Buildings: no change (91 % confident).",
    ]


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (Answer("yes", "binary", True, 0.998, True), "Changed: yes (over 99 % confident)."),
        (Answer("yes", "binary", True, 0.58, False), "Changed: probably yes (only 58 % confident)."),
        (Answer("no", "binary", False, 0.61, False), "Changed: probably no (only 61 % confident)."),
        (Answer("hm", "binary", None, 0.3, False), "Changed: cannot tell."),
    ],
)
def test_the_verdict(answer, line):
    assert changed_line(answer) == line


def test_a_class_that_is_more_likely_wrong_than_right_is_called_unsure(make_pair):
    description = make_pair()
    line = class_line(description, ClassDescription("roads", 0, 0, (), 0.41))
    assert line == "Roads: none outlined, but some may have changed."


def test_an_unsure_caption_says_so(make_pair):
    description = make_pair()
    description = replace(description, caption=replace(description.caption, confident=False))
    assert summary_lines(description)[0].endswith("road. (The caption is uncertain.)")


@pytest.mark.parametrize(
    ("cells", "phrase"),
    [
        (("top",), "at the top"),
        (("left", "top"), "at the top and on the left"),
        (("top left corner",), "in the top left corner"),
        (("lower right corner", "top left corner"), "in the top left and lower right corners"),
        (("center", "right", "top right corner"), "in the center, on the right and in the top right corner"),
        (tuple(cell for cell in CELLS if cell.endswith("corner")), "in all four corners"),
        (tuple(cell for cell in CELLS if cell != "center"), "everywhere but in the center"),
        (CELLS, "all over the scene"),
        ((), ""),
    ],
)
def test_places(cells, phrase):
    assert places(cells) == phrase


def test_every_cell_has_its_phrase():
    assert all(places((cell,)) for cell in CELLS)
    assert len({places((cell,)) for cell in CELLS}) == len(CELLS)


@pytest.mark.parametrize(
    ("area", "metres", "words"),
    [
        (2314, True, "2,310 m²"),
        (1_254_000, True, "1.25 km²"),
        (4.25, True, "4 m²"),
        (1, False, "1 pixel"),
        (10752, False, "10,800 pixels"),
    ],
)
def test_sizes(area, metres, words):
    assert size_words(area, metres) == words


def test_small_words():
    assert [percent(value) for value in (0.0, 0.5, 0.994, 0.996, 1.0)] == [
        "0 %",
        "50 %",
        "99 %",
        "over 99 %",
        "over 99 %",
    ]
    assert sentence("  two  words ") == "Two words." and sentence("Done!") == "Done!" and sentence(" ") == ""
    assert sentence("later.tif was resized") == "later.tif was resized." and sentence("oh, no") == "Oh, no."
    assert date_words(datetime(2018, 7, 5, 14, 5)) == "2018-07-05 14:05" and date_words(None) == ""
