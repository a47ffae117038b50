"""A guide of fine imagery with a land-cover head, made by rules: grey levels of 0, 50, 100, ... are classes 0, 1, 2, ..."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tiny_bundle import guide_graph

STEP = 50  # grey levels between the classes
LEAST = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5]


def write_covering_bundle(source: Path, folder: Path) -> Path:
    """A copy of a weights folder with both graphs added."""
    shutil.copytree(source, folder)
    onnx.save(_guide(), folder / "guide_fine.onnx")
    onnx.save(_head(), folder / "land_cover.onnx")
    config = json.loads((folder / "config.json").read_text())
    config["fine_guide"] = {"metres_per_pixel": 0.5, "up_to": 0.75, "mixed_up_to": 1.3, "finest": 0.25, "finest_up_to": 0.3}
    config["land_cover"] = {"scale": [1.0] * 6, "bias": [0.0] * 6, "least": LEAST, "up_to": 1.25}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def _guide() -> onnx.ModelProto:
    """The graph of tiny_bundle, which also gives the mean grey of both dates at strides 4, 8, 16 and 4."""
    model = guide_graph()
    graph = model.graph
    graph.node.append(helper.make_node("Concat", ["before", "after"], ["dates"], axis=0))
    graph.node.append(helper.make_node("ReduceMean", ["dates"], ["grey"], axes=[1], keepdims=1))
    for name, stride in (("level_4", 4), ("level_8", 8), ("level_16", 16), ("decoded_4", 4)):
        graph.node.append(helper.make_node("AveragePool", ["grey"], [name], kernel_shape=[stride] * 2, strides=[stride] * 2))
        graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["D", 1, f"h{name}", f"w{name}"]))
    onnx.checker.check_model(model)
    return model


def _head() -> onnx.ModelProto:
    """logit of class k: - gain * |grey - 50 k|, at stride 2 as the real head gives."""
    names = ["level_4", "level_8", "level_16", "decoded_4"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["D", 1, f"h{name}", f"w{name}"]) for name in names]
    nodes = [
        helper.make_node("Sub", ["level_4", "greys"], ["off"]),
        helper.make_node("Abs", ["off"], ["distance"]),
        helper.make_node("Mul", ["distance", "gain"], ["coarse"]),
        helper.make_node("Resize", ["coarse", "", "twice"], ["logits"], mode="nearest", nearest_mode="floor",
                         coordinate_transformation_mode="asymmetric"),
    ]
    greys = (np.arange(6, dtype=np.float32) * STEP / 255).reshape(1, 6, 1, 1)
    graph = helper.make_graph(
        nodes, "land_cover", inputs, [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["D", 6, "h", "w"])],
        [numpy_helper.from_array(greys, "greys"), numpy_helper.from_array(np.float32(-80), "gain"),
         numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "twice")],
    )  # fmt: skip
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(model)
    return model
