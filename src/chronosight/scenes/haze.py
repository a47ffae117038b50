"""An even veil of haze over one date of a pair, known by what is darkest in either date, and taken off.

Haze adds white to everything: the darkest pixels (He, Sun and Tang 2009: the dark channel) are no longer dark. Where one date's
darkest pixels are far brighter than the other's, its contrast is stretched, white fixed, until they are alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

DARKEST = 1.0  # per cent of the pixels
VEILED = 55.0  # grey levels between the darkest pixels of both dates: clean val pairs reach 52
WHITE = 255.0
_SAMPLED = 1_000_000  # pixels looked at, of larger pairs every so many


def without_haze(frames: Sequence[np.ndarray], valid: np.ndarray) -> tuple[tuple[np.ndarray, ...], int | None]:
    """Takes an even veil off the hazier one of two dates.

    Args:
        frames: (H, W, 3) uint8, two.
        valid: (H, W) bool, where both have data.

    Returns:
        The frames; and the index of the one that was veiled, None where neither is much hazier than the other.
    """
    every = max(1, round((valid.size / _SAMPLED) ** 0.5))
    thinned = np.s_[::every, ::every]
    if not valid[thinned].any():
        return tuple(frames), None
    dark = [float(np.percentile(frame[thinned].max(axis=2)[valid[thinned]], DARKEST)) for frame in frames]
    veiled = int(np.argmax(dark))
    if dark[veiled] - dark[1 - veiled] < VEILED:
        return tuple(frames), None
    clear = WHITE - (WHITE - np.arange(256)) * (WHITE - dark[1 - veiled]) / max(WHITE - dark[veiled], 1.0)
    table = np.rint(clear.clip(0, WHITE)).astype(np.uint8)
    return tuple(table[frame] if index == veiled else frame for index, frame in enumerate(frames)), veiled
