"""The confidence of counts and places read from the outlines (`engines.from_objects`), fitted on the `val` places.

Counts also learn from training places: val has too few to measure how often an empty map hides a change.

Both windows and whole places are read, so that the confidence holds for scenes of either size; it falls with the number of
objects. Beside the confidence of the exact number stands an interval that holds the true one in `COVERAGE` of all answers
(`confidence.count_interval`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chronosight.engines.confidence import (
    COVERAGE,
    count_interval,
    exact_answer_sources,
    interval_scale,
    is_confident,
    log_odds,
    of_exact_answer,
)
from chronosight.metrics.answers import is_right
from chronosight.metrics.calibration import expected_calibration_error
from chronosight.tasks.question import Question, Value
from chronosight.training.calibration.fits import assured_from, confident_from, fit_logistic

if TYPE_CHECKING:
    from chronosight.engines.compact.encoded import EncodedScene

FOLDS = 5  # of places, each judged by a fit on the others
NUMBERS = ((0, 0), (1, 5), (6, 20), (21, 10**6))  # ranges of counts that the report separates
SPREADS = (0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3)  # errors that grow with the number: none is not credible
SCALE = 3.0  # log odds over this are about one, as the penalty of the fit wants them
PENALTY = 5e-4  # of log loss on places left out, the least for counts and places together


@dataclass(frozen=True)
class ReadOff:
    """One answer read off the outlines.

    log_odds, number: of `exact_answer_sources`. raw: the confidence in [0, 1] that the log odds are of. right: whether the
    answer is exactly true. true: of a count, the true number. size: pixels a side of the scene. place: its name. source: the
    split that it is of.
    """

    log_odds: float
    number: int
    raw: float
    right: bool
    true: int | None = None
    size: int = 0
    place: str = ""
    source: str = "val"


def read_off(encoded: EncodedScene, question: Question, true: Value, place: str, source: str = "val") -> ReadOff:
    """What the answer read from the objects rests on, and whether it is right.

    Args:
        encoded: The scene, encoded by the engine.
        question: A question of task count or location.
        true: Its true value.
        place: Name of the place, by which answers are grouped.
        source: Where the place comes from, "val" or "train".

    Returns:
        The raw confidence, the number of objects, and whether the answer is right.
    """
    from chronosight.engines.from_objects import answer_task, select

    evidence, changed = encoded.guide_evidence, encoded.changed
    raw, number = exact_answer_sources(question.task, select(evidence.objects, question.subject), changed)
    right = is_right(answer_task(question, evidence, changed).value, true)
    counted = int(true) if question.task == "count" and not isinstance(true, (tuple, str)) else None
    return ReadOff(log_odds(raw), number, raw, right, counted, encoded.scene.width, place, source)


def fit_read_off(answers: Sequence[ReadOff]) -> tuple[dict[str, float], dict[str, float]]:
    """Fits the confidence of answers read from the objects.

    Args:
        answers: Answers of one task, count or location, and whether they are right.

    Returns:
        The settings "a", "number", "b", "none", "b_none" and "sure" of the task, for counts those of the interval too; and how
        well they hold, on the same answers.
    """
    outcome = np.array([item.right for item in answers])
    counts = all(item.true is not None for item in answers)
    features = []
    for item in answers:
        z, empty = (log_odds(item.raw ** (1 / max(1, item.number))) if counts else item.log_odds) / SCALE, item.number == 0
        features.append([0.0 if empty else z, np.log1p(item.number), z if empty else 0.0, float(empty)])
    fitted = fit_logistic(np.array(features), outcome, penalty=PENALTY)
    a, number, none, empty_bias = fitted.weights
    confidence = fitted(np.array(features))
    settings = {
        "a": a / SCALE, "number": number, "b": fitted.bias, "none": none / SCALE, "b_none": fitted.bias + empty_bias,
    }  # fmt: skip
    settings = {name: round(value, 4) for name, value in settings.items()}
    sources = np.array([item.source for item in answers])
    settings["sure"] = round(assured_from(confidence, outcome, sources) if counts else confident_from(confidence, outcome), 4)
    if counts:
        settings |= {"mean": 1.0, **fit_interval(answers, confidence)}
    raw = np.array([item.raw for item in answers])
    return settings, {
        "n": len(answers),
        "accuracy": round(float(outcome.mean()), 4),
        "error_before": round(expected_calibration_error(raw, outcome), 4),
        "error_after": round(expected_calibration_error(confidence, outcome), 4),
    }


def fit_interval(answers: Sequence[ReadOff], confidence: np.ndarray) -> dict[str, float]:
    """Settings "low", "high", "spread" and "most" of `confidence.count_interval`.

    The spread makes errors of few and of many objects alike (greatest Gaussian likelihood); the ends are quantiles of the
    errors in that scale, a step further out than the sample's own, as conformal prediction has it (Vovk et al., 2005). The
    interval has to hold for scenes of each size by themselves, so the ends furthest out are taken.

    Args:
        answers: Counts, with the true numbers.
        confidence: (n,) in [0, 1], of each being exactly right.
    """
    counted = np.array([item.number for item in answers], float)
    error = np.array([item.true for item in answers], float) - counted
    some = counted > 0
    scales = {spread: np.array([interval_scale(n, spread) for n in counted[some]]) for spread in SPREADS}
    spread = min(scales, key=lambda one: np.log(scales[one]).mean() + np.log(np.std(error[some] / scales[one]) + 1e-9))
    size = np.array([item.size for item in answers])[some]
    standard = [np.sort((error[some] / scales[spread])[size == side]) for side in sorted(set(size))]
    doubtful = np.sort(error[~some & (confidence < COVERAGE)])
    most = doubtful[min(len(doubtful) - 1, int(np.ceil(COVERAGE * (len(doubtful) + 1))) - 1)] if len(doubtful) else 1.0
    ends = [_ends(of_size) for of_size in standard] or [(0.0, 0.0)]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    return {
        "low": round(min(0.0, float(low)), 4), "high": round(max(0.0, float(high)), 4), "spread": spread,
        "most": max(1.0, float(most)),
    }  # fmt: skip


def _ends(standard: np.ndarray) -> tuple[float, float]:
    """The ends of an interval that holds COVERAGE of sorted errors."""
    out = int(np.floor((1 - COVERAGE) / 2 * (len(standard) + 1)))  # this many may lie outside of either end
    return float(standard[max(0, out - 1)]), float(standard[min(len(standard) - 1, len(standard) - out)])


def reliability(answers: Sequence[ReadOff]) -> list[dict[str, float | str]]:
    """How well confidences and intervals of counts hold, by size of scene and number; each place judged by a fit on others.

    Args:
        answers: Counts, with true numbers, sizes and places.

    Returns:
        A row for each size and range of numbers: how many answers, the share exactly right, how many are confident, the
        share of those exactly right, and the share of intervals that hold the true number.
    """
    groups = sorted({item.place for item in answers})
    if len(groups) < 2:
        return []
    judged: list[tuple[ReadOff, float, bool, bool]] = []
    for fold in range(FOLDS):
        held = set(groups[fold::FOLDS])
        settings, _ = fit_read_off([item for item in answers if item.place not in held])
        judged += [judge(item, settings) for item in answers if item.place in held]
    return reliability_table(judged)


def judge(item: ReadOff, settings: dict[str, float]) -> tuple[ReadOff, float, bool, bool]:
    """Applies fitted settings to one answer.

    Args:
        item: An answer to a count.
        settings: Settings of the task, as `fit_read_off` returns them.

    Returns:
        The answer, its confidence in [0, 1], whether it is confident, and whether its interval holds the true number.
    """
    confidence = of_exact_answer(item.raw, item.number, settings)
    low, high = count_interval(item.number, confidence, settings) or (item.number, item.number)
    assert item.true is not None
    return item, confidence, is_confident(confidence, settings), low <= item.true <= high


def reliability_table(judged: Sequence[tuple[ReadOff, float, bool, bool]]) -> list[dict[str, float | str]]:
    """Tabulates how far the confidence of counts holds, by size of the scene and number of objects.

    Args:
        judged: Answers, as `judge` returns them.

    Returns:
        One row for each size and range of numbers that occurs.
    """
    rows: list[dict[str, float | str]] = []
    for size in sorted({item.size for item, *_ in judged}):
        for least, most in NUMBERS:
            chosen = [one for one in judged if one[0].size == size and least <= one[0].number <= most]
            confident = [one for one in chosen if one[2]]
            if chosen:
                rows.append({
                    "size": size, "number": f"{least} to {most}" if most < 10**6 else f"{least} or more", "n": len(chosen),
                    "exact": round(float(np.mean([one[0].right for one in chosen])), 3),
                    "confidence": round(float(np.mean([one[1] for one in chosen])), 3), "confident": len(confident),
                    "exact_when_confident": round(float(np.mean([one[0].right for one in confident])), 3) if confident else "",
                    "interval_holds": round(float(np.mean([one[3] for one in chosen])), 3),
                })  # fmt: skip
    return rows
