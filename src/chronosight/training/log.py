"""Log of a training run: one JSON line a record, and the same on the screen."""

from __future__ import annotations

import json
import time
from pathlib import Path

from transformers import TrainerCallback


class JsonLog(TrainerCallback):
    """Appends what the Trainer logs to `OUTPUT_DIR/log.jsonl`, with the step and the seconds since the start.

    Of several processes only the first writes.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.started = time.monotonic()

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
