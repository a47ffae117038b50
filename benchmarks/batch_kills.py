"""SIGKILL of the driver and of an actor at many moments: every finished table is that of a run without kills.

    python benchmarks/batch_kills.py --pairs 40 --moments 10

Moments are spread evenly over the length of an undisturbed run. A killed driver's run is repeated with the same command until it
ends; after a killed actor the run goes on by itself. Both are done on the core path (driver only) and on Ray with two actors.
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
    began = time.perf_counter()
    assert start(manifest, out, options).wait() == 0
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--moments", type=int, default=10)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        manifest = write_pairs(folder, given.pairs, given.side)
        for path, options in (("core", ()), ("ray", RAY)):
            seconds = finish(manifest, folder / path, options)
            expected, killed, equal = table(folder / "core"), 0, 0
            for moment in range(given.moments):
                out = folder / f"{path}{moment}"
                process = start(manifest, out, options)
                time.sleep(seconds * (moment + 0.5) / given.moments)
                killed += process.poll() is None
                process.send_signal(signal.SIGKILL)
                process.wait()
                finish(manifest, out, options)
                equal += table(out) == expected
            facts = {"killed": "driver", "path": path, "seconds": round(seconds, 1), "moments": killed, "equal": equal}
            print(json.dumps(facts), flush=True)
        killed = equal = 0
        for moment in range(given.moments):
            out = folder / f"actor{moment}"
            process = start(manifest, out, RAY)
            while process.poll() is None and not processes(ACTOR):
                time.sleep(0.05)
            time.sleep(seconds * moment / given.moments / 2)
            if process.poll() is None and (actors := processes(ACTOR)):
                os.kill(actors[moment % len(actors)], signal.SIGKILL)
                killed += 1
            assert process.wait() == 0
            equal += table(out) == expected
        print(json.dumps({"killed": "actor", "path": "ray", "moments": killed, "equal": equal}), flush=True)


if __name__ == "__main__":
    main()
