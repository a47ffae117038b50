"""Figures of masks: IoU, precision, recall and F1 by class, mIoU, IoU by the size of an object, F1 of boundaries.

All are pooled over pixels of the whole test set, as the field does. By size: each true object (8-connected) belongs to a
size; a predicted object to that of the true one it overlaps most, to its own where it overlaps none; IoU is pooled within
a size. Boundaries: the pixels of a mask with a neighbour (of 4) outside it; one is hit where the other mask has one within
2 pixels, by the larger of both distances along the axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from chronosight.errors import InputError
from chronosight.evaluation.figures import Figure, ratio
from chronosight.evaluation.item import Item, Reply
from chronosight.evaluation.score_change import overlap_figures

SMALL, LARGE = 400, 1600  # square pixels; LEVIR-MCI's small buildings are those under 400
SIZES = (f"under {SMALL} px", f"{SMALL} to {LARGE - 1} px", f"{LARGE} px and more")
REACH = 2  # pixels
PER_CLASS = 3 + 2 * len(SIZES) + 4


def mask_figures(items: Sequence[Item], replies: Sequence[Reply]) -> list[Figure]:
    """All figures. The items have the same classes, the first of which is background."""
    classes = items[0].classes
    groups = [item.group for item in items]
    # (n, classes, PER_CLASS): hits, alarms, misses; (shared, joined) of each size; boundary hits and pixels of both.
    parts = np.stack([mask_parts(*_read_both(item, reply), len(classes)) for item, reply in zip(items, replies, strict=True)])
    figures: list[Figure] = []
    for at, name in list(enumerate(classes))[1:]:
        of_class = parts[:, at]
        figures.append(Figure(f"mask of {name} IoU", groups, _iou_parts(of_class), ratio, "masks"))
        figures += overlap_figures(f"mask of {name}", groups, of_class[:, :3], "masks")
        for k, size in enumerate(SIZES):
            figures.append(Figure(f"mask of {name} IoU, {size}", groups, of_class[:, 3 + 2 * k : 5 + 2 * k], ratio, "masks"))
        figures.append(Figure(f"mask of {name} boundary F1", groups, of_class[:, -4:], _boundary_f1, "masks"))
    every = np.stack([_iou_parts(parts[:, at]) for at in range(len(classes))], axis=1)  # (n, classes, 2)
    figures.append(_mean_iou("mask mIoU, background included", groups, every))
    if len(classes) > 2:
        figures.append(_mean_iou("mask mIoU, change classes", groups, every[:, 1:]))
    return figures


def mask_scores(items: Sequence[Item], replies: Sequence[Reply]) -> list[float]:
    """IoU of all change together, mask by mask; 1 where neither mask has any."""
    scores = []
    for item, reply in zip(items, replies, strict=True):
        said, true = _read_both(item, reply)
        either = (said > 0) | (true > 0)
        scores.append(float(((said == true) & either).sum() / either.sum()) if either.any() else 1.0)
    return scores


def mask_parts(said: np.ndarray, true: np.ndarray, classes: int) -> np.ndarray:
    """(classes, PER_CLASS) of two (H, W) masks of class indices; boundaries and sizes for change classes only."""
    parts = np.zeros((classes, PER_CLASS))
    for at in range(classes):
        a, b = said == at, true == at
        parts[at, :3] = (a & b).sum(), (a & ~b).sum(), (~a & b).sum()
        if at and (a.any() or b.any()):
            parts[at, 3:-4] = _by_size(a, b)
            parts[at, -4:] = _boundaries(a, b)
    return parts


def _by_size(said: np.ndarray, true: np.ndarray) -> np.ndarray:
    """(2 * sizes,) pixels shared and joined, size by size."""
    eight = np.ones((3, 3), bool)
    (said_labels, n_said), (true_labels, n_true) = ndimage.label(said, eight), ndimage.label(true, eight)
    true_size = _size_of(np.bincount(true_labels.ravel(), minlength=n_true + 1))
    shared = np.zeros((n_said + 1, n_true + 1), dtype=np.int64)
    np.add.at(shared, (said_labels.ravel(), true_labels.ravel()), 1)
    shared[:, 0] = 0
    said_size = _size_of(np.bincount(said_labels.ravel(), minlength=n_said + 1))
    overlaps = shared.max(axis=1) > 0
    said_size[overlaps] = true_size[shared.argmax(axis=1)[overlaps]]
    result = []
    for size in range(len(SIZES)):
        a = said & (said_size[said_labels] == size)
        b = true & (true_size[true_labels] == size)
        result += [(a & b).sum(), (a | b).sum()]
    return np.array(result, dtype=float)


def _size_of(area: np.ndarray) -> np.ndarray:
    return np.digitize(area, (SMALL, LARGE))


def _boundaries(said: np.ndarray, true: np.ndarray) -> np.ndarray:
    """(4,) predicted boundary pixels near a true one, all of them, true ones near a predicted one, all of them."""
    a, b = _boundary(said), _boundary(true)
    near = np.ones((2 * REACH + 1, 2 * REACH + 1), bool)
    return np.array(
        [(a & ndimage.binary_dilation(b, near)).sum(), a.sum(), (b & ndimage.binary_dilation(a, near)).sum(), b.sum()],
        dtype=float,
    )


def _boundary(mask: np.ndarray) -> np.ndarray:
    """Pixels with a neighbour outside the mask; the picture's edge is no boundary."""
    edge: np.ndarray = mask & ~ndimage.binary_erosion(mask, border_value=1)
    return edge


def _boundary_f1(sums: np.ndarray) -> np.ndarray:
    precision, recall = ratio(sums[..., :2]), ratio(sums[..., 2:])
    with np.errstate(divide="ignore", invalid="ignore"):
        f1: np.ndarray = 2 * precision * recall / (precision + recall)
    return f1


def _iou_parts(counts: np.ndarray) -> np.ndarray:
    """(n, 2) hits, and hits with alarms and misses."""
    return np.stack([counts[:, 0], counts[:, :3].sum(axis=1)], axis=1)


def _mean_iou(name: str, groups: Sequence[str], parts: np.ndarray) -> Figure:
    n, classes, _ = parts.shape

    def of(sums: np.ndarray) -> np.ndarray:
        mean: np.ndarray = ratio(sums.reshape(*sums.shape[:-1], classes, 2)).mean(axis=-1)
        return mean

    return Figure(name, groups, parts.reshape(n, classes * 2), of, "masks")


def _read_both(item: Item, reply: Reply) -> tuple[np.ndarray, np.ndarray]:
    """The predicted and the true mask of an item, (H, W) class indices."""
    if item.mask is None or reply.mask is None:
        raise ValueError(f"{item.id} has no mask to compare")
    said, true = read_mask(reply.mask), item.mask()
    if said.shape != true.shape:
        raise InputError(f"{reply.mask} has {said.shape[1]} x {said.shape[0]} pixels, expected {true.shape[1]} x {true.shape[0]}")
    if int(said.max(initial=0)) >= len(item.classes):
        raise InputError(f"{reply.mask} has pixels of {int(said.max())}; expected 0 to {len(item.classes) - 1}: {item.classes}")
    return said, true


def read_mask(path: Path) -> np.ndarray:
    """(H, W) uint8 class indices of a PNG. Raises InputError where there is none."""
    if not path.is_file():
        raise InputError(f"no mask {path}; give PNGs whose pixels are class indices")
    with Image.open(path) as picture:
        if picture.mode not in ("L", "P", "1"):
            raise InputError(f"{path} has mode {picture.mode}; expected one band whose pixels are class indices")
        return np.asarray(picture).astype(np.uint8)
