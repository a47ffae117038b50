"""A recognition branch that treats both dates alike: swapped dates give the same map of change, with every direction mirrored.

Each date is decoded on its own, with the same weights, into features and a map of building footprints; what changed is read
from sums and absolute differences of those features, in which the order of the dates is gone. The direction is the
difference of the footprints: more of a building later than earlier is new.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from chronosight.models.guide.encoder import conv_bn
from chronosight.models.partly_frozen import PartlyFrozen

CONTEXT_KERNEL = 5  # at the coarsest level


class SiameseBranch(PartlyFrozen):
    """Top-down decoding of each date, then of their differences. Only convolutions of bounded reach."""

    def __init__(self, widths: list[int], neck: list[int], classes: int) -> None:
        """Makes the branch.

        Args:
            widths: Channels of the encoder's levels, finest first; the finest has stride 2.
            neck: Channels of the decoded levels, finest first.
            classes: Number of classes of the mask, background included.
        """
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(w, k, 1) for w, k in zip(widths, neck, strict=True))
        self.down = nn.ModuleList(nn.Conv2d(neck[i + 1], neck[i], 1) for i in range(len(neck) - 1))
        kernels = [3] * (len(neck) - 1) + [CONTEXT_KERNEL]
        self.smooth = nn.ModuleList(conv_bn(k, k, kernel) for k, kernel in zip(neck, kernels, strict=True))
        self.footprint = nn.Sequential(conv_bn(neck[1], neck[1]), nn.Conv2d(neck[1], 4, 1), nn.PixelShuffle(2))
        self.fuse = nn.ModuleList(conv_bn(2 * k, k, 1) for k in neck)
        self.change_down = nn.ModuleList(nn.Conv2d(neck[i + 1], neck[i], 1) for i in range(len(neck) - 1))
        self.change_smooth = nn.ModuleList(conv_bn(k, k, kernel) for k, kernel in zip(neck, kernels, strict=True))
        self.head = nn.Sequential(
            conv_bn(neck[0], neck[0]), nn.Conv2d(neck[0], 4 * (classes + 1), 3, padding=1), nn.PixelShuffle(2)
        )

    def freeze_dates(self) -> None:
        """Keeps the decoding of each date as it is, statistics of its norms included, in training too."""
        self.freeze([self.lateral, self.down, self.smooth])

    def forward(self, levels: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Decodes both dates and compares them.

        Args:
            levels: Per level (2 N, C_i, h_i, w_i), finest first: all earlier dates, then all later ones.

        Returns:
            (N, classes + 1, 2h, 2w) scores of the classes and of cores, at twice the finest level; (2 N, 1, h, w) footprint
            scores of the dates; and the coarsest map of differences (N, K, h_n, w_n).
        """
        return self.compare(self.decode_dates(levels))

    def decode_dates(self, levels: list[torch.Tensor]) -> list[torch.Tensor]:
        """Decodes each date on its own.

        Args:
            levels: As for `forward`.

        Returns:
            Per level (2 N, K_i, h_i, w_i), finest first.
        """
        return self._top_down([lateral(x) for lateral, x in zip(self.lateral, levels, strict=True)], self.down, self.smooth)

    def compare(self, dates: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Compares decoded dates.

        Args:
            dates: Of `decode_dates`.

        Returns:
            As `forward`.
        """
        fused = []
        for fuse, x in zip(self.fuse, dates, strict=True):
            first, second = x.unflatten(0, (2, -1)).unbind()
            fused.append(fuse(torch.cat([first + second, (second - first).abs()], dim=1)))
        changes = self._top_down(fused, self.change_down, self.change_smooth)
        return self.head(changes[0]), self.footprint(dates[1]), changes[-1]

    @staticmethod
    def _top_down(levels: list[torch.Tensor], down: nn.ModuleList, smooth: nn.ModuleList) -> list[torch.Tensor]:
        """Adds each level to the next finer one and smooths the sum."""
        out = [smooth[-1](levels[-1])]
        for i in range(len(levels) - 2, -1, -1):
            up = F.interpolate(down[i](out[0]), size=levels[i].shape[-2:], mode="bilinear", align_corners=False)
            out.insert(0, smooth[i](levels[i] + up))
        return out
