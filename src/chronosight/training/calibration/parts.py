"""Parts of the calibration that can be fitted by themselves: the guide of fine imagery, the ground size of a pixel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chronosight.datasets.held_out import native_pairs
from chronosight.datasets.places import BINARY, COUNT, LOCATION, load_abroad, truth_of_mask
from chronosight.errors import InputError
from chronosight.training.calibration.changed import Weighed, fit_changed, weigh
from chronosight.training.calibration.fits import apply_platt
from chronosight.training.calibration.ground_size import fit_ground_size
from chronosight.training.calibration.mask import fit_mask
from chronosight.training.calibration.objects import ReadOff, fit_read_off, read_off
from chronosight.training.weights_folder import write_array, write_config

if TYPE_CHECKING:
    from chronosight.engines.compact.engine import CompactEngine

# Raw thresholds of pairs compared at two sizes, and of interiors; chosen on the pairs abroad and held-out chips
# (docs/experiments.md)
FINEST_THRESHOLD = 0.415
FINEST_GUIDE_THRESHOLD, FINEST_GUIDE_CORE = 0.55, 0.82  # where a guide of its own compares them at the larger size
ABROAD_SHARE = 5  # how much more the pairs abroad weigh than half-metre pairs in the confidences of the finest imagery
FEWEST = 20  # answers: with fewer, confidences stay as they are

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
    """How the map of the guide of fine imagery is read, and the answers that rest on it.

    The map is read as half-metre pairs held out of training want it. The confidences of answers are fitted on these and on
    the pairs abroad, which together weigh as much: imagery unlike that of training has to lower them. In the confidences of
    counts and places in the finest imagery, which those pairs are, they weigh five times as much.

    Args:
        engine: Engine with the weights; its calibration is replaced while answers are collected.
        data: Folder of the training data.
        limit: Largest number of pairs; None for all.
        track: Called with items and a label; yields the items while it shows progress.

    Returns:
        Settings and report by name ("mask_fine", "binary_fine", "count_objects_fine", "location_objects_fine"; the same with
        "finest"); empty without such a guide, or without pairs.
    """
    if not engine.bundle.config.get("fine_guide") or not (data / "pairs" / "native_train.jsonl").is_file():
        return {}, {}
    pairs = native_pairs(data, held_out=True)[:limit]
    if not pairs:
        return {}, {}
    settings, report = fit_mask(engine, pairs, track, keep_usual=True)  # others were better here and worse abroad
    found, reports = {"mask_fine": settings}, {"mask_fine": report}
    fine_guide = engine.bundle.config["fine_guide"]
    if fine_guide.get("finest_up_to"):
        own = fine_guide.get("finest_guide", False)
        raw = FINEST_GUIDE_THRESHOLD if own else FINEST_THRESHOLD
        threshold = apply_platt(np.array([raw]), settings["a"], settings["b"])[0]
        found["mask_finest"] = settings | {"threshold": round(float(threshold), 4)} | ({"core": FINEST_GUIDE_CORE} if own else {})
    abroad = load_abroad(data)[:limit] if (data / "abroad" / "pairs.jsonl").is_file() else []
    repeated = max(1, len(pairs) // len(abroad)) if abroad else 0
    before = engine.bundle.config.get("calibration", {})
    weighed: list[Weighed] = []
    here: dict[str, list[ReadOff]] = {"count": [], "location": []}
    there: dict[str, list[ReadOff]] = {"count": [], "location": []}
    try:
        kept = {name: value for name, value in before.items() if not name.endswith(("_fine", "_finest"))}
        engine.bundle.config["calibration"] = kept | found
        engine.forget()
        for pair in track([*pairs, *abroad], "fine pairs, answers"):
            truth = truth_of_mask(pair.building)
            encoded = engine.encode(pair.crop((0, 0, *pair.building.shape[::-1])))
            far = pair.directions is not None
            weighed += [weigh(encoded, BINARY, truth.changed)] * (repeated if far else 1)
            for question, true in ((COUNT, truth.count), (LOCATION, truth.cells)):
                (there if far else here)[question.task].append(read_off(encoded, question, true, pair.place))
    finally:
        engine.bundle.config["calibration"] = before
        engine.forget()
    if len(weighed) >= FEWEST:
        found["binary_fine"], reports["binary_fine"] = fit_changed(weighed)
        kinds = {"fine": repeated} | ({"finest": ABROAD_SHARE * repeated} if abroad and fine_guide.get("finest_up_to") else {})
        for kind, times in kinds.items():
            for task, answers in here.items():
                name = f"{task}_objects_{kind}"
                found[name], reports[name] = fit_read_off(answers + there[task] * times)
    return found, reports
