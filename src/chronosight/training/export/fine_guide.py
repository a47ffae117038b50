"""Adds the guide of fine imagery to a weights folder: `guide_fine.onnx` and "fine_guide" in config.json.

Beside the graph, which the engine runs, `guide_fine.safetensors` holds the weights as float16 (variances as
float32 where they need it): training goes on from them. A guide of the finest imagery (`guide_finest.onnx`), trained at
0.2 to 0.5 m a pixel, can be added beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn

from chronosight.engines.compact.bundle_config import read_bundle_config
from chronosight.errors import InputError
from chronosight.models.guide.configuration import fine_config
from chronosight.models.guide.modeling import GuideModel
from chronosight.tasks.land_cover import GUIDE_MAPS
from chronosight.training.export.bundle import find_model
from chronosight.training.export.guide import MAPS, export_pairs
from chronosight.training.export.half import LARGEST
from chronosight.training.export.land_cover import without_unfit_head
from chronosight.training.weights_folder import write_config, write_network

GRAPH, TRAINABLE = "guide_fine.onnx", "guide_fine.safetensors"
FINEST_GRAPH, FINEST_TRAINABLE = "guide_finest.onnx", "guide_finest.safetensors"
VIEWS = 2  # of each pair, averaged: as it is, and turned by half; a point of F1 more than one view
MIXED_UP_TO = 1.3  # metres per pixel of the coarsest pairs that it learns from: up to there its maps are mixed in
MIXED_SHARE, MIXED_AT = 0.5, (1.25, 1.5)  # its share of them, and how much larger the other guide and it are shown such pairs
FINEST, FINEST_UP_TO = 0.25, 0.3  # metres per pixel: pairs up to the latter are compared at the former, and at half that size
HALVED = 0.3  # share of the pairs at half their size in the map of other pairs: nearly as good as two views, at 0.6 of the cost
NOT_USED = ("summary.", "decoder.")  # branches of the captions, which this guide is not trained for


def add_fine_guide(
    folder: str | Path, weights: str | Path, metres: float, up_to: float, say: Callable[[str], None] | None = None
) -> dict[str, float]:
    """Exports a guide of fine imagery into a weights folder that has the other guide already.

    A land-cover head in the folder that cannot read the maps of this guide, because they have other channels, is removed.

    Args:
        folder: The trained guide, as `save_pretrained` leaves it, or a folder with it in final/.
        weights: Weights folder; its other files stay.
        metres: Ground size of a pixel at which it is used.
        up_to: Ground size of a pixel up to which imagery is fine.
        say: Gets one line where the land-cover head was removed.

    Returns:
        The largest difference from torch by size of the input.

    Raises:
        InputError: One of the folders is none, or the guides have other classes.
        ValueError: The graph differs from torch.
    """
    weights = Path(weights)
    config = read_bundle_config(weights)
    model = _trained_guide(folder, config, weights)
    differences = _write(model, weights, GRAPH, TRAINABLE, [*MAPS, *GUIDE_MAPS])
    config["fine_guide"] = {
        "metres_per_pixel": metres, "up_to": up_to, "mixed_up_to": MIXED_UP_TO, "mixed_share": MIXED_SHARE,
        "mixed_at": list(MIXED_AT), "views": VIEWS, "neck": list(model.config.neck),
        "finest": FINEST, "finest_up_to": FINEST_UP_TO, "halved": HALVED,
        "finest_guide": (weights / FINEST_GRAPH).is_file(),
    }  # fmt: skip
    removed = without_unfit_head(weights, config)
    write_config(weights, config)
    if removed and say is not None:
        say(removed)
    return differences


def add_finest_guide(folder: str | Path, weights: str | Path) -> dict[str, float]:
    """Exports a guide of the finest imagery into a weights folder that has the guide of fine imagery already.

    Args:
        folder: The trained guide, as `save_pretrained` leaves it, or a folder with it in final/.
        weights: Weights folder; its other files stay.

    Returns:
        The largest difference from torch by size of the input.

    Raises:
        InputError: One of the folders is none, the guides have other classes, or the weights hold no guide of fine imagery.
        ValueError: The graph differs from torch.
    """
    weights = Path(weights)
    config = read_bundle_config(weights)
    if not config.get("fine_guide"):
        raise InputError(f"{weights} has no guide of fine imagery (guide_fine.onnx); export one first (--fine-guide)")
    model = _trained_guide(folder, config, weights)
    differences = _write(model, weights, FINEST_GRAPH, FINEST_TRAINABLE, MAPS)
    config["fine_guide"] |= {"finest": FINEST, "finest_up_to": FINEST_UP_TO, "finest_guide": True}
    write_config(weights, config)
    return differences


def without_finest_guide(weights: Path) -> None:
    """Removes the guide of the finest imagery of a weights folder: the guide of fine imagery then compares at both sizes.

    Args:
        weights: Weights folder; left as it is where it has none.
    """
    config = read_bundle_config(weights)
    if config["fine_guide"].pop("finest_guide", False):
        for name in (FINEST_GRAPH, FINEST_TRAINABLE):
            (weights / name).unlink(missing_ok=True)
        write_config(weights, config)


def _trained_guide(folder: str | Path, config: dict[str, Any], weights: Path) -> GuideModel:
    model: GuideModel = GuideModel.from_pretrained(find_model(folder, "chronosight_guide"), trust_remote_code=False)
    if list(model.config.classes) != list(config["classes"]):
        found, expected = ", ".join(model.config.classes), ", ".join(config["classes"])
        raise InputError(f"{folder} has the classes {found}, expected {expected}, those of {weights}")
    return model


def _write(model: GuideModel, weights: Path, graph: str, trainable: str, maps: Sequence[str]) -> dict[str, float]:
    """Graph and float16 weights. -> The largest difference from torch by size of the input."""
    state = {name: value for name, value in model.state_dict().items() if not name.startswith(NOT_USED)}
    return write_network(weights, graph, lambda path: export_pairs(model, path, list(maps)), trainable, state)


def load_fine_guide(weights: str | Path) -> GuideModel:
    """The guide of fine imagery of a weights folder, to go on training.

    Args:
        weights: Weights folder.

    Returns:
        The guide, float32; its caption branches are random.

    Raises:
        InputError: The folder is none, or holds no such guide.
    """
    weights = Path(weights)
    settings = read_bundle_config(weights).get("fine_guide")
    path = weights / TRAINABLE
    if not settings or not path.is_file():
        raise InputError(f"{weights} has no {TRAINABLE}, expected weights with a guide of fine imagery; give others")
    model = GuideModel(fine_config(tuple(settings["neck"])))
    found = {name: value.float() if value.is_floating_point() else value for name, value in load_file(path).items()}
    missing, unexpected = model.load_state_dict(found, strict=False)
    if unexpected or any(not name.startswith(NOT_USED) for name in missing):
        raise InputError(f"{path} is not the guide that config.json names; copy the folder again")
    _make_finite(model)
    return model


def _make_finite(model: GuideModel) -> None:
    """Channels whose variance went to infinity in float16 (as `guide_fine.safetensors` was once written) give a constant.

    That is what the graph of the same weights gives; left as they are, training would turn them into NaN.
    """
    for norm in model.modules():
        if isinstance(norm, nn.BatchNorm2d) and norm.running_var is not None:
            lost = norm.running_var.isinf()
            with torch.no_grad():
                norm.running_var[lost] = LARGEST
                norm.weight[lost] = 0.0
