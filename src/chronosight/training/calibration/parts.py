"""Parts of the calibration that can be fitted by themselves: the guide of fine imagery, the ground size of a pixel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chronosight.datasets.held_out import NATIVE_HELD_OUT
from chronosight.datasets.places import load_places
from chronosight.engines.compact.bundle_config import checksums
from chronosight.errors import InputError
from chronosight.training.calibration.folder import write_array, write_config
from chronosight.training.calibration.ground_size import fit_ground_size
from chronosight.training.calibration.mask import fit_mask

if TYPE_CHECKING:
    from chronosight.engines.compact.engine import CompactEngine

Track = Callable[[Sequence[Any], str], Iterable[Any]]


def calibrate_ground_size(engine: CompactEngine, data: Path, track: Track = lambda items, _: items) -> dict[str, Any]:
    """Fits the estimate of the ground size of a pixel, and nothing else; writes ground_size.npy and config.json.

    Args:
        engine: Engine with the weights; its config.json is rewritten.
        data: Folder of the training data, with pairs/, images/ and buildings/.
        track: Called with items and a label; yields the items while it shows progress.

    Returns:
        "ground_size" and "calibration_report" with its error in octaves.

    Raises:
        InputError: `data` lacks one of the folders.
    """
    found = fit_ground_size(engine, data, track)
    if found is None:
        raise InputError(f"{data} lacks imagery of known size; expected pairs/native_train.jsonl, buildings/ and images/ucm")
    weights, settings, report = found
    config, folder = engine.bundle.config, engine.bundle.folder
    write_array(folder, "ground_size", weights)
    config["ground_size"] = settings
    config["calibration_report"] = {**config.get("calibration_report", {}), "ground_size": report}
    if "checksums" in config:
        config["checksums"] = checksums(folder)
    engine.forget()
    write_config(folder, config)
    return {"ground_size": settings, "calibration": {}, "calibration_report": {"ground_size": report}}


def calibrate_fine(engine: CompactEngine, data: Path, track: Track = lambda items, _: items) -> dict[str, Any]:
    """Fits how the map of the guide of fine imagery is read, and nothing else; writes it into the weights' config.json.

    Args:
        engine: Engine with the weights; its config.json is rewritten.
        data: Folder of the training data, with pairs/native_train.jsonl.
        track: Called with items and a label; yields the items while it shows progress.

    Returns:
        "calibration" and "calibration_report", as `calibrate_bundle` returns them.

    Raises:
        InputError: The weights hold no guide of fine imagery, or `data` no held-out pairs.
    """
    settings, report = fit_fine(engine, data, None, track)
    if not settings:
        raise InputError(
            f"{engine.bundle.folder} has no guide of fine imagery, or {data} no pairs for it; expected fine_guide in config.json "
            "and pairs/native_train.jsonl"
        )
    config = engine.bundle.config
    for key, found in (("calibration", settings), ("calibration_report", report)):
        config[key] = {**config.get(key, {}), **found}
    engine.forget()
    write_config(engine.bundle.folder, config)
    return {"calibration": settings, "calibration_report": report}


def fit_fine(
    engine: CompactEngine, data: Path, limit: int | None, track: Track
) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """How the map of the guide of fine imagery is read, fitted on half-metre pairs held out of training.

    Args:
        engine: Engine with the weights.
        data: Folder of the training data.
        limit: Largest number of pairs; None for all.
        track: Called with items and a label; yields the items while it shows progress.

    Returns:
        Settings and report by name ("mask_fine"); empty without such a guide, or without pairs.
    """
    if not engine.bundle.config.get("fine_guide") or not (data / "pairs" / "native_train.jsonl").is_file():
        return {}, {}
    pairs = [pair for pair in load_places(data, "native_train") if pair.id in NATIVE_HELD_OUT][:limit]
    if not pairs:
        return {}, {}
    settings, report = fit_mask(engine, pairs, track, keep_usual=True)  # others were better here and worse abroad
    return {"mask_fine": settings}, {"mask_fine": report}
