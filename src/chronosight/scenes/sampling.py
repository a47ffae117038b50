"""Which frames of a video are used (UniRS, arXiv 2412.20742): n of them at linspace(0, count - 2, n)."""

from __future__ import annotations

import numpy as np

from chronosight.errors import InputError
from chronosight.limits import MAX_FRAMES


def sample_indices(count: int, n: int) -> list[int]:
    """Indices of the frames to use (UniRS, arXiv 2412.20742: linspace(0, count - 2, n)).

    With exactly n frames the published rule would take the first twice and leave out the last; each is taken once instead.

    Args:
        count: Number of frames.
        n: Number of frames wanted.

    Returns:
        Rising indices; all of them when there are no more than n.
    """
    if count <= n:
        return list(range(count))
    return [int(i) for i in np.linspace(0, max(count - 2, 0), n, dtype=int)]


def pad_left(frames: list[np.ndarray], n: int) -> np.ndarray:
    """Puts black frames before a short video (UniRS, arXiv 2412.20742).

    Args:
        frames: (H, W, 3) uint8 each; one or more.
        n: Number of frames wanted.

    Returns:
        (n, H, W, 3) uint8.
    """
    black = np.zeros_like(frames[0])
    return np.stack([black] * (n - len(frames)) + frames)


def check_frame_count(n: int) -> None:
    """Checks a number of frames.

    Args:
        n: The number asked for.

    Raises:
        InputError: It is not between 1 and MAX_FRAMES.
    """
    if not 1 <= n <= MAX_FRAMES:
        raise InputError(f"{n} frames were asked for, expected 1 to {MAX_FRAMES}")
