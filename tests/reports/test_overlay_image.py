"""overlay.png: readable at every size of scene, and true to the map."""

import numpy as np
import pytest
from PIL import ImageFont

from chronosight.reports.codes import colour_of
from chronosight.reports.overlay import flow, make_overlay, panel_size, round_length, wrap


def overlay_of(description):
    return np.asarray(make_overlay(description, description.evidence.codes()))


def shows(picture: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool((np.abs(picture.astype(int) - colour).max(axis=2) < 8).sum() > 30)


def test_both_dates_and_every_kind_of_change_are_shown(make_pair):
    description = make_pair(size=(256, 256))
    picture = overlay_of(description)
    kinds = {(item.class_name, item.direction) for item in description.objects}
    assert len(kinds) == 3
    assert all(shows(picture, colour_of(*kind)) for kind in kinds)
    assert not shows(picture, colour_of("road", "vanished"))
    width, height = panel_size(256, 256)
    assert (width, height) == (512, 512)
    assert picture.shape[1] > 3 * width and picture.shape[0] > height


def test_a_pair_without_change_shows_the_later_date_untouched(make_pair):
    description = make_pair(rectangles=(), size=(256, 256))
    picture = overlay_of(description)
    assert not any(shows(picture, colour_of(name, way)) for name in ("road", "building") for way in ("appeared", "vanished"))
    left, step, top = 28, 512 + 14, picture.shape[0] // 2  # margin, panel and gap
    before, after, changed = (picture[top : top + 99, left + n * step : left + n * step + 512] for n in range(3))
    assert (changed == after).all() and (after != before).any()


@pytest.mark.parametrize("size", [(16, 16), (96, 64), (256, 256), (300, 200), (1, 900), (5000, 4000), (4000, 50)])
def test_panels_are_readable_and_bounded(size):
    width, height = panel_size(*size)
    assert 1 <= width <= 768 and 1 <= height <= 768
    assert max(width, height) >= min(384, max(size) * 4)
    if min(size) > 50:
        assert width / height == pytest.approx(size[0] / size[1], rel=0.02)


@pytest.mark.parametrize("size", [(40, 700), (1400, 900), (900, 60)])
def test_odd_shapes_still_fit_on_the_sheet(make_pair, size):
    description = make_pair(rectangles=(("building", "appeared", 4, 4, 30, 30),), size=size)
    picture = overlay_of(description)
    assert picture.shape[1] <= 2400 and picture.shape[0] <= 1100


def test_the_scale_is_a_round_length():
    assert [round_length(value) for value in (1, 1.9, 2, 63, 499.9, 1200)] == [1, 1, 2, 50, 200, 1000]


def test_text_is_wrapped_and_never_cut():
    font = ImageFont.load_default(size=20)
    text = "many houses have been built along the road " * 6
    lines = wrap(text, font, 300)
    assert " ".join(lines) == text.strip() and all(font.getlength(line) <= 300 for line in lines)
    assert wrap("short", font, 300) == ["short"] and wrap("", font, 300) == []
    assert "".join(wrap("x" * 200, font, 300)) == "x" * 200
    rows = flow(["New building (12)"] * 5, font, 500)
    assert sorted(index for row in rows for index in row) == [0, 1, 2, 3, 4] and len(rows) > 1
