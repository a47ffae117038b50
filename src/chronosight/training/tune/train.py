"""The tuning itself: from the shipped guide, held near it, until held-out places get no better.

    RUN/state.json, RUN/checkpoint-N     what a stopped run goes on from
    RUN/history.json, best.safetensors   F1 on the held-out places by step, and the weights of the best step
    RUN/final                            the tuned guide

Against forgetting: the means and variances of the batch norms stay as they are, every step moves the weights back towards the
start by a share of the learning rate, the result lies between start and end, the encoder learns more slowly, some samples are of
unchanged ground, and of rendered ones the start's own answers are learned (learning without forgetting, arXiv 1606.09282).
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from chronosight.files import read_json, write_json
from chronosight.models.guide.losses import distillation_loss, recognition_loss
from chronosight.models.guide.modeling import GuideModel, GuideOutput
from chronosight.training.calibration.mask import THRESHOLDS
from chronosight.training.checkpoints import finished_folder, has_model, last_checkpoint
from chronosight.training.ema import WeightAverage
from chronosight.training.guide.fine import FineTrainer
from chronosight.training.guide.recognition import TARGETS
from chronosight.training.log import TrainingLog
from chronosight.training.samples.fine_samples import FineSamples
from chronosight.training.trainer import HeldOutMetrics, fit_averaged, prepare_run, reproducible_arguments, stack
from chronosight.training.tune.pairs import SeenPair

BATCH = 8
PEAK, ENCODER_RATE, WARMUP, EMA = 1.5e-3, 0.5, 0.05, 0.99
KEPT = 10.0  # weight of the divergence from the start's answers; without it they fade on rendered pairs as on real ones
ANCHOR = 2.0  # share of the way back to the start at each step, times the learning rate
MEASURES = 12  # how often the held-out places are measured in a run
STRENGTH = 0.6  # share of the way from the start to the tuned weights: most of the gain, little of what is forgotten
PATIENCE = 5  # measurements without a gain after which it ends
GAIN = 0.002  # F1 by which a later step must be better
MOST_STEPS, FEWEST_STEPS = 300, 40  # of 300 steps on 26 pairs the last 75 gained 0.001; longer runs were not measured
TIMED = 4  # steps that are timed to plan a run
LEARNED = ("class_logits", "appeared_logit", "core_logit", "footprint_logit", "change_logit")
BUILDING = 2
STEP = 32  # the network takes multiples of this


@dataclass(frozen=True)
class Plan:
    """What a run does.

    Attributes:
        steps: Optimizer steps.
        every: Steps between measurements and checkpoints.
        threads: Of torch.
        size: Side of a sample in pixels.
        workers: Processes that make samples.
        strength: Share of the way from the start's weights to the tuned ones at which the result lies (arXiv 2109.01903).
    """

    steps: int
    every: int
    threads: int
    size: int
    workers: int = 1
    strength: float = STRENGTH


class TuneTrainer(FineTrainer):
    """As for the guide itself, with the norms of the start, and with its answers where samples say so."""

    def __init__(self, *args: Any, start: GuideModel, **kwargs: Any) -> None:
        """Makes the Trainer.

        Args:
            args: Of the Trainer.
            start: The guide before tuning, in inference state.
            kwargs: Of the Trainer and of `FineTrainer`.
        """
        super().__init__(*args, **kwargs)
        self.start = start

    def compute_loss(
        self, model: nn.Module, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The loss of a batch; means and variances of the norms are not learned.

        Args:
            model: The model to train.
            inputs: One collated batch of `TuneSamples`.
            return_outputs: Whether to return the outputs beside the loss.
            num_items_in_batch: Not used.

        Returns:
            The scalar loss, or (loss, outputs) with `return_outputs`.
        """
        freeze_norms(model)
        output, parts = tuning_loss(model, self.start, inputs)
        if self.state.global_step % self.args.logging_steps == 0:
            self.log({name: part.item() for name, part in parts.items()})
        loss = torch.stack(list(parts.values())).sum()
        return (loss, output) if return_outputs else loss


def tuning_loss(
    model: Callable[..., GuideOutput], start: GuideModel, batch: dict[str, torch.Tensor]
) -> tuple[GuideOutput, dict[str, torch.Tensor]]:
    """Runs the guide on a batch: labels are learned, and where a sample is `kept` the answers of the start.

    Args:
        model: The guide.
        start: The guide before tuning, in inference state.
        batch: Of `TuneSamples`, the batch first.

    Returns:
        The guide's output, and scalar losses by name.
    """
    dates = {name: batch[name].contiguous(memory_format=torch.channels_last) for name in ("before", "after")}
    output = model(**dates)
    kept = batch["kept"] > 0
    parts: dict[str, torch.Tensor] = {}
    if not bool(kept.all()):
        parts |= recognition_loss(_rows(output, ~kept), **{name: batch[name][~kept] for name in (*TARGETS, "footprints")})
    if bool(kept.any()):
        with torch.no_grad():
            answers = start(**{name: date[kept] for name, date in dates.items()})
        parts |= {name: KEPT * part for name, part in distillation_loss(_rows(output, kept), answers).items()}
    return output, parts


def _rows(output: GuideOutput, chosen: torch.Tensor) -> GuideOutput:
    """What the losses read of the output of some samples of a batch."""
    return GuideOutput(**{name: output[name][chosen] for name in LEARNED})


class Anchor(TrainerCallback):
    """Moves the weights back towards those of the start after every step: weight decay with another origin than zero."""

    def __init__(self, start: nn.Module) -> None:
        """Makes the callback.

        Args:
            start: The model before tuning.
        """
        self.start = {name: value.detach().clone() for name, value in start.named_parameters()}

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, model: nn.Module | None = None, **kwargs: Any
    ) -> None:
        """Moves the weights.

        Args:
            args: Settings of the Trainer.
            state: State of the run.
            control: Flags that steer the Trainer.
            model: The model to train.
            **kwargs: Holds the optimizer, of which the learning rates are read.
        """
        assert model is not None
        rates = {id(weight): group["lr"] for group in kwargs["optimizer"].param_groups for weight in group["params"]}
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if id(weight) in rates:
                    weight.lerp_(self.start[name], min(1.0, ANCHOR * rates[id(weight)]))


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
            save_weights(model, self.run / "best.safetensors")
        write_json(self.run / "history.json", [*history, (self.step, f1)])
        return {"held_out_f1": round(f1, 4)}


def tune_guide(
    start: GuideModel, samples: FineSamples, held_out: Sequence[SeenPair], plan: Plan, run: Path
) -> tuple[Path, list[tuple[int, float]]]:
    """Tunes a guide; a stopped run goes on from its last checkpoint and ends with the same weights.

    Args:
        start: The shipped guide; changed in place.
        samples: Samples of the run, `plan.steps` batches.
        held_out: Pairs of held-out places, which choose the step.
        plan: Length of the run.
        run: Folder of the run.

    Returns:
        Folder of the tuned guide; F1 on the held-out places by step, 0 the start.
    """
    final = run / "final"
    if has_model(final):
        return final, read_history(run)
    prepare_run(run, plan.threads)
    checkpoint = last_checkpoint(run, averaged=True)
    step = int(checkpoint.rsplit("-", 1)[1]) if checkpoint else 0
    history = [entry for entry in read_history(run) if entry[0] <= step] or [(0, held_out_f1(start, held_out))]
    write_json(run / "history.json", history)
    original = frozen_copy(start)
    if not no_more(history) and step < plan.steps:
        arguments = reproducible_arguments(
            run, plan.steps, PEAK, 0.0, WARMUP, plan.every, 0, per_device_train_batch_size=BATCH, logging_steps=plan.every,
            bf16=False, max_grad_norm=2.0, dataloader_num_workers=plan.workers,
        )  # fmt: skip
        fit_averaged(
            partial(TuneTrainer, encoder_rate=ENCODER_RATE, start=original), start, samples, arguments, EMA,
            watch=[
                lambda average, log: Anchor(original),
                lambda average, log: ChooseStep(average, log, run, lambda model: held_out_f1(model, held_out), plan.every),
            ],
        )  # fmt: skip
    history = read_history(run)
    best, _ = best_of(history)
    state = original.state_dict()
    if best:
        for name, value in load_file(run / "best.safetensors").items():
            state[name] = torch.lerp(state[name], value, plan.strength) if value.is_floating_point() else value
    start.load_state_dict(state)
    with finished_folder(final) as folder:
        start.save_pretrained(folder)
    return final, history


def frozen_copy(model: GuideModel) -> GuideModel:
    """A copy in inference state that is not trained.

    Args:
        model: The guide.
    """
    copied = copy.deepcopy(model)
    nn.Module.eval(copied)
    copied.requires_grad_(False)
    return copied


def freeze_norms(model: nn.Module) -> None:
    """Makes batch norms use their means and variances, and keep them.

    Args:
        model: The model, in training state.
    """
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


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
        torch.stack(list(tuning_loss(tried, start, batch)[1].values())).sum().backward()
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
    path = run / "history.json"
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
