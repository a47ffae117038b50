"""Cells of the 3x3 grid: where points fall, and that lists of cells survive being written and read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronosight.tasks.cells import CELLS, cell_at, halves_and_quarters, join_cells, listed, parse_cells, places

cell_lists = st.lists(st.sampled_from(CELLS), unique=True).map(tuple)


@given(cell_lists)
def test_cells_written_are_read_back_in_order(cells: tuple[str, ...]) -> None:
    assert parse_cells(join_cells(cells)) == cells


@given(cell_lists, st.sampled_from(["", ".", " ", "\n"]))
def test_case_blanks_and_a_full_stop_do_not_matter(cells: tuple[str, ...], end: str) -> None:
    assert parse_cells(join_cells(cells).upper().replace(",", " , ") + end) == cells


@pytest.mark.parametrize(
    ("cells", "north_up", "words"),
    [
        (["top left corner"], True, "in the north-western quarter"),
        (["top right corner", "top left corner"], False, "in the top left and top right quarters"),
        (["left"], False, "in the left half"),
        (["top", CELLS[7]], True, "in the northern and southern halves"),
    ],
)
def test_a_scene_in_two_has_halves_and_quarters(cells: list[str], north_up: bool, words: str) -> None:
    assert halves_and_quarters(cells, north_up) == words


@pytest.mark.parametrize("reply", ["", "somewhere", "top,bottom", "No change,top", "yes", ","])
def test_other_words_are_not_cells(reply: str) -> None:
    assert parse_cells(reply) is None


def test_a_cell_named_twice_counts_once() -> None:
    assert parse_cells("top,left,top") == ("top", "left")


@given(st.integers(3, 500), st.integers(3, 500), st.floats(0, 1), st.floats(0, 1))
def test_a_point_and_its_mirror_image_fall_into_mirrored_cells(width: int, height: int, u: float, v: float) -> None:
    x, y = u * width, v * height
    if min(abs(3 * x / width - k) for k in range(4)) < 1e-6:
        return  # on the line between two columns the right one wins, so mirroring need not hold
    column = CELLS.index(cell_at(x, y, width, height)) % 3
    assert CELLS.index(cell_at(width - x, y, width, height)) % 3 == 2 - column


@pytest.mark.parametrize(("x", "y", "cell"), [(0, 0, "top left corner"), (299, 299, "lower right corner"),
                                              (100, 0, "top"), (99.9, 150, "left"), (300, 300, "lower right corner"),
                                              (-1, -1, "top left corner")])  # fmt: skip
def test_corners_and_points_outside_go_to_the_nearest_cell(x: float, y: float, cell: str) -> None:
    assert cell_at(x, y, 300, 300) == cell


def test_the_cells_have_the_published_names_by_rows() -> None:
    assert CELLS == ("top left corner", "top", "top right corner", "left", "center", "right",
                     "lower left corner", "lower", "lower right corner")  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "phrase"),
    [
        (("right", "top"), "at the top and on the right"),
        (("top right corner",), "in the top right corner"),
        (("lower right corner", "top left corner"), "in the top left and lower right corners"),
        (("lower", "lower left corner"), "at the bottom and in the lower left corner"),
        (("left", "center", "right"), "on the left, in the center and on the right"),
        (("top left corner", "top right corner", "lower left corner", "lower right corner"), "in all four corners"),
        (CELLS, "all over the scene"),
        (CELLS[:4] + CELLS[5:], "everywhere but in the center"),
        (CELLS[1:8], "everywhere but in the top left and lower right corners"),
        (CELLS[:6], "at the top, on the left, in the center, on the right and in the top left and top right corners"),
    ],
)  # fmt: skip
def test_cells_as_a_phrase(cells: tuple[str, ...], phrase: str) -> None:
    assert places(cells) == places(cells[::-1]) == phrase


def test_a_list_in_a_sentence() -> None:
    assert [listed(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
