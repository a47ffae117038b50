"""Siamese hierarchical encoder: the same weights see both dates, features come at four scales."""

from __future__ import annotations

import torch
from torch import nn

from chronosight.models.guide.configuration import GuideConfig


def conv_bn(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
    )


class ResidualBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int = 1):
        super().__init__()
        self.first = conv_bn(inputs, outputs, 3, stride)
        self.second = nn.Sequential(nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.skip: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            pool = nn.AvgPool2d(2) if stride == 2 else nn.Identity()
            self.skip = nn.Sequential(pool, nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        nn.init.zeros_(self.second[1].weight)  # type: ignore[arg-type]  # each block starts as its skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.skip(x) + self.second(self.first(x)))


class ConvEncoder(nn.Module):
    """Residual convolutions at strides 2, 4, 8, 16."""

    strides = (2, 4, 8, 16)

    def __init__(self, config: GuideConfig):
        super().__init__()
        widths = list(config.widths)
        self.stem = conv_bn(3, widths[0], 3, 2)
        levels = []
        for i, (width, depth) in enumerate(zip(widths, config.depths, strict=True)):
            before = widths[max(0, i - 1)]
            blocks = [ResidualBlock(before if j == 0 else width, width, 2 if i and j == 0 else 1) for j in range(depth)]
            levels.append(nn.Sequential(*blocks))
        self.levels = nn.ModuleList(levels)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:  # (N, 3, H, W) -> 4 x (N, C_i, H / s_i, W / s_i)
        x = self.stem(x)
        features = []
        for level in self.levels:
            x = level(x)
            features.append(x)
        return features


class SegformerEncoder(nn.Module):
    """SegFormer's encoder from transformers, at strides 4, 8, 16, 32: the paper's choice (B1)."""

    strides = (4, 8, 16, 32)

    def __init__(self, config: GuideConfig):
        super().__init__()
        from transformers import SegformerConfig, SegformerModel

        heads = [max(1, width // 64) for width in config.widths]
        self.model = SegformerModel(
            SegformerConfig(
                hidden_sizes=list(config.widths), depths=list(config.depths), num_attention_heads=heads
            )
        )

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        return list(self.model(x, output_hidden_states=True).hidden_states)


def make_encoder(config: GuideConfig) -> ConvEncoder | SegformerEncoder:
    if config.encoder == "conv":
        return ConvEncoder(config)
    if config.encoder == "segformer":
        return SegformerEncoder(config)
    raise ValueError(f"encoder is {config.encoder!r}, expected 'conv' or 'segformer'")
