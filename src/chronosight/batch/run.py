"""A run over a manifest: what is left to do, who does it, and where results go."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from chronosight.batch.describe_row import describe_row
from chronosight.batch.job import Job
from chronosight.batch.parts import RUN, PartWriter, read_results, run_folder
from chronosight.batch.result import Result
from chronosight.batch.row import Row
from chronosight.batch.tables import write_tables
from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.engines.engine import Engine

SHOWN = 3  # failed pairs that a run names at its end
FIRST = 10  # pairs that a dry run describes, to say what all would cost


@dataclass(frozen=True)
class Count:
    """How far a run is.

    Attributes:
        done: Results so far, earlier runs included.
        total: Rows of the manifest.
        failed: Of `done`, those with an error.
        fresh: Results of this run.
        seconds: That this run has taken.
    """

    done: int
    total: int
    failed: int
    fresh: int
    seconds: float

    @property
    def rate(self) -> float:
        """Pairs a second in this run."""
        return self.fresh / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds that the rest will take at this rate; None before the first result."""
        return (self.total - self.done) / self.rate if self.fresh else None


@dataclass(frozen=True)
class Estimate:
    """What a dry run found.

    Attributes:
        total: Rows of the manifest.
        done: Described by earlier runs.
        failed: Failed in earlier runs; they are tried again.
        tried: Pairs described to measure.
        errors: Id and error of those that failed.
        seconds_a_pair: Mean; 0 where nothing was left to try.
        bytes_a_pair: Mean, of the files and tables of a pair.
    """

    total: int
    done: int
    failed: int
    tried: int
    errors: tuple[tuple[str, str], ...]
    seconds_a_pair: float
    bytes_a_pair: float

    @property
    def to_do(self) -> int:
        """Pairs left."""
        return self.total - self.done


def run_batch(
    rows: Sequence[Row], job: Job, out: Path, jobs: int = 1, ray: str | None = None, fail_fast: bool = False,
    progress: Callable[[Count], None] | None = None,
) -> tuple[Count, list[str], list[str]]:  # fmt: skip
    """Describes every pair of a manifest that has no result yet.

    Args:
        rows: The manifest.
        job: How they are described.
        out: Folder of the run; that of an earlier run is carried on.
        jobs: Pairs at once: processes here, actors of Ray, or requests to an endpoint.
        ray: Address of a Ray cluster, "local" for Ray on this machine; None works without Ray.
        fail_fast: Stop at the first pair that fails.
        progress: Called after every pair.

    Returns:
        The final count, names of the files written, and remarks for the user.

    Raises:
        InputError: The folder or an option cannot be used, or a pair failed and `fail_fast` is set.
    """
    engine = job.load(_threads(jobs))
    with run_folder(out, job.facts(engine)):
        results = read_results(out, rows)
        left = [row for row in rows if row.id not in results or results[row.id].failed]
        began, fresh = time.perf_counter(), 0
        writer = PartWriter(out)
        failure: Result | None = None
        try:
            for result in _results(left, job, engine, out, jobs, ray):
                writer.add(result)
                results[result.row["id"]] = result
                fresh += 1
                if progress:
                    progress(_count(results, rows, fresh, began, left))
                if fail_fast and result.failed:
                    failure = result
                    break
        finally:
            writer.flush()
        results = read_results(out, rows)
        files, notes = write_tables(out, rows, results)
        if failure is not None:
            ended = f"--fail-fast ended the run, {len(results)} of {len(rows)} done"
            raise InputError(f"{failure.row['id']}: {failure.row['error']} ({ended})")
        return _count(results, rows, fresh, began, left), files, [*notes, *_failures(results, rows)]


def estimate(rows: Sequence[Row], job: Job, out: Path) -> Estimate:
    """What a run would do, and what it would cost by the first ten pairs; nothing of it is kept.

    Args:
        rows: The manifest.
        job: How they would be described.
        out: Folder of the run; read where it is there, never written to.

    Raises:
        InputError: The engine cannot be loaded.
    """
    engine = job.load()
    results = read_results(out, rows) if (out / RUN).is_file() else {}
    good = {name for name, result in results.items() if not result.failed}
    left = [row for row in rows if row.id not in good]
    once = replace(job, retries=0)
    scratch = Path(tempfile.mkdtemp(prefix="chronosight-"))
    try:
        found = [describe_row(row, once, engine, scratch) for row in left[:FIRST]]
        size = sum(path.stat().st_size for path in scratch.rglob("*") if path.is_file())
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    size += sum(len(one.to_line()) for one in found)
    tried = max(1, len(found))
    errors = tuple((one.row["id"], one.row["error"]) for one in found if one.failed)
    seconds = sum(one.row["seconds"] for one in found) / tried
    return Estimate(len(rows), len(good), len(results) - len(good), len(found), errors, seconds, size / tried)


def _failures(results: dict[str, Result], rows: Sequence[Row]) -> list[str]:
    """Id and error of the first pairs that failed, in the order of the manifest."""
    failed = [results[row.id].row for row in rows if row.id in results and results[row.id].failed]
    more = f"{len(failed) - SHOWN} more failed: the column error of results.jsonl says why"
    return [f"{row['id']} failed: {row['error']}" for row in failed[:SHOWN]] + ([more] if len(failed) > SHOWN else [])


def _count(results: dict[str, Result], rows: Sequence[Row], fresh: int, began: float, left: Sequence[Row]) -> Count:
    failed = sum(result.failed for result in results.values())
    done = len(rows) - len(left) + fresh
    return Count(done, len(rows), failed, fresh, time.perf_counter() - began)


def _threads(jobs: int) -> int | None:
    """CPU threads of each engine where several share the machine."""
    return None if jobs == 1 else max(1, (os.cpu_count() or 1) // jobs)


def _results(left: Sequence[Row], job: Job, engine: Engine, out: Path, jobs: int, ray: str | None) -> Iterator[Result]:
    """Results as they come."""
    if ray is not None:
        from chronosight.batch.on_ray import describe_on_ray

        return describe_on_ray(left, job, engine, out, jobs, ray)
    if jobs == 1 or len(left) < 2:
        return (describe_row(row, job, engine, out) for row in left)
    from chronosight.batch.workers import in_processes, in_threads

    return in_threads(left, job, out, jobs) if job.remote_engine else in_processes(left, job, out, jobs, _threads(jobs))
