"""Frames of a scene in the size and range that the networks see."""

from __future__ import annotations

import numpy as np
from PIL import Image

from chronosight.scenes.scene import Scene


def resize_frames(scene: Scene, height: int, width: int, frames: np.ndarray | None = None) -> np.ndarray:
    """(T, 3, height, width) float32 in [0, 1]; invalid pixels are 0 at every date. The whole scene, stretched to fit.

    frames: (T, H, W, 3) uint8 in place of the scene's own. Bilinear, with the filter widened where it shrinks.
    """
    frames = scene.frames if frames is None else frames
    if not scene.valid.all():
        frames = np.where(scene.valid[..., None], frames, 0)
    if frames.shape[1:3] != (height, width):
        fit = [Image.fromarray(frame).resize((width, height), Image.Resampling.BILINEAR) for frame in frames]
        frames = np.stack([np.asarray(frame) for frame in fit])
    return np.ascontiguousarray(frames.transpose(0, 3, 1, 2).astype(np.float32) / 255)


def pick_frames(frames: np.ndarray, n: int) -> np.ndarray:
    """(T, H, W, 3) -> (n, H, W, 3): evenly picked; black frames on the left where there are fewer (arXiv 2412.20742)."""
    t = len(frames)
    if t == n:
        return frames
    if t > n:
        return frames[np.linspace(0, t - 1, n).round().astype(int)]
    return np.concatenate([np.zeros((n - t, *frames.shape[1:]), frames.dtype), frames])
