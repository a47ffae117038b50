"""Running average of the weights during training; the averaged model is the result."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from typing_extensions import override

FILE = "ema.safetensors"


class WeightAverage(TrainerCallback):
    """Exponential moving average with warm-up: decay = min(decay, (1 + step) / (10 + step)).

    Saved with every checkpoint and read back on resuming, so that a resumed run averages the same weights.
    """

    def __init__(self, decay: float = 0.998) -> None:
        """Makes the callback.

        Args:
            decay: Share of the old average that a step leaves, below 1.
        """
        self.decay = decay
        self.average: dict[str, torch.Tensor] = {}

    @override
    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, model: nn.Module | None = None, **kwargs: Any
    ) -> None:
        """Begins with the model's weights, or with the average of the checkpoint."""
        assert model is not None
        saved = Path(args.output_dir or ".") / f"checkpoint-{state.global_step}" / FILE
        if state.global_step and saved.is_file():
            self.average = load_file(saved)
        else:
            self.average = {name: value.detach().clone().float() for name, value in _floats(model)}

    @override
    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, model: nn.Module | None = None, **kwargs: Any
    ) -> None:
        """Moves the average towards the model's weights."""
        assert model is not None
        decay = min(self.decay, (1 + state.global_step) / (10 + state.global_step))
        with torch.no_grad():
            for name, value in _floats(model):
                self.average[name].lerp_(value.float(), 1 - decay)

    @override
    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Saves the average beside the checkpoint that the Trainer just wrote."""
        folder = Path(args.output_dir or ".") / f"checkpoint-{state.global_step}"
        save_file({k: v.contiguous() for k, v in self.average.items()}, folder / f"{FILE}.part")
        (folder / f"{FILE}.part").rename(folder / FILE)

    def copy_to(self, model: nn.Module) -> None:
        """Replaces the model's weights by their average.

        Args:
            model: The model that was averaged.
        """
        with torch.no_grad():
            for name, value in _floats(model):
                value.copy_(self.average[name])


def _floats(model: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    return ((name, value) for name, value in model.state_dict(keep_vars=False).items() if value.is_floating_point())
