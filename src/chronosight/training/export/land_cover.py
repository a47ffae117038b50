"""Adds the land-cover head to a weights folder: `land_cover.onnx`, its weights as `land_cover.safetensors`, and its settings.

The graph reads maps that guide_fine.onnx gives beside its own results, so that whoever wants no land cover pays nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import load_file

from chronosight.engines.compact.bundle_config import read_bundle_config
from chronosight.errors import InputError
from chronosight.models.guide.land_cover import LandCoverConfig, LandCoverModel
from chronosight.tasks.land_cover import COARSEST, GUIDE_MAPS, LAND_COVER_CLASSES, PIXELS
from chronosight.training.export.bundle import find_model
from chronosight.training.export.graph import export_graph
from chronosight.training.export.guide import SIZES, check_parity
from chronosight.training.export.half import round_to_float16
from chronosight.training.export.parity import difference_from_torch
from chronosight.training.weights_folder import write_config, write_network

GRAPH, TRAINABLE = "land_cover.onnx", "land_cover.safetensors"
GUIDE_GRAPH = "guide_fine.onnx"
UNCALIBRATED = {"scale": [1.0] * 6, "bias": [0.0] * 6, "least": [0.6] * 6}  # until `chronosight calibrate` has fitted them
STRIDES = (4, 8, 16, 4)  # of the maps in `GUIDE_MAPS`


def add_land_cover(folder: str | Path, weights: str | Path) -> dict[str, float]:
    """Exports a land-cover head into a weights folder that has the guide it was trained on.

    Args:
        folder: The trained head, as `save_pretrained` leaves it, or a folder with it in final/.
        weights: Weights folder; its other files stay.

    Returns:
        The largest difference from torch by size of the input.

    Raises:
        InputError: One of the folders is none, the head has other classes, or the weights have no guide of fine imagery, or one
            whose maps have other channels than the head reads.
        ValueError: The graph differs from torch.
    """
    weights = Path(weights)
    config = read_bundle_config(weights)
    if not config.get("fine_guide"):
        raise InputError(f"{weights} has no guide of fine imagery, expected one for the land-cover head; export it first")
    model: LandCoverModel = LandCoverModel.from_pretrained(find_model(folder, "chronosight_land_cover"), trust_remote_code=False)
    if tuple(model.config.classes) != LAND_COVER_CLASSES:
        raise InputError(f"{folder} has the classes {', '.join(model.config.classes)}, expected {', '.join(LAND_COVER_CLASSES)}")
    given = _channels(weights / GUIDE_GRAPH, "output")
    read = dict(zip(GUIDE_MAPS, model.config.inputs, strict=True))
    if other := _unlike(given, read):
        raise InputError(
            f"{folder} holds a head that reads {read[other]} channels of {other}, but {weights / GUIDE_GRAPH} gives "
            f"{given[other]}; give a head that was trained on this guide"
        )
    differences = write_network(weights, GRAPH, lambda path: _export(model, path), TRAINABLE, model.state_dict())
    shape = {"neck": list(model.config.neck), "pixels": model.config.pixels}
    config["land_cover"] = {**UNCALIBRATED, "up_to": COARSEST, **shape}
    write_config(weights, config)
    return differences


def without_unfit_head(weights: Path, config: dict[str, Any]) -> str:
    """Removes the land-cover head of a weights folder where it cannot read the maps of the guide of fine imagery there.

    Args:
        weights: Weights folder with the guide; left as it is where the head can read its maps, or there is none.
        config: Its configuration, from which the head and what was measured of it are taken; to be written by the caller.

    Returns:
        One line about what was removed and why; "" where nothing was.
    """
    if not config.get("land_cover") or not (weights / GRAPH).is_file():
        return ""
    given, read = _channels(weights / GUIDE_GRAPH, "output"), _channels(weights / GRAPH, "input")
    other = _unlike(given, read)
    if not other:
        return ""
    del config["land_cover"]
    for name in ("land_cover", "land_cover_coarse"):
        config.get("calibration_report", {}).pop(name, None)
    for name in (GRAPH, TRAINABLE):
        (weights / name).unlink(missing_ok=True)
    return f"{GRAPH} was removed: it reads {read[other]} channels of the guide's map {other}, and this guide gives {given[other]}"


def _channels(graph: Path, side: Literal["input", "output"]) -> dict[str, int]:
    """Channels of the inputs or outputs of a graph that are maps of the guide, by name."""
    import onnx

    values = getattr(onnx.load(str(graph), load_external_data=False).graph, side)
    return {value.name: value.type.tensor_type.shape.dim[1].dim_value for value in values if value.name in GUIDE_MAPS}


def _unlike(given: Mapping[str, int], read: Mapping[str, int]) -> str:
    """The first map that a guide gives with other channels than a head reads; "" where all fit."""
    return next((name for name in GUIDE_MAPS if given.get(name) != read.get(name)), "")


def load_land_cover(weights: str | Path, inputs: tuple[int, ...]) -> LandCoverModel:
    """The land-cover head of a weights folder, to go on training.

    Args:
        weights: Weights folder.
        inputs: Channels of the guide's maps, in the order of `GUIDE_MAPS`.

    Returns:
        The head, float32.

    Raises:
        InputError: The folder is none, or holds no such head.
    """
    weights = Path(weights)
    settings, path = read_bundle_config(weights).get("land_cover"), weights / TRAINABLE
    if not settings or not path.is_file():
        raise InputError(f"{weights} has no {TRAINABLE}, expected weights with a land-cover head; give others")
    model = LandCoverModel(LandCoverConfig(inputs=inputs, neck=settings["neck"], pixels=settings["pixels"]))
    model.load_state_dict({name: value.to(model.state_dict()[name].dtype) for name, value in load_file(path).items()})
    return model


def _export(model: LandCoverModel, path: Path) -> dict[str, float]:
    import onnxruntime

    model.train(False)
    round_to_float16(model)
    rows, columns = torch.export.Dim("rows", min=1, max=2048), torch.export.Dim("columns", min=1, max=2048)
    names, strides = ([*GUIDE_MAPS, PIXELS], (*STRIDES, 1)) if model.config.pixels else ([*GUIDE_MAPS], STRIDES)
    sizes = [{0: torch.export.Dim.DYNAMIC, 2: 16 // stride * rows, 3: 16 // stride * columns} for stride in strides]
    head = _HeadOfPixels(model) if model.config.pixels else _Head(model)
    maps_of = [_maps(model, 2, *side) for side in SIZES]
    feeds = [{name: one.numpy() for name, one in zip(names, maps, strict=True)} for maps in maps_of]
    export_graph(head, tuple(_maps(model, 2, 64, 96)), path, names, ["logits"], sizes, feeds)
    differences = {}
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for (high, wide), maps, feed in zip(SIZES, maps_of, feeds, strict=True):
        with torch.no_grad():
            expected = model(*maps)
        got = session.run(["logits"], feed)[0]
        differences[f"land_cover {high}x{wide}"] = difference_from_torch(expected.numpy(), got, least_range=1.0)
    check_parity(differences)
    return differences


class _Head(torch.nn.Module):
    def __init__(self, model: LandCoverModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, fine: torch.Tensor, middle: torch.Tensor, coarse: torch.Tensor, decoded: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.model(fine, middle, coarse, decoded)
        return scores


class _HeadOfPixels(_Head):
    def forward(  # type: ignore[override]  # the graph's inputs, one by one
        self, fine: torch.Tensor, middle: torch.Tensor, coarse: torch.Tensor, decoded: torch.Tensor, pixels: torch.Tensor
    ) -> torch.Tensor:
        scores: torch.Tensor = self.model(fine, middle, coarse, decoded, pixels)
        return scores


def _maps(model: LandCoverModel, count: int, high: int, wide: int) -> list[torch.Tensor]:
    """Random maps of images of a size, and the images for a head that reads them."""
    channels = [*zip(model.config.inputs, STRIDES, strict=True), *([(3, 1)] if model.config.pixels else [])]
    return [torch.randn(count, width, high // stride, wide // stride) for width, stride in channels]
