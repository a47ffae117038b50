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

from chronosight.datasets.sample import Sample, Turn
from chronosight.evaluation.predictions import Prediction
from chronosight.evaluation.scoring import ScoringOptions, score
from chronosight.tasks.caption import NO_CHANGE_SENTENCES
from chronosight.tasks.cells import CELLS
from chronosight.tasks.question import Question
from chronosight.tasks.wording import write_reply

NUMBER = 100_000
WORDS = (
    "some", "many", "two", "several", "houses", "villas", "buildings", "a", "road", "trees", "bareland", "appear", "are",
    "built", "on", "the", "in", "of", "and", "near", "beside", "with", "constructed", "field", "corner", "bottom", "top",
    "left", "right", "desert", "forest",
)  # fmt: skip


def questions() -> tuple[list[Sample], list[Prediction]]:
    draw = random.Random(0)
    samples, predictions = [], []
    for n in range(NUMBER):
        kind = draw.choice(("presence", "comparison", "rural_urban", "count"))
        answers = {"rural_urban": ("rural", "urban"), "count": tuple(map(str, range(50)))}.get(kind, ("yes", "no"))
        turn = Turn(Question("vqa", "?"), (draw.choice(answers),))
        samples.append(Sample(str(n), "made up", "image", (), (turn,), scene=str(n // 10), type=kind))
        predictions.append(Prediction(str(n), draw.choice(answers), confidence=draw.random()))
    return samples, predictions


def changeimti() -> tuple[list[Sample], list[Prediction]]:
    draw = random.Random(1)

    def sentence() -> str:
        return " ".join(draw.choices(WORDS, k=draw.randint(5, 14)))

    def cells() -> tuple[str, ...]:
        return tuple(cell for cell in CELLS if draw.random() < 0.2)

    samples: list[Sample] = []
    predictions: list[Prediction] = []

    def add(name: str, scene: str, task: Any, truth: Any, said: Any, text: str = "", **more: Any) -> None:
        replies = truth if task == "caption" else (write_reply(task, truth),)
        samples.append(Sample(name, "made up", "pair", (), (Turn(Question(task, "?"), replies),), scene=scene, **more))
        predictions.append(Prediction(name, text, None if text else said, draw.random()))

    for n in range(NUMBER // 10):
        scene, changed = f"s{n}", n % 2 == 0
        references = tuple(sentence() for _ in range(5)) if changed else NO_CHANGE_SENTENCES
        said = references[0] if draw.random() < 0.5 else sentence()
        add(f"{n}/c", scene, "caption", references, None, said, changed=changed)
        add(f"{n}/b", scene, "binary", changed, draw.random() < 0.5)
        for kind in ("roads", "buildings"):
            add(f"{n}/n/{kind}", scene, "count", draw.randrange(20), draw.randrange(20), type=kind)
            add(f"{n}/l/{kind}", scene, "location", cells(), cells(), type=kind)
        for turn in range(4):
            add(f"{n}/d/{turn}", scene, "binary", changed, draw.random() < 0.5, dialogue=(f"d{n}", turn))
    return samples, predictions


def show(items: Sequence[Any], name: str) -> Iterable[Any]:
    for at, item in enumerate(items, start=1):
        print(f"\r{name} {at} of {len(items)}", end="", file=sys.stderr, flush=True)
        yield item
    print(file=sys.stderr)


def main() -> None:
    for make in (questions, changeimti):
        samples, predictions = make()
        assert len(samples) == NUMBER
        wall, processor = time.perf_counter(), time.process_time()
        scored = score(samples, predictions, ScoringOptions(("index", "word"), with_java=False), track=show)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        print(
            f"{make.__name__}: {NUMBER:,} predictions, {len(scored.results)} metrics, {wall:.1f} s, processor {processor:.1f} s"
        )


if __name__ == "__main__":
    main()
