"""What a shift, haze and swapped dates do to answers: the whole way from files to answers, registration included.

Windows of val places (1 m), or the held-out half-metre crops, both less a margin of MARGIN pixels: the later date is cut that
many pixels or fewer beside the earlier one, so that nothing is invented at the borders. The truth stays on the earlier grid. Of
each condition: pixel F1 of buildings; windows whose answer to "have any buildings changed" is another than for the pair as
given, and whose answer is right; whose count of buildings is that of the pair as given; how many were moved, how many of those
by the given shift to within RIGHT pixels, and by how many pixels it was missed.

    python benchmarks/shifted_pairs.py DIR [--set val] [--windows 4] [--limit 40] [--unregistered] [--rows rows.jsonl]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from chronosight.datasets.held_out import native_pairs
from chronosight.datasets.places import BINARY, COUNT, PlacePair, load_places
from chronosight.engines.compact.bundle import SHIPPED, Bundle
from chronosight.engines.compact.engine import CompactEngine
from chronosight.scenes.open import open_scene
from chronosight.scenes.scene import Scene

MARGIN, WINDOW = 4, 256
VEIL = 255  # brightness of the haze: white
SHIFTS = ((0, 0), (1, 0), (2, 1), (3, 0), (-2, 3))  # pixels right, down
GIVEN, HAZE, SWAPPED = "as given", "a third of haze", "dates swapped"
NOT_REGISTERED = ", not registered"
RIGHT = 0.5  # pixels: a shift corrected to within this is corrected rightly


def moved(dx: int, dy: int) -> str:
    return f"moved by {dx:+d}, {dy:+d}"


@cache
def engine(weights: Path) -> CompactEngine:
    return CompactEngine(Bundle(weights, 1), land_cover=False)


def views(frames: np.ndarray, box: tuple[int, int, int, int]) -> dict[str, np.ndarray]:
    """The window under each condition: (2, h, w, 3) uint8 by name."""
    x0, y0, x1, y1 = box
    plain = frames[:, y0:y1, x0:x1]
    found = {}
    for dx, dy in SHIFTS:
        later = frames[1, y0 - dy : y1 - dy, x0 - dx : x1 - dx]
        found[GIVEN if (dx, dy) == (0, 0) else moved(dx, dy)] = np.stack([plain[0], later])
    veiled = np.rint(plain[1] * (2 / 3) + VEIL / 3).astype(np.uint8)
    found[HAZE], found[SWAPPED] = np.stack([plain[0], veiled]), plain[::-1]
    return found


def boxes(size: int) -> list[tuple[int, int, int, int]]:
    if size < 2 * WINDOW:
        return [(MARGIN, MARGIN, size - MARGIN, size - MARGIN)]
    starts = MARGIN, size - WINDOW - MARGIN
    return [(x, y, x + WINDOW, y + WINDOW) for y in starts for x in starts]


def asked_of(model: CompactEngine, scene: Scene, truth: np.ndarray) -> dict:
    """What is answered of a pair; truth: (h, w) bool."""
    evidence, _ = model.guide_facts(scene)
    seen = evidence.mask == evidence.classes.index("building")
    binary, count = model.answer(scene, BINARY), model.answer(scene, COUNT)
    return {
        "tp": int((seen & truth).sum()), "seen": int(seen.sum()), "truth": int(truth.sum()),
        "yes": binary.confidence if binary.value else 1 - binary.confidence, "changed": bool(binary.value), "count": count.value,
        "shift": [scene.shift.dx, scene.shift.dy] if scene.shift and scene.shift.corrected else [0.0, 0.0],
    }  # fmt: skip


def rows_of(task: tuple[PlacePair, list[tuple[int, int, int, int]], bool, Path]) -> list[dict]:
    """A row for each window and condition; those that were not corrected are asked once."""
    place, chosen, both, weights = task
    rows, model = [], engine(weights)
    with tempfile.TemporaryDirectory() as folder:
        for box in chosen:
            name, truth = place.name(box), place.mask(box)
            for condition, frames in views(np.stack([place.before, place.after]), box).items():
                paths = [Path(folder) / f"{index}.png" for index in range(2)]
                for path, frame in zip(paths, frames, strict=True):
                    Image.fromarray(frame).save(path, compress_level=1)
                scene = open_scene(*paths, metres_per_pixel=place.metres_per_pixel)
                found = asked_of(model, scene, truth)
                rows.append({"window": name, "condition": condition, **found})
                if both:
                    if any(found["shift"]):
                        scene = open_scene(*paths, metres_per_pixel=place.metres_per_pixel, register=False)
                        found = asked_of(model, scene, truth)
                    rows.append({"window": name, "condition": condition + NOT_REGISTERED, **found})
    return rows


def f1(rows: list[dict]) -> float:
    tp, seen, truth = (sum(row[key] for row in rows) for key in ("tp", "seen", "truth"))
    return 2 * tp / max(seen + truth, 1)


def table(rows: list[dict]) -> str:
    """One line a condition."""
    by_condition: dict[str, list[dict]] = defaultdict(list)
    for row in rows:
        by_condition[row["condition"]].append(row)
    given = {row["window"]: row for row in by_condition[GIVEN]}
    titles = "condition", "F1", "answer changed", "right", "count as given", "moved", "rightly", "missed by: median, worst"
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    shifts = {moved(*shift): shift for shift in SHIFTS}
    for name, of in by_condition.items():
        applied = np.array(shifts.get(name.removesuffix(NOT_REGISTERED), (0, 0)))
        other = sum(row["changed"] != given[row["window"]]["changed"] for row in of)
        right = sum(row["changed"] == (row["truth"] > 20) for row in of)
        count = sum(row["count"] == given[row["window"]]["count"] for row in of)
        found = np.array([row["shift"] for row in of])
        left = np.abs(applied - found).max(axis=1)
        corrected = np.abs(found).max(axis=1) > 0
        lines.append(
            f"| {name} | {f1(of):.3f} | {other} of {len(of)} ({other / len(of):.1%}) | {right} | {count} | {corrected.sum()} "
            f"| {(corrected & (left <= RIGHT)).sum()} | {np.median(left):.2f}, {left.max():.2f} |"
        )
    of_moved = [row for row in by_condition[GIVEN] if any(row["shift"])]
    plain = {row["window"]: row for row in by_condition.get(GIVEN + NOT_REGISTERED, [])}
    if of_moved and plain:
        same = [plain[row["window"]] for row in of_moved]
        lines.append(f"\n{len(of_moved)} windows moved as given: F1 {f1(of_moved):.3f}, {f1(same):.3f} not registered")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with pairs/")
    parser.add_argument("--set", choices=("val", "native"), default="val")
    parser.add_argument("--limit", type=int, help="at most this many places")
    parser.add_argument("--windows", type=int, default=4, help="of each place")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--unregistered", action="store_true", help="each condition without registration too")
    parser.add_argument("--weights", type=Path, default=SHIPPED)
    parser.add_argument("--rows", type=Path, help="file for one JSON line a window and condition")
    asked = parser.parse_args()
    places = load_places(asked.data, "val") if asked.set == "val" else native_pairs(asked.data, held_out=True)
    tasks = [
        (place, boxes(place.before.shape[0])[: asked.windows], asked.unregistered, asked.weights)
        for place in places[: asked.limit]
    ]
    rows = []
    with ProcessPoolExecutor(asked.workers) as pool:
        for found in pool.map(rows_of, tasks):
            rows += found
            if asked.rows:
                asked.rows.write_text("".join(json.dumps(row) + "\n" for row in rows))
    print(f"{asked.set}, weights {Bundle(asked.weights, 1).config['version']}\n\n{table(rows)}")


if __name__ == "__main__":
    main()
