"""SIGKILL of the driver and of an actor at many moments: every finished table is that of a run without kills.

    python benchmarks/batch_kills.py --pairs 40 --moments 10

Moments are spread evenly over the length of an undisturbed run; where a run has ended before its moment, another is begun.
A killed driver's run is repeated with the same command; after a killed actor the run goes on by itself. --only picks parts:
core, ray (the driver, with two actors), actor.
"""

import argparse
import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from batch_ray import CHRONOSIGHT, table, write_pairs

ACTOR = b"ray::MapWorker"
RAY = ("--ray", "--jobs", "2")


def processes(marker: bytes) -> list[int]:
    """Ids of this user's processes whose command line begins with a marker."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and (entry / "cmdline").read_bytes().startswith(marker):
                found.append(int(entry.name))
        except OSError:  # it ended meanwhile
            continue
    return sorted(found)


def start(manifest: Path, out: Path, options: tuple[str, ...]) -> subprocess.Popen:
    return subprocess.Popen([*CHRONOSIGHT, "batch", str(manifest), "--out", str(out), "-q", *options], stdout=subprocess.DEVNULL)


def finish(manifest: Path, out: Path, options: tuple[str, ...]) -> float:
    """Runs to the end; again where Ray did not start in time on a busy machine."""
    for _ in range(5):
        began = time.perf_counter()
        if start(manifest, out, options).wait() == 0:
            return time.perf_counter() - began
    raise SystemExit("the run did not end well five times")


def kill_driver(manifest: Path, folder: Path, path: str, moments: int, expected: list[dict]) -> dict:
    options = RAY if path == "ray" else ()
    seconds = finish(manifest, folder / f"{path}-first", options)
    equal = 0
    for moment in range(moments):
        for again in range(20):
            out, began = folder / f"{path}-{moment}-{again}", time.perf_counter()
            process = start(manifest, out, options)
            time.sleep(seconds * (moment + 0.5) / moments)
            if process.poll() is None:
                break
            seconds = time.perf_counter() - began
        process.send_signal(signal.SIGKILL)
        process.wait()
        finish(manifest, out, options)
        equal += table(out) == expected
    return {"killed": "driver", "path": path, "seconds": round(seconds, 1), "moments": moments, "equal": equal}


def kill_actor(manifest: Path, folder: Path, moments: int, expected: list[dict]) -> dict:
    equal, killed, seconds = 0, 0, finish(manifest, folder / "actor-first", RAY)
    while killed < moments:
        out = folder / f"actor-{killed}-{time.monotonic_ns()}"
        process = start(manifest, out, RAY)
        while process.poll() is None and not processes(ACTOR):
            time.sleep(0.05)
        time.sleep(seconds * killed / moments / 2)
        alive = process.poll() is None and (actors := processes(ACTOR))
        if alive:
            os.kill(actors[killed % len(actors)], signal.SIGKILL)
        if process.wait() == 0 and alive:
            killed += 1
            equal += table(out) == expected
    return {"killed": "actor", "path": "ray", "moments": killed, "equal": equal}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--moments", type=int, default=10)
    parser.add_argument("--only", nargs="*", default=["core", "ray", "actor"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        manifest = write_pairs(folder, given.pairs, given.side)
        finish(manifest, folder / "expected", ())
        expected = table(folder / "expected")
        for path in given.only:
            if path == "actor":
                print(json.dumps(kill_actor(manifest, folder, given.moments, expected)), flush=True)
            else:
                print(json.dumps(kill_driver(manifest, folder, path, given.moments, expected)), flush=True)


if __name__ == "__main__":
    main()
