"""The change extraction module of UniRS: two feature maps of one place become one (arXiv 2412.20742, section 3)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ChangeExtraction(nn.Module):
    """Feature maps of two dates -> one feature map of the same shape that holds what changed.

        f1 = E1 + P, f2 = E2 + P        P: learned 2-D position embedding, [column part ; row part]
        s  = cosine(f1, f2)             per position
        F  = [f1 ; f2] + s              s broadcast over the 2D channels
        F0 = Conv1x1(F)                 2D -> D
        F' = ReLU(F0 + BN Conv1x1 ReLU BN Conv3x3 ReLU BN Conv1x1 (F0))      D -> D/2 -> D/2 -> D

    The position embedding belongs to a grid of grid x grid; for other sizes it is interpolated bilinearly.
    """

    def __init__(self, channels: int, grid: int) -> None:
        """Builds the module.

        Args:
            channels: D, even.
            grid: Rows and columns of the feature maps that the position embedding is made for.
        """
        super().__init__()
        half = channels // 2
        self.column = nn.Embedding(grid, half)
        self.row = nn.Embedding(grid, half)
        self.fuse = nn.Conv2d(2 * channels, channels, 1)
        self.refine = nn.Sequential(
            nn.Conv2d(channels, half, 1), nn.BatchNorm2d(half), nn.ReLU(),
            nn.Conv2d(half, half, 3, padding=1), nn.BatchNorm2d(half), nn.ReLU(),
            nn.Conv2d(half, channels, 1), nn.BatchNorm2d(channels),
        )  # fmt: skip

    def forward(self, before: Tensor, after: Tensor) -> Tensor:
        """Fuses two dates (UniRS, arXiv 2412.20742, change extraction module).

        Args:
            before: (B, D, h, w) features of the earlier date.
            after: (B, D, h, w) features of the later date.

        Returns:
            (B, D, h, w).
        """
        position = self.position(before.shape[-2], before.shape[-1])
        f1, f2 = before + position, after + position
        similarity = F.cosine_similarity(f1, f2, dim=1).unsqueeze(1)  # (B, 1, h, w)
        fused = self.fuse(torch.cat([f1, f2], dim=1) + similarity)
        return F.relu(fused + self.refine(fused))

    def position(self, height: int, width: int) -> Tensor:
        """The position embedding P (UniRS, arXiv 2412.20742), resized by bilinear interpolation.

        Each half varies along one axis only, so bilinear is linear along that axis.

        Args:
            height: Rows of the feature map.
            width: Columns of the feature map.

        Returns:
            (D, height, width).
        """
        columns, rows = _stretch(self.column.weight, width), _stretch(self.row.weight, height)
        columns = columns[:, None, :].expand(-1, height, -1)
        rows = rows[:, :, None].expand(-1, -1, width)
        return torch.cat([columns, rows])


class Concatenation(nn.Module):
    """The plain way to fuse two dates, to compare with: Conv1x1([before ; after]), 2D -> D."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fuse = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, before: Tensor, after: Tensor) -> Tensor:
        """Fuses two dates without the change extraction module, for ablations.

        Args:
            before: (B, D, h, w) features of the earlier date.
            after: (B, D, h, w) features of the later date.

        Returns:
            (B, D, h, w).
        """
        return self.fuse(torch.cat([before, after], dim=1))


def _stretch(table: Tensor, length: int) -> Tensor:
    """(grid, half) -> (half, length)."""
    return F.interpolate(table.T[None], size=length, mode="linear", align_corners=False)[0]
