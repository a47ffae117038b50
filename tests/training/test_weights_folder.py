"""What training writes into a weights folder: files that belong together, and checksums that hold."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file  # noqa: E402

from chronosight.engines.compact.bundle_config import checksums  # noqa: E402
from chronosight.training.weights_folder import added_files, write_array, write_config, write_network  # noqa: E402

STATE = {"weight": torch.tensor([0.1, 2.0]), "variance": torch.tensor([1e6]), "seen": torch.tensor(3)}


def written(path):
    path.write_bytes(b"graph")
    return {"net": 0.001}


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_network_is_written_as_a_graph_and_as_float16_where_that_holds_it(tmp_path):
    assert write_network(tmp_path, "net.onnx", written, "net.safetensors", STATE) == {"net": 0.001}
    assert contents(tmp_path).keys() == {"net.onnx", "net.safetensors"} and (tmp_path / "net.onnx").read_bytes() == b"graph"
    found = load_file(tmp_path / "net.safetensors")
    assert {name: value.dtype for name, value in found.items()} == {
        "weight": torch.float16, "variance": torch.float32, "seen": torch.int64,
    }  # fmt: skip
    assert (tmp_path / "net.safetensors").stat().st_mode & 0o777 == 0o644


def test_after_an_error_the_folder_is_as_it_was(tmp_path):
    write_network(tmp_path, "net.onnx", written, "net.safetensors", STATE)
    before = contents(tmp_path)

    def differs(path):
        path.write_bytes(b"other")
        raise ValueError("differs from torch")

    with pytest.raises(ValueError, match="differs"):
        write_network(tmp_path, "net.onnx", differs, "net.safetensors", {"weight": torch.zeros(1)})
    with pytest.raises(KeyboardInterrupt), added_files(tmp_path) as part:
        (part / "net.onnx").write_bytes(b"other")
        raise KeyboardInterrupt
    assert contents(tmp_path) == before


def test_what_a_killed_run_left_is_not_moved_in(tmp_path):
    with added_files(tmp_path) as part:
        left = part
    left.mkdir()
    (left / "half.onnx").write_bytes(b"half")
    write_network(tmp_path, "net.onnx", written, "net.safetensors", STATE)
    assert contents(tmp_path).keys() == {"net.onnx", "net.safetensors"}


@pytest.mark.parametrize("known", [True, False], ids=["with checksums", "weights of an old release"])
def test_checksums_are_those_of_the_files_that_are_there(tmp_path, known):
    config = {"name": "größer", **({"checksums": {"gone.onnx": {"bytes": 1, "crc32": 2}}} if known else {}), "format": 1}
    write_array(tmp_path, "familiar", np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(np.load(tmp_path / "familiar.npy"), np.arange(6.0).reshape(2, 3))
    write_config(tmp_path, config)
    found = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert list(found) == list(config) and found["name"] == "größer"
    assert found.get("checksums") == (checksums(tmp_path) if known else None)
    assert contents(tmp_path).keys() == {"config.json", "familiar.npy"}
