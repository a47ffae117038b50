"""Sessions of onnxruntime: 8-bit products are exact on every CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from chronosight.engines.compact import sessions
from chronosight.engines.compact.sessions import open_session


def test_products_of_bytes_do_not_overflow(tmp_path: Path) -> None:
    """Large weights of one sign overflow 16-bit sums on x86 without VNNI, unless the session asks for exact products."""
    weights = np.full((64, 16), 127, np.int8)
    node = helper.make_node("MatMulInteger", ["x", "w"], ["y"])
    inputs = [helper.make_tensor_value_info("x", TensorProto.UINT8, [None, 64])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.INT32, None)]
    graph = helper.make_graph([node], "bytes", inputs, outputs, [numpy_helper.from_array(weights, "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), tmp_path / "bytes.onnx")
    x = np.full((4, 64), 255, np.uint8)
    (y,) = open_session(tmp_path / "bytes.onnx", 1).run(None, {"x": x})
    assert (y == 64 * 255 * 127).all()


@pytest.mark.parametrize(("flags", "exact"), [("fma avx2 avx512f", True), ("avx2 avx_vnni", False), ("avx512_vnni", False)])
def test_exact_products_are_asked_for_where_they_would_overflow(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: str, exact: bool
) -> None:
    seen: list[object] = []
    monkeypatch.setattr(Path, "read_text", lambda self, *_: f"flags\t\t: {flags}\n")
    monkeypatch.setattr(sessions.onnxruntime, "InferenceSession", lambda path, options, **_: seen.append(options))
    sessions.has_vnni.cache_clear()
    (tmp_path / "graph.onnx").write_bytes(b"")
    try:
        sessions.open_session(tmp_path / "graph.onnx", 1)
    finally:
        sessions.has_vnni.cache_clear()
    try:
        entry = seen[0].get_session_config_entry("session.x64quantprecision")
    except RuntimeError:  # not set
        entry = "0"
    assert (entry == "1") == exact
