"""CRSVQA (Zhang et al., 2023): questions that take more than one step, about scene, relation and object.

The data set comes as one text file a picture, a question and its answer on lines in turn, of the picture's name. Which
pictures are the test set is not in it, so a list of names says so.
"""

from __future__ import annotations

from pathlib import Path

from chronosight.errors import InputError
from chronosight.evaluation.benchmarks.benchmark import Benchmark, Column, Loaded, need_file
from chronosight.evaluation.benchmarks.sights import image_sight
from chronosight.evaluation.item import Item, plain_answer

LAYOUT = "text/NAME.txt, image/NAME.png and {test,val,train}.txt, a list of names"


def kind_of(question: str) -> str:
    """ "scene", "object" or "relation", told by words as the data set's authors do."""
    words = set(question.lower().strip(" ?").split())
    if words & {"scene", "theme"}:
        return "scene"
    return "object" if words & {"many", "object", "shape"} else "relation"


def _load(root: Path, split: str) -> Loaded:
    names = need_file(root / f"{split}.txt", "crsvqa", LAYOUT)
    items: list[Item] = []
    read = [names]
    for name in names.read_text(encoding="utf-8").split():
        stem = Path(name).stem
        path = need_file(root / "text" / f"{stem}.txt", "crsvqa", LAYOUT)
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        if len(lines) % 2:
            raise InputError(f"{path} has {len(lines)} lines; expected a question and its answer in turn")
        sight = image_sight(stem, root / "image" / f"{stem}.png")
        for at in range(0, len(lines), 2):
            question = lines[at].replace("？", "?")
            answer = plain_answer(lines[at + 1]) or ""
            items.append(Item(f"{stem}/{at // 2}", sight, "vqa", question, answer, stem, None, kind_of(question)))
        read.append(path)
    return Loaded(items, read, [path for item in items for path in item.sight.paths])


CRSVQA = Benchmark(
    "crsvqa", "CRSVQA", "MQVQA, Zhang et al. 2023", LAYOUT, ("test", "val", "train"), _load,
    (Column("overall accuracy", "average, weighted by question"),),
)  # fmt: skip
