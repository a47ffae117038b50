"""Asks an engine every question of a benchmark and keeps what it says, going on where an earlier run stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from chronosight.errors import InputError
from chronosight.evaluation.item import Item, Reply
from chronosight.evaluation.replies import ReplyFile
from chronosight.results.answer import Answer
from chronosight.results.evidence import Evidence
from chronosight.scenes.scene import Scene

Track = Callable[[Sequence[Any], str], Iterable[Any]]


def answer_items(engine: Any, items: Sequence[Item], file: ReplyFile, track: Track = lambda items, _: items) -> None:
    """Asks what `file` does not hold yet; a scene is opened once for all its questions that stand together.

    engine: has `answer(scene, question)`, for free wording `ask(scene, text)`, for masks `guide_facts(scene)`. track:
    goes through the scenes while showing progress under a name. Raises InputError where the engine makes no masks.
    """
    if any(item.task == "mask" for item in items) and not hasattr(engine, "guide_facts"):
        raise InputError("this engine draws no masks; leave them out with --tasks, or use another --engine")
    open_items = [item for item in items if item.id not in file.done]
    sights = [list(group) for _, group in groupby(open_items, key=lambda item: item.sight.name)]
    with file:
        for group in track(sights, "scenes"):
            scene = group[0].sight.open()
            for item in group:
                file.add(_ask(engine, scene, item, file.path.parent))


def _ask(engine: Any, scene: Scene, item: Item, folder: Path) -> Reply:
    start = time.perf_counter()
    if item.task == "mask":
        evidence, _ = engine.guide_facts(scene)
        seconds = time.perf_counter() - start
        path = folder / "masks" / f"{_file_name(item.id)}.png"
        _write_mask(reindex(evidence, item.classes), path)
        return Reply(item.id, "", None, None, path, seconds)
    answer: Answer = engine.ask(scene, item.text) if item.question is None else engine.answer(scene, item.question)
    return Reply(item.id, answer.text, answer.value, answer.confidence, None, time.perf_counter() - start)


def reindex(evidence: Evidence, classes: Sequence[str]) -> np.ndarray:
    """The mask of an engine as indices into the classes of a benchmark; classes that it does not ask for are background.

    Raises InputError where the engine has no such class.
    """
    table = np.zeros(256, np.uint8)
    for index, name in enumerate(classes):
        if name not in evidence.classes:
            raise InputError(f'the benchmark scores "{name}", the engine maps {", ".join(evidence.classes)} only')
        table[evidence.classes.index(name)] = index
    return table[evidence.mask]


def _write_mask(mask: np.ndarray, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.partial")
    Image.fromarray(mask).save(temporary, format="PNG")
    temporary.replace(path)


def _file_name(item: str) -> str:
    return "".join(c if c.isalnum() or c in "-_.,@" else "_" for c in item)
