"""Metrics of masks, pooled over the pixels of a test set; and whether a system's words agree with its own mask.

Agreement needs no truth. Of one scene: "yes" where the mask has more than 20 pixels of change; the predicted count and
cells are those of the mask by the label rule; "yes" where a count above 0 or a cell is predicted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from chronosight.datasets.places import CHANGED_PIXELS
from chronosight.datasets.sample import Sample
from chronosight.errors import InputError
from chronosight.evaluation.metric import Metric, mean_metric
from chronosight.evaluation.predictions import Prediction, read_mask
from chronosight.metrics import change, masks
from chronosight.metrics.bootstrap import ratio
from chronosight.tasks.objects import count_and_cells
from chronosight.tasks.question import Value

CLASS_OF = {"roads": "road", "buildings": "building"}  # subject of a question -> class of a mask


def mask_metrics(samples: Sequence[Sample], predictions: Sequence[Prediction]) -> list[Metric]:
    """IoU, precision, recall and F1 by class, IoU by the size of an object, F1 of boundaries, mIoU.

    Args:
        samples: With one list of classes, the first of which is background.
        predictions: One a sample.

    Returns:
        The metrics. Where no true mask has any change: the share of pixels that are marked, since there is nothing to hit.
    """
    classes, groups = samples[0].classes, [sample.resampled for sample in samples]
    both = [read_both(sample, prediction) for sample, prediction in zip(samples, predictions, strict=True)]
    if not any(true.any() for _, true in both):
        return [mean_metric("share of pixels marked", groups, [float((predicted > 0).mean()) for predicted, _ in both], "pairs")]
    parts = np.stack([masks.mask_parts(predicted, true, len(classes)) for predicted, true in both])  # (n, classes, PER_CLASS)
    metrics: list[Metric] = []
    for at, name in list(enumerate(classes))[1:]:
        of_class = parts[:, at]
        metrics.append(Metric(f"mask of {name} IoU", groups, of_class[:, :3], change.iou, "masks"))
        metrics += overlap_metrics(f"mask of {name}", groups, of_class[:, :3], "masks")
        for k, size in enumerate(masks.SIZES):
            metrics.append(Metric(f"mask of {name} IoU, {size}", groups, of_class[:, 3 + 2 * k : 5 + 2 * k], ratio, "masks"))
        metrics.append(Metric(f"mask of {name} boundary F1", groups, of_class[:, -4:], masks.boundary_f1, "masks"))
        if all(sample.metres_per_pixel for sample in samples):
            metrics += _objects_found(f"objects of {name} found", at, samples, both)
    every = parts[:, :, :3]
    flat = every.reshape(len(samples), -1)
    metrics.append(Metric("mask mIoU, background included", groups, flat, masks.mean_iou, "masks"))
    if len(classes) > 2:
        metrics.append(Metric("mask mIoU, change classes", groups, flat[:, 3:], masks.mean_iou, "masks"))
    return metrics


def _objects_found(
    name: str, at: int, samples: Sequence[Sample], both: Sequence[tuple[np.ndarray, np.ndarray]]
) -> list[Metric]:
    """Recall of the objects of a class, by area on the ground and by whether the image's edge cuts them."""
    counts = np.stack([
        masks.objects_found(predicted == at, true == at, sample.metres_per_pixel or 1.0)
        for sample, (predicted, true) in zip(samples, both, strict=True)
    ])  # fmt: skip
    groups = [sample.resampled for sample in samples]
    return [
        Metric(f"{name}, {of}", groups, counts[:, row], ratio, "masks")
        for row, of in enumerate(masks.OBJECTS)
        if counts[:, row, 1].any()
    ]


def overlap_metrics(name: str, groups: Sequence[str], parts: np.ndarray, unit: str = "answers") -> list[Metric]:
    """Precision, recall and F1, pooled.

    Args:
        name: Begins the names of the metrics.
        groups: The group of each answer.
        parts: (n, 3 or more) hits, false alarms, misses.
        unit: What one of n is.

    Returns:
        Three metrics.
    """
    formulas = {"precision": change.precision, "recall": change.recall, "F1": change.f1}
    return [Metric(f"{name} {of}", groups, parts, formula, unit) for of, formula in formulas.items()]


def read_both(sample: Sample, prediction: Prediction) -> tuple[np.ndarray, np.ndarray]:
    """The predicted and the true mask.

    Args:
        sample: Of a mask.
        prediction: With a mask.

    Returns:
        Both (H, W) class indices.

    Raises:
        InputError: The predicted one is missing, of another size, or has other classes.
    """
    if sample.mask is None or prediction.mask is None:
        raise ValueError(f"{sample.id} has no mask to compare")
    path, predicted, true = prediction.mask, read_mask(prediction.mask), sample.mask()
    if predicted.shape != true.shape:
        size = f"{predicted.shape[1]} x {predicted.shape[0]}"
        raise InputError(f"{path} has {size} pixels; expected {true.shape[1]} x {true.shape[0]}")
    if int(predicted.max(initial=0)) >= len(sample.classes):
        raise InputError(f"{path} has pixels of {int(predicted.max())}; expected indices into {', '.join(sample.classes)}")
    return predicted, true


def agreement_metrics(
    samples: Sequence[Sample], predictions: Sequence[Prediction], values: Sequence[Value | None]
) -> list[Metric]:
    """Share of scenes in which two replies agree, right or wrong, for each pair of replies.

    Args:
        samples: Of a benchmark.
        predictions: One a sample.
        values: Their values.

    Returns:
        The metrics.
    """
    scenes: dict[str, list[int]] = {}
    for i, sample in enumerate(samples):
        if sample.dialogue is None:
            scenes.setdefault(sample.scene, []).append(i)
    found: dict[str, list[tuple[str, bool]]] = {}
    for members in scenes.values():
        for name, agrees in _agreements(members, samples, predictions, values):
            found.setdefault(name, []).append((samples[members[0]].resampled, agrees))
    return [
        mean_metric(f"consistency: {name}", [group for group, _ in pairs], [agrees for _, agrees in pairs], "scenes")
        for name, pairs in found.items()
    ]


def number_of(value: Value | None) -> int:
    """A count; 0 for a reply without one ("no change").

    Args:
        value: Of a reply.

    Returns:
        The number.
    """
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def cells_of(value: Value | None) -> set[str]:
    """Cells; none for a reply without any ("no change").

    Args:
        value: Of a reply.

    Returns:
        The set.
    """
    return set(value) if isinstance(value, tuple) else set()


def _agreements(
    members: list[int], samples: Sequence[Sample], predictions: Sequence[Prediction], values: Sequence[Value | None]
) -> Iterator[tuple[str, bool]]:
    """(which two replies, whether they agree) of one scene."""
    mask: dict[str, np.ndarray] = {}
    predicted: dict[tuple[str, str], Value | None] = {}
    for i in members:
        sample, path = samples[i], predictions[i].mask
        if sample.scored_as == "mask" and path is not None:
            pixels = read_mask(path)
            mask = {name: pixels == at for at, name in enumerate(sample.classes) if at}
        elif sample.scored_as in ("binary", "count", "location"):
            predicted[sample.scored_as, sample.type] = values[i]
    changed = {kind: value is True for (task, kind), value in predicted.items() if task == "binary"}
    for kind, yes in changed.items():
        wanted = [CLASS_OF.get(kind, kind)] if kind else list(mask)
        if mask and all(name in mask for name in wanted):
            yield "yes or no with the mask", yes == (sum(int(mask[name].sum()) for name in wanted) > CHANGED_PIXELS)
        named = [v for (task, subject), v in predicted.items() if task != "binary" and (not kind or subject == kind)]
        if named:
            yield "yes or no with counts and places", yes == any(number_of(v) > 0 or bool(cells_of(v)) for v in named)
    for (task, subject), value in predicted.items():
        of_class = mask.get(CLASS_OF.get(subject, subject))
        if of_class is not None and task != "binary":
            objects, cells = count_and_cells(of_class)
            agrees = number_of(value) == objects if task == "count" else cells_of(value) == set(cells)
            yield f"{task} of {subject} with the mask", agrees
