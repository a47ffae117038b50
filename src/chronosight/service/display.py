"""How the numbers of files become the 8 bit that previews and map tiles show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chronosight.scenes.image import ImageFile
from chronosight.scenes.stretch import Stretch, fit_stretches

SAMPLED = 1024  # pixels of the longer side that the stretch is fitted on


def fit_display(images: Sequence[ImageFile]) -> list[dict[str, Any]]:
    """What the facts of a scene hold for display.

    Args:
        images: The files of a scene.

    Returns:
        For each file "bands", and "low" and "high": what becomes 0 and 255, None where values are shown as they are.

    Raises:
        InputError: A file is damaged.
    """
    pixels = [image.read(shape=_small(image.width, image.height)) for image in images]
    stretches, _ = fit_stretches(pixels, [image.dtype for image in images])
    return [
        {
            "bands": list(image.choice.bands),
            "low": None if stretch.low is None else stretch.low.tolist(),
            "high": None if stretch.high is None else stretch.high.tolist(),
        }
        for image, stretch in zip(images, stretches, strict=True)
    ]


def stretch_of(shown: dict[str, Any]) -> Stretch:
    """The stretch of one file, from the facts of its scene.

    Args:
        shown: How the file is shown, from the facts of its scene.

    Returns:
        The stretch.
    """
    return Stretch() if shown["low"] is None else Stretch(np.array(shown["low"]), np.array(shown["high"]))


def _small(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, SAMPLED / max(width, height))
    return max(1, round(height * scale)), max(1, round(width * scale))
