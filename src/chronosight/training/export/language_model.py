"""Puts another language model, with its vision tower, into a weights folder: the guide and what else is there stay."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnxruntime

from chronosight.engines.compact.bundle_config import read_bundle_config
from chronosight.errors import InputError
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.tasks.clue import GuideForm
from chronosight.training.export.bundle import find_model, worst_by_graph
from chronosight.training.export.unirs import export_unirs
from chronosight.training.weights_folder import added_files, write_config

FITTED_TO_TOWER = ("presence", "scene_classifier", "familiar", "ground_size")  # keys of config.json, and names of arrays
SAME = 1e-3  # largest difference of features, as a share of their range


def replace_language_model(
    folder: str | Path, weights: str | Path, guide_form: GuideForm, int8: bool = True
) -> dict[str, float]:
    """Exports a language model into a weights folder that has one already.

    What was fitted to the features of another tower (presence.npy, scene_classifier.npy, familiar.npy, ground_size.npy) no longer
    holds and is taken out; `chronosight calibrate` fits it again. A tower that gives the same features keeps its file.

    Args:
        folder: The trained language model, or a folder of a run with it in final/.
        weights: Weights folder.
        guide_form: Form of the clue that it was trained with.
        int8: Whether the decoder's weights are 8-bit integers.

    Returns:
        The largest difference from torch by graph.

    Raises:
        InputError: One of the folders is none, or the vocabulary is another one.
        ValueError: A graph differs from torch.
    """
    weights, folder = Path(weights), find_model(folder, "chronosight_unirs")
    config = read_bundle_config(weights)
    if (folder / "tokenizer.json").read_bytes() != (weights / "tokenizer.json").read_bytes():
        raise InputError(f"{folder} has another tokenizer.json than {weights}; train both with one tokenizer")
    model: UniRSForConditionalGeneration
    model = UniRSForConditionalGeneration.from_pretrained(folder, trust_remote_code=False)
    with added_files(weights) as part:
        differences = worst_by_graph(export_unirs(model, part, int8=int8))
        same_tower = _same_features(weights / "tower.onnx", part / "tower.onnx")
        if same_tower:
            shutil.copyfile(weights / "tower.onnx", part / "tower.onnx")
    if not same_tower:
        for name in FITTED_TO_TOWER:
            config.pop(name, None)
            (weights / f"{name}.npy").unlink(missing_ok=True)
    if config.get("captioner") and guide_form not in ("caption", "full"):
        (weights / "guide_caption.onnx").unlink(missing_ok=True)  # the captioner writes the sentence
    config["guide_form"], config["int8"] = guide_form, int8
    config["differences_from_torch"] = {
        **config.get("differences_from_torch", {}), **{name: float(f"{value:.2g}") for name, value in differences.items()}
    }  # fmt: skip
    config["model"] = {
        **config.get("model", {}),
        "tower": model.config.vision_config.model_type,
        "tower_parameters": sum(p.numel() for p in model.vision_tower.parameters()),
        "unirs_parameters": model.num_parameters(),
    }
    write_config(weights, config)
    return differences


def _same_features(old: Path, new: Path) -> bool:
    """Whether two towers give the same features of noise, but for rounding."""
    frames = np.random.default_rng(0).random((2, 3, 96, 96), dtype=np.float32)
    first, second = (onnxruntime.InferenceSession(str(path)).run(None, {"frames": frames})[0] for path in (old, new))
    if first.shape != second.shape:
        return False
    return bool(np.abs(first - second).max() <= SAME * np.ptp(first))
