"""One training example: a scene, what is asked of it, and the replies that are right. Kept as JSON lines.

{"id": ..., "source": "levir_cc", "kind": "pair", "files": ["images/train/A/1.png", "images/train/B/1.png"],
 "turns": [{"task": "caption", "question": ..., "replies": [...]}], "clue": ""}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from chronosight.errors import InputError
from chronosight.tasks.question import Question, Task

Kind = Literal["image", "pair", "video"]
TASKS = get_args(Task)


@dataclass(frozen=True)
class Turn:
    """replies: all right; the k-th repetition of an example learns the k-th of them, and begins again at the end."""

    question: Question
    replies: tuple[str, ...]

    def reply(self, repetition: int) -> str:
        return self.replies[repetition % len(self.replies)]


@dataclass(frozen=True)
class Example:
    """files: relative to the data set's folder; one for an image or a video, two for a pair. clue: "" for none."""

    id: str
    source: str
    kind: Kind
    files: tuple[str, ...]
    turns: tuple[Turn, ...]
    clue: str = ""

    def to_json(self) -> str:
        turns = [{"task": t.question.task, "question": t.question.text, "replies": list(t.replies)} for t in self.turns]
        fields = {"id": self.id, "source": self.source, "kind": self.kind, "files": list(self.files), "turns": turns}
        return json.dumps({**fields, "clue": self.clue}, ensure_ascii=False)

    def with_clue(self, clue: str) -> Example:
        return replace(self, clue=clue)


def write_examples(examples: Iterable[Example], path: str | Path) -> int:
    """-> number of examples. The file is whole or not there."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.partial")
    count = 0
    with part.open("w", encoding="utf-8") as file:
        for example in examples:
            file.write(example.to_json() + "\n")
            count += 1
    part.replace(path)
    return count


def read_examples(path: str | Path) -> list[Example]:
    """Raises InputError for a missing file, and names the line that is no example."""
    return list(iterate_examples(path))


def iterate_examples(path: str | Path) -> Iterator[Example]:
    path = Path(path)
    if not path.is_file():
        raise InputError(f"no file {path}; make one with: chronosight data examples NAME DIR {path.name}")
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                row = json.loads(line)
                turns = tuple(
                    Turn(Question(t["task"], t["question"]), tuple(t["replies"])) for t in row["turns"] if t["task"] in TASKS
                )
                example = Example(row["id"], row["source"], row["kind"], tuple(row["files"]), turns, row.get("clue", ""))
            except (json.JSONDecodeError, KeyError, TypeError, UnicodeDecodeError) as error:
                raise InputError(f"{path}, line {number} is no example ({error}); make the file again") from None
            if example.kind not in get_args(Kind) or len(example.files) != (2 if example.kind == "pair" else 1):
                raise InputError(f"{path}, line {number}: {len(example.files)} files for a {example.kind}; make the file again")
            if not turns or len(turns) != len(row["turns"]) or not all(turn.replies for turn in turns):
                raise InputError(f"{path}, line {number} has a turn of no known task or without replies; make the file again")
            yield example


def read_list(path: Path, key: str | None = None) -> Sequence[dict]:
    """A JSON list of mappings, or the one under `key`. Raises InputError where the file holds none."""
    if not path.is_file():
        raise InputError(f"no {path.name} in {path.parent}; expected the data set as it is published, see docs/unirs.md")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path} is not JSON ({error}); download it again") from None
    values = values.get(key) if key is not None and isinstance(values, dict) else values
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise InputError(f"{path} has no list{f' under {key}' if key else ''}; download it again")
    return values
