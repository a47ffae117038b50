"""Time and memory of `chronosight describe` on whole scenes, by the side of the scene, with the share of each kind of work.

    python benchmarks/whole_scene.py [--sides 2000 5000] [--weights DIR] [--threads 1] [--folder DIR] [--json FILE]

Scenes are mosaics of blocks drawn by the renderer (BLOCKS different ones, turned and mirrored by chance, seeded), written
as tiled, compressed GeoTIFFs without overviews, the slowest kind to look over. Each side runs in a process of its own, of
which peak memory is taken (pages of the work's own files that are mapped count too). Seconds are given twice: by the
clock, and of the processor, which other work on the machine does not lengthen. --folder keeps the scenes for another run.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

BLOCK, BLOCKS, SEED = 512, 8, 6
KINDS = ("opening", "registering", "reading", "model", "blending", "writing", "objects", "files")
MEMORY_BAR, SHARE_BAR = 2.5, 0.15  # gigabytes; of the time for reading and blending


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", type=int, nargs="+", default=[2000, 5000])
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where scenes are made and kept")
    parser.add_argument("--json", type=Path, help="figures are added to this file, a line a side")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(options.child, options.weights, options.threads)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        rows = []
        for side in options.sides:
            folder = (options.folder or Path(scratch)) / str(side)
            if not (folder / "after.tif").exists():
                write_scene(folder, side)
            command = [sys.executable, __file__, "--child", str(folder), "--threads", str(options.threads)]
            command += ["--weights", str(options.weights)] if options.weights else []
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            rows.append({"side": side, **json.loads(done.stdout.splitlines()[-1])})
            if options.json:
                with options.json.open("a") as file:
                    file.write(json.dumps(rows[-1]) + "\n")
            Console(width=190).print(table_of(rows))


def write_scene(folder: Path, side: int) -> None:
    """before.tif and after.tif, side x side pixels of 1 m, row of blocks by row of blocks."""
    import rasterio
    from rasterio.transform import from_origin
    from rasterio.windows import Window

    from chronosight.synthetic import render_pair

    drawn = [render_pair(2 * i if i % 3 == 0 else 2 * i + 1, BLOCK, 1.0) for i in range(BLOCKS)]
    blocks = [(pair.before, pair.after) for pair in drawn]
    folder.mkdir(parents=True, exist_ok=True)
    profile = {"driver": "GTiff", "width": side, "height": side, "count": 3, "dtype": "uint8", "crs": "EPSG:32614",
               "transform": from_origin(600_000, 3_300_000, 1, 1), "tiled": True, "blockxsize": 512, "blockysize": 512,
               "compress": "deflate", "zlevel": 1, "predictor": 2, "photometric": "RGB", "interleave": "pixel"}  # fmt: skip
    for index, name in enumerate(("before", "after")):
        rng = np.random.default_rng(SEED)  # the same places at both dates
        with rasterio.open(folder / f"{name}.part.tif", "w", **profile) as file:
            for top in range(0, side, BLOCK):
                row = np.empty((BLOCK, -(-side // BLOCK) * BLOCK, 3), np.uint8)
                for left in range(0, row.shape[1], BLOCK):
                    block = np.rot90(blocks[int(rng.integers(BLOCKS))][index], int(rng.integers(4)))
                    row[:, left : left + BLOCK] = block[:, ::-1] if rng.random() < 0.5 else block
                high = min(BLOCK, side - top)
                file.write(row[:high, :side].transpose(2, 0, 1), window=Window(0, top, side, high))
        (folder / f"{name}.part.tif").rename(folder / f"{name}.tif")


def measure(folder: Path, weights: Path | None, threads: int) -> dict[str, Any]:
    """One run in this process: seconds by kind, peak memory, what was found."""
    from chronosight.engines import load
    from chronosight.engines.compact.large.predict import Timings
    from chronosight.pipeline.whole_scene import describe_whole_scene
    from chronosight.scenes.large.opened import open_header

    headers = open_header(folder / "before.tif"), open_header(folder / "after.tif")
    engine = load(weights=weights, threads=threads)
    engine.bundle.session("guide")
    began, processor, timings = time.perf_counter(), time.process_time(), Timings()
    described = describe_whole_scene(headers, engine, folder / "out", timings=timings)
    return {
        "clock_s": time.perf_counter() - began,
        "processor_s": time.process_time() - processor,
        "kinds_s": {kind: timings.seconds.get(kind, 0.0) for kind in KINDS},
        "kinds_processor_s": {kind: timings.processor.get(kind, 0.0) for kind in KINDS},
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
        "objects": len(described.objects),
        "warnings": described.warnings,
    }


def table_of(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="Whole scenes, 1 m per pixel; seconds of the processor", title_justify="left")
    for name in ("side", "clock s", "processor s", "µs / pixel", *KINDS, "reading + blending", "peak GB", "objects"):
        table.add_column(name, justify="right")
    for row in rows:
        kinds, total = row["kinds_processor_s"], row["processor_s"]
        share = (kinds["reading"] + kinds["blending"]) / total
        table.add_row(
            f"{row['side']:,}", f"{row['clock_s']:.0f}", f"{total:.1f}", f"{1e6 * total / row['side'] ** 2:.3f}",
            *(f"{kinds[kind]:.1f}" for kind in KINDS), f"{share:.1%} (bar {SHARE_BAR:.0%})",
            f"{row['peak_gb']:.2f} (bar {MEMORY_BAR})", f"{row['objects']:,}",
        )  # fmt: skip
    return table


if __name__ == "__main__":
    main()
