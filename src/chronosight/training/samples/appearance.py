"""One ground as other sensors, seasons and hours show it: colour, light, haze, blur, noise, compression.

Stronger than `guide_samples.light`: meant for imagery from anywhere, not from one region and one provider.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageFilter

Tint = tuple[np.ndarray, float]  # a colour matrix (3, 3) and a gain


def vary(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Varies the appearance of an image.

    Args:
        image: (H, W, 3) uint8.
        rng: Draws the changes.

    Returns:
        (H, W, 3) uint8.
    """
    strength = float(rng.choice([0.05, 0.12, 0.25], p=[0.4, 0.4, 0.2]))
    if rng.random() < 0.35:
        image = apply_tint(image, (_matrix(rng, float(rng.choice([0.05, 0.12, 0.25], p=[0.4, 0.4, 0.2]))), 1.0))
    if rng.random() < 0.08:
        image = np.repeat(image.mean(-1, keepdims=True), 3, -1).astype(np.uint8)
    image = _curves(image, rng, strength)
    if rng.random() < 0.12:
        image = haze(image, float(rng.uniform(0.1, 0.45)), int(rng.integers(150, 240)))
    draw = rng.random()
    if draw < 0.22:
        image = np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(float(rng.uniform(0.4, 1.4)))))
    elif draw < 0.34:
        image = _softened(image, float(rng.uniform(0.4, 0.9)))
    elif draw < 0.44:
        image = np.clip(image + rng.normal(0, rng.uniform(2, 9), image.shape), 0, 255).astype(np.uint8)
    if rng.random() < 0.2:
        image = compressed(image, int(rng.integers(25, 85)))
    return image


def draw_tint(rng: np.random.Generator, strength: float = 0.2) -> Tint:
    """Draws a change of colour, such as roofs of another material.

    Args:
        rng: Draws it.
        strength: Standard deviation of the matrix's entries.

    Returns:
        A colour matrix, rows of sum 1, and a gain.
    """
    return _matrix(rng, strength), float(np.exp(rng.normal(0, 0.2)))


def apply_tint(image: np.ndarray, tint: Tint) -> np.ndarray:
    """Applies a change of colour.

    Args:
        image: (H, W, 3) uint8.
        tint: Of `draw_tint`.

    Returns:
        (H, W, 3) uint8.
    """
    matrix, gain = tint
    changed: np.ndarray = np.clip((image.astype(np.float32) @ matrix.T) * gain, 0, 255).astype(np.uint8)
    return changed


def haze(image: np.ndarray, share: float, brightness: int) -> np.ndarray:
    """Blends an image with an even veil.

    Args:
        image: (H, W, 3) uint8.
        share: Of the veil, in [0, 1].
        brightness: Of the veil, 0 to 255.

    Returns:
        (H, W, 3) uint8.
    """
    veiled: np.ndarray = np.rint(image * (1 - share) + brightness * share).astype(np.uint8)
    return veiled


def compressed(image: np.ndarray, quality: int) -> np.ndarray:
    """An image after JPEG compression.

    Args:
        image: (H, W, 3) uint8.
        quality: 1 to 95.

    Returns:
        (H, W, 3) uint8.
    """
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def _matrix(rng: np.random.Generator, strength: float) -> np.ndarray:
    matrix = np.eye(3) + rng.normal(0, strength, (3, 3))
    scaled: np.ndarray = (matrix / np.abs(matrix.sum(1, keepdims=True)).clip(0.3)).astype(np.float32)
    return scaled


def _curves(image: np.ndarray, rng: np.random.Generator, strength: float) -> np.ndarray:
    """Gamma, gain, offset and a cast, as a look-up table per channel."""
    x = np.arange(256, dtype=np.float32) / 255
    gamma = np.exp(rng.normal(0, strength))
    gain = np.exp(rng.normal(0, strength, 3) * 0.5 + rng.normal(0, strength))
    offset = rng.normal(0, strength * 0.2) + rng.normal(0, strength * 0.1, 3)
    table = (np.clip(x[None] ** gamma * gain[:, None] + offset[:, None], 0, 1) * 255).astype(np.uint8)
    return np.asarray(Image.fromarray(np.ascontiguousarray(image)).point(table.ravel().tolist()))


def _softened(image: np.ndarray, share: float) -> np.ndarray:
    height, width = image.shape[:2]
    small = Image.fromarray(image).resize((max(1, int(width * share)), max(1, int(height * share))), Image.Resampling.BOX)
    return np.asarray(small.resize((width, height), Image.Resampling.BILINEAR))
