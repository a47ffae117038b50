"""Core path and Ray on the same small pairs: equal rows, pairs a second, and what Ray costs a pair.

    taskset -c 0 python benchmarks/batch_ray.py --pairs 200 --side 64 --actors 1 2

Pairs are parts of --side pixels of rendered ones (`synthetic.pair`, 128 pixels). --kills N also kills the core run with SIGKILL
at N moments spread over its length, and checks that the finished table is the one of a run without kills.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import rasterio
from rasterio.transform import from_origin

from chronosight.synthetic.pair import render_pair

CHRONOSIGHT = [sys.executable, "-m", "chronosight.cli"]
RENDERED = 128


def write_pairs(folder: Path, count: int, side: int) -> Path:
    lines, across = ["id,before,after"], RENDERED // side
    for number in range(count):
        which, part = divmod(number, across**2)
        if part == 0:
            pair = render_pair(which, RENDERED)
        y, x = (side * place for place in divmod(part, across))
        for name, pixels in (("before", pair.before), ("after", pair.after)):
            with rasterio.open(
                folder / f"{number}_{name}.tif", "w", driver="GTiff", width=side, height=side, count=3, dtype="uint8",
                crs="EPSG:32614", transform=from_origin(6e5 + 1000 * number, 3.3e6, 1, 1),
            ) as file:  # fmt: skip
                file.write(pixels[y : y + side, x : x + side].transpose(2, 0, 1))
        lines.append(f"p{number},{number}_before.tif,{number}_after.tif")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")
    return folder / "manifest.csv"


def table(out: Path) -> list[dict]:
    rows = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    return [{name: value for name, value in row.items() if name not in ("seconds", "tries")} for row in rows]


def run(manifest: Path, out: Path, *options: str) -> float:
    began = time.perf_counter()
    subprocess.run([*CHRONOSIGHT, "batch", str(manifest), "--out", str(out), "-q", *options], check=True)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--actors", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--kills", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        manifest = write_pairs(folder, given.pairs, given.side)
        seconds = run(manifest, folder / "core")
        expected = table(folder / "core")
        assert [row["id"] for row in expected] == [f"p{number}" for number in range(given.pairs)]
        facts = {"path": "core", "pairs": given.pairs, "seconds": round(seconds, 1), "rate": round(given.pairs / seconds, 2)}
        print(json.dumps(facts), flush=True)
        for actors in given.actors:
            spent = run(manifest, folder / f"ray{actors}", "--ray", "--jobs", str(actors))
            facts = {"path": "ray", "actors": actors, "seconds": round(spent, 1), "rate": round(given.pairs / spent, 2)}
            facts |= {"more_a_pair": round((spent - seconds) / given.pairs, 3)}
            facts["equal"] = table(folder / f"ray{actors}") == expected
            print(json.dumps(facts), flush=True)
        chance = random.Random(0)
        for _ in range(given.kills):
            out = folder / "killed"
            process = subprocess.Popen([*CHRONOSIGHT, "batch", str(manifest), "--out", str(out), "-q"])
            time.sleep(chance.uniform(0.1, 1.0) * seconds / 2)
            process.send_signal(signal.SIGKILL)
            process.wait()
        if given.kills:
            run(manifest, folder / "killed")
            print(json.dumps({"kills": given.kills, "equal": table(folder / "killed") == expected}))


if __name__ == "__main__":
    main()
