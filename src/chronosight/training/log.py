"""What a training run says while it goes: metrics in `log.jsonl`, steps, rate and remaining time on the screen."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from typing_extensions import override

from chronosight.training.progress import EVERY, FIRST, progress_text


class TrainingLog(TrainerCallback):
    """Appends what the Trainer logs to a JSONL file, and prints progress to standard error.

    A line of the file has the step, the number of steps, the seconds since the start, and metrics. A run that goes on from
    a checkpoint does the steps after it again: their old lines are taken out, so that a step stands in the log once. Of
    several processes only the first writes and prints.
    """

    def __init__(self, path: str | Path) -> None:
        """Makes the callback.

        Args:
            path: `log.jsonl` of the run.
        """
        self.path = Path(path)
        self.started = self.printed = time.monotonic()
        self.first_step = 0

    @override
    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Takes out the lines of steps that will be done again."""
        self.started, self.first_step = time.monotonic(), state.global_step
        if not state.is_world_process_zero:
            return
        left = f", {state.global_step:,} of them done" if state.global_step else ""
        print(f"{state.max_steps:,} steps{left}", file=sys.stderr, flush=True)
        if not self.path.is_file():
            return
        lines = self.path.read_text().splitlines()
        kept = [line for line in lines if _step(line) <= state.global_step]
        if len(kept) < len(lines):
            part = self.path.with_name(f".{self.path.name}.partial")
            part.write_text("".join(f"{line}\n" for line in kept))
            part.replace(self.path)

    @override
    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Prints a line after the first steps, and every half minute."""
        if state.global_step - self.first_step in FIRST or time.monotonic() - self.printed > EVERY:
            self._print(state)

    @override
    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl,
        logs: dict[str, Any] | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        """Writes metrics to the file and prints them."""
        if not state.is_world_process_zero:
            return
        seconds = round(time.monotonic() - self.started, 1)
        metrics = {name: round(v, 5) if isinstance(v, float) else v for name, v in (logs or {}).items()}
        with self.path.open("a") as file:
            file.write(json.dumps({"step": state.global_step, "of": state.max_steps, "seconds": seconds} | metrics) + "\n")
        self._print(state, ", ".join(f"{name} {value}" for name, value in metrics.items()))

    def _print(self, state: TrainerState, metrics: str = "") -> None:
        if not state.is_world_process_zero:
            return
        self.printed = time.monotonic()
        done = state.global_step - self.first_step
        pace = progress_text(done, state.max_steps - state.global_step, self.printed - self.started)
        line = f"step {state.global_step:,} of {state.max_steps:,}{pace}"
        print(f"{line}: {metrics}" if metrics else line, file=sys.stderr, flush=True)


def _step(line: str) -> float:
    """The step of a line of the log; a line that a kill cut short counts as later than all."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")
