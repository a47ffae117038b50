"""Histories of buildings in rendered series of six dates: how many are first and last seen at the right date.

    taskset -c 0 python benchmarks/timeline_series.py --series 6 --size 256

A building counts where its history changes within the series and 60 pixels or more of it are in the image. It is found where a
track covers 30 % of it. "Right" asks for the exact dates; a building that two tracks cover is counted twice. The series are
other ones than any that the weights were trained on (seeds from 9,100; thresholds were chosen on
9,000 to 9,011), but come from the same renderer.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from shapely import Polygon

import chronosight
from chronosight.synthetic.series import render_series
from chronosight.timeline.stack import open_stack
from chronosight.timeline.timeline import make_timeline

COVERED, VISIBLE = 0.3, 60.0


def score(series, tracks, kept=None) -> dict[str, int]:
    """kept: indices of the dates that were not left out; what happens at another is first seen at the next one kept."""
    last = len(series.frames) - 1
    kept = kept or list(range(last + 1))
    shapes = [(track, Polygon(track.item.outline).buffer(0)) for track in tracks if track.item.class_name == "building"]
    counts = dict.fromkeys(("buildings", "found", "right", "within_one", "twice", "tracks", "made_up"), 0)
    truths = [(one, Polygon(one.outline).buffer(0)) for one in series.buildings if (one.first, one.last) != (0, last)]
    for building, shape in truths:
        if building.visible < VISIBLE:
            continue
        over = [track for track, outline in shapes if outline.intersection(shape).area >= COVERED * building.visible]
        there = [index for index, date in enumerate(kept) if building.first <= date <= building.last]
        if not there or len(there) == len(kept):
            continue
        counts["buildings"] += 1
        main = [track for track in over if (track.first_seen, track.last_seen) == (there[0], there[-1])]
        counts["found"] += bool(over)
        counts["right"] += bool(main)
        counts["within_one"] += any(
            abs(track.first_seen - there[0]) <= 1 and abs(track.last_seen - there[-1]) <= 1 for track in over
        )
        counts["twice"] += len(over) > 1
    counts["tracks"] = len(shapes)
    counts["made_up"] = sum(all(outline.intersection(shape).area == 0 for _, shape in truths) for _, outline in shapes)
    return counts


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--series", type=int, default=6)
    options.add_argument("--dates", type=int, default=6)
    options.add_argument("--size", type=int, default=256)
    options.add_argument("--seed", type=int, default=9100)
    options.add_argument("--plain", action="store_true", help="leave the ground size of a pixel to the estimate")
    given = options.parse_args()
    engine, total, began = chronosight.load(threads=1), {}, time.perf_counter()
    for seed in range(given.seed, given.seed + given.series):
        series = render_series(seed, given.dates, given.size)
        with tempfile.TemporaryDirectory() as folder:
            for index, frame in enumerate(series.frames):
                Image.fromarray(np.asarray(frame)).save(Path(folder) / f"{2010 + index}.png")
            metres = None if given.plain else series.metres_per_pixel
            stack = open_stack(sorted(Path(folder).glob("*.png")), metres_per_pixel=metres)
        kept = [date.year - 2010 for date in stack.dates]
        found = score(series, make_timeline(stack, engine).tracks, kept)
        print(seed, len(kept), json.dumps(found), flush=True)
        total = {name: total.get(name, 0) + value for name, value in found.items()}
    share = total["right"] / max(1, total["buildings"])
    print(json.dumps({**total, "right_share": round(share, 3), "seconds": round(time.perf_counter() - began, 1)}))


if __name__ == "__main__":
    main()
