"""Configuration of the vision guide."""

from __future__ import annotations

from transformers import PreTrainedConfig


class GuideConfig(PreTrainedConfig):
    """The vision-guided module of ChangeVG (arXiv 2509.23105) at a chosen size.

    encoder: "conv" (the compact vision tower's net, strides 2 to 32) or "segformer" (the paper's, strides 4 to 32).
    widths: channels per level. depths: blocks per level; "conv" has none at its first level, the stem. SegFormer-B1 has
    (64, 128, 320, 512) and (2, 2, 2, 2).
    classes: names of the mask's values, background first.
    neck: channels of the fused maps per level, finest first. neck_depths: residual blocks that refine each; () for none.
    summary_*: width, heads and layers of the global branch; 512, 8, 3 in the paper.
    vocab_size, max_caption: caption decoder; 468 words and 41 tokens in the paper.
    image_mean, image_std: input statistics over RGB in [0, 1]; the default is the compact tower's. The paper's are
    (0.39073, 0.38623, 0.32989) and (0.15329, 0.14628, 0.13648).
    """

    model_type = "chronosight_guide"

    encoder: str = "conv"
    widths: tuple[int, ...] | list[int] = (24, 32, 64, 128, 256)
    depths: tuple[int, ...] | list[int] = (2, 2, 3, 2)
    classes: tuple[str, ...] | list[str] = ("background", "road", "building")
    neck: tuple[int, ...] | list[int] = (24, 32, 64, 64, 64)
    neck_depths: tuple[int, ...] | list[int] = ()
    summary_width: int = 192
    summary_heads: int = 4
    summary_layers: int = 2
    vocab_size: int = 4096
    max_caption: int = 41
    pad_token_id: int = 0
    bos_token_id: int = 1
    eos_token_id: int = 2
    image_mean: tuple[float, ...] | list[float] = (0.4, 0.4, 0.4)
    image_std: tuple[float, ...] | list[float] = (0.2, 0.2, 0.2)
