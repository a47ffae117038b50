"""Running average of the weights during training: the averaged model is what is kept."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import TrainerCallback

FILE = "ema.safetensors"


class WeightAverage(TrainerCallback):
    """Exponential moving average with warm-up: decay = min(decay, (1 + step) / (10 + step)).

    Saved with every checkpoint and read back on resume, so that a resumed run averages the same weights.
    """

    def __init__(self, decay: float = 0.998):
        self.decay = decay
        self.average: dict[str, torch.Tensor] = {}

    def on_train_begin(self, args, state, control, model=None, **kwargs):
        saved = Path(args.output_dir) / f"checkpoint-{state.global_step}" / FILE
        if state.global_step and saved.is_file():
            self.average = load_file(saved)
        else:
            self.average = {name: value.detach().clone().float() for name, value in _floats(model)}

    def on_step_end(self, args, state, control, model=None, **kwargs):
        decay = min(self.decay, (1 + state.global_step) / (10 + state.global_step))
        with torch.no_grad():
            for name, value in _floats(model):
                self.average[name].lerp_(value.float(), 1 - decay)

    def on_save(self, args, state, control, **kwargs):
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        save_file({k: v.contiguous() for k, v in self.average.items()}, folder / f"{FILE}.part")
        (folder / f"{FILE}.part").rename(folder / FILE)

    def copy_to(self, model: torch.nn.Module) -> None:
        """Replace the model's weights by their average."""
        with torch.no_grad():
            for name, value in _floats(model):
                value.copy_(self.average[name])


def _floats(model):
    return ((name, value) for name, value in model.state_dict(keep_vars=False).items() if value.is_floating_point())
