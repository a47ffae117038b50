"""The guide's convolutions as 8-bit integers: a smaller file, and half the time on CPUs with VNNI.

Weights get one scale a channel, activations one scale a map, from the smallest and largest values on training pairs. The guide of
fine imagery and the vision tower, whose convolutions are depth-wise, lose more by it than they gain (docs/experiments.md).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chronosight.datasets.places import PlacePair, load_places
from chronosight.engines.compact.bundle_config import read_bundle_config
from chronosight.errors import InputError
from chronosight.training.export.leaner_graph import drop_outputs, drop_unused, sums_as_convolutions
from chronosight.training.export.onnx_storage import store_as_float16
from chronosight.training.weights_folder import write_config

if TYPE_CHECKING:
    import onnx

PLACES = 24
WINDOW = 256  # pixels of a pair

Feed = dict[str, np.ndarray]


def quantize_guide(weights: str | Path, data: str | Path) -> tuple[int, int]:
    """Quantises the convolutions of a weights folder's guide, in place.

    Args:
        weights: Weights folder; a guide that is quantised already stays as it is.
        data: Folder of the training data, with pairs/.

    Returns:
        Bytes of guide.onnx before and after.

    Raises:
        InputError: One of the folders is none.
    """
    weights = Path(weights)
    config, path = read_bundle_config(weights), weights / "guide.onnx"
    before = path.stat().st_size
    if not config.get("quantized_guide"):
        feeds = pairs_of(Path(data))
        if not feeds:
            raise InputError(f"{data} has no training pairs; expected pairs/train.jsonl with some in it")
        quantize_convolutions(path, path, feeds, ["memory"] if config.get("captioner") else [])
        config["quantized_guide"] = True
        write_config(weights, config)
    return before, path.stat().st_size


def quantize_convolutions(source: str | Path, target: str | Path, feeds: Sequence[Feed], unused: Sequence[str] = ()) -> None:
    """Quantises a graph's convolutions.

    Args:
        source: The ONNX file, weights in 16 or 32 bits.
        target: The file to write; may be the same.
        feeds: Inputs by name, from which the ranges of the maps are taken.
        unused: Outputs that nobody reads with these weights; the new graph has none of them.
    """
    import onnx
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory(dir=Path(target).parent, prefix=".quantized") as folder:
        plain, part = Path(folder) / "plain.onnx", Path(folder) / "part.onnx"
        model = in_32_bits(onnx.load(str(source)))
        drop_outputs(model, unused)
        onnx.save(model, str(plain))
        quant_pre_process(str(plain), str(plain), skip_symbolic_shape=True)
        model = onnx.load(str(plain))
        sums = sums_as_convolutions(model)
        onnx.save(model, str(plain))
        quantize_static(
            str(plain), str(part), _Reader(feeds), quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, op_types_to_quantize=["Conv"],
            calibrate_method=CalibrationMethod.MinMax, nodes_to_exclude=sums,
        )  # fmt: skip
        store_as_float16(part)
        os.replace(part, target)


def in_32_bits(model: onnx.ModelProto) -> onnx.ModelProto:
    """Weights stored in 16 bits (`onnx_storage.store_as_float16`) in 32 bits again, without the casts.

    Args:
        model: The graph; it is changed.

    Returns:
        The same model.
    """
    from onnx import numpy_helper

    graph = model.graph
    stored = {item.name: item for item in graph.initializer}
    for node in [node for node in graph.node if node.op_type == "Cast" and node.input[0] in stored]:
        values = numpy_helper.to_array(stored[node.input[0]]).astype(np.float32)
        graph.initializer.append(numpy_helper.from_array(values, node.output[0]))
        graph.node.remove(node)
    drop_unused(model)
    return model


def pairs_of(data: Path) -> list[Feed]:
    """Training pairs for the guide.

    Args:
        data: Folder of the training data.

    Returns:
        Inputs of the guide: two windows of each place.
    """
    return [_pair(pair, part) for pair in load_places(data, "train", PLACES) for part in (slice(WINDOW), slice(-WINDOW, None))]


def _pair(pair: PlacePair, part: slice) -> Feed:
    dates = {"before": pair.before, "after": pair.after}
    return {
        name: np.ascontiguousarray(image[part, part].transpose(2, 0, 1)[None], np.float32) / 255 for name, image in dates.items()
    }


class _Reader:
    """Gives the inputs one by one, as onnxruntime's calibration reads them."""

    def __init__(self, feeds: Sequence[Mapping[str, np.ndarray]]) -> None:
        self.feeds: Iterator[Any] = iter(feeds)

    def get_next(self) -> Any:
        return next(self.feeds, None)
