"""Which step of a tuning to use: F1 of the averaged weights on held-out places, the best of them, and when to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from transformers import TrainerControl, TrainerState, TrainingArguments

from chronosight.files import read_json, write_json
from chronosight.training.calibration.mask import THRESHOLDS
from chronosight.training.ema import WeightAverage
from chronosight.training.log import TrainingLog
from chronosight.training.trainer import HeldOutMetrics
from chronosight.training.tune.pairs import SeenPair

HISTORY, BEST = "history.json", "best.safetensors"  # files of a run
PATIENCE = 5  # measurements without a gain after which it ends
GAIN = 0.002  # F1 by which a later step must be better
BUILDING = 2  # class of the maps
STEP = 32  # the network takes multiples of this


class ChooseStep(HeldOutMetrics):
    """Measures the averaged weights on held-out places, keeps the best ones, and ends the run when they get no better."""

    def __init__(
        self, average: WeightAverage, log: TrainingLog, run: Path, measure: Callable[[nn.Module], float], every: int
    ) -> None:
        """Makes the callback.

        Args:
            average: Running average of the run.
            log: Log of the run.
            run: Folder of the run.
            measure: Model in inference state -> F1.
            every: Steps between measurements.
        """
        super().__init__(average, log, self._measure, every, at_end=True)
        self.run, self.f1_of, self.step = run, measure, 0

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, model: nn.Module | None = None, **kwargs: Any
    ) -> None:
        """Measures, now and then, and ends the run where nothing was gained for long.

        Args:
            args: Settings of the Trainer.
            state: State of the run.
            control: Flags that steer the Trainer.
            model: The model to train.
            **kwargs: Not used.
        """
        self.step = state.global_step
        super().on_step_end(args, state, control, model, **kwargs)
        if no_more(read_history(self.run)):
            control.should_training_stop = True

    def _measure(self, model: nn.Module) -> dict[str, float]:
        f1 = self.f1_of(model)
        history = [entry for entry in read_history(self.run) if entry[0] < self.step]
        if best_of([*history, (self.step, f1)])[0] == self.step:
            save_weights(model, self.run / BEST)
        write_json(self.run / HISTORY, [*history, (self.step, f1)])
        return {"held_out_f1": round(f1, 4)}


@torch.no_grad()
def held_out_f1(model: nn.Module, pairs: Sequence[SeenPair]) -> float:
    """Pixel F1 at the threshold that suits best, since calibration sets the threshold later.

    Args:
        model: The guide.
        pairs: Pairs that were not learned from.

    Returns:
        F1 in [0, 1].
    """
    training = model.training
    model.eval()
    sums = np.zeros((len(THRESHOLDS), 2))
    for pair in pairs:
        height, width = pair.changed.shape
        down, right = -height % STEP, -width % STEP
        dates = [
            torch.from_numpy(np.pad(image, ((0, down), (0, right), (0, 0)), mode="reflect")).permute(2, 0, 1)[None].float() / 255
            for image in (pair.before, pair.after)
        ]
        found = model(*dates).class_logits.float().softmax(1)[0, BUILDING, :height, :width].numpy()
        for row, threshold in enumerate(THRESHOLDS):
            seen = found >= threshold
            sums[row] += (seen & pair.changed).sum(), seen.sum() + pair.changed.sum()
    model.train(training)
    return float((2 * sums[:, 0] / np.maximum(1, sums[:, 1])).max())


def save_weights(model: nn.Module, path: Path) -> None:
    """Writes all weights under a temporary name, then renames it.

    Args:
        model: The model.
        path: The file.
    """
    part = path.with_name(f".{path.name}.partial")
    save_file({name: value.detach().clone().contiguous() for name, value in model.state_dict().items()}, part)
    part.replace(path)


def read_history(run: Path) -> list[tuple[int, float]]:
    """F1 on the held-out places by step.

    Args:
        run: Folder of the run.

    Returns:
        Step and F1, in order; empty before the first measurement.
    """
    path = run / HISTORY
    return [(int(step), float(f1)) for step, f1 in read_json(path, "the history of a run")] if path.is_file() else []


def best_of(history: Sequence[tuple[int, float]]) -> tuple[int, float]:
    """The step to use: a later one only where it is better by GAIN.

    Args:
        history: Step and F1.

    Returns:
        Its step and F1.
    """
    best = history[0]
    for entry in history[1:]:
        if entry[1] > best[1] + (GAIN if best[0] == 0 else 0.0):
            best = entry
    return best


def no_more(history: Sequence[tuple[int, float]]) -> bool:
    """Whether nothing was gained for PATIENCE measurements.

    Args:
        history: Step and F1.
    """
    if not history:
        return False
    best, _ = best_of(history)
    return sum(step > best for step, _ in history) >= PATIENCE
