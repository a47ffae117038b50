"""Weights rounded to float16, except those beyond its range: variances of batch norms can be, and would become infinite."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

LARGEST = torch.finfo(torch.float16).max


def as_float16(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights to store.

    Args:
        state: Weights by name.

    Returns:
        The same; float tensors as float16 where float16 holds all of their values.
    """
    return {name: _rounded(value).contiguous() for name, value in state.items()}


def round_to_float16(model: nn.Module) -> None:
    """Rounds the weights once, in place, so that storing them as float16 loses no more.

    Args:
        model: The model, float32.
    """
    with torch.no_grad():
        for value in model.state_dict().values():
            value.copy_(_rounded(value))


def _rounded(value: torch.Tensor) -> torch.Tensor:
    return value.half() if value.is_floating_point() and bool((value.abs() <= LARGEST).all()) else value
