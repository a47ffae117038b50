"""Networks of which a part can be kept as it is while the rest learns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from torch import nn


class PartlyFrozen(nn.Module):
    """A network that remembers its frozen parts; the statistics of their norms stay too."""

    def __init__(self) -> None:
        super().__init__()
        self.frozen: list[nn.Module] = []

    def freeze(self, parts: Iterable[nn.Module]) -> None:
        """Keeps parts as they are, in training too.

        Args:
            parts: Of this network; they replace those named before.
        """
        self.frozen = list(parts)
        for part in self.frozen:
            part.requires_grad_(False)
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """As of every module; what is frozen stays in evaluation mode."""
        super().train(mode)
        for part in self.frozen:
            part.eval()
        return self
