"""Sessions of onnxruntime: 8-bit products are exact on every CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

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
