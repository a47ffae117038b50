"""Guide facts of training scenes, computed once and kept as JSON lines (`training/guide/crossfit.py` writes them).

A line: {"id": pair id, "box": [x0, y0, x1, y1], "swapped": bool, "facts": {...}}; `swapped` means the dates were given
in the reverse order. Facts of training places come from a guide that never saw the place (cross-fitting).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chronosight.tasks.clue import ClassChange, GuideFacts

FactsKey = tuple[str, tuple[int, int, int, int], bool]


def facts_to_dict(facts: GuideFacts) -> dict[str, Any]:
    """Facts as JSON types.

    Args:
        facts: Facts of a pair.

    Returns:
        "probability", rounded to four digits, "caption" and "classes".
    """
    classes = {
        name: {"appeared": change.appeared, "vanished": change.vanished, "cells": list(change.cells)}
        for name, change in facts.classes.items()
    }
    return {"probability": round(facts.probability, 4), "caption": facts.caption, "classes": classes}


def facts_from_dict(row: dict[str, Any]) -> GuideFacts:
    """Facts from what `facts_to_dict` made.

    Args:
        row: The facts, as JSON types.

    Returns:
        The facts of a pair.
    """
    classes = {
        name: ClassChange(change["appeared"], change["vanished"], tuple(change["cells"]))
        for name, change in row["classes"].items()
    }
    return GuideFacts(row["probability"], row["caption"], classes)


def write_facts(path: str | Path, rows: Iterable[tuple[FactsKey, GuideFacts]]) -> None:
    """Writes facts as JSON lines, under a temporary name first.

    Args:
        path: The file to write.
        rows: Facts by (id of the place, box, whether the dates are swapped).
    """
    path = Path(path)
    part = path.with_name(path.name + ".part")
    with part.open("w") as file:
        for (pair, box, swapped), facts in rows:
            file.write(json.dumps({"id": pair, "box": box, "swapped": swapped, "facts": facts_to_dict(facts)}) + "\n")
    part.rename(path)


def read_facts(paths: Iterable[str | Path]) -> dict[FactsKey, GuideFacts]:
    """Reads the facts of several files.

    Args:
        paths: Files written by `write_facts`.

    Returns:
        Facts by (id of the place, box, whether the dates are swapped); later files win.
    """
    facts = {}
    for path in paths:
        for line in Path(path).read_text().splitlines():
            row = json.loads(line)
            facts[(row["id"], tuple(row["box"]), row["swapped"])] = facts_from_dict(row["facts"])
    return facts
