"""A weights folder is input like any other: whatever its files hold, it loads or is refused in one line."""

import json
import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chronosight.engines.compact.bundle import SHIPPED, Bundle
from chronosight.engines.compact.bundle_config import checksums
from chronosight.errors import InputError


@pytest.fixture
def folder(bundle_folder, tmp_path):
    return shutil.copytree(bundle_folder, tmp_path / "weights")


def change(folder, **values):
    path = folder / "config.json"
    config = json.loads(path.read_text()) | values
    path.write_text(json.dumps({key: value for key, value in config.items() if value is not ...}))


@pytest.mark.parametrize("text", ["[]", "null", '"x"', "3", "[" * 100_000, "", '{"format": 1', "\x00"])
def test_a_config_that_is_no_object_is_refused(folder, text):
    (folder / "config.json").write_text(text)
    with pytest.raises(InputError, match=r"config\.json") as error:
        Bundle(folder)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("classes", ...), ("classes", "building"), ("classes", []), ("metres_per_pixel", ...), ("metres_per_pixel", "a"),
        ("metres_per_pixel", 0), ("metres_per_pixel", float("nan")), ("metres_per_pixel", True), ("guide_form", "loud"),
        ("guide_views", 10**9), ("pair_size", "256"), ("pair_size", 10**9), ("pair_size", -1), ("video_frames", 10**12),
        ("calibration", []), ("calibration", {"mask": {"a": "b"}}), ("from_objects", "count"),
        ("scene_classifier", {"classes": ["beach"]}),
        ("checksums", {"guide.onnx": "abc"}),
    ],
)  # fmt: skip
def test_a_key_that_lacks_or_is_of_another_type_is_named(folder, key, value):
    change(folder, **{key: value})
    with pytest.raises(InputError, match=key) as error:
        Bundle(folder)
    assert "\n" not in str(error.value)


def test_a_config_with_a_byte_order_mark_is_read(folder):
    path = folder / "config.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert Bundle(folder).config["format"] == 1


@pytest.mark.parametrize("name", ["guide.onnx", "embedding.npy", "tokenizer.json"])
def test_a_half_zeroed_file_is_not_used(folder, name):
    change(folder, checksums=checksums(folder))
    Bundle(folder).session("guide")
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))
    bundle = Bundle(folder)
    with pytest.raises(InputError, match=f"{name} is damaged"):
        _ = {"guide.onnx": lambda: bundle.session("guide"), "embedding.npy": lambda: bundle.embedding,
             "tokenizer.json": lambda: bundle.tokenizer}[name]()  # fmt: skip


def test_a_file_is_read_for_its_checksum_once(folder, monkeypatch):
    from chronosight.engines.compact import bundle_config

    change(folder, checksums=checksums(folder))
    Bundle(folder).session("guide")
    bundle_config._known.cache_clear()  # as in a later run
    monkeypatch.setattr(bundle_config, "crc32", lambda path: pytest.fail(f"{path} is read again"))
    Bundle(folder).session("guide")


def test_the_shipped_folder_vouches_for_its_files():
    assert json.loads((SHIPPED / "config.json").read_text())["checksums"] == checksums(SHIPPED)


@pytest.mark.parametrize("array", [np.zeros((3, 2), np.float16), np.zeros((9999, 2), np.float32), np.zeros(9999, np.float16)])
def test_an_array_of_another_kind_is_refused(folder, array):
    np.save(folder / "embedding.npy", array)
    with pytest.raises(InputError, match=r"embedding\.npy"):
        _ = Bundle(folder).embedding


def test_a_pickle_in_an_array_is_not_opened(folder):
    np.save(folder / "embedding.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(InputError, match=r"embedding\.npy"):
        _ = Bundle(folder).embedding


def test_a_tokenizer_pads_nothing_and_cannot_multiply_texts(folder):
    path = folder / "tokenizer.json"
    values = json.loads(path.read_text())
    padding = {"strategy": {"Fixed": 4096}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0,
               "pad_token": "<pad>"}  # fmt: skip
    path.write_text(json.dumps(values | {"padding": padding}))
    assert len(Bundle(folder).tokenizer.encode("yes").ids) < 20
    double = {"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}
    for normalizer in ({"type": "Sequence", "normalizers": [double] * 30}, {**double, "content": "a" * 10_000}):
        path.write_text(json.dumps(values | {"normalizer": normalizer}))
        with pytest.raises(InputError, match="its normalizer makes texts"):
            _ = Bundle(folder).tokenizer


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3), max_leaves=6,
)  # fmt: skip
KEYS = ["format", "classes", "metres_per_pixel", "guide_form", "pair_size", "calibration", "from_objects", "checksums", "name"]


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(values=st.dictionaries(st.sampled_from(KEYS), JSON, min_size=1, max_size=3))
def test_any_config_loads_or_is_one_line(bundle_folder, tmp_path, values):
    folder = tmp_path / "weights"
    folder.mkdir(exist_ok=True)
    original = json.loads((bundle_folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(original | values))
    try:
        bundle = Bundle(folder)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert isinstance(bundle.calibration("count"), dict) and isinstance(bundle.from_objects, tuple)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(name=st.sampled_from(["config.json", "tokenizer.json", "embedding.npy"]), data=st.data())
def test_any_damage_of_a_file_loads_or_is_one_line(bundle_folder, tmp_path, name, data):
    folder = tmp_path / "weights"
    shutil.copytree(bundle_folder, folder, dirs_exist_ok=True)
    whole = bytearray((folder / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    (folder / name).write_bytes(whole[: data.draw(st.sampled_from([len(whole), len(whole) // 2, 3, 0]))])
    try:
        bundle = Bundle(folder)
        _ = bundle.tokenizer, bundle.embedding
    except InputError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("key", ["image_size", "pair_size", "video_size", "video_frames"])
def test_a_size_that_the_engine_needs_is_missed_before_any_work(folder, key):
    from chronosight.engines import load

    change(folder, **{key: ...})
    with pytest.raises(InputError, match=key):
        load("compact", folder)


def test_a_config_that_names_other_classes_than_the_graph_has_is_refused(folder):
    from chronosight.engines import load
    from chronosight.scenes.scene import Scene
    from small_scenes import ground

    classes = json.loads((folder / "config.json").read_text())["classes"]
    change(folder, classes=[*classes, "tree"])
    with pytest.raises(InputError, match=f"names {len(classes) + 1} classes, its guide has {len(classes)}"):
        load("compact", folder).describe(Scene("pair", ground(64, 64), np.ones((64, 64), bool), ("a", "b")))
