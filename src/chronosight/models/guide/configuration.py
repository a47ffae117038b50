"""Configuration of the vision guide."""

from __future__ import annotations

from transformers import PreTrainedConfig

from chronosight.models.efficientnet import MEAN, STD, WIDTHS


class GuideConfig(PreTrainedConfig):
    """The vision-guided module of ChangeVG (arXiv 2509.23105) at a chosen size.

    Attributes:
        encoder: "conv" (the compact vision tower's net, strides 2 to 32), "segformer" (the paper's, strides 4 to 32) or
            "efficientnet_lite0" (strides 2 to 16, can start from ImageNet weights), which comes with the Siamese branch.
        widths: Channels per level; SegFormer-B1 has (64, 128, 320, 512).
        depths: Blocks per level; "conv" has none at its first level, the stem. SegFormer-B1 has (2, 2, 2, 2).
        classes: Names of the mask's values, background first.
        neck: Channels of the fused maps per level, finest first.
        neck_depths: Residual blocks that refine each; () for none.
        summary_width: Of the global branch; 512 in the paper.
        summary_heads: Of the global branch; 8 in the paper.
        summary_layers: Of the global branch; 3 in the paper.
        vocab_size: Of the caption decoder; 468 words in the paper.
        max_caption: Tokens of a caption; 41 in the paper.
        image_mean: Input statistics over RGB in [0, 1]; the default is the compact tower's. The paper's are
            (0.39073, 0.38623, 0.32989).
        image_std: The paper's are (0.15329, 0.14628, 0.13648).
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


def fine_config(neck: tuple[int, ...]) -> GuideConfig:
    """Shape of the guide of fine imagery.

    Args:
        neck: Channels of the decoded levels, finest first.

    Returns:
        The configuration; its summary branch, which is not trained, is as small as can be.
    """
    return GuideConfig(
        encoder="efficientnet_lite0", widths=WIDTHS, neck=neck, image_mean=MEAN, image_std=STD,
        summary_width=8, summary_heads=1, summary_layers=1, vocab_size=4,
    )  # fmt: skip
