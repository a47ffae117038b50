"""Weights of the evidence sources on "did anything change" (`engines.confidence.weigh_sources`), fitted on the `val` places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chronosight.datasets.places import ANY_CHANGE, BINARY, Box, PlacePair, truth_of_mask, windows
from chronosight.engines.confidence import SETTLED
from chronosight.metrics.calibration import expected_calibration_error
from chronosight.tasks.question import Question
from chronosight.training.calibration.fits import confidence_of, confident_from, fit_logistic

if TYPE_CHECKING:
    from chronosight.engines.compact.encoded import EncodedScene
    from chronosight.engines.compact.engine import CompactEngine

CELLS_OF_WINDOW = 4


@dataclass(frozen=True)
class Weighed:
    """What speaks for a yes about a pair, and what is true.

    language_model and guide are log odds of the language model and of the guide, outlined is the log of the outlined area,
    captioned what the captioner says, in [-1, 1].
    """

    language_model: float
    guide: float
    outlined: float
    outcome: bool
    captioned: float = 0.0


def weigh_places(engine: CompactEngine, places: Iterable[PlacePair]) -> dict[str, list[Weighed]]:
    """Collects the evidence on change.

    "any_change" is asked of captioned cells, and of windows whose four cells all have captions. "binary", of questions about one
    class, is asked of buildings in windows too: of these alone the outlines would count for nothing beside the guide, although
    they are what a question about roads rests on.

    `engines.confidence` weighs the same evidence.

    Args:
        engine: Engine whose mask is calibrated already.
        places: Held-out pairs with building masks and captioned cells.

    Returns:
        The evidence of each window or cell and whether it changed, by the names of the tasks in config.json.
    """
    found: dict[str, list[Weighed]] = {"binary": [], "any_change": []}
    for place in places:
        for box in windows(place.before.shape[0]):
            scene = place.crop(box)
            found["binary"].append(weigh(engine.encode(scene), BINARY, truth_of_mask(place.mask(box)).changed))
            inside = [cell for cell in place.cells if _lies_in(cell.box, box)]
            if len(inside) == CELLS_OF_WINDOW:
                truth = any(cell.changed for cell in inside)
                found["any_change"].append(weigh(engine.encode(scene), ANY_CHANGE, truth))
        for cell in place.cells:
            found["any_change"].append(weigh(engine.encode(place.crop(cell.box)), ANY_CHANGE, cell.changed))
    found["binary"] += found["any_change"]
    return found


def weigh(encoded: EncodedScene, question: Question, truth: bool) -> Weighed:
    """The evidence on one yes / no question.

    Args:
        encoded: A pair of known ground size, encoded by the engine.
        question: Of task binary.
        truth: The right answer.

    Returns:
        What speaks for a yes.
    """
    from chronosight.engines.compact.replies import yes_probability
    from chronosight.engines.confidence import log_odds, outlined_area
    from chronosight.engines.from_objects import select

    yes = yes_probability(encoded.replies([question])[0])
    metres = encoded.scene.metres_per_pixel or 1.0
    outlined = outlined_area(select(encoded.outlined.objects, question.subject), metres**2)
    return Weighed(log_odds(yes), log_odds(encoded.changed), outlined, truth, encoded.captioned(question))


def _lies_in(inner: Box, outer: Box) -> bool:
    return inner[0] >= outer[0] and inner[1] >= outer[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def fit_changed(weighed: Sequence[Weighed], least: float = SETTLED) -> tuple[dict[str, float], dict[str, float]]:
    """Fits the weights of the evidence on change by logistic regression, with the language model and without.

    No weight is negative: what one source adds to the others may be nothing, but it never speaks against itself.

    Args:
        weighed: Evidence and outcomes of one kind of question, as `weigh_places` collects them.
        least: Confidence from which on the engine does not ask the language model.

    Returns:
        The settings "a", "guide", "outlined", "caption", "b" and "sure" of the task, and "alone_guide",
        "alone_outlined", "alone_caption" and "alone_b" of answers without the language model; and how well they hold, on the
        same answers: number, accuracy, calibration error before and after, share answered without the language model.
    """
    features = np.array([[item.language_model, item.guide, item.outlined, item.captioned] for item in weighed])
    outcome = np.array([item.outcome for item in weighed])
    fitted, alone = (fit_logistic(features[:, first:], outcome, penalty=3e-4, nonnegative=True) for first in (0, 1))
    yes, without = fitted(features), alone(features[:, 1:])
    settled = np.maximum(without, 1 - without) >= least
    confidence, right = confidence_of(np.where(settled, without, yes), outcome, True)
    before, right_before = confidence_of(1 / (1 + np.exp(-features[:, 0])), outcome, True)
    names = ("guide", "outlined", "caption")
    settings = {name: round(weight, 4) for name, weight in zip(("a", *names), fitted.weights, strict=True)}
    settings |= {"b": round(fitted.bias, 4), "sure": round(confident_from(confidence, right), 3)}
    settings |= {f"alone_{name}": round(weight, 4) for name, weight in zip(names, alone.weights, strict=True)}
    settings |= {"alone_b": round(alone.bias, 4)}
    return settings, {
        "n": len(weighed),
        "accuracy": round(float(right.mean()), 4),
        "accuracy_language_model": round(float(right_before.mean()), 4),
        "error_before": round(expected_calibration_error(before, right_before), 4),
        "error_after": round(expected_calibration_error(confidence, right), 4),
        "without_language_model": round(float(settled.mean()), 4),
    }
