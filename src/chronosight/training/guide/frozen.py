"""The guide of fine imagery as the land-cover head and the captioner use it in training: its maps are read, it is not trained."""

from __future__ import annotations

import torch

from chronosight.engines.compact.bundle import SHIPPED
from chronosight.errors import InputError
from chronosight.models.guide.modeling import GuideModel
from chronosight.training.export.bundle import find_model
from chronosight.training.export.fine_guide import load_fine_guide


def frozen_guide(folder: str | None) -> GuideModel:
    """Loads the guide.

    Args:
        folder: Of a trained guide of fine imagery; None for that of the shipped weights.

    Returns:
        The guide, in inference state.

    Raises:
        InputError: There is no such guide, or it is another one.
    """
    if folder is None:
        guide = load_fine_guide(SHIPPED)
    else:
        guide = GuideModel.from_pretrained(find_model(folder, "chronosight_guide"), trust_remote_code=False)
    if guide.config.encoder != "efficientnet_lite0":
        raise InputError(f"{folder} holds a guide with the encoder {guide.config.encoder}, expected one of fine imagery")
    guide.train(False)
    guide.requires_grad_(False)
    return guide.to(memory_format=torch.channels_last)  # type: ignore[call-arg,no-any-return]  # stubs miss this overload
