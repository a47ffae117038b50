"""Weights as 8-bit integers: half the memory of bf16, for machines where that does not fit. Sums stay in floating point.

Weight-only, one scale an output channel, no calibration; slower than bf16 where both fit.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Int8Linear(nn.Module):
    """y = x W^T + b with W kept as int8 (outputs, inputs) times a scale per output."""

    weight: Tensor
    scale: Tensor
    bias: Tensor | None

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach().float()
        scale = weight.abs().amax(1).clamp(min=1e-8) / 127
        self.register_buffer("weight", (weight / scale[:, None]).round().to(torch.int8))
        self.register_buffer("scale", scale.to(linear.weight.dtype))
        self.register_buffer("bias", None if linear.bias is None else linear.bias.detach())

    def forward(self, x: Tensor) -> Tensor:
        """Multiplies with the weights, turned back from int8.

        Args:
            x: (..., inputs).

        Returns:
            (..., outputs).
        """
        y = F.linear(x, self.weight.to(x.dtype)) * self.scale.to(x.dtype)
        return y if self.bias is None else y + self.bias.to(x.dtype)


def quantise(model: nn.Module, keep: tuple[str, ...] = ("lm_head", "projector", "head")) -> int:
    """Replaces the linear layers of a model by int8 ones, in place.

    Args:
        model: The model.
        keep: Names of modules that are left as they are.

    Returns:
        The number of layers replaced.
    """
    count = 0
    for name, child in list(model.named_children()):
        if name in keep:
            continue
        if type(child) is nn.Linear:
            setattr(model, name, Int8Linear(child))
            count += 1
        else:
            count += quantise(child, keep)
    return count
