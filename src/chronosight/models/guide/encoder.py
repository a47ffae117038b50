"""Siamese hierarchical encoder: the same weights see both dates, features come at several scales."""

from __future__ import annotations

import torch
from torch import nn

from chronosight.models.efficientnet import EfficientNetLite
from chronosight.models.guide.configuration import GuideConfig
from chronosight.models.unirs.conv_tower import ConvTower, ConvTowerConfig


def conv_bn(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """A convolution without bias, BatchNorm and ReLU.

    Args:
        inputs: Input channels.
        outputs: Output channels.
        kernel: Side of the kernel, odd.
        stride: Stride of the convolution.

    Returns:
        The layers: (N, inputs, H, W) -> (N, outputs, H / stride, W / stride).
    """
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


class ConvEncoder(nn.Module):
    """The compact vision tower's stem and stages, read at strides 2, 4, 8, 16, 32 (models/unirs/conv_tower.py).

    The same net as the tower, so that it can start from pretrained weights of it: from nothing, change alone teaches slowly.
    """

    strides = (2, 4, 8, 16, 32)

    def __init__(self, config: GuideConfig) -> None:
        super().__init__()
        stem, *widths = list(config.widths)
        tower = ConvTower(ConvTowerConfig(stem_width=stem, widths=tuple(widths), depths=tuple(config.depths)))
        self.stem, self.stages = tower.stem, tower.stages

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Encodes images at five scales.

        Args:
            x: (N, 3, H, W), normalised.

        Returns:
            Five maps (N, C_i, H / s_i, W / s_i), s_i from `strides`.
        """
        features = [self.stem[:2](x)]
        x = self.stem[2:](features[0])
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features


class SegformerEncoder(nn.Module):
    """SegFormer's encoder from transformers, at strides 4, 8, 16, 32: the paper's choice (B1)."""

    strides = (4, 8, 16, 32)

    def __init__(self, config: GuideConfig) -> None:
        super().__init__()
        from transformers import SegformerConfig, SegformerModel

        heads = [max(1, width // 64) for width in config.widths]
        self.model = SegformerModel(
            SegformerConfig(hidden_sizes=list(config.widths), depths=list(config.depths), num_attention_heads=heads)
        )

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Encodes images at four scales (SegFormer, arXiv 2105.15203).

        Args:
            x: (N, 3, H, W), normalised.

        Returns:
            Four maps (N, C_i, H / s_i, W / s_i), s_i from `strides`.
        """
        return list(self.model(x, output_hidden_states=True).hidden_states)


def make_encoder(config: GuideConfig) -> ConvEncoder | SegformerEncoder | EfficientNetLite:
    """The encoder that the config names.

    Args:
        config: Configuration of the guide.

    Returns:
        The encoder, not trained.

    Raises:
        ValueError: It is none of the three.
    """
    if config.encoder == "conv":
        return ConvEncoder(config)
    if config.encoder == "segformer":
        return SegformerEncoder(config)
    if config.encoder == "efficientnet_lite0":
        return EfficientNetLite()
    raise ValueError(f"encoder is {config.encoder!r}, expected 'conv', 'segformer' or 'efficientnet_lite0'")
