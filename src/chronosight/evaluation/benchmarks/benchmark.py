"""What a benchmark is: where its data must lie, its splits, its questions, and how its figures are put into a table."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chronosight.errors import InputError
from chronosight.evaluation.item import Item


@dataclass(frozen=True)
class Loaded:
    """items: the questions of a split, those about one scene together. read: files whose contents are the truth
    (annotations, masks). seen: image files. sentences: references of all splits, for the vocabulary of `index`."""

    items: list[Item]
    read: Sequence[Path] = ()
    seen: Sequence[Path] = ()
    sentences: Sequence[str] = ()


@dataclass(frozen=True)
class Column:
    """A column of the table beside published rows. metric: the row it shows, "{c}" for the caption convention. scale: 100
    where the field writes per cent. higher: whether more is better."""

    head: str
    metric: str
    scale: float = 100.0
    higher: bool = True


@dataclass(frozen=True)
class Benchmark:
    """name: as the command line has it. layout: one line, what lies in the data folder. load: (folder, split) -> questions.

    optional: tasks that a predictions file may leave out whole. averaged: types of question an average is made of, all
    where empty. columns: of the table. needs_data: False where everything is rendered.
    """

    name: str
    title: str
    source: str
    layout: str
    splits: tuple[str, ...]
    load: Callable[[Path, str], Loaded] = field(repr=False)
    columns: tuple[Column, ...] = ()
    optional: tuple[str, ...] = ()
    averaged: tuple[str, ...] = ()
    needs_data: bool = True

    def open(self, data: Path | None, split: str) -> Loaded:
        """The questions of a split. Raises InputError, in one line, where the data is not where it must lie."""
        if split not in self.splits:
            raise InputError(f'{self.name} has no split "{split}"; give one of {", ".join(self.splits)}')
        if not self.needs_data:
            return self.load(Path(), split)
        if data is None or not data.is_dir():
            found = "no data folder was given" if data is None else f"there is no folder {data}"
            raise InputError(f"{found}; {self.name} needs --data DIR with {self.layout} ({self.source})")
        loaded = self.load(data, split)
        if not loaded.items:
            raise InputError(f"{data} holds nothing of split {split} of {self.name}; expected {self.layout}")
        return loaded


def need_file(path: Path, benchmark: str, layout: str) -> Path:
    """The path, which is a file. Raises InputError that tells what was expected where."""
    if not path.is_file():
        raise InputError(f"no {path}; {benchmark} needs {layout} in its --data DIR")
    return path


def hash_data(loaded: Loaded) -> str:
    """One SHA-256 over the contents of the files that hold the truth, and over names and sizes of the images.

    Images are many gigabytes in some benchmarks, and scoring reads none of them.
    """
    digest = hashlib.sha256()
    for path in sorted(set(loaded.read)):
        digest.update(path.name.encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    for path in sorted(set(loaded.seen)):
        digest.update(f"{path.name} {path.stat().st_size if path.is_file() else -1}".encode())
    for item in loaded.items if not loaded.read else ():
        digest.update(f"{item.id} {item.truth}".encode())
    return digest.hexdigest()


def first_scenes(items: Iterable[Item], limit: int | None) -> list[Item]:
    """The questions about the first `limit` scenes; all where None."""
    if limit is None:
        return list(items)
    seen: dict[str, None] = {}
    kept = []
    for item in items:
        if item.sight.name not in seen and len(seen) == limit:
            continue
        seen.setdefault(item.sight.name)
        kept.append(item)
    return kept
