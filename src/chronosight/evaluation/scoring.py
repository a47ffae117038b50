"""From predictions to metrics: what each task is scored by, and the score of each single prediction.

A reply that cannot be parsed counts as "no change" where change is asked for: no, 0, no cell; else as wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from chronosight.datasets.sample import Sample
from chronosight.evaluation.metric import Metric, Result, estimate, mean_metric
from chronosight.evaluation.predictions import Prediction, value_of
from chronosight.evaluation.score_captions import caption_metrics, caption_scores, describe_conventions, references_of
from chronosight.evaluation.score_change_answers import binary_metrics, count_metrics, groups_of, location_metrics
from chronosight.evaluation.score_claims import claim_metrics
from chronosight.evaluation.score_masks import agreement_metrics, cells_of, mask_metrics, number_of, read_both
from chronosight.metrics.answers import ConfusionTable, confusion_table, is_right, mean_over_types, number_range, type_parts
from chronosight.metrics.bootstrap import bootstrap_interval
from chronosight.metrics.calibration import (
    calibration_error,
    calibration_parts,
    error_if_calibrated,
    expected_calibration_error,
    selective_accuracy,
)
from chronosight.metrics.caption_tokens import CONVENTIONS, Convention, build_vocabulary
from chronosight.metrics.change import jaccard
from chronosight.metrics.masks import mask_agreement
from chronosight.tasks.caption import says_no_change
from chronosight.tasks.question import Value

Track = Callable[[Sequence[Any], str], Iterable[Any]]
Entries = list[Metric | Result]
COVERAGES = (0.5, 0.8, 0.9, 1.0)
CONTEXT_UP_TO = 10_000  # answers; on more, the calibration error is far above what chance makes it, and drawing takes minutes
# UC Merced's name -> AID's name for the same kind of place.
SAME_MEANING = {
    "agricultural": "farmland",
    "baseball diamond": "baseball field",
    "harbor": "port",
    "overpass": "viaduct",
    "parking lot": "parking",
}


@dataclass(frozen=True)
class ScoringOptions:
    """How to score.

    Attributes:
        conventions: Conventions for tokenizing captions.
        vocabulary_from: All references of all splits, for `index`; those that are scored where empty.
        averaged: Types of question that count into an average, all where empty.
        with_java: Whether METEOR's Java program may run.
        seed: Of the bootstrap.
    """

    conventions: Sequence[Convention] = CONVENTIONS
    vocabulary_from: Sequence[str] = ()
    averaged: Sequence[str] = ()
    with_java: bool = True
    seed: int = 0


@dataclass
class Scored:
    """What scoring found.

    Attributes:
        results: All metrics.
        tables: Confusion tables by name.
        conventions: What captions were scored with.
    """

    results: list[Result] = field(default_factory=list)
    tables: dict[str, ConfusionTable] = field(default_factory=dict)
    conventions: dict[str, dict[str, Any]] = field(default_factory=dict)


def score(
    samples: Sequence[Sample],
    predictions: Sequence[Prediction],
    options: ScoringOptions,
    more: Sequence[Metric] = (),
    track: Track = lambda items, _: items,
) -> Scored:
    """All metrics of a benchmark, each part with a bootstrap of its own.

    Args:
        samples: What was asked.
        predictions: One a sample, in order.
        options: How to score.
        more: Metrics that were made elsewhere and share the bootstrap of the whole.
        track: Goes through tasks while showing progress under a name.

    Returns:
        Results, with the part's name in front where there is one; confusion tables.
    """
    scored = Scored()
    for part in dict.fromkeys(sample.part for sample in samples):
        chosen = [i for i, sample in enumerate(samples) if sample.part == part]
        of_part = [samples[i] for i in chosen]
        entries = metrics_of(of_part, [predictions[i] for i in chosen], options, scored, track)
        results = estimate([*entries, *([] if part else more)], options.seed)
        scored.results += [replace(result, metric=f"{part}: {result.metric}") if part else result for result in results]
    return scored


def metrics_of(
    samples: Sequence[Sample],
    predictions: Sequence[Prediction],
    options: ScoringOptions,
    scored: Scored | None = None,
    track: Track = lambda items, _: items,
) -> Entries:
    """The metrics of one part, before any bootstrap.

    Args:
        samples: What was asked.
        predictions: One a sample, in order.
        options: How to score.
        scored: Takes confusion tables and conventions.
        track: Goes through tasks while showing progress under a name.

    Returns:
        Metrics and finished results.
    """
    scored = scored or Scored()
    values = [value_of(sample, prediction) for sample, prediction in zip(samples, predictions, strict=True)]
    entries: Entries = []
    for (task, kind), at in track(list(_by_task(samples).items()), "scores"):
        asked, predicted = [samples[i] for i in at], [values[i] for i in at]
        of_task = [predictions[i] for i in at]
        name = f"{task} of {kind}" if kind else task
        match task:
            case "caption":
                sentences = [s for sample in asked for s in references_of(sample)]
                if sentences:
                    sentences = list(options.vocabulary_from) or sentences
                    vocabulary = build_vocabulary(sentences) if "index" in options.conventions else None
                    entries += caption_metrics(asked, of_task, options.conventions, vocabulary, options.with_java)
                    scored.conventions = describe_conventions(options.conventions, vocabulary, options.with_java)
                if asked[0].kind == "pair":
                    entries += claim_metrics(asked, of_task)
            case "binary":
                entries += binary_metrics(asked, predicted, name)
            case "count":
                entries += count_metrics(asked, predicted, name)
            case "location":
                entries += location_metrics(asked, predicted, name)
            case "mask":
                entries += mask_metrics(asked, of_task)
            case "class":
                metrics, table = class_metrics(asked, predicted)
                entries += metrics
                scored.tables[f"{asked[0].part} {kind}".strip() or "class"] = table
            case "vqa":
                entries += vqa_metrics(asked, predicted, options.averaged)
    entries += dialogue_metrics(samples, values)
    entries += agreement_metrics(samples, predictions, values)
    entries += confidence_metrics(samples, predictions, values, options.seed)
    unparsed = sum(value is None and sample.scored_as != "mask" for sample, value in zip(samples, values, strict=True))
    return [*entries, Result("replies that could not be parsed", float(unparsed), len(samples))]


def sample_scores(samples: Sequence[Sample], predictions: Sequence[Prediction]) -> list[float | None]:
    """How good each single prediction is: higher is better, comparable within a task.

    Args:
        samples: What was asked.
        predictions: One a sample, in order.

    Returns:
        Captions: CIDEr-D. Counts: minus the error. Cells: Jaccard index. Masks: IoU. Else the confidence (1 without one),
        negative for a wrong answer. None for turns of dialogues and for captions without references.
    """
    scores: list[float | None] = [None] * len(samples)
    for (task, _), at in _by_task(samples).items():
        asked, predicted = [samples[i] for i in at], [predictions[i] for i in at]
        if task == "caption":
            captioned = [sample for sample in asked if references_of(sample)]
            if len(captioned) < len(asked):  # without references there is nothing to compare a sentence with
                continue
            found = caption_scores(asked, predicted)
        else:
            found = [_score(sample, prediction) for sample, prediction in zip(asked, predicted, strict=True)]
        for i, value in zip(at, found, strict=True):
            scores[i] = value
    return scores


def vqa_metrics(samples: Sequence[Sample], values: Sequence[Value | None], averaged: Sequence[str] = ()) -> list[Metric]:
    """Accuracy by type beside that of always giving the most frequent answer, and both averages of RSVQA.

    Args:
        samples: What was asked.
        values: The values of the replies.
        averaged: Types that the averages are made of, all where empty.

    Returns:
        The metrics.
    """
    groups, types = groups_of(samples), [sample.type for sample in samples]
    right = np.array([is_right(value, sample.truth) for sample, value in zip(samples, values, strict=True)], dtype=float)
    names = sorted(set(types))
    metrics: list[Metric] = []
    for kind in names:
        at = [i for i, of in enumerate(types) if of == kind]
        of_kind, truths = [groups[i] for i in at], [str(samples[i].truth) for i in at]
        metrics.append(mean_metric(f"{kind}: accuracy", of_kind, right[at], "questions"))
        usual = max(sorted(set(truths)), key=truths.count)
        frequent = [truth == usual for truth in truths]
        metrics.append(mean_metric(f"{kind}: always the most frequent answer", of_kind, frequent, "questions"))
        if kind in ("count", "area"):
            same = [number_range(samples[i].truth) == number_range(values[i]) for i in at]
            metrics.append(mean_metric(f"{kind}: accuracy in ranges", of_kind, same, "questions"))
    chosen = [kind for kind in names if not averaged or kind in averaged]
    counted = [i for i, kind in enumerate(types) if kind in chosen]
    if counted:
        of_chosen, parts = [groups[i] for i in counted], type_parts(right[counted], [types[i] for i in counted], chosen)
        metrics.append(mean_metric("average, weighted by question", of_chosen, right[counted], "questions"))
        metrics.append(Metric("average, plain mean of types", of_chosen, parts, mean_over_types, "questions"))
    return metrics


def class_metrics(samples: Sequence[Sample], values: Sequence[Value | None]) -> tuple[list[Metric], ConfusionTable]:
    """Overall accuracy, the mean over classes, and each class.

    Args:
        samples: What was asked.
        values: The values of the replies.

    Returns:
        The metrics, with names that mean the same place counted right where the labels have some; the confusion table.
    """
    groups, truths = groups_of(samples), [str(sample.truth) for sample in samples]
    predicted = [None if value is None else str(value) for value in values]
    right = np.array([p == t for p, t in zip(predicted, truths, strict=True)], dtype=float)
    names = sorted(set(truths))
    metrics = [
        mean_metric("overall accuracy", groups, right, "scenes"),
        Metric("mean over classes", groups, type_parts(right, truths, names), mean_over_types, "scenes"),
    ]
    if set(SAME_MEANING) & set(samples[0].labels):
        meant = [SAME_MEANING.get(p or "", p) == SAME_MEANING.get(t, t) for p, t in zip(predicted, truths, strict=True)]
        metrics.append(mean_metric("overall accuracy, synonyms counted right", groups, meant, "scenes"))
    for name in names:
        at = [i for i, truth in enumerate(truths) if truth == name]
        metrics.append(mean_metric(f"accuracy of {name}", [groups[i] for i in at], right[at], "scenes"))
    return metrics, confusion_table(predicted, truths)


def dialogue_metrics(samples: Sequence[Sample], values: Sequence[Value | None]) -> list[Metric]:
    """Share of right replies by turn, and of dialogues all of whose turns are right.

    Args:
        samples: Of a benchmark; what is no turn of a dialogue is left out.
        values: The values of the replies.

    Returns:
        The metrics. A caption turn is right where it says "no change" exactly when the pair is unchanged.
    """
    turns: dict[int, list[tuple[str, bool]]] = {}
    whole: dict[str, tuple[str, list[bool]]] = {}
    for sample, value in zip(samples, values, strict=True):
        if sample.dialogue is None:
            continue
        name, turn = sample.dialogue
        if sample.scored_as == "caption":
            right = says_no_change(str(value or "")) is not sample.changed
        else:
            right = is_right(value, sample.truth)
        turns.setdefault(turn, []).append((sample.resampled, right))
        whole.setdefault(name, (sample.resampled, []))[1].append(right)
    metrics = [
        mean_metric(f"dialogue turn {turn + 1}", [group for group, _ in found], [right for _, right in found])
        for turn, found in sorted(turns.items())
    ]
    if whole:
        groups = [group for group, _ in whole.values()]
        metrics.append(mean_metric("dialogue, all turns right", groups, [all(r) for _, r in whole.values()], "dialogues"))
    return metrics


def confidence_metrics(
    samples: Sequence[Sample], predictions: Sequence[Prediction], values: Sequence[Value | None], seed: int = 0
) -> Entries:
    """Calibration error and accuracy of the answers with the highest confidence, for all answers and task by task.

    Args:
        samples: Of a benchmark; captions, masks and answers without a confidence are left out.
        predictions: One a sample.
        values: Their values.
        seed: Of all draws.

    Returns:
        The metrics, and what the calibration error would be were every confidence true.
    """
    asked = [i for i, s in enumerate(samples) if s.scored_as not in ("caption", "mask") and predictions[i].confidence is not None]
    if not asked:
        return []
    entries: Entries = []
    tasks: list[str] = sorted({samples[i].scored_as for i in asked})
    for task in ["all answers", *(tasks if len(tasks) > 1 else [])]:
        chosen = [i for i in asked if task in ("all answers", samples[i].scored_as)]
        groups = [samples[i].resampled for i in chosen]
        confidence = np.array([predictions[i].confidence for i in chosen], dtype=float)
        right = np.array([is_right(values[i], samples[i].truth) for i in chosen], dtype=float)
        entries.append(Metric(f"calibration error, {task}", groups, calibration_parts(confidence, right), calibration_error))
        if task == "all answers" and len(chosen) <= CONTEXT_UP_TO:
            entries += _calibration_context(groups, confidence, right, seed)
        for coverage in COVERAGES:
            accuracy, n = selective_accuracy(confidence, right, coverage)
            entries.append(Result(f"accuracy of the most confident {coverage:.0%}, {task}", accuracy, n))
    return entries


def _calibration_context(groups: list[str], confidence: np.ndarray, right: np.ndarray, seed: int) -> list[Result]:
    """What to read the calibration error beside."""

    def equal_number(at: np.ndarray) -> float:
        return expected_calibration_error(confidence[at], right[at], equal_number=True)

    perfect, spread = error_if_calibrated(confidence, seed=seed)
    n = len(groups)
    return [
        Result("calibration error, were every confidence true", perfect, n, interval=spread),
        Result(
            "calibration error, all answers, equal-number bins", equal_number(np.arange(n)), n,
            interval=bootstrap_interval(groups, equal_number, seed=seed),
        ),
    ]  # fmt: skip


def _by_task(samples: Sequence[Sample]) -> dict[tuple[str, str], list[int]]:
    """Positions of the samples of each task and type; turns of dialogues are scored apart, types of questions together."""
    found: dict[tuple[str, str], list[int]] = {}
    for i, sample in enumerate(samples):
        if sample.dialogue is None:
            kind = "" if sample.scored_as in ("vqa", "mask", "caption") else sample.type
            found.setdefault((sample.scored_as, kind), []).append(i)
    return found


def _score(sample: Sample, prediction: Prediction) -> float:
    if sample.scored_as == "mask":
        return mask_agreement(*read_both(sample, prediction))
    value = value_of(sample, prediction)
    if sample.scored_as == "count":
        return -float(abs(number_of(value) - number_of(sample.truth)))
    if sample.scored_as == "location":
        return jaccard(cells_of(value), cells_of(sample.truth))
    confidence = 1.0 if prediction.confidence is None else prediction.confidence
    return confidence if is_right(value, sample.truth) else -confidence
