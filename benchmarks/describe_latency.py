"""Time and memory of the compact engine on one pair of 256 x 256 pixels, with the share of each stage.

    python benchmarks/describe_latency.py [--before A --after B] [--weights DIR] [--checkpoint DIR] [--repeats N]

Warm description, its stages, ten questions against one, peak memory, and the command line from a cold start. With
torch installed and --checkpoint (a folder with the torch models `guide/` and `unirs/`), eager torch beside it. Without
--before and --after a pair is rendered. Run it on a quiet machine: the median is printed next to the best.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

SIZE = 256
# Graph of the weights folder -> stage. What is left of the whole is numpy and Python.
STAGES = {
    "guide": "guide: mask, direction, changed",
    "guide_caption": "guide: caption",
    "guide_fine": "guide of fine imagery",
    "land_cover": "land-cover head",
    "captioner": "captioner",
    "captioner_words": "captioner: words",
    "tower": "vision tower",
    "change": "change extraction and projector",
    "decoder": "language model",
}
QUESTIONS = (
    "Has anything changed?", "How many buildings have changed?", "Where have the buildings changed?",
    "How many roads have changed?", "Where have the roads changed?", "Have buildings appeared or vanished?",
    "Have roads appeared or vanished?", "What has changed?", "Did the buildings change?", "Did the roads change?",
)  # fmt: skip
BARS = {"warm": "150 ms", "cold": "3 s", "memory": "700 MB", "ten": "1.5 x"}


def main() -> None:
    options = read_options()
    with tempfile.TemporaryDirectory() as folder:
        before, after = options.before, options.after
        if before is None or after is None:
            before, after = rendered_pair(Path(folder))
        rows = measure(before, after, options, Path(folder))
    table = Table(title=f"One {SIZE} x {SIZE} pair, {core_count()} cores", title_justify="left")
    for name in ("what", "best", "median", "share", "bar"):
        table.add_column(name, justify="left" if name == "what" else "right")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--before", type=Path)
    parser.add_argument("--after", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--repeats", type=int, default=15)
    return parser.parse_args()


def measure(before: Path, after: Path, options: argparse.Namespace, folder: Path) -> list[tuple[str, str, str, str, str]]:
    import chronosight

    engine = chronosight.load(weights=options.weights)
    scene = chronosight.open(before, after)
    clock = StageClock(engine.bundle)

    engine.describe(fresh(scene))  # opens the graphs
    whole: list[float] = []
    stages: dict[str, list[float]] = defaultdict(list)
    for _ in range(options.repeats):
        clock.reset()
        whole.append(seconds(lambda: engine.describe(fresh(scene))))
        for name, spent in clock.spent.items():
            stages[name].append(spent)
    rows = [row("describe, warm", whole, bar=BARS["warm"])]
    rows += [row(f"  {STAGES[n]}", stages[n], statistics.median(whole)) for n in STAGES if stages[n]]
    known = [sum(stages[n][i] for n in STAGES if stages[n]) for i in range(len(whole))]
    rows.append(row("  the rest", [w - k for w, k in zip(whole, known, strict=True)], statistics.median(whole)))

    first = [seconds(lambda: engine.ask(fresh(scene), QUESTIONS[0])) for _ in range(options.repeats)]
    ten = [seconds(lambda: ask_all(engine, fresh(scene))) for _ in range(options.repeats)]
    ratio = statistics.median(ten) / statistics.median(first)
    rows += [row("first question", first), row("ten questions", ten, bar=BARS["ten"], share=f"{ratio:.2f} x")]
    rows.append(("", "", "", "", ""))
    rows += cold_rows(before, after, options, folder)
    if options.checkpoint is not None:
        from eager_torch import torch_seconds  # beside this file; needs chronosight[models]

        rows.append(row("eager torch: the same networks", torch_seconds(options.checkpoint, scene, options.repeats)))
    return rows


class StageClock:
    """Adds up the time spent in each graph of a weights folder, by standing between the engine and its sessions."""

    def __init__(self, bundle: Any):
        self.spent: dict[str, float] = {}
        self._open: Callable[[str], Any] = bundle.session
        bundle.session = self._session

    def reset(self) -> None:
        self.spent = defaultdict(float)

    def _session(self, name: str) -> Any:
        return TimedSession(self._open(name), name, self)


class TimedSession:
    def __init__(self, session: Any, name: str, clock: StageClock):
        self._inner, self._name, self._clock = session, name, clock

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._inner, attribute)
        if not attribute.startswith("run"):
            return found

        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return found(*args, **kwargs)
            finally:
                self._clock.spent[self._name] = self._clock.spent.get(self._name, 0.0) + time.perf_counter() - start

        return timed


def cold_rows(before: Path, after: Path, options: argparse.Namespace, folder: Path) -> list[tuple[str, str, str, str, str]]:
    """The command line in processes of its own: time from start to finish, and its peak memory."""
    program = shutil.which("chronosight", path=str(Path(sys.executable).parent)) or "chronosight"
    weights = [] if options.weights is None else ["--weights", str(options.weights)]
    command = [program, "describe", str(before), str(after), "--out", str(folder / "out"), "--quiet", *weights]
    times = [seconds(lambda: subprocess.run(command, check=True, capture_output=True)) for _ in range(5)]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
    help_times = [seconds(lambda: subprocess.run([program, "--help"], check=True, capture_output=True)) for _ in range(5)]
    return [
        row("chronosight describe, from a cold shell", times, bar=BARS["cold"]),
        ("  its peak memory", f"{peak:.0f} MB", "", "", f"≤ {BARS['memory']}"),
        row("chronosight --help", help_times, bar="0.3 s"),
    ]


def ask_all(engine: Any, scene: Any) -> None:
    for question in QUESTIONS:
        engine.ask(scene, question)


def fresh(scene: Any) -> Any:
    """The same pixels as another object: the engine remembers scenes by identity."""
    return replace(scene)


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def row(
    name: str, times: list[float], whole: float | None = None, bar: str = "", share: str = ""
) -> tuple[str, str, str, str, str]:
    middle = statistics.median(times)
    if whole is not None:
        share = f"{middle / whole:.0%}"
    return name, f"{min(times) * 1000:.0f} ms", f"{middle * 1000:.0f} ms", share, f"≤ {bar}" if bar else ""


def core_count() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def rendered_pair(folder: Path) -> tuple[Path, Path]:
    """A changed pair of the project's own renderer, as PNG files."""
    from chronosight.synthetic.pair import render_pair

    pair = render_pair(0, SIZE)
    paths = folder / "before.png", folder / "after.png"
    for path, pixels in zip(paths, (pair.before, pair.after), strict=True):
        Image.fromarray(np.ascontiguousarray(pixels)).save(path)
    return paths


if __name__ == "__main__":
    main()
