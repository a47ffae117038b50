"""Reading LEVIR-MCI and LEVIR-CC, and the labels of their masks."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from chronosight.datasets.changeimti.labels import (
    LEVIR_MCI,
    ChangeClass,
    ClassLabel,
    label_mask,
    parse_classes,
    read_mask,
    unnamed_values,
)
from chronosight.datasets.levir import read_pairs
from chronosight.errors import InputError
from levir_captions import BUILDING, PAIRS, ROAD, SAID, paint, write_levir_captions


def test_pairs_come_in_the_order_of_the_file_with_captions_without_full_stops(tmp_path):
    pairs = read_pairs(write_levir_captions(tmp_path))
    assert [pair.file for pair in pairs] == [f"{name}.png" for name in PAIRS]
    assert pairs[0].captions == SAID
    assert (pairs[0].before, pairs[0].after) == ("images/train/A/train_000001.png", "images/train/B/train_000001.png")
    assert [pair.changed for pair in pairs] == [changed for changed, _ in PAIRS.values()]


@pytest.mark.parametrize("layout", ["{split}/label/{name}", "{split}/{name}", "{name}"])
def test_levir_cc_takes_its_masks_from_another_folder(tmp_path, layout):
    source = write_levir_captions(tmp_path / "cc")
    for split in ("train", "val", "test"):
        for mask in sorted((source / "images" / split / "label").iterdir()):
            target = tmp_path / "masks" / layout.format(split=split, name=mask.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(mask, target)
    with pytest.raises(InputError, match="8 of 8 pairs have no mask"):
        read_pairs(source)
    assert all(pair.mask.is_relative_to(tmp_path / "masks") for pair in read_pairs(source, masks=tmp_path / "masks"))


def test_without_a_flag_or_raw_text_captions_and_tokens_decide(tmp_path):
    source = write_levir_captions(tmp_path)
    file = source / "LevirCCcaptions.json"
    rows = json.loads(file.read_text())["images"]
    for row in rows:
        del row["changeflag"]
        for sentence in row["sentences"]:
            del sentence["raw"]
    elsewhere = tmp_path / "captions.json"
    elsewhere.write_text(json.dumps({"images": rows}))
    assert read_pairs(source, captions=elsewhere) == read_pairs(source)


@pytest.mark.parametrize("text", ["[]", "{}", '{"images": []}', "no", '{"images": [{"filename": "a.png", "filepath": "train"}]}'])
def test_what_is_no_captions_file_is_named_in_one_line(tmp_path, text):
    (tmp_path / "LevirCCcaptions.json").write_text(text)
    with pytest.raises(InputError, match=r"LevirCCcaptions\.json") as error:
        read_pairs(tmp_path)
    assert "\n" not in str(error.value)
    with pytest.raises(InputError, match="--captions"):
        read_pairs(tmp_path / "empty")


def test_masks_in_grey_rgb_and_the_colours_of_levir_mci_are_the_same(tmp_path):
    grey = paint([(ROAD, "top"), (BUILDING, "center")])
    coloured = np.zeros((*grey.shape, 3), np.uint8)
    coloured[grey == ROAD], coloured[grey == BUILDING] = (255, 255, 0), (255, 0, 0)
    files = {"grey": grey, "rgb": np.repeat(grey[..., None], 3, axis=2), "colours": coloured}
    for name, pixels in files.items():
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
        np.testing.assert_array_equal(read_mask(tmp_path / f"{name}.png"), grey)
    coloured[0, 0] = (1, 2, 3)
    Image.fromarray(coloured).save(tmp_path / "other.png")
    with pytest.raises(InputError, match=r"\(1, 2, 3\)"):
        read_mask(tmp_path / "other.png")
    (tmp_path / "not.png").write_text("no picture")
    with pytest.raises(InputError, match="cannot be read"):
        read_mask(tmp_path / "not.png")


def test_labels_count_objects_and_name_cells_once():
    mask = paint([(BUILDING, "center"), (BUILDING, "center"), (BUILDING, "top left corner"), (ROAD, "left")])
    labels = label_mask(mask, LEVIR_MCI)
    assert [*labels] == ["roads", "buildings"]
    assert (labels["buildings"].count, labels["buildings"].cells) == (3, ("center", "top left corner"))
    assert labels["buildings"].by_cell == {"center": 2, "top left corner": 1}
    assert labels["roads"] == ClassLabel(("left",))
    mask[0, 0] = 7
    assert unnamed_values(mask, LEVIR_MCI) == [7]


def test_appeared_and_vanished_are_distinguished_by_value():
    mask = paint([(200, "top"), (100, "left"), (200, "right")])
    (classes,) = parse_classes("buildings=200+,buildings=100-")
    assert classes == ChangeClass("buildings", (), (200,), (100,)) and classes.directed
    assert label_mask(mask, [classes])["buildings"].appeared == 2
    assert label_mask(mask, parse_classes("buildings=200"))["buildings"].appeared is None


@pytest.mark.parametrize("text", ["", "roads", "roads=0", "roads=256", "roads=x", "a=1,b=1", "a=1+-", "=4", "a=1,a=2+", "a=+"])
def test_class_lists_that_cannot_be_meant(text):
    with pytest.raises(InputError, match="--classes"):
        parse_classes(text)


def test_the_released_rule_drops_a_straight_road_and_cuts_centroids():
    road = np.zeros((90, 90), np.uint8)
    road[40:46, :] = ROAD
    assert label_mask(road, LEVIR_MCI)["roads"].cells == ("center",)
    assert label_mask(road, LEVIR_MCI, as_published=True)["roads"].count == 0
    house = np.zeros((256, 256), np.uint8)
    house[80:92, 80:92] = BUILDING  # centroid 85.5, a third of 256 is 85.33
    assert label_mask(house, LEVIR_MCI)["buildings"].cells == ("center",)
    assert label_mask(house, LEVIR_MCI, as_published=True)["buildings"].cells == ("top left corner",)
