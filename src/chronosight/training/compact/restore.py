"""The language model of a weights folder as torch weights again, so that training can go on from it.

decoder.onnx holds 8-bit products with one scale a column: what comes back differs from the weights it was made from by the
rounding, and the first steps of training mend that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import LlamaForCausalLM

from chronosight.errors import InputError


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
