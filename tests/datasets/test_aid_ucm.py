"""The division of real pictures into training and held out; what needs the imagery itself is skipped without it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chronosight.datasets.aid_ucm import decode_images, learning_split, load_images
from chronosight.errors import InputError

SHARED = Path(__file__).parents[3] / "shared" / "data"


def write_set(root, n=40):
    folder = root / "images" / "aid" / "BareLand"
    folder.mkdir(parents=True)
    rows = []
    for i in range(n):
        name = f"BareLand/b_{i}"
        Image.fromarray(np.full((8, 8, 3), i, np.uint8)).save(root / "images" / "aid" / f"{name}.webp", lossless=True)
        split = ("train", "train", "val", "test")[i % 4]
        rows.append({"id": name, "label": "BareLand", "split": split, "captions": ["Bare land ."] * 5})
    (root / "images" / "aid.jsonl").write_text("\n".join(map(json.dumps, rows)))


def test_learning_split_divides_what_is_not_test(tmp_path):
    write_set(tmp_path)
    kept, held_out = learning_split(tmp_path, "aid")
    test = {image.id for image in load_images(tmp_path, "aid", "test")}
    ids = [image.id for image in kept + held_out]
    assert len(ids) == len(set(ids)) == 30
    assert held_out and not set(ids) & test
    assert kept[0].name == "bare land" and kept[0].captions[0] == "bare land"


def test_decoded_images_are_kept(tmp_path):
    write_set(tmp_path, 4)
    images = load_images(tmp_path, "aid", "train")
    first = decode_images(images, 8, tmp_path / "kept.npy")
    images[0].path.unlink()
    again = decode_images(images, 8, tmp_path / "kept.npy")  # no file is read any more
    np.testing.assert_array_equal(first, again)
    assert first[1, 0, 0, 0] == 1
    assert decode_images(images[1:], 4).shape == (1, 4, 4, 3)


def test_missing_imagery_is_explained(tmp_path):
    with pytest.raises(InputError, match="--data"):
        load_images(tmp_path, "ucm", "train")


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the real imagery beside the checkout")
def test_real_split_has_every_class_on_both_sides():
    kept, held_out = learning_split(SHARED, "aid")
    assert len({image.name for image in kept}) == len({image.name for image in held_out}) == 30
