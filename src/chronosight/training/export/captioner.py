"""Adds the captioner of changes to a weights folder: `captioner.onnx`, `captioner_words.onnx`, and its words in config.json."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from chronosight.engines.compact.bundle_config import read_bundle_config
from chronosight.errors import InputError
from chronosight.models.guide.captioner import CaptionerModel
from chronosight.tasks.change_captions import GRID
from chronosight.training.export.bundle import find_model
from chronosight.training.export.graph import export_graph
from chronosight.training.export.guide import check_parity
from chronosight.training.export.half import round_to_float16
from chronosight.training.export.parity import difference_from_torch
from chronosight.training.weights_folder import added_files, write_config

GRAPHS = ("captioner.onnx", "captioner_words.onnx")
INPUTS = ["earlier", "later", "changes"]


def add_captioner(folder: str | Path, weights: str | Path) -> dict[str, float]:
    """Exports a captioner into a weights folder that has the guide it was trained on.

    captioner.onnx: earlier, later (N, K, 64), changes (N, C, 64) -> memory (N, 64, D). captioner_words.onnx: memory, tokens
    (N, L) -> logits (N, V) of the next word.

    Args:
        folder: The trained captioner, as `save_pretrained` leaves it, or a folder with it in final/.
        weights: Weights folder; its other files stay.

    Returns:
        The largest difference from torch by graph.

    Raises:
        InputError: One of the folders is none, or the weights have no guide of fine imagery.
        ValueError: A graph differs from torch.
    """
    weights = Path(weights)
    config = read_bundle_config(weights)
    if not config.get("fine_guide"):
        raise InputError(f"{weights} has no guide of fine imagery, expected one for the captioner; export it first")
    model: CaptionerModel = CaptionerModel.from_pretrained(find_model(folder, "chronosight_captioner"), trust_remote_code=False)
    with added_files(weights) as part:
        differences = _export(model, [part / name for name in GRAPHS])
    config["captioner"] = {"words": list(model.config.words)}
    write_config(weights, config)
    return differences


def _export(model: CaptionerModel, paths: list[Path]) -> dict[str, float]:
    import onnxruntime

    model.train(False)
    round_to_float16(model)
    rows, words = {0: torch.export.Dim.DYNAMIC}, len(model.config.words)
    maps = [torch.randn(2, count, GRID * GRID) for count in (model.config.features, model.config.features, model.config.changes)]
    export_graph(_Remember(model), tuple(maps), paths[0], INPUTS, ["memory"], [rows, rows, rows])
    with torch.no_grad():
        memory = model.remember(*maps)
    tokens = torch.randint(4, words, (2, 5))
    both = {**rows, 1: torch.export.Dim.DYNAMIC}
    export_graph(_Next(model), (memory, tokens), paths[1], ["memory", "tokens"], ["logits"], [rows, both])
    first, second = (onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]) for path in paths)
    got = first.run(["memory"], {name: one[:1].numpy() for name, one in zip(INPUTS, maps, strict=True)})[0]
    differences = {"captioner": difference_from_torch(memory[:1].numpy(), got, least_range=1.0)}
    for length in (1, 9):
        tokens = torch.randint(4, words, (1, length))
        with torch.no_grad():
            wanted = model(memory[:1], tokens)[:, -1]
        scores = second.run(["logits"], {"memory": memory[:1].numpy(), "tokens": np.asarray(tokens)})[0]
        differences[f"captioner_words {length}"] = difference_from_torch(wanted.numpy(), scores, least_range=1.0)
    check_parity(differences)
    return differences


class _Remember(nn.Module):
    def __init__(self, model: CaptionerModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, earlier: torch.Tensor, later: torch.Tensor, changes: torch.Tensor) -> torch.Tensor:
        return self.model.remember(earlier, later, changes)


class _Next(nn.Module):
    def __init__(self, model: CaptionerModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, memory: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.model(memory, tokens)[:, -1]
        return scores
