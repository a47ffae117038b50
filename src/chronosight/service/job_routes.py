"""/api/jobs: describe, timeline and ask as jobs, with progress, files and map tiles."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from chronosight.limits import MAX_STREAMS
from chronosight.service.context import Context, Here, KnownJob
from chronosight.service.jobs import JobRequest, check_request, media_type, result_of
from chronosight.service.protection import REPORT_POLICY
from chronosight.service.scene_routes import CACHED, check_tile
from chronosight.service.store import Job
from chronosight.tasks.cells import listed

router = APIRouter(prefix="/api/jobs", tags=["jobs"])
LAYERS = ("mask", "probability", "land_cover_mask")  # files of a job that are cut into tiles, without ".tif"
POLL = 0.25  # seconds between checks of a job whose events are sent
RETRY_AFTER = 10  # seconds, where the queue is full


@router.post("", status_code=202)
def add_job(here: Here, body: JobRequest, response: Response) -> dict[str, Any]:
    """Starts a job about a scene: describe two dates, follow a series of dates, or ask one question."""
    job = submit(here, body)
    response.headers["Location"] = f"/api/jobs/{job.id}"
    return job_json(job)


@router.get("")
def list_jobs(here: Here) -> dict[str, Any]:
    """The latest jobs, newest first."""
    return {"jobs": [job_json(job) for job in here.store.all_jobs()]}


@router.get("/{job_id}")
def get_job(job: KnownJob) -> dict[str, Any]:
    """How far a job is, and its files once it is done."""
    return job_json(job)


@router.get("/{job_id}/events", response_class=EventSourceResponse)
async def get_events(here: Here, job: KnownJob, request: Request) -> AsyncIterator[ServerSentEvent]:
    """The job as server-sent events: `progress` whenever it changes, then one named after its end: done, failed, cancelled."""
    open_streams = request.app.state.streams
    if len(open_streams) >= MAX_STREAMS:
        yield ServerSentEvent(data={"message": "too many event streams are open; ask for the job instead"}, event="error")
        return
    mark = object()
    open_streams.add(mark)
    try:
        last: dict[str, Any] | None = None
        while True:
            now = await run_in_threadpool(here.store.job, job.id)
            if now is None:
                yield ServerSentEvent(data={"id": job.id, "state": "deleted"}, event="deleted")
                return
            shown = job_json(now)
            if shown != last:
                yield ServerSentEvent(data=shown, event=now.state if now.ended else "progress")
                last = shown
            if now.ended:
                return
            await asyncio.sleep(POLL)
    finally:
        open_streams.discard(mark)


@router.get("/{job_id}/results")
def get_results(here: Here, job: KnownJob) -> dict[str, Any]:
    """The result of a finished job: description.json of describe, timeline.json of timeline, the answer of ask."""
    check_done(job)
    return {"job": job_json(job), "result": result_of(here.store, job)}


@router.get("/{job_id}/files/{name}", response_class=FileResponse)
def get_file(here: Here, job: KnownJob, name: str, download: bool = False) -> FileResponse:
    """One file that the job wrote."""
    if name not in job.files:
        raise HTTPException(404, "the job wrote no file of that name")
    headers = {"Content-Security-Policy": REPORT_POLICY} if name.endswith(".html") else {}
    return FileResponse(
        here.store.files_of(job) / name, media_type=media_type(name), filename=name, headers=headers,
        content_disposition_type="attachment" if download else "inline",
    )  # fmt: skip


@router.get("/{job_id}/tiles/{layer}/{z}/{x}/{y}.png", response_class=Response)
def get_tile(here: Here, job: KnownJob, layer: str, z: int, x: int, y: int) -> Response:
    """One map tile (Web Mercator, XYZ) of a result: layer `mask`, `probability` or `land_cover_mask`."""
    from chronosight.service.tiles import mask_tile, probability_tile

    check_done(job)
    check_tile(z, x, y)
    name = f"{layer}.tif"
    if layer not in LAYERS or name not in job.files:
        raise HTTPException(404, f"the job has no such map; layers are {listed(LAYERS)}, of scenes with a georeference")
    path = here.store.files_of(job) / name
    cut = probability_tile if layer == "probability" else mask_tile
    return Response(cut(path, z, x, y), media_type="image/png", headers=CACHED)


@router.delete("/{job_id}", status_code=200)
def delete_job(here: Here, job: KnownJob) -> dict[str, Any]:
    """Cancels a job that waits or runs; deletes one that has ended, with its files."""
    if not job.ended:
        here.store.cancel(job.id)
    else:
        here.store.delete_job(job.id)
        return {"id": job.id, "state": "deleted"}
    now = here.store.job(job.id)
    return job_json(now or job)


def submit(here: Context, body: JobRequest) -> Job:
    """Puts a job into the queue.

    Args:
        here: The context.
        body: The request.

    Returns:
        The job, which waits.

    Raises:
        HTTPException: 404 without its scene, 429 where the queue is full.
        InputError: The request cannot be done, as `check_request` says.
    """
    scene = here.store.scene(body.scene)
    if scene is None:
        raise HTTPException(404, "no scene of that id; add it with POST /api/scenes")
    check_request(body, scene)
    request = body.model_dump(mode="json", by_alias=True, exclude_defaults=True) | {"scene": body.scene, "type": body.type}
    job = here.store.add_job(body.scene, body.type, request, here.settings.queue)
    if job is None:
        raise HTTPException(
            429, f"{here.settings.queue} jobs wait already; try again later", headers={"Retry-After": str(RETRY_AFTER)}
        )
    return job


def check_done(job: Job) -> None:
    """Checks that a job has a result.

    Args:
        job: The job.

    Raises:
        HTTPException: 409, where it has none.
    """
    if job.state == "failed":
        raise HTTPException(409, f"the job failed: {job.error}")
    if job.state != "done":
        raise HTTPException(409, f"the job is {job.state}; it has no results")


def job_json(job: Job) -> dict[str, Any]:
    """A job as the API shows it.

    Args:
        job: The job.

    Returns:
        JSON types, with links.
    """
    base = f"/api/jobs/{job.id}"
    share = 1.0 if job.state == "done" else round(job.done / job.total, 4) if job.total else 0.0
    links: dict[str, Any] = {"self": base, "events": f"{base}/events", "scene": f"/api/scenes/{job.scene}"}
    if job.state == "done":
        links["results"] = f"{base}/results"
        layers = [name for name in LAYERS if f"{name}.tif" in job.files]
        if layers:
            links["tiles"] = {name: f"{base}/tiles/{name}/{{z}}/{{x}}/{{y}}.png" for name in layers}
    return {
        "id": job.id,
        "scene": job.scene,
        "type": job.type,
        "request": {key: value for key, value in job.request.items() if key != "zones"},  # which may have megabytes
        "state": job.state,
        "progress": {"done": job.done, "total": job.total, "share": share},
        "created": _time(job.created),
        "started": _time(job.started),
        "finished": _time(job.finished),
        "error": job.error,
        "notes": job.notes,
        "files": [{"name": name, "media_type": media_type(name), "url": f"{base}/files/{name}"} for name in job.files],
        "links": links,
    }


def _time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
