"""Which frames of a video are used (UniRS, arXiv 2412.20742): n of them at linspace(0, count - 2, n)."""

from __future__ import annotations

import numpy as np

from chronosight.errors import InputError
from chronosight.limits import MAX_FRAMES


def sample_indices(count: int, n: int) -> list[int]:
    """Indices of n frames out of `count`, rising; all of them when there are no more than n.

    With exactly n the published rule would take the first twice and leave out the last; each is taken once instead.
    """
    if count <= n:
        return list(range(count))
    return [int(i) for i in np.linspace(0, max(count - 2, 0), n, dtype=int)]


def pad_left(frames: list[np.ndarray], n: int) -> np.ndarray:
    """(n, H, W, 3) uint8: the frames with black ones before them where there are fewer than n."""
    black = np.zeros_like(frames[0])
    return np.stack([black] * (n - len(frames)) + frames)


def check_frame_count(n: int) -> None:
    """Raises InputError for a number of frames that makes no video."""
    if not 1 <= n <= MAX_FRAMES:
        raise InputError(f"{n} frames were asked for, expected 1 to {MAX_FRAMES}")
