"""One question of a benchmark with its truth, and what a system replied to it: all that scoring needs.

Nothing is opened here. A `Sight` opens its pixels when an engine is asked, an `Item` reads its true mask when masks are
scored, so a benchmark of 100,000 questions is a light list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from chronosight.scenes.scene import Scene, SceneKind
from chronosight.tasks import binary, caption, count, location
from chronosight.tasks.nearest_label import nearest_label
from chronosight.tasks.question import Question, Value

ItemTask = Literal[
    "caption",   # a sentence, against references
    "binary",    # has anything changed: yes or no
    "count",     # changed objects of a class
    "location",  # cells of the 3x3 grid
    "mask",      # classes per pixel
    "class",     # one of a list of names
    "vqa",       # a word, a number, yes or no
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Sight:
    """What questions are about. name: unique in its benchmark. paths: its files, the earlier date first; () where it is
    rendered or cut out of a larger picture. open: reads the pixels."""

    name: str
    kind: SceneKind
    open: Callable[[], Scene] = field(repr=False)
    paths: tuple[Path, ...] = ()


@dataclass(frozen=True, eq=False)
class Item:
    """One question.

    id: unique in its benchmark. text: the question as the benchmark words it. truth: its value; the references of a
    caption; None for a mask. question: how our engines are asked, None for free wording. kind: the column it is counted
    in: a subject ("roads"), or a type of question ("presence"). group: what bootstrap draws whole, a place or a picture.
    labels: the names a class may have. changed: of captions, whether they tell of a change. dialogue: (name, turn from 0)
    where it is a turn of one. mask: reads the true mask, (H, W) uint8 index into `classes`.
    """

    id: str
    sight: Sight
    task: ItemTask
    text: str
    truth: Value | None
    group: str
    question: Question | None = None
    kind: str = ""
    labels: tuple[str, ...] = ()
    changed: bool | None = None
    dialogue: tuple[str, int] | None = None
    mask: Callable[[], np.ndarray] | None = field(default=None, repr=False)
    classes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """What another system needs to answer: no truth. images: file names, [] for what is not a file of its own."""
        return {
            "id": self.id,
            "scene": self.sight.name,
            "input": self.sight.kind,
            "images": [str(path) for path in self.sight.paths],
            "task": self.task,
            "kind": self.kind,
            "question": self.text,
        }


@dataclass(frozen=True)
class Reply:
    """What came back for one item. value: as the system means it, None where only words were given. confidence: in
    [0, 1]. mask: PNG whose pixels are indices into the item's classes. seconds: it took to answer."""

    id: str
    text: str
    value: Value | None = None
    confidence: float | None = None
    mask: Path | None = None
    seconds: float | None = None


def value_of(item: Item, reply: Reply) -> Value | None:
    """The typed value of a reply: its own, else what its words mean for the task; None where they mean nothing."""
    if reply.value is not None and item.task in ("binary", "count", "location"):
        return reply.value
    match item.task:
        case "caption":
            return caption.parse_reply(reply.text)
        case "binary":
            return binary.parse_reply(reply.text)
        case "count":
            return count.parse_reply(reply.text)
        case "location":
            return location.parse_reply(reply.text)
        case "class":
            return nearest_label(reply.text, item.labels)
        case "vqa":
            text = str(_yes_no(reply.value)) if isinstance(reply.value, bool | int | str) else reply.text
            return plain_answer(text, item.truth in ("yes", "no"))
        case _:
            return None


def plain_answer(text: str, yes_no: bool = False) -> str | None:
    """A short answer as it is compared: lower case, blanks for underscores, single spaces, no full stop.

    yes_no: "Yes, there is" counts as yes.
    """
    words = text.lower().replace("_", " ").strip().rstrip(".").split()
    if not words:
        return None
    if yes_no and words[0].strip(",.;:!") in ("yes", "no"):
        return words[0].strip(",.;:!")
    return " ".join(words)


def _yes_no(value: Value) -> Value:
    return ("yes" if value else "no") if isinstance(value, bool) else value


def is_right(item: Item, value: Value | None) -> bool:
    """Whether a value is exactly the truth; cells are compared as sets. Captions and masks are never right or wrong."""
    if isinstance(item.truth, tuple):
        return isinstance(value, tuple) and set(value) == set(item.truth)
    return value == item.truth and isinstance(value, bool) == isinstance(item.truth, bool)
