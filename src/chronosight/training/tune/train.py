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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from typing_extensions import override

from chronosight.files import write_json
from chronosight.models.guide.losses import distillation_loss, recognition_loss
from chronosight.models.guide.modeling import GuideModel, GuideOutput
from chronosight.training.checkpoints import finished_folder, has_model, last_checkpoint
from chronosight.training.guide.fine import FineTrainer
from chronosight.training.guide.recognition import TARGETS
from chronosight.training.samples.fine_samples import FineSamples
from chronosight.training.trainer import fit_averaged, prepare_run, reproducible_arguments
from chronosight.training.tune.choose_step import BEST, HISTORY, ChooseStep, best_of, held_out_f1, no_more, read_history
from chronosight.training.tune.pairs import SeenPair

BATCH = 8
PEAK, ENCODER_RATE, WARMUP, EMA = 1.5e-3, 0.5, 0.05, 0.99
KEPT = 10.0  # weight of the divergence from the start's answers; without it they fade on rendered pairs as on real ones
ANCHOR = 2.0  # share of the way back to the start at each step, times the learning rate
STRENGTH = 0.6  # share of the way from the start to the tuned weights: most of the gain, little of what is forgotten
LEARNED = ("class_logits", "appeared_logit", "core_logit", "footprint_logit", "change_logit")


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

    @override
    def losses(self, model: nn.Module, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        freeze_norms(model)
        return tuning_losses(model, self.start, batch)


def tuning_losses(
    model: Callable[..., GuideOutput], start: GuideModel, batch: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Runs the guide on a batch: labels are learned, and where a sample is `kept` the answers of the start.

    Args:
        model: The guide.
        start: The guide before tuning, in inference state.
        batch: Of `TuneSamples`, the batch first.

    Returns:
        Scalar losses by name.
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
    return parts


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
    write_json(run / HISTORY, history)
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
        for name, value in load_file(run / BEST).items():
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
