"""What a guide's network gives, as probabilities: of one run, of two guides mixed, at another size."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from chronosight.engines.confidence import sigmoid

STEP = 32  # the graph takes multiples of this
ROAD, BUILDING = 1, 2  # indices of the classes
FINE_SHARE = 0.25  # of the guide of fine imagery where both compare a pair, of weights that do not say; docs/experiments.md


def probabilities(out: dict[str, np.ndarray], index: int) -> np.ndarray:
    """Logits of one pair of a batch as probabilities.

    Args:
        out: The network's outputs by name.
        index: Of the pair.

    Returns:
        (C + 2, h, w) float32: classes, which sum to 1, appeared, cores.
    """
    classes, count = out["class_logits"][index], out["class_logits"].shape[1]
    maps = np.empty((count + 2, *classes.shape[1:]), np.float32)
    np.exp(classes - classes.max(axis=0), out=maps[:count])
    maps[:count] /= maps[:count].sum(axis=0)
    maps[count], maps[count + 1] = out["appeared_logit"][index, 0], out["core_logit"][index, 0]
    binary = maps[count:]
    np.exp(-binary, out=binary)
    binary += 1
    np.reciprocal(binary, out=binary)
    return maps


def changes(out: dict[str, np.ndarray]) -> np.ndarray:
    """The probability that anything changed.

    Args:
        out: The network's outputs by name.

    Returns:
        (N,) float64, one a pair.
    """
    return np.array([sigmoid(float(logit)) for logit in out["change_logit"].ravel()])


def mix_buildings(maps: np.ndarray, others: np.ndarray, share: float = FINE_SHARE) -> None:
    """Takes the mean of two guides for buildings; roads, which the other one knows from rendered pairs alone, stay.

    Args:
        maps: (C + 2, h, w) float32 probabilities (classes, appeared, interiors); changed in place.
        others: The same of the other guide.
        share: Weight of the other guide, in [0, 1].
    """
    building = maps[BUILDING].copy()
    for index in (BUILDING, -2, -1):
        maps[index] += share * (others[index] - maps[index])
    maps[:BUILDING] *= (1 - maps[BUILDING]) / np.maximum(1 - building, 1e-6)


def mix_buildings_and_roads(maps: np.ndarray, others: np.ndarray, share: float) -> None:
    """Like `mix_buildings`, and no road is likelier than the mean of both guides: what is lost by it is background.

    One view of the guide at 1 m sees roads in twice as many unchanged places as two views do, and both guides in few.

    Args:
        maps: (C + 2, h, w) float32 probabilities (classes, appeared, interiors); changed in place.
        others: The same of the other guide.
        share: Weight of the other guide, in [0, 1].
    """
    mean = maps[ROAD] + share * (others[ROAD] - maps[ROAD])
    mix_buildings(maps, others, share)
    excess = np.maximum(maps[ROAD] - mean, 0)
    maps[ROAD] -= excess
    maps[0] += excess


def resized_maps(maps: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Maps at another size, smoothed where they become smaller.

    Args:
        maps: (C, h, w) float32.
        rows: Of the result.
        columns: Of the result.

    Returns:
        (C, rows, columns) float32.
    """
    return np.stack([np.asarray(Image.fromarray(one).resize((columns, rows), Image.Resampling.BILINEAR)) for one in maps])


def mixed_at(config: dict[str, Any]) -> tuple[float, float]:
    """How much larger the guides are shown pairs that both compare.

    Args:
        config: Of the weights, with "fine_guide".

    Returns:
        For the guide at 1 m, and for that of fine imagery.
    """
    other, own = config["fine_guide"].get("mixed_at", (1.0, 1.0))
    return float(other), float(own)


def enlarged(dates: np.ndarray, times: float) -> tuple[np.ndarray, tuple[int, int]]:
    """Pairs enlarged for the graph, as images of 8 bits: so are those that the guides were trained on.

    Args:
        dates: (2, N, 3, h, w) float32 in [0, 1], h and w multiples of 32.
        times: How much larger, at least 1.

    Returns:
        (2, N, 3, H, W) float32 in [0, 1], H and W multiples of 32, mirrored at the lower and right edge where they are more
        than `times` as large; and the rows and columns without what was mirrored.
    """
    rows, columns = (round(side * times) for side in dates.shape[-2:])
    if times == 1:
        return dates, (rows, columns)
    frames = np.rint(dates * 255).astype(np.uint8).reshape(-1, *dates.shape[2:]).transpose(0, 2, 3, 1)
    images = [Image.fromarray(np.ascontiguousarray(frame)) for frame in frames]
    large = np.stack([np.asarray(image.resize((columns, rows), Image.Resampling.BICUBIC)) for image in images])
    channels = padded_frames(large).transpose(0, 3, 1, 2).astype(np.float32)
    channels /= 255
    return channels.reshape(*dates.shape[:2], *channels.shape[1:]), (rows, columns)


def padded_frames(frames: np.ndarray) -> np.ndarray:
    """Frames of a size that the graph takes.

    Args:
        frames: (T, H, W, 3).

    Returns:
        The same with H and W multiples of 32, mirrored at the lower and right edge.
    """
    down, right = -frames.shape[1] % STEP, -frames.shape[2] % STEP
    if not down and not right:
        return frames
    return np.pad(frames, ((0, 0), (0, down), (0, right), (0, 0)), mode="reflect")
