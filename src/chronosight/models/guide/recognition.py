"""Fine-grained recognition branch: difference-aware fusion of the two dates at four scales (arXiv 2509.23105)."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from chronosight.models.guide.configuration import GuideConfig
from chronosight.models.guide.encoder import conv_bn
from chronosight.models.unirs.conv_tower import ResidualBlock


class DifferenceFusion(nn.Module):
    """One level: conv(f2 - f1) + cosine(f1, f2), concatenated with f1 and f2, fused."""

    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        self.difference = nn.Conv2d(width, outputs, 3, 1, 1)
        self.fuse = conv_bn(2 * width + outputs, outputs, 1)

    def forward(self, f1: torch.Tensor, f2: torch.Tensor) -> torch.Tensor:
        """Fuses both dates at one scale: conv(f2 - f1) + cosine(f1, f2), beside f1 and f2 (arXiv 2509.23105).

        Args:
            f1: (N, C, h, w) features of the earlier date.
            f2: (N, C, h, w) features of the later date.

        Returns:
            (N, K, h, w).
        """
        # Cosine from three sums: normalising both maps first costs a tenth of a whole training step. 1e-6 lives in float16 too.
        lengths = (f1.square().sum(1, keepdim=True) * f2.square().sum(1, keepdim=True) + 1e-6).sqrt()
        alike = (f1 * f2).sum(1, keepdim=True) / lengths  # (N, 1, h, w)
        return self.fuse(torch.cat([f1, f2, self.difference(f2 - f1) + alike], dim=1))


class RecognitionBranch(nn.Module):
    """Fused maps added top-down, refined, and read as scores per pixel: the classes, "new, not gone", and "inside of a building".

    Only convolutions of bounded reach: a tile gives what the whole gives away from its border.
    """

    def __init__(self, config: GuideConfig) -> None:
        super().__init__()
        neck = list(config.neck)
        depths = list(config.neck_depths) or [0] * len(neck)
        self.fusions = nn.ModuleList(DifferenceFusion(w, k) for w, k in zip(config.widths, neck, strict=True))
        self.lateral = nn.ModuleList(nn.Conv2d(neck[i + 1], neck[i], 1) for i in range(len(neck) - 1))
        # Blocks start as the identity, so a guide without them can go on learning with them.
        self.refine = nn.ModuleList(
            conv_bn(k, k).extend(ResidualBlock(k, k, 1) for _ in range(depth)) for k, depth in zip(neck, depths, strict=True)
        )
        # Four scores per place of the finest level, one for each of its 2 x 2 pixels: outlines half as coarse for nothing.
        self.head = nn.Sequential(
            conv_bn(neck[0], neck[0]), nn.Conv2d(neck[0], 4 * (len(config.classes) + 2), 3, padding=1), nn.PixelShuffle(2)
        )

    def forward(self, first: list[torch.Tensor], second: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Fuses all scales and adds them top-down (arXiv 2509.23105, fine-grained recognition branch).

        Args:
            first: (N, C_i, h_i, w_i) features of the earlier date, finest first.
            second: The same of the later date.

        Returns:
            (N, C + 2, 2h, 2w) class, direction and core scores at twice the finest level, and the coarsest fused map.
        """
        fused = [fusion(f1, f2) for fusion, f1, f2 in zip(self.fusions, first, second, strict=True)]
        x = self.refine[-1](fused[-1])
        coarsest = x
        for i in range(len(fused) - 2, -1, -1):
            up = F.interpolate(self.lateral[i](x), size=fused[i].shape[-2:], mode="bilinear", align_corners=False)
            x = self.refine[i](fused[i] + up)
        return self.head(x), coarsest
