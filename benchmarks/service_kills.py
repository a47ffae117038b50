"""kill -9 of `chronosight serve` at ten moments while four jobs run; then the files are compared with an undisturbed run.

    python benchmarks/service_kills.py [--kills 10] [--side 3072]

The jobs are a whole scene (drawn, side x side pixels), a timeline of six rendered dates, the example pair, and a question.
Servers are killed at even shares of the timeline's comparisons and then of the whole scene's tiles, the first before any; the
next one goes on with the whole scene from there, and begins anything else again.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))

from bad_inputs import write_tiff
from chronosight.synthetic.series import render_series
from large_scenes import scattered, write_pair
from served import Served

EXAMPLES = Path(__file__).parents[1] / "examples"
DATES, SERIES_SIDE = 6, 512  # of the timeline
TIMED = ("description.json", "item.json", "report.html", "objects.gpkg")  # hold times of files or of writing, or their names


def main() -> None:
    """Runs the benchmark and prints what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--side", type=int, default=3072)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large = write_pair(folder / "images", given.side, given.side, scattered(given.side, given.side))
        series = write_rendered_series(folder / "dates")
        plain = Served(folder / "undisturbed").start()
        began = time.perf_counter()
        expected = results(plain, begin(plain, large, series))
        print(f"undisturbed: {time.perf_counter() - began:.0f} s")
        plain.stop()
        server = Served(folder / "killed").start()
        began, jobs = time.perf_counter(), begin(server, large, series)
        half = max(1, given.kills // 2)
        for kill in range(given.kills):
            name = "timeline" if kill < half else "whole scene"
            share = kill / half if kill < half else (kill - half) / (given.kills - half)
            done = wait_for_share(server, jobs[name], share)
            server.kill()
            print(f"kill {kill + 1}: {name} {done}", flush=True)
            server.start("/health")
        found = results(server, jobs)
        print(f"with {given.kills} kills: {time.perf_counter() - began:.0f} s")
        server.stop()
        different = [
            f"{job}: {file}" for job, files in expected.items() for file, data in files.items() if found[job].get(file) != data
        ]
        for job, files in expected.items():
            equal = sum(found[job].get(file) == data for file, data in files.items())
            print(f"{job}: {equal} of {len(files)} files equal")
        print("different:", different or "none")


def write_rendered_series(folder: Path) -> list[Path]:
    """One GeoTIFF for each date of a rendered place."""
    folder.mkdir()
    frames = render_series(9100, DATES, SERIES_SIDE).frames
    return [write_tiff(folder / f"place_{2010 + 2 * at}.tif", frame) for at, frame in enumerate(frames)]


def begin(server: Served, large: tuple[Path, Path], series: list[Path]) -> dict[str, dict]:
    """Starts the four jobs."""
    scene, small = server.add(*large), server.add(EXAMPLES / "before.tif", EXAMPLES / "after.tif")
    dates = server.add(*series, kind="series")
    question = {"type": "ask", "question": "How many new buildings are there?"}
    return {
        "example": server.begin(small), "timeline": server.begin(dates, type="timeline"), "whole scene": server.begin(scene),
        "question": server.begin(small, **question),
    }  # fmt: skip


def wait_for_share(server: Served, job: dict, share: float) -> str:
    """Waits until a job has done its share -> how far it is."""
    while True:
        now = server.client.get(job["links"]["self"]).json()
        if now["progress"]["share"] >= share or now["state"] == "done":
            return f"{now['state']}, {now['progress']['done']} of {now['progress']['total']} done"
        time.sleep(0.02)


def results(server: Served, jobs: dict[str, dict]) -> dict[str, dict[str, bytes]]:
    """Waits for the jobs -> their files; of those that hold times, the facts that must be the same."""
    found = {}
    for name, job in jobs.items():
        done = server.wait(job, 3600)
        assert done["state"] == "done", done
        files = {file["name"]: server.client.get(file["url"]).content for file in done["files"]}
        if "description.json" in files:
            facts = json.loads(files["description.json"])
            facts["scene"].pop("times")
            files["description.json"] = json.dumps(facts).encode()
        timed = ("objects.gpkg",) if name == "timeline" else TIMED[1:]
        found[name] = {file: data for file, data in files.items() if file not in timed}
    return found


if __name__ == "__main__":
    main()
