"""The language model and the vision tower of a weights folder as torch weights again, so that training can go on from them.

decoder.onnx holds 8-bit products with one scale a column: what comes back differs from the weights it was made from by the
rounding, and the first steps of training mend that. tower.onnx and change.onnx hold convolutions with the norms folded in; the
norms are measured again, on images.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import LlamaForCausalLM

from chronosight.errors import InputError
from chronosight.models.efficientnet import MEAN, STD, EfficientNetLite
from chronosight.models.unirs.change_extraction import ChangeExtraction
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration


def restore_decoder(model: LlamaForCausalLM, weights: str | Path) -> None:
    """Loads decoder.onnx and embedding.npy of a weights folder into a model of the same shape.

    Args:
        model: The model; changed in place.
        weights: A weights folder of the compact engine.

    Raises:
        InputError: The folder lacks the graph or its weights have another shape.
    """
    folder = Path(weights)
    try:
        stored = read_products(folder / "decoder.onnx")
        embedding = torch.from_numpy(np.load(folder / "embedding.npy").astype(np.float32))
        state: dict[str, Tensor] = {"model.embed_tokens.weight": embedding, "model.norm.weight": stored["last_norm"]}
        for index in range(len(model.model.layers)):
            state |= _layer(stored, index, model)
        model.load_state_dict(state, strict=False)
    except (OSError, KeyError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{folder} holds no language model of this shape ({reason}); give a weights folder") from None


def restore_encoder(encoder: EfficientNetLite, weights: str | Path, images: Tensor) -> None:
    """Loads the encoder of a weights folder's vision tower, where that is an EfficientNet-Lite0.

    The encoder gives the features of the graph, up to the rounding of its weights. Its norms get the means and variances that
    `images` show, so that training, which norms by those of each batch, starts from the same features.

    Args:
        encoder: The encoder; changed in place.
        weights: A weights folder of the compact engine.
        images: (N, 3, H, W) in [0, 1] to measure the norms on, H and W multiples of 32.

    Raises:
        InputError: The folder lacks the graph or its tower has another shape.
    """
    _restore(encoder, Path(weights) / "tower.onnx", "encoder.", lambda: encoder((images - MEAN[0]) / STD[0]))


def restore_model(model: UniRSForConditionalGeneration, weights: str | Path, images: Tensor) -> None:
    """Loads the vision tower, change extraction, projector and decoder of a weights folder.

    Args:
        model: A model of that shape, whose tower is an `EfficientTower`; changed in place.
        weights: A weights folder of the compact engine.
        images: (N, 3, H, W) in [0, 1] to measure the norms on, N even, H and W multiples of 32.

    Raises:
        InputError: The folder lacks a graph or it has another shape.
    """
    folder = Path(weights)
    _restore(model.vision_tower, folder / "tower.onnx", "", lambda: model.vision_tower(images))
    with torch.no_grad():
        before, after = model.vision_tower.eval()(images).chunk(2)
    change, graph = model.change, folder / "change.onnx"
    if not isinstance(change, ChangeExtraction):
        raise InputError(f"{folder} fuses a pair by change extraction; leave model.fusion out of the recipe")
    _restore(change, graph, "change.", lambda: change(before, after))
    try:
        stored = _weights(graph)
        # The graph holds rows of each embedding twice, as the lower and the upper neighbour of every cell of its own grid.
        column, _, row, _ = (array for name, array in stored.items() if array.ndim == 3 and not name.endswith("weight"))
        change.column.weight.data.copy_(column[:, 0])
        change.row.weight.data.copy_(row[:, 0])
        projector = _weights(folder / "projector.onnx")
        first, second = _factors(folder / "projector.onnx")
        state = {"first.weight": projector[first].T, "second.weight": projector[second].T}
        names = ("norm.weight", "norm.bias", "first.bias", "second.bias")
        model.projector.load_state_dict(state | {name: projector[name] for name in names})
    except (OSError, KeyError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{folder} holds no language model of this shape ({reason}); give a weights folder") from None
    restore_decoder(model.language_model, folder)


@torch.no_grad()
def _restore(network: nn.Module, graph: Path, prefix: str, run: Callable[[], Tensor]) -> None:
    """Loads the convolutions of a graph, their norms folded in, and measures the norms again while the network runs."""
    norms = _norms(network)
    try:
        stored = _weights(graph)
        for name, layer in network.named_modules():
            if not isinstance(layer, nn.Conv2d):
                continue
            layer.weight.copy_(stored[f"{prefix}{name}.weight"])
            norm = norms.get(name)
            if norm is None:
                bias = layer.bias
            else:
                norm.reset_parameters()
                norm.weight.fill_((1 + norm.eps) ** 0.5)  # with variance 1: as it comes
                bias = norm.bias
                if layer.bias is not None:
                    layer.bias.zero_()
            if bias is not None:
                bias.copy_(stored[f"{prefix}{name}.bias"])
    except (OSError, KeyError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{graph} holds no network of this shape ({reason}); give weights with an EfficientNet tower") from None
    _measure(network, norms, run)


def _norms(network: nn.Module) -> dict[str, nn.BatchNorm2d]:
    """The norms by the name of the convolution before each."""
    layers = list(network.named_modules())
    found = {}
    for (name, layer), (_, following) in pairwise(layers):
        if isinstance(layer, nn.Conv2d) and isinstance(following, nn.BatchNorm2d):
            found[name] = following
    return found


def _measure(network: nn.Module, norms: dict[str, nn.BatchNorm2d], run: Callable[[], Tensor]) -> None:
    """Writes the means and variances of each norm's inputs into it and makes up for them in its weight and bias."""
    seen: dict[nn.Module, tuple[Tensor, Tensor]] = {}

    def note(norm: nn.Module, given: tuple[Tensor, ...]) -> None:
        seen[norm] = given[0].mean((0, 2, 3)), given[0].var((0, 2, 3), correction=0)

    hooks = [norm.register_forward_pre_hook(note) for norm in norms.values()]
    training = network.training
    network.eval()
    run()
    network.train(training)
    for hook in hooks:
        hook.remove()
    for norm in norms.values():
        mean, variance = seen[norm]
        assert norm.running_mean is not None and norm.running_var is not None
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.add_(mean)


def _weights(graph: Path) -> dict[str, Tensor]:
    """Numbers of a graph in float32, those of convolutions by the names of the layers they were exported from."""
    import onnx

    arrays = {item.name: onnx.numpy_helper.to_array(item) for item in onnx.load(str(graph)).graph.initializer}
    found = {}
    for name, array in arrays.items():
        plain = name.removesuffix("_float16").replace(".weight_bias", ".bias")
        found[plain] = torch.from_numpy(array.astype(np.float32))
    return found


def _factors(graph: Path) -> list[str]:
    """Names of the matrices that a graph multiplies by, in its order."""
    import onnx

    return [node.input[1] for node in onnx.load(str(graph)).graph.node if node.op_type in ("MatMul", "Gemm")]


def read_products(graph: str | Path) -> dict[str, Tensor]:
    """The weights of a decoder graph, by the names that `decoder_graph.DecoderGraph` gives them.

    Args:
        graph: decoder.onnx, quantised or not.

    Returns:
        Weights in float32, products (inputs, outputs).
    """
    import onnx

    arrays: dict[str, Any] = {item.name: onnx.numpy_helper.to_array(item) for item in onnx.load(str(graph)).graph.initializer}
    found = {}
    for name, array in arrays.items():
        if name.endswith("_quantized"):
            plain = name.removesuffix("_quantized")
            zero = arrays[f"{plain}_zero_point"].astype(np.float32)
            found[plain] = (array.astype(np.float32) - zero) * arrays[f"{plain}_scale"]
        elif array.dtype == np.float32:
            found[name] = array
    return {name: torch.from_numpy(np.array(array)) for name, array in found.items()}


def _layer(stored: dict[str, Tensor], index: int, model: LlamaForCausalLM) -> dict[str, Tensor]:
    config = model.config
    size = model.model.layers[0].self_attn.head_dim
    heads = [config.num_attention_heads * size, config.num_key_value_heads * size, config.num_key_value_heads * size]
    query, key, value = stored[f"qkv_{index}"].T.split(heads)
    gate, up = stored[f"gate_up_{index}"].T.chunk(2)
    named = {
        "input_layernorm": stored[f"norm_{index}"], "post_attention_layernorm": stored[f"mlp_norm_{index}"],
        "self_attn.q_proj": query, "self_attn.k_proj": key, "self_attn.v_proj": value,
        "self_attn.o_proj": stored[f"out_{index}"].T, "mlp.gate_proj": gate, "mlp.up_proj": up,
        "mlp.down_proj": stored[f"down_{index}"].T,
    }  # fmt: skip
    return {f"model.layers.{index}.{name}.weight": weight.contiguous() for name, weight in named.items()}
