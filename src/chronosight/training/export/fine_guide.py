"""Adds the guide of fine imagery to a weights folder: `guide_fine.onnx` and "fine_guide" in config.json."""

from __future__ import annotations

import os
from pathlib import Path

from chronosight.engines.compact.bundle_config import checksums, read_bundle_config
from chronosight.errors import InputError
from chronosight.files import write_json
from chronosight.models.guide.modeling import GuideModel
from chronosight.training.export.bundle import find_model
from chronosight.training.export.guide import MAPS, export_pairs

GRAPH = "guide_fine.onnx"


def add_fine_guide(folder: str | Path, weights: str | Path, metres: float, up_to: float) -> dict[str, float]:
    """Exports a guide of fine imagery into a weights folder that has the other guide already.

    Args:
        folder: The trained guide, as `save_pretrained` leaves it, or a folder with it in final/.
        weights: Weights folder; its other files stay.
        metres: Ground size of a pixel at which it is used.
        up_to: Ground size of a pixel up to which imagery is fine.

    Returns:
        The largest difference from torch by size of the input.

    Raises:
        InputError: One of the folders is none, or the guides have other classes.
        ValueError: The graph differs from torch.
    """
    weights = Path(weights)
    config = read_bundle_config(weights)
    model: GuideModel = GuideModel.from_pretrained(find_model(folder, "chronosight_guide"), trust_remote_code=False)
    if list(model.config.classes) != list(config["classes"]):
        found, expected = ", ".join(model.config.classes), ", ".join(config["classes"])
        raise InputError(f"{folder} has the classes {found}, expected {expected}, those of {weights}")
    part = weights / f".{GRAPH}.partial.onnx"
    try:
        differences = export_pairs(model, part, MAPS)
        os.replace(part, weights / GRAPH)
    finally:
        part.unlink(missing_ok=True)
    config["fine_guide"] = {"metres_per_pixel": metres, "up_to": up_to}
    if "checksums" in config:
        config["checksums"] = checksums(weights)
    write_json(weights / "config.json", config)
    return differences
