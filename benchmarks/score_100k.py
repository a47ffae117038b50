"""How long scoring takes: 100,000 predictions of two kinds, made up by chance, bootstrap of 1,000 draws included.

    python benchmarks/score_100k.py

`questions`: 100,000 short answers with confidences about 10,000 pictures, as RSVQA has. `changeimti`: 100,000 answers about
10,000 pairs: a caption against five references by `index` and `word` (without Java), yes or no, two counts, two places, a
dialogue of four turns. Run on two cores; prints wall and processor seconds.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

from chronosight.evaluation.item import Item, Reply, Sight
from chronosight.evaluation.scoring import HowToScore, score_replies
from chronosight.tasks.caption import NO_CHANGE_SENTENCES
from chronosight.tasks.cells import CELLS

NUMBER = 100_000
WORDS = (
    "some", "many", "two", "several", "houses", "villas", "buildings", "a", "road", "trees", "bareland", "appear", "are",
    "built", "on", "the", "in", "of", "and", "near", "beside", "with", "constructed", "field", "corner", "bottom", "top",
    "left", "right", "desert", "forest",
)  # fmt: skip


def no_pixels() -> Any:
    raise RuntimeError("scoring opens no pictures")


def questions() -> tuple[list[Item], list[Reply]]:
    draw = random.Random(0)
    items, replies = [], []
    for n in range(NUMBER):
        sight = Sight(str(n // 10), "image", no_pixels)
        kind = draw.choice(("presence", "comparison", "rural_urban", "count"))
        answers = {"rural_urban": ("rural", "urban"), "count": tuple(map(str, range(50)))}.get(kind, ("yes", "no"))
        items.append(Item(str(n), sight, "vqa", "?", draw.choice(answers), sight.name, kind=kind))
        replies.append(Reply(str(n), draw.choice(answers), confidence=draw.random()))
    return items, replies


def changeimti() -> tuple[list[Item], list[Reply]]:
    draw = random.Random(1)

    def sentence() -> str:
        return " ".join(draw.choices(WORDS, k=draw.randint(5, 14)))

    def cells() -> tuple[str, ...]:
        return tuple(cell for cell in CELLS if draw.random() < 0.2)

    items: list[Item] = []
    replies: list[Reply] = []

    def add(name: str, sight: Sight, task: Any, truth: Any, said: Any, text: str = "", **more: Any) -> None:
        items.append(Item(name, sight, task, "?", truth, sight.name, **more))
        replies.append(Reply(name, text, None if text else said, draw.random()))

    for n in range(NUMBER // 10):
        sight, changed = Sight(f"s{n}", "pair", no_pixels), n % 2 == 0
        references = tuple(sentence() for _ in range(5)) if changed else NO_CHANGE_SENTENCES
        said = references[0] if draw.random() < 0.5 else sentence()
        add(f"{n}/c", sight, "caption", references, None, said, changed=changed)
        add(f"{n}/b", sight, "binary", changed, draw.random() < 0.5)
        for kind in ("roads", "buildings"):
            add(f"{n}/n/{kind}", sight, "count", draw.randrange(20), draw.randrange(20), kind=kind)
            add(f"{n}/l/{kind}", sight, "location", cells(), cells(), kind=kind)
        for turn in range(4):
            add(f"{n}/d/{turn}", sight, "binary", changed, draw.random() < 0.5, dialogue=(f"d{n}", turn))
    return items, replies


def show(items: Sequence[Any], name: str) -> Iterable[Any]:
    for at, item in enumerate(items, start=1):
        print(f"\r{name} {at} of {len(items)}", end="", file=sys.stderr, flush=True)
        yield item
    print(file=sys.stderr)


def main() -> None:
    for make in (questions, changeimti):
        items, replies = make()
        assert len(items) == NUMBER
        wall, processor = time.perf_counter(), time.process_time()
        scored = score_replies(items, replies, HowToScore(("index", "word"), with_jar=False), track=show)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        print(f"{make.__name__}: {NUMBER:,} predictions, {len(scored.rows)} figures, {wall:.1f} s, processor {processor:.1f} s")


if __name__ == "__main__":
    main()
