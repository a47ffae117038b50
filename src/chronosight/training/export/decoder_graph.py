"""A Llama language model written out with its cache as plain tensors: the form in which it becomes one ONNX graph."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import LlamaForCausalLM

MASKED = -1e9  # added to masked scores; finite, so a row of padding gives no NaN


class DecoderGraph(nn.Module):
    """The same numbers as `LlamaForCausalLM`, to float rounding.

    Weights are copied, transposed (as ONNX multiplies) and joined (queries, keys, values; gate, up), so a step has few
    products and all of them can be quantised.
    """

    inverse_frequencies: Tensor
    head: Tensor

    def __init__(self, model: LlamaForCausalLM) -> None:
        """Raises ValueError for what this form leaves out: biases, other activations, other position encodings."""
        super().__init__()
        config = model.config
        if (
            not isinstance(model, LlamaForCausalLM)
            or config.attention_bias
            or config.mlp_bias
            or config.hidden_act != "silu"
            or model.model.rotary_emb.rope_type != "default"
        ):
            raise ValueError(f"{type(model).__name__}: expected a Llama without biases, with silu and default rope")
        self.heads, self.kv_heads = config.num_attention_heads, config.num_key_value_heads or config.num_attention_heads
        self.head_size: int = model.model.layers[0].self_attn.head_dim
        self.epsilon = config.rms_norm_eps
        self.layers = len(model.model.layers)
        self.register_buffer("inverse_frequencies", model.model.rotary_emb.inv_freq.detach().float().clone())
        for i, layer in enumerate(model.model.layers):
            attention, mlp = layer.self_attn, layer.mlp
            self._keep(f"norm_{i}", layer.input_layernorm.weight)
            self._keep(f"qkv_{i}", attention.q_proj.weight, attention.k_proj.weight, attention.v_proj.weight)
            self._keep(f"out_{i}", attention.o_proj.weight)
            self._keep(f"mlp_norm_{i}", layer.post_attention_layernorm.weight)
            self._keep(f"gate_up_{i}", mlp.gate_proj.weight, mlp.up_proj.weight)
            self._keep(f"down_{i}", mlp.down_proj.weight)
        self._keep("last_norm", model.model.norm.weight)
        self._keep("head", model.lm_head.weight)

    def _keep(self, name: str, *weights: Tensor) -> None:
        joined = torch.cat([weight.detach().float() for weight in weights])
        transposed = joined.T.contiguous() if joined.dim() == 2 else joined
        self.register_parameter(name, nn.Parameter(transposed, requires_grad=False))

    def forward(self, embeds: Tensor, attention_mask: Tensor, position_ids: Tensor, past: list[Tensor]) -> tuple[Tensor, ...]:
        """Runs the decoder.

        Args:
            embeds: (N, S, d).
            attention_mask: (N, P + S).
            position_ids: (N, S).
            past: Key and value of every layer, (N, H, P, dh) each.

        Returns:
            Logits (N, S, V), then the keys and values with the new ones behind, (N, H, P + S, dh).
        """
        n, s = embeds.shape[0], embeds.shape[1]
        angles = position_ids[..., None].float() * self.inverse_frequencies
        angles = torch.cat([angles, angles], dim=-1)[:, None]  # (N, 1, S, dh)
        cos, sin = angles.cos(), angles.sin()
        total = attention_mask.shape[1]
        seen = torch.arange(total)[None, :] <= torch.arange(total - s, total)[:, None]  # (S, P + S)
        allowed = seen[None] & (attention_mask[:, None, :] > 0)
        bias = torch.where(allowed, 0.0, MASKED)[:, None]  # (N, 1, S, P + S)

        x, present = embeds, []
        for i in range(self.layers):
            qkv = self._norm(x, f"norm_{i}") @ getattr(self, f"qkv_{i}")
            q, k, v = qkv.reshape(n, s, -1, self.head_size).transpose(1, 2).split(
                [self.heads, self.kv_heads, self.kv_heads], dim=1
            )  # fmt: skip
            k = torch.cat([past[2 * i], _rotate(k, cos, sin)], dim=2)
            v = torch.cat([past[2 * i + 1], v], dim=2)
            present += [k, v]
            scores = _rotate(q, cos, sin) @ self._spread(k).transpose(2, 3) * self.head_size**-0.5 + bias
            mixed = scores.softmax(-1) @ self._spread(v)
            x = x + mixed.transpose(1, 2).reshape(n, s, -1) @ getattr(self, f"out_{i}")
            gate, up = (self._norm(x, f"mlp_norm_{i}") @ getattr(self, f"gate_up_{i}")).chunk(2, dim=-1)
            x = x + (F.silu(gate) * up) @ getattr(self, f"down_{i}")
        return (self._norm(x, "last_norm") @ self.head, *present)

    def _norm(self, x: Tensor, name: str) -> Tensor:
        # A division by the root, not rsqrt: this is the form that onnxruntime fuses into one operation.
        weight: Tensor = getattr(self, name)
        return x / torch.sqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon) * weight

    def _spread(self, x: Tensor) -> Tensor:
        """Keys or values (N, H_kv, L, dh) for all H query heads."""
        return x if self.heads == self.kv_heads else x.repeat_interleave(self.heads // self.kv_heads, dim=1)


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-second, first], dim=-1) * sin
