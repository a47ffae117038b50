"""OGC API - Processes (OGC 18-062r2): the jobs of this server under the names that GIS clients know."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Response
from pydantic import BaseModel, Field, ValidationError

import chronosight
from chronosight.errors import InputError
from chronosight.service.context import Here, KnownJob
from chronosight.service.job_routes import check_done, delete_job, job_json, submit
from chronosight.service.jobs import RESULTS, JobRequest, Options, media_type, result_of
from chronosight.service.store import Job, State

router = APIRouter(tags=["OGC API - Processes"])
CONFORMS = [
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/ogc-process-description",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/job-list",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/dismiss",
]
STATUS: dict[State, str] = {
    "queued": "accepted", "running": "running", "done": "successful", "failed": "failed", "cancelled": "dismissed",
}  # fmt: skip
_QUESTIONS = {"title": "Extra questions", "minOccurs": 0, "schema": {"type": "array", "items": {"type": "string"}}}
_SCENE = {"title": "Id of a scene, from POST /api/scenes", "schema": {"type": "string"}}
_OPTIONS = {"title": "How the scene is opened", "minOccurs": 0, "schema": Options.model_json_schema()}
_GEOJSON = {"type": "object", "format": "geojson-feature-collection"}
_ZONES = {"title": "Named polygons, GeoJSON", "minOccurs": 0, "schema": _GEOJSON}
PROCESSES: dict[str, dict[str, Any]] = {
    "describe": {
        "title": "Describe what changed between two dates",
        "inputs": {
            "scene": _SCENE,
            "questions": _QUESTIONS,
            "options": _OPTIONS,
            "zones": _ZONES,
        },
    },
    "timeline": {
        "title": "Follow the buildings and roads of a place through a series of dates",
        "inputs": {"scene": _SCENE, "questions": _QUESTIONS, "options": _OPTIONS},
    },
    "ask": {
        "title": "Answer a question about an image, two dates or a video",
        "inputs": {
            "scene": _SCENE, "question": {"title": "In free wording", "schema": {"type": "string"}}, "options": _OPTIONS,
            "zones": _ZONES,
        },
    },
}  # fmt: skip


class Execution(BaseModel):
    """The body of an execution."""

    inputs: Annotated[dict[str, Any], Field(max_length=10)]


@router.get("/conformance")
def conformance() -> dict[str, Any]:
    """The conformance classes."""
    return {"conformsTo": CONFORMS}


@router.get("/processes")
def list_processes() -> dict[str, Any]:
    """The processes, in short."""
    return {"processes": [_summary(name) for name in PROCESSES], "links": [_link("/processes", "self")]}


@router.get("/processes/{process}")
def get_process(process: str) -> dict[str, Any]:
    """One process with its inputs and outputs."""
    _check_process(process)
    outputs = {"result": {"title": f"The content of {RESULTS[process]}", "schema": {"type": "object"}}}
    return {**_summary(process), "inputs": PROCESSES[process]["inputs"], "outputs": outputs}


@router.post("/processes/{process}/execution", status_code=201)
def execute(here: Here, process: str, body: Execution, response: Response) -> dict[str, Any]:
    """Starts a job."""
    _check_process(process)
    try:
        request = JobRequest.model_validate({**body.inputs, "type": process})
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        raise InputError(f"inputs.{where}: {fault['msg']}") from None
    job = submit(here, request)
    response.headers["Location"] = f"/jobs/{job.id}"
    response.headers["Preference-Applied"] = "respond-async"
    return _status(job)


@router.get("/jobs")
def list_jobs(here: Here) -> dict[str, Any]:
    """The latest jobs, newest first."""
    return {"jobs": [_status(job) for job in here.store.all_jobs()], "links": [_link("/jobs", "self")]}


@router.get("/jobs/{job_id}")
def get_job(job: KnownJob) -> dict[str, Any]:
    """How far a job is."""
    return _status(job)


@router.get("/jobs/{job_id}/results")
def get_results(here: Here, job: KnownJob) -> dict[str, Any]:
    """The result, and links to the files."""
    check_done(job)
    files = {name: {"href": f"/api/jobs/{job.id}/files/{name}", "type": media_type(name)} for name in job.files}
    return {"result": result_of(here.store, job), **files}


@router.delete("/jobs/{job_id}")
def dismiss(here: Here, job: KnownJob) -> dict[str, Any]:
    """Cancels a job, or removes one that has ended."""
    delete_job(here, job)
    return _status(job) | {"status": "dismissed"}


def _summary(name: str) -> dict[str, Any]:
    base = f"/processes/{name}"
    links = [_link(base, "self"), _link(f"{base}/execution", "http://www.opengis.net/def/rel/ogc/1.0/execute")]
    return {
        "id": name, "title": PROCESSES[name]["title"], "version": chronosight.__version__,
        "jobControlOptions": ["async-execute", "dismiss"], "outputTransmission": ["value", "reference"], "links": links,
    }  # fmt: skip


def _status(job: Job) -> dict[str, Any]:
    shown = job_json(job)
    links = [_link(f"/jobs/{job.id}", "self")]
    if job.state == "done":
        links.append(_link(f"/jobs/{job.id}/results", "http://www.opengis.net/def/rel/ogc/1.0/results"))
    facts = {
        "jobID": job.id, "processID": job.type, "type": "process", "status": STATUS[job.state],
        "progress": round(100 * shown["progress"]["share"]), "created": shown["created"], "started": shown["started"],
        "finished": shown["finished"], "message": job.error, "links": links,
    }  # fmt: skip
    return {key: value for key, value in facts.items() if value is not None}


def _link(href: str, rel: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": "application/json"}


def _check_process(process: str) -> None:
    if process not in PROCESSES:
        raise HTTPException(404, f"no such process; there are {', '.join(PROCESSES)}")
