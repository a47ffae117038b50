"""Vision tower of the compact form: a residual convolutional net small enough to learn from nothing on two CPU cores.

UniRS uses SigLIP-so400m (arXiv 2412.20742); this stands in its place where no published weights are used. Basic
residual blocks (He et al., arXiv 1512.03385) with the stem and the pooled shortcuts of ResNet-D (arXiv 1812.01187).
The last stage sees the scene at stride 32, and is added back onto the stride 16 grid: context is cheap there.
Plain 3x3 convolutions, BatchNorm and ReLU only: they fold together at export and are fast in bf16.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedConfig, PreTrainedModel
from transformers import initialization as init


class ConvTowerConfig(PreTrainedConfig):
    """Shape of the tower. The defaults have 3.2 M parameters and cost 0.68 GMAC for 256x256 pixels.

    Attributes:
        hidden_size: Channels D of the features.
        stem_width: Channels at stride 2.
        widths: Channels of the stages at strides 4, 8, 16 and 32.
        depths: Number of residual blocks of these stages.
        pixel_mean: Frames in [0, 1] are shifted by it, all channels alike.
        pixel_std: Then divided by it.
    """

    model_type = "chronosight_conv_tower"

    hidden_size: int = 256
    stem_width: int = 24
    widths: tuple[int, ...] | list[int] = (32, 64, 128, 256)
    depths: tuple[int, ...] | list[int] = (2, 2, 3, 2)
    pixel_mean: float = 0.4
    pixel_std: float = 0.2


class QuietNorm(nn.BatchNorm2d):
    """BatchNorm that starts at gain 0, so a residual block starts as its shortcut: deep nets start faster."""


class ConvNorm(nn.Sequential):
    """Convolution without bias, then BatchNorm; keeps the grid at stride 1, halves it (rounded up) at stride 2."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, norm: type[nn.Module] = nn.BatchNorm2d
    ) -> None:
        super().__init__(nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False), norm(outputs))


class ResidualBlock(nn.Module):
    """ReLU(x + two 3x3 convolutions of x); the shortcut is pooled and projected where the shape changes."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = ConvNorm(inputs, outputs, 3, stride)
        self.second = ConvNorm(outputs, outputs, norm=QuietNorm)
        shortcut: list[nn.Module] = []
        if stride == 2:
            shortcut.append(nn.AvgPool2d(2, ceil_mode=True, count_include_pad=False))
        if stride == 2 or inputs != outputs:
            shortcut.append(ConvNorm(inputs, outputs, 1))
        self.shortcut = nn.Sequential(*shortcut)

    def forward(self, x: Tensor) -> Tensor:
        """Applies the block.

        Args:
            x: (B, inputs, H, W).

        Returns:
            (B, outputs, H / stride, W / stride), rounded up.
        """
        return F.relu(self.shortcut(x) + self.second(F.relu(self.first(x))))


class ConvTower(PreTrainedModel):
    """Frames (B, 3, H, W) in [0, 1], H and W multiples of 16 -> features (B, D, H/16, W/16)."""

    config_class = ConvTowerConfig
    config: ConvTowerConfig
    base_model_prefix = "tower"
    main_input_name = "frames"

    def __init__(self, config: ConvTowerConfig) -> None:
        super().__init__(config)
        widths, depths = list(config.widths), list(config.depths)
        self.stem = nn.Sequential(
            ConvNorm(3, config.stem_width, 3, 2), nn.ReLU(), ConvNorm(config.stem_width, widths[0], 3, 2), nn.ReLU()
        )
        stages, inputs = [], widths[0]
        for level, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            blocks = [ResidualBlock(inputs, width, 2 if level else 1)]
            blocks += [ResidualBlock(width, width, 1) for _ in range(depth - 1)]
            stages.append(nn.Sequential(*blocks))
            inputs = width
        self.stages = nn.ModuleList(stages)
        self.local = ConvNorm(widths[2], config.hidden_size, 1)
        self.context = ConvNorm(widths[3], config.hidden_size, 1)
        self.post_init()  # type: ignore[no-untyped-call]

    def forward(self, frames: Tensor) -> Tensor:
        """Encodes frames.

        Args:
            frames: (B, 3, H, W) in [0, 1], H and W multiples of 16.

        Returns:
            (B, D, H/16, W/16) features.
        """
        x = self.stem((frames - self.config.pixel_mean) / self.config.pixel_std)  # (B, C, H/4, W/4)
        fine = self.stages[2](self.stages[1](self.stages[0](x)))  # (B, C, H/16, W/16)
        coarse = self.context(self.stages[3](fine))  # (B, D, H/32, W/32), rounded up
        coarse = F.interpolate(coarse, size=fine.shape[-2:], mode="bilinear", align_corners=False)
        return F.relu(self.local(fine) + coarse)

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Conv2d):
            init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, QuietNorm):
            init.zeros_(module.weight)
        else:
            super()._init_weights(module)  # type: ignore[no-untyped-call]
