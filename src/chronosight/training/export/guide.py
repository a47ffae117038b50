"""The guide as ONNX graphs for the compact engine: `guide.onnx` and `guide_caption.onnx`, checked against torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from chronosight.models.guide.modeling import GuideModel
from chronosight.training.export.graph import export_graph
from chronosight.training.export.half import round_to_float16
from chronosight.training.export.parity import difference_from_torch

MAPS = ["class_logits", "appeared_logit", "core_logit", "change_logit"]
OUTPUTS = [*MAPS, "memory"]
SIZES = ((64, 96), (256, 256))  # rows and columns at which graphs are checked


class _Guide(nn.Module):
    def __init__(self, model: GuideModel, outputs: list[str]) -> None:
        super().__init__()
        self.model, self.outputs = model, outputs

    def forward(self, before: torch.Tensor, after: torch.Tensor) -> tuple[torch.Tensor, ...]:
        output = self.model(before, after)
        return tuple(output[name] for name in self.outputs)


class _NextToken(nn.Module):
    def __init__(self, model: GuideModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, memory: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        return self.model.caption_logits(memory, tokens)[:, -1]


def export_guide(model: GuideModel, folder: str | Path) -> dict[str, float]:
    """Writes both graphs of the guide into a folder, weights stored as float16.

    guide.onnx: before, after (N, 3, H, W) in [0, 1] -> class_logits (N, C, H, W), appeared_logit and core_logit
    (N, 1, H, W), change_logit (N,), memory (N, 64, D). guide_caption.onnx: memory, tokens (N, L) -> logits (N, V) of
    the next token.

    Args:
        model: The guide; its weights are rounded to float16.
        folder: Folder to write into.

    Returns:
        The largest difference from torch by graph, on random input of two sizes.

    Raises:
        ValueError: A graph differs from torch by more than 5e-3 of its largest output (of 1 where all are below).
    """
    import onnxruntime

    folder = Path(folder)
    differences = export_pairs(model, folder / "guide.onnx", OUTPUTS)
    words = model.config.vocab_size
    memory, tokens = torch.randn(2, 64, model.config.summary_width), torch.randint(3, words, (2, 5))
    rows = {0: torch.export.Dim.DYNAMIC}
    export_graph(_NextToken(model), (memory, tokens), folder / "guide_caption.onnx", ["memory", "tokens"], ["logits"],
            [rows, {**rows, 1: torch.export.Dim.DYNAMIC}])  # fmt: skip
    session = onnxruntime.InferenceSession(folder / "guide_caption.onnx", providers=["CPUExecutionProvider"])
    for length in (1, 9):
        tokens = torch.randint(3, words, (1, length))
        with torch.no_grad():
            wanted = _NextToken(model)(memory[:1], tokens)
        got = session.run(None, {"memory": memory[:1].numpy(), "tokens": tokens.numpy()})[0]
        differences[f"guide_caption {length}"] = difference_from_torch(wanted.numpy(), got, least_range=1.0)
    check_parity(differences)
    return differences


def export_pairs(model: GuideModel, path: Path, outputs: list[str]) -> dict[str, float]:
    """Writes the graph that compares two dates, weights stored as float16.

    Args:
        model: The guide; its weights are rounded to float16.
        path: File to write.
        outputs: Fields of `GuideOutput` that the graph gives.

    Returns:
        The largest difference from torch by size of the input.

    Raises:
        ValueError: It differs from torch by more than 5e-3 of its largest output (of 1 where all are below).
    """
    import onnxruntime

    model.train(False)
    round_to_float16(model)
    frames = [torch.rand(2, 3, 96, 128), torch.rand(2, 3, 96, 128)]
    # Named as multiples of 32, so that the exporter can prove the scales to fit on each other.
    height, width = 32 * torch.export.Dim("rows", min=1, max=512), 32 * torch.export.Dim("columns", min=1, max=512)
    size = {0: torch.export.Dim.DYNAMIC, 2: height, 3: width}
    enlarging = [dict.fromkeys(("before", "after"), np.zeros((1, 3, *side), np.float32)) for side in SIZES]
    export_graph(_Guide(model, outputs), tuple(frames), path, ["before", "after"], outputs, [size, size], enlarging)
    differences = {}
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for rows_px, columns_px in SIZES:
        pair = [torch.rand(1, 3, rows_px, columns_px) for _ in range(2)]
        with torch.no_grad():
            expected = _Guide(model, outputs)(*pair)
        got = session.run(outputs, {"before": pair[0].numpy(), "after": pair[1].numpy()})
        worst_of = max(difference_from_torch(e.numpy(), g, least_range=1.0) for e, g in zip(expected, got, strict=True))
        differences[f"{path.stem} {rows_px}x{columns_px}"] = worst_of
    check_parity(differences)
    return differences


def check_parity(differences: dict[str, float]) -> None:
    """Checks that a graph gives what torch gives.

    Args:
        differences: Largest difference by name, as a share of the range of the output.

    Raises:
        ValueError: One is above 5e-3.
    """
    worst = max(differences, key=lambda name: differences[name])
    if differences[worst] > 5e-3:
        raise ValueError(f"{worst} differs from torch by {differences[worst]:.2g} of its range, expected at most 5e-3")
