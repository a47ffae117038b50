"""Global summary branch: what changed, as one sentence (arXiv 2509.23105).

Cross-attention layers whose keys and values see conv(f1 * (f2 - f1)), with depth-wise 3x3, 1x5 and 5x1 convolutions
around them, then a one-layer Transformer caption decoder. The paper does not say how the two dates enter as queries:
here they are f2 - f1, projected.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from chronosight.models.guide.configuration import GuideConfig

MEMORY_GRID = 8  # the decoder attends to 8 x 8 = 64 places


class Strips(nn.Module):
    """Depth-wise 3x3, 1x5 and 5x1 convolutions: near context, and context along rows and columns (roads are long)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.near = nn.Conv2d(width, width, 3, padding=1, groups=width)
        self.row = nn.Conv2d(width, width, (1, 5), padding=(0, 2), groups=width)
        self.column = nn.Conv2d(width, width, (5, 1), padding=(2, 0), groups=width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Adds depth-wise 3x3, 1x5 and 5x1 convolutions (arXiv 2509.23105, global summary branch).

        Args:
            x: (N, C, h, w).

        Returns:
            (N, C, h, w).
        """
        return x + self.near(x) + self.row(x) + self.column(x)


class Attention(nn.Module):
    """Multi-head attention."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x: torch.Tensor, seen: torch.Tensor, causal: bool = False) -> torch.Tensor:
        """Multi-head attention.

        Args:
            x: (N, L, D) queries.
            seen: (N, M, D) what they attend to.
            causal: Whether no query sees a later position.

        Returns:
            (N, L, D).
        """

        def split(t: torch.Tensor) -> torch.Tensor:  # (N, L, D) -> (N, heads, L, D / heads)
            return t.unflatten(-1, (self.heads, -1)).transpose(1, 2)

        q, k, v = split(self.query(x)), split(self.key(seen)), split(self.value(seen))
        return self.out(F.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(1, 2).flatten(2))


class SummaryLayer(nn.Module):
    """Strips, cross-attention and an MLP."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.strips = Strips(width)
        self.norm_x, self.norm_seen, self.norm_mlp = (nn.LayerNorm(width) for _ in range(3))
        self.attention = Attention(width, heads)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """One layer of the summary branch: convolutions, cross-attention and a feed-forward network.

        Args:
            x: (N, D, g, g) maps.
            seen: (N, g * g, D) what they attend to.

        Returns:
            (N, D, g, g).
        """
        x = self.strips(x)
        tokens = x.flatten(2).transpose(1, 2)  # (N, g*g, D)
        tokens = tokens + self.attention(self.norm_x(tokens), self.norm_seen(seen))
        tokens = tokens + self.mlp(self.norm_mlp(tokens))
        return tokens.transpose(1, 2).unflatten(2, x.shape[-2:])


class SummaryEncoder(nn.Module):
    """Both dates -> a memory of 8 x 8 places for the caption decoder."""

    def __init__(self, channels: int, config: GuideConfig) -> None:
        super().__init__()
        width = config.summary_width
        self.query = nn.Conv2d(channels, width, 1)
        self.seen = nn.Conv2d(channels, width, 3, padding=1)
        self.place = nn.Parameter(torch.zeros(1, width, MEMORY_GRID, MEMORY_GRID))
        nn.init.normal_(self.place, std=0.02)
        self.layers = nn.ModuleList(SummaryLayer(width, config.summary_heads) for _ in range(config.summary_layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, f1: torch.Tensor, f2: torch.Tensor) -> torch.Tensor:
        """Summarises what changed (arXiv 2509.23105, global summary branch).

        Args:
            f1: (N, C, h, w) features of the earlier date at stride 16.
            f2: (N, C, h, w) features of the later date.

        Returns:
            (N, 64, D) memory.
        """
        x = _to_grid(self.query(f2 - f1)) + self.place  # (N, D, 8, 8)
        seen = (_to_grid(self.seen(f1 * (f2 - f1))) + self.place).flatten(2).transpose(1, 2)  # (N, 64, D)
        for layer in self.layers:
            x = layer(x, seen)
        return self.norm(x.flatten(2).transpose(1, 2))


class CaptionDecoder(nn.Module):
    """One Transformer layer over the words so far and the memory."""

    def __init__(self, config: GuideConfig) -> None:
        super().__init__()
        width = config.summary_width
        self.word = nn.Embedding(config.vocab_size, width)
        nn.init.normal_(self.word.weight, std=0.02)
        self.position = nn.Parameter(torch.zeros(config.max_caption, width))
        self.norm_self, self.norm_cross, self.norm_mlp, self.norm = (nn.LayerNorm(width) for _ in range(4))
        self.self_attention = Attention(width, config.summary_heads)
        self.cross_attention = Attention(width, config.summary_heads)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.dropout = nn.Dropout(0.1)

    def forward(self, memory: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """Scores of the next word at each place of a caption.

        Args:
            memory: (N, M, D) memory of the summary branch.
            tokens: (N, L) words so far.

        Returns:
            (N, L, V) logits.
        """
        x = self.dropout(self.word(tokens) + self.position[: tokens.shape[1]])
        normed = self.norm_self(x)
        x = x + self.dropout(self.self_attention(normed, normed, causal=True))
        x = x + self.dropout(self.cross_attention(self.norm_cross(x), memory))
        x = x + self.dropout(self.mlp(self.norm_mlp(x)))
        return self.norm(x) @ self.word.weight.T


def _to_grid(x: torch.Tensor) -> torch.Tensor:
    """Any grid to the memory's; as a resize, because adaptive pooling of a free size does not export."""
    return F.interpolate(x, size=(MEMORY_GRID, MEMORY_GRID), mode="bilinear", align_corners=False, antialias=False)
