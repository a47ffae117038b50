"""Several pairs at once on this machine: processes for engines that compute here, threads for a server that answers."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from chronosight.batch.describe_row import describe_row
from chronosight.batch.job import Job
from chronosight.batch.result import Result, failed_result
from chronosight.batch.row import Row

AHEAD = 2  # pairs handed out for each worker
ENDED = "the process that described it ended (killed, or out of memory)"
_own: dict[str, Any] = {}  # of a worker process: job, engine and folder


def in_threads(rows: Sequence[Row], job: Job, out: Path, jobs: int) -> Iterator[Result]:
    """Describes pairs in threads of this process, for engines behind an endpoint.

    Args:
        rows: The pairs.
        job: Settings of the run.
        out: Folder of the run.
        jobs: Largest number of requests at once.

    Yields:
        Results in the order in which they are ready.
    """
    local = threading.local()

    def work(row: Row) -> Result:
        if not hasattr(local, "engine"):
            local.engine = job.load(1)
        return describe_row(row, job, local.engine, out)

    with ThreadPoolExecutor(jobs) as pool:
        waiting: set[Future[Result]] = set()
        for row in rows:
            waiting.add(pool.submit(work, row))
            if len(waiting) >= AHEAD * jobs:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (one.result() for one in done)
        yield from (one.result() for one in waiting)


def in_processes(rows: Sequence[Row], job: Job, out: Path, jobs: int, threads: int | None) -> Iterator[Result]:
    """Describes pairs in processes. A pair whose process ends twice is given up, with an error.

    Args:
        rows: The pairs.
        job: Settings of the run.
        out: Folder of the run.
        jobs: Number of processes.
        threads: Threads of each graph; None for the default.

    Yields:
        Results in the order in which they are ready.
    """
    left, ended = list(rows), dict.fromkeys((row.id for row in rows), 0)
    while left:
        alone = any(ended[row.id] for row in left)  # after a crash one at a time, to see which pair it was
        todo, left = left, []
        with ProcessPoolExecutor(
            1 if alone else jobs, multiprocessing.get_context("spawn"), _begin, (job, str(out), threads)
        ) as pool:
            waiting: dict[Future[Result], Row] = {}
            queue = list(reversed(todo))
            broken = False
            while (queue and not broken) or waiting:
                while queue and not broken and len(waiting) < (1 if alone else AHEAD * jobs):
                    row = queue.pop()
                    try:
                        waiting[pool.submit(_work, row)] = row
                    except BrokenProcessPool:
                        queue.append(row)
                        broken = True
                done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    row = waiting.pop(future)
                    try:
                        yield future.result()
                    except BrokenProcessPool:
                        broken = True
                        ended[row.id] += 1
                        if ended[row.id] > 1 and alone:
                            yield failed_result(row, ENDED)
                        else:
                            left.append(row)
            left += reversed(queue)


def _begin(job: Job, out: str, threads: int | None) -> None:
    _own.update(job=job, out=Path(out), engine=job.load(threads), parent=os.getppid())
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed ends too, rather than wait for work for ever."""
    while os.getppid() == _own["parent"]:
        time.sleep(1.0)
    os._exit(1)


def _work(row: Row) -> Result:
    return describe_row(row, _own["job"], _own["engine"], _own["out"])
