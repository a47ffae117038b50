"""Augmentation of images from above: random crops, the eight turns of a square, light and colour, mixed images."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

Box = tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels


def random_box(rng: np.random.Generator, height: int, width: int, area: tuple[float, float], aspect: float = 0.25) -> Box:
    """Draws a box within an image.

    Args:
        rng: Draws size, shape and place.
        height: Height of the image in pixels, 8 or more.
        width: Width of the image in pixels, 8 or more.
        area: Smallest and largest share of the image's area, in (0, 1].
        aspect: Bound of the log of the sides' ratio.

    Returns:
        (left, top, right, bottom) in pixels.
    """
    share, ratio = rng.uniform(*area), np.exp(rng.uniform(-aspect, aspect))
    w = int(np.clip(round((share * height * width * ratio) ** 0.5), 8, width))
    h = int(np.clip(round((share * height * width / ratio) ** 0.5), 8, height))
    x, y = int(rng.integers(width - w + 1)), int(rng.integers(height - h + 1))
    return x, y, x + w, y + h


def crop(pixels: np.ndarray, box: Box, side: int) -> Tensor:
    """Cuts out a box and resizes it, antialiased.

    Args:
        pixels: (H, W, C) uint8.
        box: (left, top, right, bottom) in pixels.
        side: Side of the result in pixels.

    Returns:
        (C, side, side) uint8.
    """
    part = np.array(pixels[box[1] : box[3], box[0] : box[2]])
    tensor = torch.from_numpy(part).permute(2, 0, 1)[None]
    if part.shape[:2] != (side, side):
        tensor = F.interpolate(tensor, size=(side, side), mode="bilinear", antialias=True)
    return tensor[0]


def turn(tensor: Tensor, which: int) -> Tensor:
    """Applies one of the eight symmetries of a square over the last two dimensions.

    Args:
        tensor: (..., S, S), of any type.
        which: 0 to 7: quarter turns, from 4 on also mirrored. 0 changes nothing.

    Returns:
        The tensor, of the same shape.
    """
    tensor = torch.rot90(tensor, which % 4, (-2, -1)) if which % 4 else tensor
    return tensor.flip(-1) if which >= 4 else tensor


def light(frames: Tensor, rng: np.random.Generator, strength: float = 1.0) -> Tensor:
    """Varies the light of each image on its own: brightness, contrast about its mean, saturation and a cast per channel.

    All of it is one 3x3 matrix and an offset per image.

    Args:
        frames: (B, 3, H, W) uint8, or float in [0, 1].
        rng: Draws the light.
        strength: Factor on all standard deviations; 0 changes nothing.

    Returns:
        (B, 3, H, W) float in [0, 1].
    """
    if frames.dtype == torch.uint8:
        frames = frames.float().div_(255)
    n = frames.shape[0]
    gain = np.exp(rng.normal(0, 0.12 * strength, (n, 1)) + rng.normal(0, 0.05 * strength, (n, 3)))
    contrast = np.exp(rng.normal(0, 0.15 * strength, (n, 1)))
    saturation = np.clip(1 + rng.normal(0, 0.3 * strength, n), 0, 2)
    matrix = saturation[:, None, None] * np.eye(3) + ((1 - saturation) / 3)[:, None, None]
    matrix = (gain * contrast)[:, :, None] * matrix
    mean = frames.mean((2, 3)).numpy()
    offset = gain * mean * (1 - contrast) + rng.normal(0, 0.04 * strength, (n, 1))
    flat = frames.flatten(2)
    out = torch.baddbmm(_float(offset)[:, :, None], _float(matrix), flat)
    return out.clamp_(0, 1).view_as(frames)


def mix(frames: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor, float]:
    """Mixes a part of another image into each, in half of the calls.

    The part is a rectangle (CutMix, arXiv 1905.04899) or, less often, a faint copy (mixup, arXiv 1710.09412).

    Args:
        frames: (B, 3, H, W) float.
        rng: Draws the partners and the part.

    Returns:
        The mixed images; (B,) indices of the other images; and the share of the first image, in [0, 1].
    """
    n, _, height, width = frames.shape
    other = torch.from_numpy(rng.permutation(n))
    draw = rng.random()
    if draw < 0.5:
        return frames, other, 1.0
    if draw < 0.65:
        share = float(max(s := rng.beta(0.3, 0.3), 1 - s))
        return frames.mul(share).add_(frames[other], alpha=1 - share), other, share
    x0, y0, x1, y1 = random_box(rng, height, width, (0.05, 0.5), 0.5)
    frames = frames.clone()
    frames[:, :, y0:y1, x0:x1] = frames[other, :, y0:y1, x0:x1]
    return frames, other, 1 - (x1 - x0) * (y1 - y0) / (height * width)


def _float(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.asarray(array, np.float32))
