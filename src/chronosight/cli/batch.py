"""`chronosight batch`: many pairs in one run."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chronosight.cli.engine_options import EngineChoice, engine_options
from chronosight.cli.options import (
    Ask,
    Asset,
    Json,
    MinArea,
    MinConfidence,
    Quiet,
    need_extra,
    opening_options,
    with_options,
)
from chronosight.cli.output import duration, say
from chronosight.pipeline.opening import Opening

if TYPE_CHECKING:
    from chronosight.batch.run import Count, Estimate

EVERY = 10.0  # seconds between lines of progress
SOME_FAILED = 1  # exit code where all was done but some pairs have an error


@with_options(opening=opening_options, chosen=engine_options)
def batch(
    manifest: Annotated[
        str, typer.Argument(help="Manifest (CSV, JSON lines, Parquet, STAC items), or a folder of pairs.", show_default=False)
    ],
    after: Annotated[
        Path | None,
        typer.Argument(help="Folder of the later images, where MANIFEST is one of earlier ones.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the results; a stopped run is resumed.", show_default=False)
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Pairs at once (with an endpoint: requests at once).")] = 1,
    ray: Annotated[bool, typer.Option("--ray", help="Use Ray Data, with --jobs actors (extra batch).")] = False,
    ray_address: Annotated[
        str | None,
        typer.Option("--ray-address", metavar="ADDRESS", help="Address of a Ray cluster; implies --ray.", show_default=False),
    ] = None,
    ask: Ask = None,
    retries: Annotated[int, typer.Option(min=0, help="How often a failed pair is tried again.")] = 0,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop at the first pair that fails.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be done, with an estimate of time from the first ten pairs.")
    ] = False,
    reports: Annotated[bool, typer.Option("--reports", help="Write the whole report of every pair.")] = False,
    no_rasters: Annotated[bool, typer.Option("--no-rasters", help="Write no maps, only tables.")] = False,
    write_requests: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Engine changevg: write requests for `vllm run-batch`, and exit.", show_default=False),
    ] = None,
    replies: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Engine changevg: read the replies of `vllm run-batch`.", show_default=False),
    ] = None,
    asset: Asset = None,
    pair_by: Annotated[
        str | None,
        typer.Option(metavar="PROPERTY", help="STAC items: property shared by the items of one place.", show_default=False),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    min_area: MinArea = 0.0,
    min_confidence: MinConfidence = 0.0,
    *,
    opening: Opening,
    chosen: EngineChoice,
) -> None:
    """Describe many pairs: one result row each, failed ones included."""
    from chronosight.batch.job import Job
    from chronosight.batch.manifest import read_manifest
    from chronosight.batch.run import estimate, run_batch
    from chronosight.batch.vllm_files import check_job
    from chronosight.batch.vllm_files import write_requests as write_request_file
    from chronosight.engines.generalise import ObjectLimits
    from chronosight.engines.router import check_question
    from chronosight.errors import InputError
    from chronosight.scenes.remote import allowed

    if out is None and write_requests is None:
        raise InputError("no folder for the results was given; add --out DIR")
    if ray or ray_address:
        need_extra("batch", "ray")
    ObjectLimits(min_area, min_confidence)
    rows, notes = read_manifest(manifest, after, asset, pair_by)
    for question in (*(ask or ()), *(one for row in rows for one in row.questions)):
        check_question(question)
    if not quiet:
        for note in notes:
            say(note)
    job = Job(
        chosen.name, None if chosen.weights is None else chosen.weights.as_posix(), chosen.options,
        opening, tuple(ask or ()), min_area, min_confidence, not no_rasters, reports, retries=retries, allow_remote=allowed(),
        files=write_requests is not None or replies is not None, replies=None if replies is None else str(replies),
    )  # fmt: skip
    if job.files:
        check_job(job)
    if write_requests is not None:
        written, errors = write_request_file(rows, job, write_requests)
        for name, error in errors:
            say(f"{name}: {error}")
        print(f"{written} requests written to {write_requests}; answer them with vllm run-batch, then give --replies FILE")
        return
    assert out is not None
    if dry_run:
        _print_estimate(estimate(rows, job, out), jobs, as_json)
        return
    address = (ray_address or "local") if ray or ray_address else None
    count, files, remarks = run_batch(rows, job, out, jobs, address, fail_fast, None if quiet else ProgressLines())
    if not quiet:
        for remark in remarks:
            say(remark)
    facts = {"pairs": count.total, "done": count.done, "failed": count.failed, "fresh": count.fresh,
             "seconds": round(count.seconds, 1), "files": files}  # fmt: skip
    if as_json:
        print(json.dumps(facts, ensure_ascii=False))
    else:
        print(f"{count.done - count.failed} of {count.total} pairs described, {count.failed} failed ({duration(count.seconds)})")
        print(f"Written to {out}: {', '.join(files)}")
    if count.failed:
        raise typer.Exit(SOME_FAILED)


def _print_estimate(found: Estimate, jobs: int, as_json: bool) -> None:
    seconds = found.to_do * found.seconds_a_pair / jobs
    size = found.to_do * found.bytes_a_pair
    if as_json:
        facts = {"pairs": found.total, "done": found.done, "failed_before": found.failed, "to_do": found.to_do,
                 "tried": found.tried, "errors": dict(found.errors), "seconds_a_pair": round(found.seconds_a_pair, 3),
                 "seconds": round(seconds, 1), "bytes": round(size)}  # fmt: skip
        print(json.dumps(facts, ensure_ascii=False))
        return
    print(f"{found.total} pairs: {found.done} done, {found.to_do} to do (of these {found.failed} failed before)")
    if found.tried:
        print(
            f"Estimated from {found.tried} of them: {found.seconds_a_pair:.2f} s a pair, about {duration(seconds)} "
            f"with --jobs {jobs}, {size / 1e6:,.1f} MB of results; {len(found.errors)} of {found.tried} would fail"
        )
    for name, error in found.errors:
        print(f"  {name}: {error}")


class ProgressLines:
    """Prints how far a run is, on stderr, at most every few seconds."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    def __call__(self, count: Count) -> None:
        """Prints a line where it is time for one."""
        now = time.monotonic()
        if now - self.last < EVERY and count.done < count.total:
            return
        self.last = now
        left = f", about {duration(count.left)} left" if count.left else ""
        failed = f", {count.failed} failed" if count.failed else ""
        print(f"{count.done} of {count.total} pairs, {count.rate:.2f} a second{left}{failed}", file=sys.stderr, flush=True)
