"""Frames as the language model sees them: size, range and number."""

from __future__ import annotations

import numpy as np
import pytest

from chronosight.tasks.pixels import pick_frames, resize_frames


def numbered(n: int) -> np.ndarray:
    """Frame i is all i + 1."""
    return np.stack([np.full((4, 6, 3), i + 1, np.uint8) for i in range(n)])


@pytest.mark.parametrize(
    ("length", "n", "picked"),
    [(3, 3, [1, 2, 3]), (9, 3, [1, 5, 9]), (5, 2, [1, 5]), (10, 4, [1, 4, 7, 10]), (2, 5, [0, 0, 0, 1, 2])],
)
def test_frames_are_picked_evenly_and_a_short_video_is_filled_on_the_left(length: int, n: int, picked: list[int]) -> None:
    frames = pick_frames(numbered(length), n)
    assert frames.shape == (n, 4, 6, 3) and frames.dtype == np.uint8
    assert [int(frame.max()) for frame in frames] == [int(frame.min()) for frame in frames] == picked


def test_frames_are_scaled_and_only_resized_where_they_must_be() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (2, 8, 12, 3), dtype=np.uint8)
    same = resize_frames(frames, 8, 12)
    assert same.dtype == np.float32 and same.flags.c_contiguous
    np.testing.assert_array_equal(same, (frames / 255).astype(np.float32).transpose(0, 3, 1, 2))
    small = resize_frames(frames, 4, 6)
    assert small.shape == (2, 3, 4, 6) and abs(small.mean() - same.mean()) < 0.02
    assert (small != resize_frames(frames, 4, 6, "bicubic")).any()
    assert (resize_frames(np.full((1, 8, 12, 3), 51, np.uint8), 20, 7) == np.float32(0.2)).all()
