"""How far answers about one image can be relied on, noun by noun: "Is there ...?" and "How many ...?" on real images.

`python benchmarks/presence_by_noun.py --data DIR [--split held-out|test] [--weights DIR] [--limit N]` asks the compact engine
about every noun whose reference the scene class or the captions of an image decide (`chronosight.datasets.scene_nouns`), and
prints a Markdown table: how many answers were right, how many were marked as confident, and how many of those were right, for
images that show the noun and images that do not. A confident count is right within 10 %.

`held-out` are the images of AID and UC Merced that no network trained on and that the confidences are calibrated on;
`test` is their test split, which decides nothing.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

from chronosight.datasets.aid_ucm import StillImage, learning_split, load_images
from chronosight.datasets.scene_nouns import truth_of_image
from chronosight.engines.compact.bundle import SHIPPED, Bundle
from chronosight.engines.compact.engine import CompactEngine
from chronosight.tasks import object_count, presence
from chronosight.training.calibration.presence import NOUNS, count_reference


def images_of(data: Path, split: str) -> list[StillImage]:
    """Images of both sets."""
    if split == "test":
        return [image for source in ("aid", "ucm") for image in load_images(data, source, "test")]
    return [image for source in ("aid", "ucm") for image in learning_split(data, source)[1]]


def share(rows: list[tuple[bool, bool]], confident: bool = False) -> str:
    """Share of right answers, of all or of the confident ones, with their number."""
    chosen = [right for right, sure in rows if sure or not confident]
    return f"{sum(chosen) / len(chosen):.2f} ({len(chosen)})" if chosen else "none"


def main() -> None:
    """Asks and prints."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with images/")
    parser.add_argument("--split", choices=("held-out", "test"), default="held-out")
    parser.add_argument("--weights", type=Path, default=SHIPPED)
    parser.add_argument("--limit", type=int, help="at most this many images, evenly spaced")
    arguments = parser.parse_args()
    engine = CompactEngine(Bundle(arguments.weights))
    images = images_of(arguments.data, arguments.split)
    if arguments.limit:
        images = images[:: max(1, len(images) // arguments.limit)]
    by: dict[tuple[str, str], list[tuple[bool, bool]]] = defaultdict(list)
    for image in images:
        scene = image.scene()
        truths = {noun: truth_of_image(noun, image.name, image.captions) for noun in NOUNS}
        counts = {noun: count_reference(noun, image) for noun in NOUNS}
        wanted = [presence.ask(n) for n, t in truths.items() if t is not None]
        wanted += [object_count.ask(n) for n, c in counts.items() if c is not None]
        engine.encode(scene).replies(wanted)  # one batch
        for noun, truth in truths.items():
            if truth is not None:
                answer = engine.answer(scene, presence.ask(noun))
                by[noun, "shown" if truth else "absent"].append((answer.value is truth, answer.confident))
        for noun, number in counts.items():
            if number is not None:
                answer = engine.answer(scene, object_count.ask(noun))
                exact = isinstance(answer.value, int) and number >= 0 and abs(answer.value - number) <= 0.1 * number
                by[noun, "count"].append((exact, answer.confident))
    print(f"{len(images)} images, {arguments.split}\n")
    print("| noun | shown: right | confident, right | absent: right | confident, right | counts: right | confident, right |")
    print("|---|---|---|---|---|---|---|")
    for noun in (*NOUNS, "all"):
        sides = []
        for kind in ("shown", "absent", "count"):
            rows = by[noun, kind] if noun != "all" else [row for (_, k), some in by.items() if k == kind for row in some]
            sides += [share(rows), share(rows, True)]
        print(f"| {noun} | " + " | ".join(sides) + " |")
    for name, kinds in (("presence", ("shown", "absent")), ("counts", ("count",))):
        rows = [row for (_, kind), some in by.items() if kind in kinds for row in some]
        sure = [right for right, confident in rows if confident]
        right = sum(sure) / max(1, len(sure))
        print(f"\n{name}: {len(sure) / len(rows):.1%} of {len(rows)} answers confident, {right:.1%} of those right")
    worst = []
    for noun in NOUNS:
        for kind in ("shown", "absent", "count"):
            sure = [right for right, confident in by[noun, kind] if confident]
            if sure and sum(sure) / len(sure) < 0.75:
                worst.append(f"{noun} ({kind}): {len(sure) - sum(sure)} of {len(sure)} confident answers wrong")
    print("\nmore than a quarter of the confident answers wrong: " + ("; ".join(worst) or "no noun"))


if __name__ == "__main__":
    main()
