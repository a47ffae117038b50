import json
import shutil

import numpy as np
import pytest

import chronosight
from chronosight.engines import load
from chronosight.errors import InputError
from chronosight.scenes.scene import Scene


@pytest.fixture
def copy(bundle_folder, tmp_path):
    return shutil.copytree(bundle_folder, tmp_path / "copy")


@pytest.mark.parametrize("name", ["paligemma", "gpt"])
def test_an_engine_that_is_not_there_is_named_in_one_line(name):
    with pytest.raises(InputError, match=name) as error:
        load(name)
    assert "compact" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_folder(tmp_path):
    with pytest.raises(InputError, match="no weights folder"):
        load(weights=tmp_path / "nowhere")


def test_a_folder_without_config(tmp_path):
    with pytest.raises(InputError, match=r"config\.json"):
        load(weights=tmp_path)


def test_a_format_of_the_future(copy):
    config = json.loads((copy / "config.json").read_text()) | {"format": 2}
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="format 2, expected 1"):
        load(weights=copy)


def test_a_broken_config(copy):
    (copy / "config.json").write_text("{")
    with pytest.raises(InputError, match="not JSON"):
        load(weights=copy)


@pytest.mark.parametrize("name", ["tower.onnx", "decoder.onnx", "tokenizer.json", "embedding.npy"])
@pytest.mark.parametrize("broken", [False, True], ids=["missing", "truncated"])
def test_an_incomplete_folder_says_which_file(copy, name, broken):
    path = copy / name
    data = path.read_bytes()
    path.unlink()
    if broken:
        path.write_bytes(data[: len(data) // 2])
    scene = Scene("image", np.zeros((1, 32, 32, 3), np.uint8), np.ones((32, 32), bool), ("a",))
    with pytest.raises(InputError, match=name) as error:
        load(weights=copy).ask(scene, "What kind of place is this?")
    assert "\n" not in str(error.value)


def test_the_front_door_loads_the_same_engine(bundle_folder):
    assert chronosight.load("compact", weights=bundle_folder).bundle.config["name"] == "tiny"
