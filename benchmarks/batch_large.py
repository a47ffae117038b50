"""One large scene alone and spread over Ray's actors: the same bytes of maps, objects and tables, and how long both take.

    python benchmarks/batch_large.py --side 8192 --actors 2

The scene is put together from rendered pairs of 512 pixels.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

from chronosight.batch.job import Job
from chronosight.batch.row import Row
from chronosight.batch.run import run_batch
from chronosight.synthetic.pair import render_pair

TILE = 512
SAME = ("mask.tif", "probability.tif", "objects.geojson", "cells.csv", "cells.json")


def write_scene(folder: Path, side: int) -> Row:
    pairs = [render_pair(number, TILE, 1.0) for number in range(8)]
    grid = np.random.default_rng(0).integers(0, len(pairs), (-(-side // TILE),) * 2)
    names = []
    for name in ("before", "after"):
        pixels = np.concatenate([np.concatenate([getattr(pairs[i], name) for i in row], axis=1) for row in grid])
        names.append(folder / f"{name}.tif")
        with rasterio.open(
            names[-1], "w", driver="GTiff", width=side, height=side, count=3, dtype="uint8", crs="EPSG:32614", tiled=True,
            transform=from_origin(6e5, 3.3e6, 1, 1),
        ) as file:  # fmt: skip
            file.write(pixels[:side, :side].transpose(2, 0, 1))
    return Row("scene", str(names[0]), str(names[1]))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", type=int, default=8192)
    parser.add_argument("--actors", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        row = write_scene(folder, given.side)
        seconds = {}
        for name, options in (("alone", {}), ("spread", {"ray": "local", "jobs": given.actors})):
            began = time.perf_counter()
            run_batch([row], Job(), folder / name, **options)
            seconds[name] = round(time.perf_counter() - began, 1)
        files = {name: [(folder / run / "items/scene" / name).read_bytes() for run in ("alone", "spread")] for name in SAME}
        equal = {name: one == other for name, (one, other) in files.items()}
        print(json.dumps({"side": given.side, "actors": given.actors, "seconds": seconds, "equal": equal}))


if __name__ == "__main__":
    main()
