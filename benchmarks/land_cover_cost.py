"""What land cover costs: processor seconds of `describe`, which is what a user waits for, and of the guide, with and without it.

Rendered pairs, one after the other, each described without and with land cover in turns; medians. A pair of more than LARGEST
pixels a side shows one rendered place again and again.

    python benchmarks/land_cover_cost.py [--side 256] [--metres 1] [--rounds 12] [--threads 1] [--weights DIR]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from chronosight.datasets.sample import array_scene
from chronosight.engines.compact.bundle import SHIPPED, Bundle
from chronosight.engines.compact.engine import CompactEngine
from chronosight.engines.compact.guide import suited_guide
from chronosight.synthetic.pair import render_pair

FIRST = 6  # seeds from here on: every second pair is unchanged
LARGEST = 1024  # pixels a side that are rendered at once


def seconds_of(call: Callable[[], object]) -> float:
    """Processor seconds of a call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def frames_of(seed: int, side: int, metres: float) -> np.ndarray:
    """Both dates of a rendered pair, (2, side, side, 3) uint8."""
    times = -(-side // LARGEST)
    pair = render_pair(seed, side // times, metres)
    return np.tile(np.stack([pair.before, pair.after]), (1, times, times, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=256, help="pixels of the pair")
    parser.add_argument("--metres", type=float, default=1.0, help="ground size of a pixel")
    parser.add_argument("--rounds", type=int, default=12, help="pairs")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--weights", type=Path, default=SHIPPED)
    asked = parser.parse_args()
    bundle = Bundle(asked.weights, asked.threads)
    engines = {cover: CompactEngine(bundle, land_cover=cover) for cover in (False, True)}
    guide = suited_guide(bundle, asked.metres)
    spent: dict[tuple[str, bool], list[float]] = {(of, cover): [] for of in ("describe", "guide") for cover in engines}
    for turn in range(asked.rounds + 2):  # the first two, one changed and one not, open the graphs
        frames = frames_of(FIRST + turn, asked.side, asked.metres)
        scene = array_scene("pair", frames, ("before", "after"), asked.metres)
        for cover in (False, True) if turn % 2 else (True, False):
            of_describe = seconds_of(partial(engines[cover].describe, scene))
            of_guide = seconds_of(partial(guide.predict, scene, cover=cover))
            if turn > 1:
                spent["describe", cover].append(of_describe)
                spent["guide", cover].append(of_guide)
    print(f"{asked.side} x {asked.side} px at {asked.metres:g} m, {asked.threads} threads, {asked.rounds} pairs")
    for of in ("describe", "guide"):
        without, with_cover = (statistics.median(spent[of, cover]) for cover in (False, True))
        more = statistics.median(b - a for a, b in zip(spent[of, False], spent[of, True], strict=True))
        print(f"{of}: {without:.3f} s without, {with_cover:.3f} s with land cover; {100 * more / without:.1f} % more")


if __name__ == "__main__":
    main()
