"""What the land-cover map costs: processor seconds of the guide on a pair with and without it, in turns.

    python benchmarks/land_cover_cost.py [--side 1024] [--metres 0.5] [--rounds 7] [--threads 1] [--weights DIR]
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np

from chronosight.datasets.sample import array_scene
from chronosight.engines.compact.bundle import SHIPPED, Bundle
from chronosight.engines.compact.guide import suited_guide
from chronosight.synthetic.pair import render_pair


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=1024, help="pixels of the pair")
    parser.add_argument("--metres", type=float, default=0.5, help="ground size of a pixel")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--weights", type=Path, default=SHIPPED)
    asked = parser.parse_args()
    pair = render_pair(7, asked.side, asked.metres)
    scene = array_scene("pair", np.stack([pair.before, pair.after]), ("before", "after"), asked.metres)
    guide = suited_guide(Bundle(asked.weights, asked.threads), asked.metres)
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(asked.rounds + 1):  # the first opens the graphs
        for cover in (False, True):
            start = time.process_time()
            maps = guide.predict(scene, cover=cover)
            if turn:
                seconds[cover].append(time.process_time() - start)
    without, with_cover = (statistics.median(seconds[cover]) for cover in (False, True))
    size = f"{asked.side} x {asked.side} px at {asked.metres:g} m, {asked.threads} threads"
    print(f"{size}: {without:.3f} s without, {with_cover:.3f} s with land cover")
    print(f"more: {100 * (with_cover / without - 1):.1f} %")
    if maps.cover is not None:
        print(f"bytes of the map: {maps.cover.packed.nbytes / asked.side**2:.0f} a pixel of the pair")


if __name__ == "__main__":
    main()
