"""Convolutions of a weights folder as 8-bit integers: smaller files, and about twice the speed on CPUs with VNNI.

Weights get one scale a channel, activations one scale a map, from the smallest and largest values on training imagery. The guide
of fine imagery is left out: in 8 bits it loses one to two points of F1, mostly in its first and last layers (docs/results.md).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chronosight.datasets.aid_ucm import ImageSet, learning_split
from chronosight.datasets.places import PlacePair, load_places
from chronosight.engines.compact.bundle_config import checksums, read_bundle_config
from chronosight.errors import InputError
from chronosight.files import write_json
from chronosight.tasks.pixels import resize_frames
from chronosight.training.export.onnx_storage import store_as_float16

if TYPE_CHECKING:
    import onnx

KEPT = {"guide": 0, "tower": 3}
"""By graph: how many of the first convolutions stay as they are. Those of the tower see colours at full resolution."""
PLACES, IMAGES = 24, 60  # places; images of each set
WINDOW = 256  # pixels of a pair

Feed = dict[str, np.ndarray]


def quantize_weights(weights: str | Path, data: str | Path) -> dict[str, tuple[int, int]]:
    """Quantises the convolutions of the guide and the vision tower of a weights folder, in place.

    Args:
        weights: Weights folder; a graph that is quantised already stays as it is.
        data: Folder of the training data, with pairs/ and images/.

    Returns:
        Bytes before and after, by graph.

    Raises:
        InputError: One of the folders is none.
    """
    weights, data = Path(weights), Path(data)
    config = read_bundle_config(weights)
    done = list(config.get("quantized", []))
    sizes: dict[str, tuple[int, int]] = {}
    for name, kept in KEPT.items():
        path = weights / f"{name}.onnx"
        if name in done or not path.is_file():
            continue
        feeds = images_of(data, int(config["image_size"])) if name == "tower" else pairs_of(data)
        if not feeds:
            raise InputError(f"{data} has no training imagery for {name}.onnx; expected pairs/ and images/ (--data DIR)")
        before = path.stat().st_size
        quantize_convolutions(path, path, feeds, kept)
        sizes[name] = before, path.stat().st_size
        done.append(name)
    config["quantized"] = done
    if "checksums" in config:
        config["checksums"] = checksums(weights)
    write_json(weights / "config.json", config)
    return sizes


def quantize_convolutions(source: str | Path, target: str | Path, feeds: Sequence[Feed], kept: int = 0) -> None:
    """Quantises a graph's convolutions.

    Args:
        source: The ONNX file, weights in 16 or 32 bits.
        target: The file to write; may be the same.
        feeds: Inputs by name, from which the ranges of the maps are taken.
        kept: How many of the first ones stay as they are.
    """
    import onnx
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory(dir=Path(target).parent, prefix=".quantized") as folder:
        plain, part = Path(folder) / "plain.onnx", Path(folder) / "part.onnx"
        model = in_32_bits(onnx.load(str(source)))
        onnx.save(model, str(plain))
        quant_pre_process(str(plain), str(plain), skip_symbolic_shape=True)
        convolutions = [node.name for node in onnx.load(str(plain)).graph.node if node.op_type == "Conv"]
        quantize_static(
            str(plain), str(part), _Reader(feeds), quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, op_types_to_quantize=["Conv"],
            nodes_to_exclude=convolutions[:kept], calibrate_method=CalibrationMethod.MinMax,
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
    used = {name for node in graph.node for name in node.input}
    for item in [item for item in graph.initializer if item.name not in used]:
        graph.initializer.remove(item)
    return model


def pairs_of(data: Path) -> list[Feed]:
    """Training pairs for the guide.

    Args:
        data: Folder of the training data.

    Returns:
        Inputs of the guide: two windows of each place.
    """
    feeds: list[Feed] = []
    for pair in load_places(data, "train", PLACES):
        feeds += [_pair(pair, slice(0, WINDOW)), _pair(pair, slice(-WINDOW, None))]
    return feeds


def images_of(data: Path, size: int) -> list[Feed]:
    """Training images, and windows of training places, for the vision tower.

    Args:
        data: Folder of the training data.
        size: Side in pixels that single images have.

    Returns:
        Inputs of the tower.
    """
    feeds: list[Feed] = []
    sources: tuple[ImageSet, ...] = ("aid", "ucm")
    for source in sources:
        images = learning_split(data, source)[0] if (data / "images" / f"{source}.jsonl").is_file() else []
        for image in images[:: max(1, len(images) // IMAGES)]:
            feeds.append({"frames": resize_frames(image.pixels()[None], size, size)})
    for feed in pairs_of(data):
        feeds.append({"frames": feed["after"]})
    return feeds


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
