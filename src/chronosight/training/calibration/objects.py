"""How sure counts and places read off the outlines are (`engines.from_objects`), fitted on the `val` places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chronosight.metrics.calibration import expected_calibration_error
from chronosight.training.calibration.fits import fit_logistic, sure_from

SCALE = 3.0  # log odds over this are about one, as the penalty of the fit wants them
PENALTY = 5e-4  # of log loss on places left out, the least for counts and places together


@dataclass(frozen=True)
class ReadOff:
    """One answer read off the outlines.

    log_odds, number: of `exact_answer_sources`. raw: the confidence in [0, 1] that the log odds are of. right: whether the
    answer is exactly true.
    """

    log_odds: float
    number: int
    raw: float
    right: bool


def fit_read_off(answers: Sequence[ReadOff]) -> tuple[dict[str, float], dict[str, float]]:
    """-> settings "a", "number", "b", "none", "b_none", "sure" of a task, and how they came about (on the same answers)."""
    outcome = np.array([item.right for item in answers])
    features = []
    for item in answers:
        z, empty = item.log_odds / SCALE, item.number == 0
        features.append([0.0 if empty else z, np.log1p(item.number), z if empty else 0.0, float(empty)])
    fitted = fit_logistic(np.array(features), outcome, penalty=PENALTY)
    a, number, none, empty_bias = fitted.weights
    confidence = fitted(np.array(features))
    settings = {
        "a": a / SCALE, "number": number, "b": fitted.bias, "none": none / SCALE, "b_none": fitted.bias + empty_bias,
    }  # fmt: skip
    settings = {name: round(value, 4) for name, value in settings.items()}
    settings["sure"] = round(sure_from(confidence, outcome), 3)
    raw = np.array([item.raw for item in answers])
    return settings, {
        "n": len(answers),
        "accuracy": round(float(outcome.mean()), 4),
        "error_before": round(expected_calibration_error(raw, outcome), 4),
        "error_after": round(expected_calibration_error(confidence, outcome), 4),
    }
