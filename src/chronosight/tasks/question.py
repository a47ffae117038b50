"""A question as the models understand it: a task, what it is about, and its wording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Task = Literal[
    "caption",          # image or pair -> a sentence
    "binary",           # pair -> yes / no: has anything changed
    "count",            # pair + subject -> integer: changed objects
    "location",         # pair + subject -> cells of the 3x3 grid
    "direction",        # pair + subject -> appeared / vanished / both / none
    "scene_class",      # image -> a class name
    "presence",         # image + subject -> yes / no
    "object_count",     # image + subject -> integer
    "comparison",       # image + subject + other -> yes / no: are there more subject than other
    "rural_urban",      # image -> rural / urban
    "event",            # video -> an event class
    "vqa",              # anything asked in free words -> a word, a phrase or a sentence; full-size engines only
]  # fmt: skip

Value = bool | int | float | str | tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """task: which of the tasks above. text: the instruction in words. subject, other: plural nouns or None."""

    task: Task
    text: str
    subject: str | None = None
    other: str | None = None
