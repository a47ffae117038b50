"""Puts another language model, with its vision tower, into a weights folder: the guide and what else is there stay."""

from __future__ import annotations

from pathlib import Path

from chronosight.engines.compact.bundle_config import read_bundle_config
from chronosight.errors import InputError
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.tasks.clue import GuideForm
from chronosight.training.export.bundle import find_model, worst_by_graph
from chronosight.training.export.unirs import export_unirs
from chronosight.training.weights_folder import added_files, write_config


def replace_language_model(
    folder: str | Path, weights: str | Path, guide_form: GuideForm, int8: bool = True
) -> dict[str, float]:
    """Exports a language model into a weights folder that has one already.

    What was fitted to the old tower's features (presence.npy, familiar.npy, ground_size.npy) no longer holds and is taken out;
    `chronosight calibrate` fits it again.

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
    for name in ("presence", "familiar", "ground_size"):
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
