"""Log of a training run: one JSON line a record, and the same on the screen."""

from __future__ import annotations

import json
import time
from pathlib import Path

from transformers import TrainerCallback


class JsonLog(TrainerCallback):
    """Appends what the Trainer logs to `OUTPUT_DIR/log.jsonl`, with the step and the seconds since the start.

    Of several processes only the first writes. A run that goes on from a checkpoint does the steps after it again: their
    lines from before are taken out, so that a step stands in the log once.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.started = time.monotonic()

    def on_train_begin(self, args, state, control, **kwargs):
        if not state.is_world_process_zero or not self.path.is_file():
            return
        lines = self.path.read_text().splitlines()
        kept = [line for line in lines if _step(line) <= state.global_step]
        if len(kept) < len(lines):
            part = self.path.with_name(f".{self.path.name}.partial")
            part.write_text("".join(f"{line}\n" for line in kept))
            part.replace(self.path)

    def on_log(self, args, state, control, logs=None, **kwargs):
        if not state.is_world_process_zero:
            return
        seconds = round(time.monotonic() - self.started, 1)
        record = {"step": state.global_step, "of": state.max_steps, "seconds": seconds}
        record |= {name: round(v, 5) if isinstance(v, float) else v for name, v in (logs or {}).items()}
        line = json.dumps(record)
        with self.path.open("a") as file:
            file.write(line + "\n")
        print(line, flush=True)


def _step(line: str) -> float:
    """The step of a line of the log; a line that a kill cut off counts as beyond all."""
    try:
        return json.loads(line)["step"]
    except (ValueError, KeyError):
        return float("inf")
