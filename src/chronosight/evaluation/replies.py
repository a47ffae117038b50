"""Predictions of any system as a JSONL file, one reply a line, and how a run that was killed goes on in it.

    {"id": "test_000004/count/roads", "reply": "2", "value": 2, "confidence": 0.81, "seconds": 0.09, "mask": "m.png"}

`id` and `reply` are needed; for masks `mask` instead of `reply`, a PNG beside the file. The rest is optional: without
`value` the words are read, without `confidence` there is no calibration, without `seconds` no time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from chronosight.errors import InputError
from chronosight.evaluation.item import Item, Reply


def read_replies(path: Path) -> dict[str, Reply]:
    """All replies of a file by id. Raises InputError, naming the line, where one cannot be used or comes twice."""
    if not path.is_file():
        raise InputError(f"no predictions file {path}; give one with --predictions FILE")
    replies: dict[str, Reply] = {}
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            reply = _read_line(line, f"{path}, line {number}", path.parent)
            if reply.id in replies:
                raise InputError(f'{path}, line {number}: "{reply.id}" was answered before; give one reply an id')
            replies[reply.id] = reply
    return replies


def _read_line(line: str, where: str, folder: Path) -> Reply:
    try:
        row: Any = json.loads(line)
    except ValueError:
        raise InputError(f"{where} is not JSON; expected one object a line with id and reply") from None
    if not isinstance(row, dict) or not isinstance(row.get("id"), str):
        raise InputError(f'{where} has no text "id"; expected an object with id and reply')
    text, mask = row.get("reply", ""), row.get("mask")
    if not isinstance(text, str) or not (mask is None or isinstance(mask, str)) or ("reply" not in row and mask is None):
        raise InputError(f'{where} has no text "reply"; expected the words of the answer, or for masks a file as "mask"')
    value = row.get("value")
    if isinstance(value, list):
        value = tuple(str(part) for part in value)
    if not (value is None or isinstance(value, bool | int | str | tuple)):
        raise InputError(f'{where} has a "value" that is none: expected true or false, a whole number, a text, or a list')
    confidence, seconds = row.get("confidence"), row.get("seconds")
    if confidence is not None and not (isinstance(confidence, int | float) and 0 <= confidence <= 1):
        raise InputError(f"{where} has confidence {confidence!r}; expected a number from 0 to 1")
    if seconds is not None and not (isinstance(seconds, int | float) and seconds >= 0):
        raise InputError(f"{where} has seconds {seconds!r}; expected a number from 0")
    return Reply(row["id"], text, value, confidence, None if mask is None else folder / mask, seconds)


def match_replies(items: Sequence[Item], replies: Mapping[str, Reply], source: str) -> list[Reply]:
    """The reply to each item, in order. Raises InputError where one is missing or answers nothing of the benchmark.

    Items that a task makes impossible to answer are not left out: a score over part of a benchmark is another score.
    """
    missing = [item.id for item in items if item.id not in replies]
    if missing:
        raise InputError(
            f'{source} lacks {len(missing):,} of {len(items):,} answers, "{missing[0]}" is the first; '
            "answer all (an empty reply counts as wrong), or score part of them with --limit and --tasks"
        )
    without = [item.id for item in items if item.task == "mask" and replies[item.id].mask is None]
    if without:
        raise InputError(f'{source} has no mask for "{without[0]}"; give the name of a PNG as "mask"')
    return [replies[item.id] for item in items]


class ReplyFile:
    """Appends replies to a file, each at once; what a killed run left is kept, its last, broken line aside.

    header: facts that must not change between the runs that share a file (engine, weights, benchmark, split). They lie
    in NAME.run.json; another header raises InputError.
    """

    def __init__(self, path: Path, header: Mapping[str, Any]):
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._check_header(dict(header))
        self._cut_broken_line()
        self.done = read_replies(path) if path.is_file() else {}
        self._file: BinaryIO | None = None

    def _check_header(self, header: dict[str, Any]) -> None:
        kept = self.path.with_suffix(".run.json")
        if kept.is_file():
            before = json.loads(kept.read_text(encoding="utf-8"))
            other = [name for name in {*before, *header} if before.get(name) != header.get(name)]
            if other:
                raise InputError(
                    f"{self.path} was begun with another {', '.join(sorted(other))}; "
                    "give another --out, or remove the folder to begin anew"
                )
            return
        if self.path.is_file():
            raise InputError(f"{self.path} is there but nothing says what began it; give another --out, or remove it")
        temporary = kept.with_name(f".{kept.name}.partial")
        temporary.write_text(json.dumps(header, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        temporary.replace(kept)

    def _cut_broken_line(self) -> None:
        if not self.path.is_file():
            return
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(self.path, whole)

    def __enter__(self) -> ReplyFile:
        self._file = self.path.open("ab", buffering=0)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, reply: Reply) -> None:
        """One line in one write, so that a kill leaves it whole or not at all, or broken at the very end."""
        assert self._file is not None, "use it in a with statement"
        row: dict[str, Any] = {"id": reply.id, "reply": reply.text}
        if reply.value is not None:
            row["value"] = list(reply.value) if isinstance(reply.value, tuple) else reply.value
        if reply.confidence is not None:
            row["confidence"] = round(reply.confidence, 6)
        if reply.mask is not None:
            row["mask"] = reply.mask.relative_to(self.path.parent).as_posix()
        if reply.seconds is not None:
            row["seconds"] = round(reply.seconds, 6)
        line = json.dumps(row, ensure_ascii=False)
        self._file.write((line + "\n").encode())
        self.done[reply.id] = _read_line(line, str(self.path), self.path.parent)  # rounded, as a resumed run reads it


def write_questions(items: Iterable[Item], path: Path) -> None:
    """The questions of a benchmark as JSONL, without truths, for another system to answer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.partial")
    with temporary.open("w", encoding="utf-8") as file:
        for item in items:
            file.write(json.dumps(item.to_dict(), ensure_ascii=False) + "\n")
    temporary.replace(path)
