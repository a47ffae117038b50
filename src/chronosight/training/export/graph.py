"""A network as an ONNX graph."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from chronosight.training.export.leaner_graph import Feed, fix_enlargements
from chronosight.training.export.onnx_storage import store_as_float16, write_graph


def export_graph(
    module: nn.Module, inputs: tuple[Any, ...], path: Path, names: list[str], outputs: list[str], shapes: list[Any],
    enlarging: Sequence[Feed] = (), float16: bool = True,
) -> None:  # fmt: skip
    """Writes a network as an ONNX graph.

    Args:
        module: The network.
        inputs: Examples of its inputs.
        path: File to write.
        names: Names of the inputs.
        outputs: Names of the outputs.
        shapes: Dynamic dimensions of each input.
        enlarging: Inputs by name, of two sizes or more, for a network that enlarges maps by factors that are always the same
            (`leaner_graph.fix_enlargements`).
        float16: Whether large weights are stored as float16; they are computed with as float32.
    """
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's remarks on its own insides
        program = torch.onnx.export(
            module.eval(), inputs, input_names=names, output_names=outputs, dynamic_shapes=tuple(shapes), dynamo=True,
            external_data=False, verbose=False,
        )  # fmt: skip
    assert program is not None
    write_graph(program.model_proto, path)
    if enlarging:
        fix_enlargements(path, enlarging)
    if float16:
        store_as_float16(path)
