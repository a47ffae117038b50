"""How many steps of a tuning fit into a time."""

from __future__ import annotations

import copy
import time

import torch

from chronosight.models.guide.modeling import GuideModel
from chronosight.training.samples.fine_samples import FineSamples
from chronosight.training.trainer import stack
from chronosight.training.tune.train import BATCH, freeze_norms, frozen_copy, tuning_losses

MEASURES = 12  # how often the held-out places are measured in a run
MOST_STEPS, FEWEST_STEPS = 300, 40  # of 300 steps on 26 pairs the last 75 gained 0.001; longer runs were not measured
TIMED = 4  # steps that are timed to plan a run


def time_a_step(model: GuideModel, samples: FineSamples) -> float:
    """Measures what a step takes; the model stays as it is.

    Args:
        model: The guide.
        samples: Samples.

    Returns:
        Seconds a step, samples included, which another process makes meanwhile.
    """
    start = frozen_copy(model)
    tried = copy.deepcopy(model).train()
    freeze_norms(tried)
    making = learning = 0.0
    for step in range(TIMED):
        started = time.monotonic()
        batch = stack([samples[step * BATCH + i] for i in range(BATCH)])
        made = time.monotonic()
        torch.stack(list(tuning_losses(tried, start, batch).values())).sum().backward()
        if step:  # the first is slower
            making += made - started
            learning += time.monotonic() - made
    making, learning = making / (TIMED - 1), learning / (TIMED - 1)
    return max(making, learning) + 0.3 * min(making, learning)  # both share the cores


def plan_steps(seconds: float, seconds_a_step: float, seconds_a_measure: float) -> int:
    """Steps that fit into a time.

    Args:
        seconds: Time for steps and measurements.
        seconds_a_step: Of one step.
        seconds_a_measure: Of one measurement of the held-out places.

    Returns:
        The number, between FEWEST_STEPS and MOST_STEPS.
    """
    left = seconds - (MEASURES + 1) * seconds_a_measure
    return int(min(MOST_STEPS, max(FEWEST_STEPS, left / seconds_a_step)))
