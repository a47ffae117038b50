"""Masks: overlap by class, IoU by the size of an object, F1 of boundaries; all pooled over the pixels of a test set.

By size: each true object (8-connected) belongs to a size; a predicted object to that of the true one it overlaps most, to its
own where it overlaps none; IoU is pooled within a size. Boundaries: the pixels of a mask with a neighbour (of 4) outside
it; one is hit where the other mask has one within 2 pixels, by the larger of both distances along the axes.

Objects: a true one is found where half of its pixels or more are marked; reported by its area on the ground, and by whether the
edge of the image cuts it.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from chronosight.metrics.bootstrap import ratio

SMALL, LARGE = 400, 1600  # square pixels; LEVIR-MCI's small buildings are those under 400
SIZES = (f"under {SMALL} px", f"{SMALL} to {LARGE - 1} px", f"{LARGE} px and more")
REACH = 2  # pixels
AREAS = (50.0, 150.0, 300.0)  # square metres
OBJECTS = (
    "under 50 m2", "50 to 150 m2", "150 to 300 m2", "300 m2 and more", "cut by the edge", "not cut by the edge",
    "cut by the edge, 50 m2 and more", "not cut by the edge, 50 m2 and more",
)  # fmt: skip
PER_CLASS = 3 + 2 * len(SIZES) + 4


def mask_parts(predicted: np.ndarray, true: np.ndarray, classes: int) -> np.ndarray:
    """What is summed over masks, class by class; sizes and boundaries of change classes only.

    Args:
        predicted: (H, W) predicted class indices.
        true: (H, W) true class indices.
        classes: Number of classes; 0 is background.

    Returns:
        (classes, PER_CLASS): hits, false alarms, misses; pixels shared and joined by size; boundary pixels near one of the
        other mask and all of them, predicted and true.
    """
    parts = np.zeros((classes, PER_CLASS))
    for at in range(classes):
        a, b = predicted == at, true == at
        parts[at, :3] = (a & b).sum(), (a & ~b).sum(), (~a & b).sum()
        if at and (a.any() or b.any()):
            parts[at, 3:-4] = _by_size(a, b)
            parts[at, -4:] = _boundaries(a, b)
    return parts


def objects_found(predicted: np.ndarray, true: np.ndarray, metres: float) -> np.ndarray:
    """Counts the true objects that were found, by their area and by whether the image's edge cuts them.

    Args:
        predicted: (H, W) bool.
        true: (H, W) bool.
        metres: Ground size of a pixel.

    Returns:
        (len(OBJECTS), 2): found, and in all. Every object stands in the row of its area within the image and in one of the two
        after these; where that area is 50 square metres or more, in one of the last two as well: most of what an edge
        leaves of an object may be a sliver that nobody could name.
    """
    counts = np.zeros((len(OBJECTS), 2))
    labels, number = ndimage.label(true, np.ones((3, 3), bool))
    areas = np.bincount(labels.ravel(), minlength=number + 1)
    marked = np.bincount(labels.ravel(), weights=predicted.ravel(), minlength=number + 1)
    at_edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    for index in range(1, number + 1):
        found = 2 * marked[index] >= areas[index]
        size = int(np.digitize(areas[index] * metres**2, AREAS))
        edge = len(AREAS) + 1 + (index not in at_edge)
        rows = [size, edge, edge + 2] if size else [size, edge]
        counts[rows] += (found, 1)
    return counts


def _by_size(predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """(2 * sizes,) pixels shared and joined, size by size."""
    eight = np.ones((3, 3), bool)
    (predicted_labels, n_predicted), (true_labels, n_true) = ndimage.label(predicted, eight), ndimage.label(true, eight)
    true_size = _size_of(np.bincount(true_labels.ravel()))
    shared = np.zeros((n_predicted + 1, n_true + 1), dtype=np.int64)
    np.add.at(shared, (predicted_labels.ravel(), true_labels.ravel()), 1)
    shared[:, 0] = 0
    predicted_size = _size_of(np.bincount(predicted_labels.ravel()))
    overlaps = shared.max(axis=1) > 0
    predicted_size[overlaps] = true_size[shared.argmax(axis=1)[overlaps]]
    result = []
    for size in range(len(SIZES)):
        a = predicted & (predicted_size[predicted_labels] == size)
        b = true & (true_size[true_labels] == size)
        result += [(a & b).sum(), (a | b).sum()]
    return np.array(result, dtype=float)


def _size_of(area: np.ndarray) -> np.ndarray:
    return np.asarray(np.digitize(area, (SMALL, LARGE)))


def _boundaries(predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """(4,) predicted boundary pixels near a true one, all of them, true ones near a predicted one, all of them."""
    a, b = _boundary(predicted), _boundary(true)
    near = np.ones((2 * REACH + 1, 2 * REACH + 1), bool)
    return np.array(
        [(a & ndimage.binary_dilation(b, near)).sum(), a.sum(), (b & ndimage.binary_dilation(a, near)).sum(), b.sum()],
        dtype=float,
    )


def _boundary(mask: np.ndarray) -> np.ndarray:
    """Pixels with a neighbour outside the mask; the image's edge is no boundary."""
    edge: np.ndarray = mask & ~ndimage.binary_erosion(mask, border_value=1)
    return edge


def boundary_f1(sums: np.ndarray) -> np.ndarray:
    """F1 of boundaries.

    Args:
        sums: (..., 4) predicted boundary pixels near a true one, all predicted ones, true ones near a predicted one, all.

    Returns:
        (...) in [0, 1]; nan without a boundary.
    """
    precision, recall = ratio(sums[..., :2]), ratio(sums[..., 2:])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(2 * precision * recall / (precision + recall))


def mean_iou(sums: np.ndarray) -> np.ndarray:
    """Mean over classes of intersection over union.

    Args:
        sums: (..., 3 * classes) hits, false alarms and misses of each class.

    Returns:
        (...) in [0, 1]; nan where a class is nowhere.
    """
    counts = sums.reshape(*sums.shape[:-1], -1, 3)
    return np.asarray(ratio(np.stack([counts[..., 0], counts.sum(axis=-1)], axis=-1)).mean(axis=-1))


def mask_agreement(predicted: np.ndarray, true: np.ndarray) -> float:
    """IoU of all change together, for one mask.

    Args:
        predicted: (H, W) class indices.
        true: (H, W) class indices.

    Returns:
        In [0, 1]; 1 where neither mask has any change.
    """
    either = (predicted > 0) | (true > 0)
    return float(((predicted == true) & either).sum() / either.sum()) if either.any() else 1.0
