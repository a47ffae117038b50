"""The state of a run on disk: part files, each renamed when whole, so that a kill at any moment loses no finished part.

A part holds one result a line. The next run reads them all: of several results of one id a success beats a failure, and a
result of another version of the manifest's row counts for nothing.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chronosight.batch.job import check_same, fingerprint
from chronosight.batch.result import Result
from chronosight.batch.row import Row
from chronosight.errors import InputError
from chronosight.files import read_json_lines, read_json_object, write_json, write_text
from chronosight.reports.write import locked

PARTS, RUN, LOCK = "parts", "batch.json", ".chronosight-lock"
BLOCK = 16  # results of a part,
BLOCK_SECONDS = 20.0  # or those of so many seconds


@contextmanager
def run_folder(out: Path, facts: Mapping[str, Any]) -> Iterator[None]:
    """Keeps a folder for this run.

    Args:
        out: Made where it is missing.
        facts: Everything that changes results (`Job.facts`).

    Raises:
        InputError: It is no folder of a batch, another run is writing to it, or its results are of another kind of run.
    """
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / RUN).is_file())):
        raise InputError(f"{out} is there already and no folder of a batch; give another name")
    out.mkdir(parents=True, exist_ok=True)
    with (out / LOCK).open("w") as lock:
        if not locked(lock):
            raise InputError(f"another run is writing to {out}; wait until it is done, or give another folder")
        if (out / RUN).is_file():
            before = read_json_object(out / RUN, "batch.json of a batch")
            check_same(before.get("facts", {}), dict(facts), str(out))
        else:
            write_json(out / RUN, {"schema": "chronosight.batch/1", "fingerprint": fingerprint(dict(facts)), "facts": facts})
        yield


class PartWriter:
    """Collects results and writes them as parts."""

    def __init__(self, out: Path) -> None:
        self.folder, self.since = out / PARTS, time.monotonic()
        self.waiting: list[Result] = []

    def add(self, result: Result) -> None:
        """Takes a result; writes a part when there are enough.

        Args:
            result: The result of one row.
        """
        self.waiting.append(result)
        if len(self.waiting) >= BLOCK or time.monotonic() - self.since > BLOCK_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Writes what is waiting."""
        if self.waiting:
            name = f"part-{time.time_ns():020d}-{uuid.uuid4().hex[:8]}.jsonl"
            write_text(self.folder / name, (result.to_line() + "\n" for result in self.waiting))
        self.waiting, self.since = [], time.monotonic()


def read_results(out: Path, rows: Sequence[Row]) -> dict[str, Result]:
    """The best result so far of each id that the manifest still asks for.

    A success is better than a failure; of equals the latest is taken.

    Args:
        out: Folder of the run.
        rows: Rows of the manifest.

    Returns:
        Results by id.
    """
    digests = {row.id: row.digest() for row in rows}
    best: dict[str, Result] = {}
    for part in sorted((out / PARTS).glob("part-*.jsonl")):
        for _, line in read_json_lines(part, "a part of a batch"):
            result = Result(**line)
            name = result.row["id"]
            if digests.get(name) == result.digest and (name not in best or best[name].failed or not result.failed):
                best[name] = result
    return best


def read_facts(out: Path) -> dict[str, Any]:
    """batch.json, for tests and tools.

    Args:
        out: Folder of the run.

    Returns:
        The content of batch.json.
    """
    facts: dict[str, Any] = json.loads((out / RUN).read_text(encoding="utf-8"))
    return facts
