"""A batch of the engine changevg without a server: requests written for `vllm run-batch`, and its replies read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from chronosight.batch.describe_row import describe_row
from chronosight.batch.job import Job
from chronosight.batch.row import Row
from chronosight.errors import InputError


def write_requests(rows: Sequence[Row], job: Job, path: Path) -> tuple[int, list[tuple[str, str]]]:
    """Writes what the language model would be asked of every pair; the file is renamed when whole.

    Args:
        rows: The manifest.
        job: With the engine changevg and the name of the model as its weights.
        path: Of the JSON lines.

    Returns:
        Number of requests, and (id, error) of the pairs that cannot be read.

    Raises:
        InputError: The engine is another one.
    """
    from chronosight.engines.changevg.batch_files import RequestFile
    from chronosight.engines.changevg.engine import ChangeVGEngine

    check_job(job)
    aside = path.with_name(f".{path.name}.partial")
    errors = []
    with aside.open("w", encoding="utf-8") as file:
        engine = replace(job, files=True, replies=None).load()
        assert isinstance(engine, ChangeVGEngine) and job.weights is not None
        model = RequestFile(job.weights, engine.settings.max_pixels, file)
        engine.model = model
        for row in rows:
            found = describe_row(row, replace(job, retries=0), engine, None)
            if found.failed:
                errors.append((row.id, str(found.row["error"])))
    aside.replace(path)
    return len(model.written), errors


def check_job(job: Job) -> None:
    """Checks that a job can be answered through files.

    Args:
        job: Settings of the run.

    Raises:
        InputError: It cannot.
    """
    if job.engine != "changevg" or job.weights is None:
        raise InputError("request files are for --engine changevg with --weights NAME, the model's name for vLLM: add both")
