"""The compact form as the ONNX graphs that the `compact` engine runs, each compared with torch as it is written.

tower.onnx      frames (T, 3, H, W) in [0, 1] -> features (T, D, H/16, W/16); H, W multiples of 32
change.onnx     before, after features (1, D, h, w) -> visual (1, K, d); change extraction and projector
projector.onnx  features (T, D, h, w) -> visual (T, K, d)
decoder.onnx    inputs_embeds (N, S, d), attention_mask (N, P + S), position_ids (N, S), past_key_i, past_value_i
                (N, H, P, dh) -> logits (N, S, V), present_key_i, present_value_i (N, H, P + S, dh); P may be 0
embedding.npy   (V, d) float16
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.export import Dim

from chronosight.models.unirs.conv_tower import ConvTower
from chronosight.models.unirs.efficient_tower import EfficientTower
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration, positions_from
from chronosight.training.export.decoder_graph import DecoderGraph
from chronosight.training.export.graph import export_graph
from chronosight.training.export.onnx_storage import quantize_decoder, store_as_float16
from chronosight.training.export.parity import difference_from_torch
from chronosight.training.weights_folder import write_array

TOLERANCE = 1e-3  # of the largest output


class ChangeGraph(nn.Module):
    """Two feature maps -> visual tokens."""

    def __init__(self, model: UniRSForConditionalGeneration) -> None:
        super().__init__()
        self.change, self.projector = model.change, model.projector

    def forward(self, before: Tensor, after: Tensor) -> Tensor:
        """Fuses both dates and projects them.

        Args:
            before: (1, D, h, w) features of the earlier date.
            after: (1, D, h, w) features of the later date.

        Returns:
            (1, n, d) visual tokens.
        """
        assert self.change is not None
        tokens: Tensor = self.projector(self.change(before, after))
        return tokens


def export_unirs(
    model: UniRSForConditionalGeneration, folder: str | Path, float16: bool = True, int8: bool = False
) -> dict[str, float]:
    """Writes the graphs and the token embeddings of a compact language model.

    Args:
        model: The model; it is turned to float32.
        folder: Folder to write into.
        float16: Whether weights are stored as 16-bit floats (half the size, the same speed).
        int8: Whether decoder.onnx is quantised (a quarter of the size, faster). Its difference is then that of the quantised
            graph and has no limit: whether the answers hold is measured by the benchmarks.

    Returns:
        The largest difference from torch by graph, as a share of its range.

    Raises:
        ValueError: A graph differs from torch by more than its tolerance, or the model is not a compact one.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    model.train(False)
    model = model.float()  # type: ignore[no-untyped-call]
    if not isinstance(model.vision_tower, ConvTower | EfficientTower) or model.change is None:
        raise ValueError("only a model with the convolutional tower and a fused pair can be exported")
    differences = {
        "tower": _export_tower(model, folder / "tower.onnx"),
        "change": _export_change(model, folder / "change.onnx"),
        "projector": _export_projector(model, folder / "projector.onnx"),
        "decoder": export_decoder(model, folder / "decoder.onnx"),
    }
    write_array(folder, "embedding", model.language_model.get_input_embeddings().weight.detach().numpy().astype(np.float16))
    for name, difference in differences.items():
        if difference > TOLERANCE:
            raise ValueError(f"{name}.onnx differs from torch by {difference:.2g} of its range, expected {TOLERANCE}")
    if int8:
        quantize_decoder(folder / "decoder.onnx", folder / "decoder.onnx")
        differences["decoder"] = compare_decoder(model, folder / "decoder.onnx")
    if float16:
        for name in ["tower", "change", "projector"] + ["decoder"] * (not int8):
            store_as_float16(folder / f"{name}.onnx")
    return differences


def _export_tower(model: UniRSForConditionalGeneration, path: Path) -> float:
    rows, columns = 32 * Dim("rows", min=1, max=256), 32 * Dim("columns", min=1, max=256)
    shapes = [{0: Dim.DYNAMIC, 2: rows, 3: columns}]
    export_graph(model.vision_tower, (torch.rand(2, 3, 96, 128),), path, ["frames"], ["features"], shapes, float16=False)
    return max(
        _compare(model.vision_tower, path, {"frames": torch.rand(n, 3, height, width)})
        for n, height, width in ((1, 192, 192), (2, 256, 256), (8, 128, 96))
    )


def _export_change(model: UniRSForConditionalGeneration, path: Path) -> float:
    graph, channels = ChangeGraph(model), model.config.vision_config.hidden_size
    rows, columns = 2 * Dim("rows", min=1, max=256), 2 * Dim("columns", min=1, max=256)
    grid = {0: Dim.DYNAMIC, 2: rows, 3: columns}
    pair = tuple(torch.rand(2, 2, channels, 6, 10))
    export_graph(graph, pair, path, ["before", "after"], ["visual"], [grid, grid], float16=False)
    return max(
        _compare(graph, path, {"before": torch.rand(1, channels, h, w), "after": torch.rand(1, channels, h, w)})
        for h, w in ((16, 16), (8, 12))
    )


def _export_projector(model: UniRSForConditionalGeneration, path: Path) -> float:
    channels = model.config.vision_config.hidden_size
    rows, columns = 2 * Dim("rows", min=1, max=256), 2 * Dim("columns", min=1, max=256)
    shapes = [{0: Dim.DYNAMIC, 2: rows, 3: columns}]
    export_graph(model.projector, (torch.rand(2, channels, 6, 10),), path, ["features"], ["visual"], shapes, float16=False)
    return max(
        _compare(model.projector, path, {"features": torch.rand(n, channels, h, w)}) for n, h, w in ((1, 12, 12), (8, 8, 6))
    )


def export_decoder(model: UniRSForConditionalGeneration, path: Path) -> float:
    """Writes the decoder graph.

    Args:
        model: The model.
        path: The ONNX file to write.

    Returns:
        Its difference from torch, as a share of the range.
    """
    graph = DecoderGraph(model.language_model)
    caches = [f"{part}_{i}" for i in range(graph.layers) for part in ("key", "value")]
    inputs = ["inputs_embeds", "attention_mask", "position_ids", *(f"past_{name}" for name in caches)]
    outputs = ["logits", *(f"present_{name}" for name in caches)]
    n, s, past = Dim("n", min=1, max=4096), Dim("s", min=1, max=8192), Dim("p", min=0, max=8192)
    shapes = [{0: n, 1: s}, {0: n, 1: Dim.DYNAMIC}, {0: n, 1: s}, [{0: n, 2: past}] * len(caches)]
    example = _decoder_inputs(graph, model.config.text_config.hidden_size, 2, 3, 5)
    export_graph(graph, example, path, inputs, outputs, shapes, float16=False)
    return compare_decoder(model, path)


def compare_decoder(model: UniRSForConditionalGeneration, path: Path) -> float:
    """Compares the decoder graph with the language model itself: a prompt at once, then in steps with a cache.

    Args:
        model: The model in float32.
        path: The ONNX file of the decoder.

    Returns:
        The largest difference of the logits, as a share of their range.
    """
    session = _session(path)
    ids = torch.randint(5, model.config.text_config.vocab_size, (2, 12))
    mask = torch.ones_like(ids)
    mask[0, :3] = 0  # the first prompt is shorter
    positions = positions_from(mask)
    embeds = model.get_input_embeddings()(ids).detach()
    with torch.no_grad():
        wanted = model.language_model(inputs_embeds=embeds, attention_mask=mask, position_ids=positions).logits
    found, past = [], None
    for start, end in ((0, 7), (7, 8), (8, 12)):
        logits, past = decode_step(session, embeds[:, start:end], mask[:, :end], positions[:, start:end], past)
        found.append(logits)
    worst = 0.0
    for candidate in (np.concatenate(found, 1), decode_step(session, embeds, mask, positions, None)[0]):
        worst = max(worst, difference_from_torch(wanted[mask.bool()].numpy(), candidate[mask.bool().numpy()]))
    return worst


def decode_step(
    session: Any, embeds: Tensor, mask: Tensor, positions: Tensor, past: list[np.ndarray] | None
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Runs the decoder graph once.

    Args:
        session: onnxruntime session of the graph.
        embeds: (N, S, d) embeddings of the new tokens.
        mask: (N, P + S) 1 for tokens, 0 for padding; the cache's P tokens come first.
        positions: (N, S) positions of the new tokens.
        past: Keys and values of the P tokens, in the graph's order; None for an empty cache.

    Returns:
        (N, S, V) logits, and the new cache.
    """
    names = [item for item in session.get_inputs() if item.name.startswith("past_")]
    if past is None:
        past = [np.zeros((len(embeds), item.shape[1], 0, item.shape[3]), np.float32) for item in names]
    feed = {"inputs_embeds": embeds.numpy(), "attention_mask": mask.numpy(), "position_ids": positions.numpy()}
    logits, *present = session.run(None, feed | {item.name: part for item, part in zip(names, past, strict=True)})
    return logits, present


def _decoder_inputs(graph: DecoderGraph, width: int, n: int, s: int, past: int) -> tuple[Any, ...]:
    cache = [torch.rand(n, graph.kv_heads, past, graph.head_size) for _ in range(2 * graph.layers)]
    positions = torch.arange(past, past + s).repeat(n, 1)
    return torch.rand(n, s, width), torch.ones(n, past + s, dtype=torch.long), positions, cache


def _compare(module: nn.Module, path: Path, inputs: dict[str, Tensor]) -> float:
    with torch.no_grad():
        wanted = module(*inputs.values()).numpy()
    return difference_from_torch(wanted, _session(path).run(None, {name: value.numpy() for name, value in inputs.items()})[0])


def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
