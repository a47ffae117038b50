"""Chips of single buildings: adjoining ones stay apart, what is not complete has no labels, faults are one line."""

import json

import numpy as np
import pytest
from PIL import Image

from chronosight.datasets.buildings import draw_buildings, held_out_columns, load_chips
from chronosight.errors import InputError
from chronosight.tasks.objects import find_objects


def square(x, y, side):
    return [[x, y], [x + side, y], [x + side, y + side], [x, y + side]]


@pytest.fixture
def data(tmp_path):
    (tmp_path / "buildings" / "chips").mkdir(parents=True)
    rows = []
    for column in range(6):
        name = f"town_{column:03d}_7_19"
        Image.new("RGB", (64, 48), (90, 90, 90)).save(tmp_path / "buildings" / "chips" / f"{name}.webp")
        rings = [square(4, 4, 20), square(25, 4, 20)]
        rows.append({"id": name, "metres_per_pixel": 0.2, "labelled": column < 5, "buildings": rings})
    (tmp_path / "buildings" / "chips.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return tmp_path


def test_adjoining_buildings_are_objects_of_their_own():
    labels = draw_buildings([square(4, 4, 20), square(24, 4, 20)], 48, 64)
    assert set(np.unique(labels)) == {0, 1, 2}
    assert len(find_objects(labels > 0)) == 2
    assert labels[10, 10] == 1 and labels[10, 40] == 2 and labels[40, 10] == 0


def test_chips_without_complete_outlines_have_no_labels(data):
    chips = load_chips(data)
    assert [chip.labels is None for chip in chips] == [False] * 5 + [True]
    assert chips[0].pixels.shape == (48, 64, 3) and chips[0].labels.shape == (48, 64)


def test_whole_columns_are_held_out(data):
    chips = load_chips(data)
    assert held_out_columns(chips) == {"001"}
    assert [chip.column for chip in chips] == [f"{i:03d}" for i in range(6)]


WRONG_SIZE = '{"id": "town_000_7_19", "metres_per_pixel": "x", "labelled": true, "buildings": []}'


@pytest.mark.parametrize("row", ["{}", '{"id": "a"}', WRONG_SIZE])
def test_a_damaged_index_is_one_line(data, row):
    (data / "buildings" / "chips.jsonl").write_text(row)
    with pytest.raises(InputError, match="line 1") as caught:
        load_chips(data)
    assert "\n" not in str(caught.value)


def test_a_missing_folder_is_one_line(tmp_path):
    with pytest.raises(InputError, match="--data DIR"):
        load_chips(tmp_path)
