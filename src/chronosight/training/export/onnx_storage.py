"""Smaller ONNX files: weights stored as 16-bit floats, or the decoder's as 8-bit integers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

SMALL = 1024  # values; below it nothing is gained


def store_as_float16(path: str | Path) -> None:
    """Rewrites a graph in place: large float32 weights become float16 followed by a Cast.

    onnxruntime folds the casts when a session starts, so speed and arithmetic are those of float32; only the weights
    are rounded (relative 5e-4). Values outside float16's range stay float32.

    Args:
        path: The ONNX file.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(path))
    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(tensor)
        if values.size < SMALL or np.abs(values).max() > np.finfo(np.float16).max:
            continue
        name = tensor.name
        half = numpy_helper.from_array(values.astype(np.float16), f"{name}_float16")
        tensor.CopyFrom(half)
        casts.append(helper.make_node("Cast", [f"{name}_float16"], [name], f"{name}_cast", to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]  # a node stands after those it reads
    del graph.node[:]
    graph.node.extend(nodes)
    write_graph(model, path)


def quantize_decoder(source: str | Path, target: str | Path) -> None:
    """Quantises the products with weights to int8, one scale a column; activations are quantised as they come.

    Args:
        source: The ONNX file of the decoder in float32.
        target: The file to write; may be the same.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    part = Path(f"{target}.part")
    quantize_dynamic(
        str(source), str(part), op_types_to_quantize=["MatMul"], per_channel=True, weight_type=QuantType.QInt8,
        extra_options={"MatMulConstBOnly": True},
    )  # fmt: skip
    part.replace(target)


def write_graph(model: Any, path: str | Path) -> None:
    """Writes an ONNX graph under a temporary name, then renames it.

    What the exporter notes beside the graph is removed: source lines and paths of the machine it ran on.

    Args:
        model: The onnx ModelProto; it is changed.
        path: The file to write.
    """
    for item in [model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input,
                 *model.graph.output, *model.graph.initializer]:  # fmt: skip
        item.ClearField("metadata_props")
        item.ClearField("doc_string")
    part = Path(f"{path}.part")
    part.write_bytes(model.SerializeToString())
    part.replace(path)
