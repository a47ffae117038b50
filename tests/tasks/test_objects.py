"""Objects of masks whose objects are known, and the invariances of the label rule."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from chronosight.tasks.cells import CELLS
from chronosight.tasks.contours import external_contours
from chronosight.tasks.objects import count_and_cells, find_objects, find_pieces
from chronosight.tasks.simplify import MAX_VERTICES, simplify

masks = arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))


def contours_of(mask: np.ndarray) -> list:
    return [contour for _, contour in external_contours(mask)[1]]


def picture(*rows: str) -> np.ndarray:
    return np.array([[mark == "#" for mark in row] for row in rows])


def blobs(seed: int, size: int = 120) -> np.ndarray:
    noise = np.random.default_rng(seed).random((size, size))
    return ndimage.gaussian_filter(noise, 3) > 0.505


def test_a_rectangle_is_its_four_corners_from_the_first_pixel_down() -> None:
    mask = np.zeros((30, 30), bool)
    mask[2:6, 20:25] = True
    (item,) = find_objects(mask)
    assert item.polygon.tolist() == [[20, 2], [20, 5], [24, 5], [24, 2]]
    assert (item.area, item.centroid, item.cell) == (12.0, (22.0, 3.5), "top right corner")
    values = np.arange(900.0).reshape(30, 30)
    assert item.mean(values) == values[mask].mean()


def test_what_lies_in_a_hole_belongs_to_the_object_around_it() -> None:
    mask = np.zeros((40, 40), bool)
    mask[5:30, 5:30] = True
    mask[10:25, 10:25] = False
    mask[14:20, 14:20] = True
    (item,) = find_objects(mask)
    assert item.polygon.tolist() == [[5, 5], [5, 29], [29, 29], [29, 5]]
    assert item.inside.sum() == mask.sum()  # the hole itself is not averaged over


def test_pixels_that_touch_by_a_corner_are_one_object() -> None:
    mask = np.zeros((12, 12), bool)
    mask[1:4, 1:4] = mask[4:7, 4:7] = True
    assert len(find_objects(mask)) == 1
    mask[4, 4] = False
    assert len(find_objects(mask)) == 2


@pytest.mark.parametrize("where", [np.s_[3, 2:9], np.s_[2:9, 3], np.s_[4, 4]])
def test_lines_and_single_pixels_have_no_area_and_are_dropped(where: tuple) -> None:
    mask = np.zeros((12, 12), bool)
    mask[where] = True
    assert len(contours_of(mask)) == 1
    assert find_objects(mask) == [] and count_and_cells(mask) == (0, ())


def test_a_diagonal_line_is_dropped_too() -> None:
    assert find_objects(np.eye(10, dtype=bool)) == []


def test_an_l_shape_keeps_its_inner_corner() -> None:
    mask = np.zeros((30, 30), bool)
    mask[2:20, 3:8] = mask[15:20, 3:25] = True
    (item,) = find_objects(mask)
    # Border following cuts the inner corner by one diagonal step, as OpenCV does.
    assert item.polygon.tolist() == [[3, 2], [3, 19], [24, 19], [24, 15], [8, 15], [7, 14], [7, 2]]


def test_objects_are_listed_from_the_bottom_up() -> None:
    mask = np.zeros((90, 90), bool)
    for row, column in ((2, 70), (2, 5), (40, 40), (80, 10), (80, 60)):
        mask[row : row + 5, column : column + 5] = True
    assert [item.cell for item in find_objects(mask)] == [
        "lower right corner", "lower left corner", "center", "top right corner", "top left corner",
    ]  # fmt: skip


def test_cells_are_named_once_in_order_of_first_appearance() -> None:
    mask = np.zeros((90, 90), bool)
    mask[2:6, 2:6] = mask[10:14, 10:14] = mask[50:54, 40:44] = True
    assert count_and_cells(mask) == (3, ("center", "top left corner"))


def test_objects_at_the_border_are_whole() -> None:
    (item,) = find_objects(np.ones((9, 6), bool))
    assert item.polygon.tolist() == [[0, 0], [0, 8], [5, 8], [5, 0]]


def test_smaller_objects_are_dropped_below_the_least_area() -> None:
    mask = np.zeros((40, 40), bool)
    mask[2:5, 2:5] = mask[10:30, 10:30] = True
    assert [item.area for item in find_objects(mask, min_area=5)] == [361.0]
    assert len(find_objects(mask, min_area=4)) == 2


def test_a_contour_as_opencv_4_and_5_give_it() -> None:
    mask = picture(
        "....##..",
        "..####..",
        ".##..##.",
        "..##..#.",
        "...####.",
        "#.......",
    )
    assert contours_of(mask) == [
        [(0, 5)],
        [(4, 0), (3, 1), (2, 1), (1, 2), (3, 4), (6, 4), (6, 2), (5, 1), (5, 0)],
    ]


def test_a_disc_becomes_a_polygon_of_at_most_eight_vertices_near_its_centre() -> None:
    y, x = np.mgrid[:60, :60]
    (item,) = find_objects((x - 31) ** 2 + (y - 28) ** 2 <= 20**2)
    assert 4 <= len(item.polygon) <= MAX_VERTICES
    assert np.hypot(item.centroid[0] - 31, item.centroid[1] - 28) < 1
    assert item.area > 0.8 * np.pi * 20**2


def test_simplifying_keeps_what_is_farthest_out() -> None:
    square = [(0, i) for i in range(20)] + [(i, 20) for i in range(20)]
    square += [(20, 20 - i) for i in range(20)] + [(20 - i, 0) for i in range(20)]
    assert sorted(simplify(square)) == [(0, 0), (0, 20), (20, 0), (20, 20)]


def test_a_mask_must_have_two_dimensions() -> None:
    with pytest.raises(ValueError, match=r"\(3, 4, 4\)"):
        find_objects(np.zeros((3, 4, 4), bool))


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64])
def test_any_nonzero_value_is_foreground(dtype: type) -> None:
    mask = blobs(3)
    assert count_and_cells(mask.astype(dtype)) == count_and_cells(mask)
    assert count_and_cells(mask.astype(np.uint8) * 255) == count_and_cells(mask)


@pytest.mark.parametrize("seed", range(4))
def test_objects_of_blobs_cover_the_mask_and_stay_within_it(seed: int) -> None:
    mask = blobs(seed)
    objects = find_objects(mask)
    assert len(objects) > 3
    covered = np.zeros(mask.shape, int)
    for item in objects:
        covered[item.window][item.inside] += 1
        assert all(mask[y, x] for x, y in item.polygon)
        assert 3 <= len(item.polygon) <= MAX_VERTICES
        assert item.cell in CELLS and item.area > 0
    assert covered.max() == 1 and not (covered > mask).any()


@pytest.mark.parametrize("seed", range(4))
def test_objects_apart_are_the_objects_of_each(seed: int) -> None:
    mask = blobs(seed, 60)
    both = np.zeros((60, 140), bool)
    both[:, :60] = mask
    both[:, 80:] = mask
    assert len(find_objects(both)) == 2 * len(find_objects(mask))


@given(masks)
def test_there_is_one_contour_for_every_component_not_in_a_hole(mask: np.ndarray) -> None:
    contours = contours_of(mask)
    filled = ndimage.binary_fill_holes(mask)
    assert len(contours) == ndimage.label(filled, np.ones((3, 3)))[1]
    for contour in contours:
        assert all(mask[y, x] for x, y in contour)
        assert contour[0] == min(contour, key=lambda point: (point[1], point[0]))
    starts = [(contour[0][1], contour[0][0]) for contour in contours]
    assert starts == sorted(starts, reverse=True)


@given(masks)
def test_a_contour_turns_at_every_point_and_steps_between_neighbours(mask: np.ndarray) -> None:
    for contour in contours_of(mask):
        if len(contour) == 1:
            continue
        steps = np.diff(np.array([*contour, contour[0], contour[1]]), axis=0)
        lengths = np.abs(steps).max(axis=1)
        assert ((np.abs(steps) == lengths[:, None]) | (steps == 0)).all()  # straight or diagonal runs
        directions = steps // lengths[:, None]
        assert (directions[1:] != directions[:-1]).any(axis=1).all()


@pytest.mark.parametrize("seed", range(3))
def test_pieces_measured_one_by_one_are_the_objects(seed: int) -> None:
    mask = blobs(seed)
    pieces = list(find_pieces(mask, 30))
    measured = [piece.measured(120, 120, 30) for piece in pieces]
    assert None in measured, "a bounding box may be large enough where the polygon is not"
    kept = [item for item in measured if item is not None]
    for one, other in zip(kept, find_objects(mask, 30), strict=True):
        assert one.polygon.tolist() == other.polygon.tolist() and (one.inside == other.inside).all()
        assert (one.area, one.centroid, one.cell, one.window) == (other.area, other.centroid, other.cell, other.window)
    assert all(mask[piece.window][piece.inside].all() for piece in pieces)
