"""What a benchmark is: where its data lies, its splits, its samples, and how its metrics are put into a table."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chronosight.datasets.sample import Sample
from chronosight.errors import InputError
from chronosight.evaluation.metric import Target
from chronosight.files import as_laid_out


@dataclass(frozen=True)
class Column:
    """A column of the table beside published results.

    Attributes:
        head: Its head.
        metric: Name of the metric that it shows; "{c}" stands for the caption convention.
        scale: 100 where the field writes per cent.
    """

    head: str
    metric: str
    scale: float = 100.0


@dataclass(frozen=True)
class Benchmark:
    """A benchmark.

    Attributes:
        name: As the command line has it.
        title: As tables show it.
        source: Paper or place of the data.
        layout: One line: what lies in the data folder.
        splits: Names of its splits.
        load: Folder, split and limit (None for all) -> samples of one turn, those about one scene together.
        columns: Of the table beside published results.
        optional: Tasks that a predictions file may leave out whole.
        averaged: Types of question that an average is made of, all where empty.
        needs_data: False where everything is rendered.
        guide_alone: Whether the vision guide without the language model is scored beside the whole system.
        own: Whether it is one of this project's own checks, which an engine of ours answers; no table of published results.
        targets: What metrics should reach, by name.
        vocabulary: Folder and split -> the references of all splits that there are, for the convention `index`; where
            None, those that are scored.
    """

    name: str
    title: str
    source: str
    layout: str
    splits: tuple[str, ...]
    load: Callable[[Path, str, int | None], list[Sample]] = field(repr=False)
    columns: tuple[Column, ...] = ()
    optional: tuple[str, ...] = ()
    averaged: tuple[str, ...] = ()
    needs_data: bool = True
    guide_alone: bool = False
    own: bool = False
    targets: Mapping[str, Target] = field(default_factory=dict)
    vocabulary: Callable[[Path, str], list[str]] | None = field(default=None, repr=False)

    def open(self, data: Path | None, split: str, limit: int | None = None) -> list[Sample]:
        """Loads the samples of a split.

        Args:
            data: Folder of the data; None where none was given.
            split: One of its splits.
            limit: At most this many scenes; None for all.

        Returns:
            The samples.

        Raises:
            InputError: There is no such split, or the data is not where it must be.
        """
        if split not in self.splits:
            raise InputError(f'{self.name} has no split "{split}"; give one of {", ".join(self.splits)}')
        self.check_data(data)
        with as_laid_out(data, self.layout):
            samples = self.load(data or Path(), split, limit)
        if not samples:
            raise InputError(f"{data} holds nothing of split {split} of {self.name}; expected {self.layout}")
        return samples

    def check_data(self, data: Path | None) -> None:
        """Checks that there is a data folder where one is needed.

        Args:
            data: The folder; None where none was given.

        Raises:
            InputError: There is none.
        """
        if self.needs_data and (data is None or not data.is_dir()):
            found = "no data folder was given" if data is None else f"there is no folder {data}"
            raise InputError(f"{found}; {self.name} needs --data DIR with {self.layout} ({self.source})")


def hash_samples(samples: Sequence[Sample]) -> str:
    """A SHA-256 over questions and truth, true masks included, and over names and sizes of the images.

    Args:
        samples: Of a benchmark. Their images are not read: they are many gigabytes in some benchmarks.

    Returns:
        The hash, in hexadecimal.
    """
    digest = hashlib.sha256()
    for sample in samples:
        digest.update(f"{sample.id} {sample.text} {sample.turns[0].replies}".encode())
        if sample.mask is not None:
            digest.update(sample.mask().tobytes())
    for path in sorted({path for sample in samples for path in sample.paths}):
        digest.update(f"{path.name} {path.stat().st_size if path.is_file() else -1}".encode())
    return digest.hexdigest()


def first_scenes(samples: Iterable[Sample], limit: int | None) -> list[Sample]:
    """The samples about the first scenes.

    Args:
        samples: Those about one scene together.
        limit: Number of scenes; None for all.

    Returns:
        The samples.
    """
    if limit is None:
        return list(samples)
    seen: set[str] = set()
    kept = []
    for sample in samples:
        if sample.scene not in seen and len(seen) == limit:
            continue
        seen.add(sample.scene)
        kept.append(sample)
    return kept
