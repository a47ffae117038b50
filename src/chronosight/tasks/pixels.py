"""Frames in the size and range that the language model sees. The one resize of training, torch and ONNX engines alike.

numpy and Pillow alone: other bilinear filters differ by some grey levels, and answers would differ with them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from PIL import Image

Resample = Literal["bilinear", "bicubic"]


def resize_frames(frames: np.ndarray, height: int, width: int, resample: Resample = "bilinear") -> np.ndarray:
    """Resizes whole frames, stretched to fit.

    The filter is widened where it shrinks, so nothing aliases.

    Args:
        frames: (T, H, W, 3) uint8.
        height: In pixels.
        width: In pixels.
        resample: Weights trained elsewhere expect their own filter: SigLIP's is bicubic.

    Returns:
        (T, 3, height, width) float32 in [0, 1].
    """
    if frames.shape[1:3] != (height, width):
        kind = Image.Resampling[resample.upper()]
        fit = [Image.fromarray(frame).resize((width, height), kind) for frame in frames]
        frames = np.stack([np.asarray(frame) for frame in fit])
    return np.ascontiguousarray(frames.transpose(0, 3, 1, 2).astype(np.float32) / 255)


def pick_frames(frames: np.ndarray, n: int) -> np.ndarray:
    """Samples a video to a number of frames (arXiv 2412.20742).

    Args:
        frames: (T, H, W, 3).
        n: How many.

    Returns:
        (n, H, W, 3), evenly picked; black frames on the left where T < n.
    """
    t = len(frames)
    if t == n:
        return frames
    if t > n:
        picked: np.ndarray = frames[np.linspace(0, t - 1, n).round().astype(int)]
        return picked
    return np.concatenate([np.zeros((n - t, *frames.shape[1:]), frames.dtype), frames])
