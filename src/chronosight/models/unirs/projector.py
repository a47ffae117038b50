"""The projector of UniRS and VILA: 2x2 patches become one token of the language model (arXiv 2412.20742, section 3)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


def merge_patches(features: Tensor) -> Tensor:
    """2x2 space to depth; odd grids are padded with zeros (UniRS, arXiv 2412.20742, projector).

    Within a token the patches stand row by row. Tokens stand column by column, as in VILA-1.5's weights: there
    the last view of (n, rows, columns, c) follows a transposition of rows and columns that is not undone.

    Args:
        features: (B, D, h, w).

    Returns:
        (B, ceil(h/2) * ceil(w/2), 4D).
    """
    x = F.pad(features, (0, features.shape[-1] % 2, 0, features.shape[-2] % 2))
    x = x.permute(0, 2, 3, 1)  # (B, h, w, D)
    batch, height, width, depth = x.shape
    x = x.reshape(batch, height, width // 2, 2 * depth)
    x = x.permute(0, 2, 1, 3)  # (B, w/2, h, 2D)
    return x.reshape(batch, (width // 2) * (height // 2), 4 * depth)


class Projector(nn.Module):
    """Features (B, D, h, w) -> tokens (B, K, d): merge, LayerNorm, Linear, GELU, Linear."""

    def __init__(self, channels: int, hidden_size: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * channels)
        self.first = nn.Linear(4 * channels, hidden_size)
        self.second = nn.Linear(hidden_size, hidden_size)

    def forward(self, features: Tensor) -> Tensor:
        """Projects features to visual tokens (UniRS, arXiv 2412.20742).

        Args:
            features: (B, D, h, w).

        Returns:
            (B, K, d).
        """
        merged: Tensor = self.norm(merge_patches(features))
        return self.second(F.gelu(self.first(merged)))


def token_count(rows: int, columns: int) -> int:
    """Number of tokens K of a feature map.

    Args:
        rows: Rows of the feature map.
        columns: Columns of the feature map.

    Returns:
        K.
    """
    return ((rows + 1) // 2) * ((columns + 1) // 2)
