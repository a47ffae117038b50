"""The same rows on Ray Data: a pool of actors, each with an engine of its own, on this machine or on a cluster.

Ray hands out blocks of rows, runs the blocks of an actor that died again, and gives the results back to this process, which
writes the parts: so a row may be described twice but is never there twice. Files of a pair are written by the actor that
describes it; on a cluster the folder of the run must be one that all machines share.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chronosight.batch.bands import is_large, spread
from chronosight.batch.describe_row import describe_row
from chronosight.batch.job import Job
from chronosight.batch.result import Result
from chronosight.batch.row import Row
from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.engines.engine import Engine

LOCAL = "local"
BLOCK = 4  # rows that an actor takes at once
STARTS = 3  # tries to start Ray here: on a busy machine its 30 seconds may be too few


def describe_on_ray(
    rows: Sequence[Row], job: Job, engine: Engine, out: Path, actors: int, address: str = LOCAL
) -> Iterator[Result]:
    """Results in the order in which they are ready.

    Args:
        rows: To describe.
        job: How.
        engine: Of this process, which puts large scenes together.
        out: Folder of the run, as every machine of the cluster sees it.
        actors: Engines at work at the same time.
        address: Of the cluster; "local" starts Ray on this machine, and ends it afterwards.
    """
    import ray

    if not rows:
        return
    own = start(address, actors)
    try:
        large = [row for row in rows if job.engine == "compact" and not row.fault and is_large(row, job)]
        yield from _large(large, job, engine, out, actors)
        taken = {row.id for row in large}
        rows = [row for row in rows if row.id not in taken]
        if not rows:
            return
        texts = [{"row": json.dumps(asdict(row))} for row in rows]
        table = ray.data.from_items(texts, override_num_blocks=-(-len(rows) // BLOCK))
        done = table.map_batches(
            Describer, fn_constructor_args=(job, str(out.absolute())), batch_size=BLOCK, compute=pool(actors), num_cpus=1
        )
        for found in done.iter_rows():
            yield Result(**json.loads(found["result"]))
    finally:
        if own:
            ray.shutdown()


def _large(rows: Sequence[Row], job: Job, engine: Any, out: Path, actors: int) -> Iterator[Result]:
    """Large scenes one after the other, each spread over all actors."""
    for row in rows:
        try:
            spread(row, job, engine, out.absolute(), actors)
        except Exception as problem:  # describing it then says what is wrong, or does the work here
            logging.getLogger(__name__).warning("%s could not be spread over actors (%s)", row.id, problem)
        yield describe_row(row, job, engine, out)


def start(address: str, actors: int) -> bool:
    """Connects to Ray.

    Args:
        address: Address of a cluster, or LOCAL to start Ray here.
        actors: Number of actors.

    Returns:
        True where Ray was started here and must be ended here.

    Raises:
        InputError: Ray does not start or cannot be reached.
    """
    import ray

    if ray.is_initialized():
        return False
    os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # it prints an error of every actor that may be started again
    options: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    if address == LOCAL:  # one logical processor more than actors, for the reading of rows
        options |= {"num_cpus": actors + 1, "include_dashboard": False}
    else:
        options["address"] = address
    for left in reversed(range(STARTS)):
        try:
            ray.init(**options)
            break
        except Exception as problem:  # Ray raises bare exceptions where a node does not start in time or does not answer
            if left == 0 or address != LOCAL:
                why = " ".join(str(problem).split())[:160]
                where = f"Ray did not start or cannot be reached at {address} ({why})"
                raise InputError(f"{where}; try again, or leave --ray out") from None
            ray.shutdown()
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    return address == LOCAL


def pool(actors: int) -> Any:
    """A pool of that many actors. An actor that ends is started again; its rows go to one that lives.

    Args:
        actors: Number of actors.

    Returns:
        Ray's strategy.
    """
    import ray

    return ray.data.ActorPoolStrategy(size=actors)


class Describer:
    """An actor: one engine, many rows."""

    def __init__(self, job: Job, out: str) -> None:
        self.job, self.out, self.engine = job, Path(out), job.load(1)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Results of a block of rows, as JSON."""
        results = []
        for text in batch["row"]:
            facts = json.loads(str(text))
            row = Row(**facts | {"questions": tuple(facts["questions"])})
            results.append(describe_row(row, self.job, self.engine, self.out).to_line())
        return {"result": results}
