"""An even veil of haze over one date of a pair, known by what is darkest in either date, and taken off.

Haze adds white to everything: the darkest pixels (He, Sun and Tang 2009: the dark channel) are no longer dark. Where one date's
darkest pixels are far brighter than the other's, its contrast is stretched, white fixed, until they are alike. A night or black
date is darker for another reason, and a date of nearly one colour has no contrast to restore: both are left alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

DARKEST = 1.0  # per cent of the pixels
VEILED = 55.0  # grey levels between the darkest pixels of both dates: clean val pairs reach 52
BLACK = 4  # grey levels that compression leaves of black
LEFT = 0.5  # of the pixels must be brighter than that
LIT = 60.0  # grey levels of the brightest pixels of the clear date; below it is dark itself, as at night
LEAST_CONTRAST = 16.0  # grey levels between darkest and brightest pixels of the veiled date; below there is nothing to restore
WHITE = 255.0
_SAMPLED = 1_000_000  # pixels looked at, of larger pairs every so many


def without_haze(frames: Sequence[np.ndarray], valid: np.ndarray) -> tuple[tuple[np.ndarray, ...], int | None]:
    """Takes an even veil off the hazier one of two dates.

    Args:
        frames: (H, W, 3) uint8, two.
        valid: (H, W) bool, where both have data.

    Returns:
        The frames; and the index of the one that was veiled, None where neither is much hazier than the other, the other
        is dark, or nothing can be seen through the veil.
    """
    every = max(1, round((valid.size / _SAMPLED) ** 0.5))
    thinned = np.s_[::every, ::every]
    if not valid[thinned].any():
        return tuple(frames), None
    every_level = [frame[thinned].max(axis=2)[valid[thinned]] for frame in frames]
    levels = [level[level > BLACK] for level in every_level]  # black is a strip without data that was too small to be told
    if min(map(len, levels)) < LEFT * len(every_level[0]):
        return tuple(frames), None
    dark, bright = np.array([np.percentile(level, (DARKEST, 100 - DARKEST)) for level in levels]).T
    veiled = int(np.argmax(dark))
    seen_through = bright[veiled] - dark[veiled] >= LEAST_CONTRAST
    if dark[veiled] - dark[1 - veiled] < VEILED or bright[1 - veiled] < LIT or not seen_through:
        return tuple(frames), None
    clear = WHITE - (WHITE - np.arange(256)) * (WHITE - dark[1 - veiled]) / (WHITE - dark[veiled])
    table = np.rint(clear.clip(0, WHITE)).astype(np.uint8)
    return tuple(table[frame] if index == veiled else frame for index, frame in enumerate(frames)), veiled
