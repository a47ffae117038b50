"""A reply -> its typed value. Weights that were tuned reply in the task's own form; others in sentences."""

from __future__ import annotations

import re

from chronosight.tasks.cells import CELLS
from chronosight.tasks.question import Task, Value
from chronosight.tasks.wording import parse_reply

_LONGEST_FIRST = sorted(CELLS, key=len, reverse=True)
_NAMES = {"upper": "top", "bottom": "lower", "centre": "center", "middle": "center"}


def read_value(task: Task, text: str) -> Value | None:
    """Reads a reply by the task's own parser; places named within a sentence count too.

    Args:
        task: The task.
        text: The reply.

    Returns:
        The value; None where the reply has none.
    """
    value = parse_reply(task, text)
    if value is None and task == "location":
        return cells_named(text)
    return value


def cells_named(text: str) -> tuple[str, ...] | None:
    """Reads places of the 3x3 grid in a sentence.

    Args:
        text: A sentence in English.

    Returns:
        Cells in the order of the sentence; () where it says no change; None where it names none.
    """
    plain = " ".join(_NAMES.get(word, word) for word in re.findall(r"[a-z]+", text.lower()))
    found: dict[int, str] = {}
    rest = plain
    for cell in _LONGEST_FIRST:
        for match in re.finditer(rf"\b{cell.removesuffix(' corner')}\b" if "corner" in cell else rf"\b{cell}\b", rest):
            found[match.start()] = cell
            rest = rest[: match.start()] + "." * (match.end() - match.start()) + rest[match.end() :]
    if found:
        return tuple(dict.fromkeys(found[at] for at in sorted(found)))
    return () if re.search(r"\bno change|\bnot changed?\b|\bno changes\b", plain) else None
