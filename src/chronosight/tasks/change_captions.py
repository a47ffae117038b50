"""What the captioner of changes reads of a pair: the guide's own maps, pooled onto 8 x 8 places."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

GRID = 8  # places a side
METRES_PER_PIXEL = 1.0  # pairs are shown to it at about this size; it learned from 128 m a side
SIDES = (64, 256)  # pixels of a side that it is shown, at least and at most
LEVELS = ("level_8", "level_16")  # the guide's maps of each date, by stride
MOST_WORDS = 25  # of a caption
PAD, START, END, UNKNOWN = range(4)  # ids of its vocabulary that are no words


def caption_inputs(maps: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Pools the guide's maps.

    Args:
        maps: Of N pairs: "class_logits" (N, C, H, W), "appeared_logit" (N, 1, H, W), and `LEVELS` (2 N, K, H / s, W / s), all
            earlier dates first.

    Returns:
        "earlier" and "later" (N, K, 64) float32, features of the dates; "changes" (N, 2 C - 1, 64) float32: mean and largest
        probability of each class of change, and the mean of its sign, from gone (-1) to new (1).
    """
    levels = np.concatenate([pooled(maps[name]) for name in LEVELS], axis=1)
    count = len(levels) // 2
    classes = np.exp(maps["class_logits"] - maps["class_logits"].max(axis=1, keepdims=True))
    changed = (classes / classes.sum(axis=1, keepdims=True))[:, 1:]
    sign = np.tanh(maps["appeared_logit"] / 2) * changed.sum(axis=1, keepdims=True)
    changes = np.concatenate([pooled(changed), pooled(changed, np.max), pooled(sign)], axis=1)
    return {"earlier": levels[:count], "later": levels[count:], "changes": changes}


def pooled(maps: np.ndarray, how: Callable[..., np.ndarray] = np.mean) -> np.ndarray:
    """Pools maps of any size onto `GRID` x `GRID` places, each of which takes all pixels that it touches.

    Args:
        maps: (N, K, h, w).
        how: Takes an array and `axis`.

    Returns:
        (N, K, GRID * GRID) float32.
    """
    if maps.shape[2] % GRID == maps.shape[3] % GRID == 0:  # several times as fast, and the same places
        n, k, height, width = maps.shape
        places_of = how(maps.reshape(n, k, GRID, height // GRID, GRID, width // GRID), axis=(3, 5))
        return places_of.reshape(n, k, GRID * GRID).astype(np.float32, copy=False)
    rows, columns = (_bounds(side) for side in maps.shape[2:])
    places = [how(maps[:, :, top:bottom, left:right], axis=(2, 3)) for top, bottom in rows for left, right in columns]
    return np.stack(places, axis=2).astype(np.float32)


def shown_size(height: int, width: int, metres: float | None) -> tuple[int, int]:
    """The size at which a pair is shown to the captioner.

    Args:
        height: Of the pair, in pixels.
        width: Of the pair, in pixels.
        metres: Ground size of a pixel; None where it is not known.

    Returns:
        Rows and columns, multiples of 32.
    """
    scale = (metres or METRES_PER_PIXEL) / METRES_PER_PIXEL
    rows, columns = (min(SIDES[1], max(SIDES[0], round(side * scale / 32) * 32)) for side in (height, width))
    return rows, columns


def _bounds(side: int) -> list[tuple[int, int]]:
    return [(at * side // GRID, -(-(at + 1) * side // GRID)) for at in range(GRID)]
