"""Did anything change? What the language model says, what the guide says and what is outlined, weighed in one logistic.

    yes = sigmoid(a * logit(model's yes) + guide * logit(guide's "anything changed") + outlined * log(1 + outlined area) + b)

The weights are fitted on held-out places (`chronosight calibrate`); without them the model's yes is taken as it is. The
outlined area is in square metres, each object weighted by its confidence: one faint speck is little reason for a yes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from chronosight.engines.confidence import calibrate, log_odds, sigmoid
from chronosight.engines.from_objects import select
from chronosight.results.description import Evidence


def outlined_area(evidence: Evidence, subject: str | None, square_metres: float = 1.0) -> float:
    """log(1 + area) of the objects of a subject ("buildings", "roads" or None for all), weighted by their confidence.

    square_metres: of one pixel.
    """
    return math.log1p(sum(item.confidence * item.area for item in select(evidence, subject)) * square_metres)


def weigh(yes: float, changed: float, outlined: float, settings: Mapping[str, float]) -> float:
    """Probability in [0, 1] that the answer is yes.

    yes, changed: in [0, 1], of the language model and of the guide. outlined: of `outlined_area`. settings: calibration of
    the task "binary".
    """
    if "outlined" not in settings:
        return calibrate(yes, settings)
    return sigmoid(
        settings["a"] * log_odds(yes) + settings["guide"] * log_odds(changed) + settings["outlined"] * outlined + settings["b"]
    )
