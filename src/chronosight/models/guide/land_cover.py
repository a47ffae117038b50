"""The land-cover head: what the ground of each date is, from maps that the guide of fine imagery has made anyway.

A light top-down net on the encoder's strides 4, 8 and 16, and on the pixels themselves: a guide that compares dates learns to
ignore seasonal change, including colour. The head sees one date at a time and cannot detect change by itself: change is where
its answers for both dates differ. The finest maps have stride 4; a pixel of them scores four of the result.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from transformers import PreTrainedConfig, PreTrainedModel

from chronosight.models.guide.encoder import conv_bn
from chronosight.tasks.land_cover import LAND_COVER_CLASSES

SQUARE = 4  # pixels a side, the stride of the finest maps


class LandCoverConfig(PreTrainedConfig):
    """Shape of the land-cover head.

    Attributes:
        inputs: Channels of the guide's maps at strides 4, 8, 16 and of the decoded one at stride 4 (`GUIDE_MAPS`).
        neck: Channels of the head's own levels, finest first.
        pixels: Channels that squares of 4 x 4 pixels are made into; 0 for a head that reads the guide's maps alone.
        classes: Names of its classes.
    """

    model_type = "chronosight_land_cover"

    inputs: tuple[int, ...] | list[int] = (24, 40, 112, 32)
    neck: tuple[int, ...] | list[int] = (32, 48, 64)
    pixels: int = 0
    classes: tuple[str, ...] | list[str] = LAND_COVER_CLASSES


class LandCoverModel(PreTrainedModel):
    """Top-down decoding of the guide's maps into classes of land cover."""

    config_class = LandCoverConfig
    config: LandCoverConfig
    main_input_name = "level_4"

    def __init__(self, config: LandCoverConfig) -> None:
        super().__init__(config)
        fine, middle, coarse, decoded = config.inputs
        neck = list(config.neck)
        widths = fine + decoded + config.pixels, middle, coarse
        self.lateral = nn.ModuleList(nn.Conv2d(w, k, 1) for w, k in zip(widths, neck, strict=True))
        self.squares = None
        if config.pixels:
            # a convolution at stride 4: onnxruntime takes longer to rearrange pixels into channels than to convolve them
            first = nn.Conv2d(3, config.pixels, SQUARE, SQUARE, bias=False), nn.BatchNorm2d(config.pixels), nn.ReLU()
            self.squares = nn.Sequential(nn.Sequential(*first), conv_bn(config.pixels, config.pixels))
        self.down = nn.ModuleList(nn.Conv2d(neck[i + 1], neck[i], 1) for i in range(2))
        self.smooth = nn.ModuleList([conv_bn(neck[0], neck[0]), conv_bn(neck[1], neck[1]), conv_bn(neck[2], neck[2], 5)])
        self.context = conv_bn(neck[2], neck[2])
        self.score = nn.Sequential(nn.Conv2d(neck[0], 4 * len(config.classes), 1), nn.PixelShuffle(2))
        self.post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: nn.Module) -> None:
        """Layers keep torch's own initialisation."""

    def forward(self, *maps: torch.Tensor, **named: Any) -> torch.Tensor:
        """Scores the classes.

        Args:
            maps: The guide's maps in the order of `GUIDE_MAPS`, (N, C_i, H / s_i, W / s_i); then, for a head that reads them, the
                images, (N, 3, H, W) in [0, 1].
            named: Not used.

        Returns:
            (N, classes, H / 2, W / 2) logits.
        """
        fine, middle, coarse, decoded = maps[:4]
        finest = [fine, decoded] if self.squares is None else [fine, decoded, self.squares(maps[4])]
        inputs = (torch.cat(finest, dim=1), middle, coarse)
        levels = [lateral(x) for lateral, x in zip(self.lateral, inputs, strict=True)]
        x = self.context(self.smooth[2](levels[2]))
        for i in (1, 0):
            up = F.interpolate(self.down[i](x), size=levels[i].shape[-2:], mode="bilinear", align_corners=False)
            x = self.smooth[i](levels[i] + up)
        scores: torch.Tensor = self.score(x)
        return scores
