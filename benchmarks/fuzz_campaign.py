"""A fuzz campaign over every boundary: mutated files and replies, each read in a process of its own.

    python benchmarks/fuzz_campaign.py [--count 2000] [--seed 0] [--only zones,recipes]

A case changes one whole file (bytes, JSON values, TIFF tags) and gives it to the reader that users reach. It passes where the
reader succeeds or raises an `InputError` of one line, prints nothing, and stays under 60 seconds of processor time and 2 GB. The
heavy libraries are imported once; every case runs in a forked child, so a crash or a leak is that case's alone. Prints one line
a boundary, and every failure with its seed: `--only NAME --case NUMBER` runs that one again with its traceback.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuzz_boundaries import BOUNDARIES, Boundary

from chronosight.errors import InputError

MAX_SECONDS, MAX_MEGABYTES = 60.0, 2000.0
PASSED, REFUSED, FAILED, PRINTED = 0, 10, 11, 12


@dataclass
class Outcome:
    """How a case ended."""

    code: int
    seconds: float
    megabytes: float
    text: str

    @property
    def fault(self) -> str:
        """Why it failed; empty where it passed."""
        if self.code < 0:
            return f"signal {signal.Signals(-self.code).name}"
        if self.code not in (PASSED, REFUSED):
            return self.text.strip().splitlines()[-1][:300] if self.text.strip() else f"exit {self.code}"
        if self.seconds > MAX_SECONDS:
            return f"{self.seconds:.0f} seconds"
        return f"{self.megabytes:.0f} MB" if self.megabytes > MAX_MEGABYTES else ""


def run_case(boundary: Boundary, folder: Path, number: int, seed: int) -> Outcome:
    """Changes one file of a copy of the folder and reads it in a child."""
    draw = random.Random(f"{seed}/{boundary.name}/{number}")
    work = folder.with_name(f"{folder.name}-case")
    shutil.copytree(folder, work)
    name = boundary.files[number % len(boundary.files)]
    path = work / name
    path.write_bytes(boundary.change(path.read_bytes(), draw))
    log = work.with_suffix(".log")
    child = os.fork()
    if child == 0:
        _child(boundary, work, name, log)
    status, usage = _wait(child)
    seconds, megabytes = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    outcome = Outcome(os.waitstatus_to_exitcode(status), seconds, megabytes, log.read_text("utf-8", "replace"))
    shutil.rmtree(work)
    return outcome


def _child(boundary: Boundary, work: Path, name: str, log: Path) -> None:
    code = FAILED
    file = os.open(log, os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
    try:
        for stream in (1, 2):
            os.dup2(file, stream)
        try:
            boundary.read(work, name)
            code = PASSED
        except InputError as error:
            code = REFUSED if str(error) and "\n" not in str(error) else FAILED
            if code == FAILED:
                print(f"message of several lines: {str(error)!r}", flush=True)
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        if code in (PASSED, REFUSED) and log.stat().st_size:
            code = PRINTED
    finally:
        os._exit(code)


def _wait(child: int) -> tuple[int, Any]:
    """Status and use of a child, killed once it is far beyond the limit (in wall time, which a busy machine stretches)."""
    end = time.monotonic() + 10 * MAX_SECONDS
    while True:
        found, status, usage = os.wait4(child, os.WNOHANG)
        if found:
            return status, usage
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.002)


def import_heavy() -> None:
    """What every child would import anew; torch where it is installed."""
    import importlib

    for name in ("av", "onnxruntime", "rasterio.features", "scipy.ndimage", "shapely", "yaml", "httpx", "torch", "transformers",
                 "chronosight.engines.compact.engine", "chronosight.scenes.open", "chronosight.pipeline",
                 "chronosight.reports.read", "chronosight.datasets.published",
                 "chronosight.training.recipes.read", "chronosight.evaluation.predictions", "chronosight.batch.manifest",
                 "chronosight.engines.changevg.endpoint", "chronosight.models.changevg.loading",
                 "chronosight.engines.unirs.load", "chronosight.models.unirs.convert"):  # fmt: skip
        importlib.import_module(name)
    from chronosight.cli.engine_options import quiet_transformers

    quiet_transformers()  # as every command does


def main() -> None:
    """Runs the campaign; exit code 1 where a case failed."""
    options = argparse.ArgumentParser(description="Mutated files over all boundaries.")
    options.add_argument("--count", type=int, default=2000, help="number of cases")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--only", default="", help="names of boundaries, with commas between them")
    options.add_argument("--case", type=int, default=None, help="one case alone; its whole output is printed")
    chosen = options.parse_args()
    wanted = [one for one in BOUNDARIES if not chosen.only or one.name in chosen.only.split(",")]
    import_heavy()
    faults = cases = 0
    shares = sum(one.share for one in wanted)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as temporary:
        os.environ["XDG_CACHE_HOME"] = temporary
        for boundary in wanted:
            folder = Path(temporary) / boundary.name.replace(" ", "-")
            folder.mkdir()
            boundary.files = boundary.build(folder)
            if chosen.case is not None:
                outcome = run_case(boundary, folder, chosen.case, chosen.seed)
                print(outcome.text, outcome.fault or "passed", f"{outcome.seconds:.1f} s, {outcome.megabytes:.0f} MB")
                continue
            outcomes = [run_case(boundary, folder, i, chosen.seed) for i in range(round(chosen.count * boundary.share / shares))]
            bad = [(i, outcome) for i, outcome in enumerate(outcomes) if outcome.fault]
            cases, faults = cases + len(outcomes), faults + len(bad)
            passed = sum(outcome.code == PASSED and not outcome.fault for outcome in outcomes)
            print(
                f"{boundary.name}: {len(outcomes)} cases, {passed} read, {len(outcomes) - passed - len(bad)} refused, "
                f"{len(bad)} failed; slowest {max(o.seconds for o in outcomes):.1f} s, "
                f"most {max(o.megabytes for o in outcomes):.0f} MB",
                flush=True,
            )
            for i, outcome in bad:
                print(f"  case {i} ({boundary.files[i % len(boundary.files)]}): {outcome.fault}", flush=True)
    print(f"{cases} cases, {faults} failed")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
