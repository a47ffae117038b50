"""One job, from its request to its files. It runs in a worker process (`service/worker.py`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from chronosight import pipeline
from chronosight.engines.engine import Engine, Progress
from chronosight.engines.generalise import ObjectLimits
from chronosight.errors import InputError
from chronosight.files import write_json
from chronosight.limits import MAX_FRAMES
from chronosight.pipeline import CELL_M, Opening
from chronosight.reports.zones_file import read_zones, zones_geojson
from chronosight.results.zones import Zone
from chronosight.service.messages import option_names
from chronosight.service.scenes import files_of, in_shown_names
from chronosight.service.series import run_timeline
from chronosight.service.store import Job, Store
from chronosight.tasks.routing import MAX_CHARACTERS

ANSWER = "answer.json"
ZONES = "zones.geojson"  # the zones of a job, beside its results
RESULTS = {"describe": "description.json", "timeline": "timeline.json", "ask": ANSWER}  # the file that holds the result
KINDS = {"image": "one image", "pair": "two dates", "video": "a video", "series": "a series of dates"}
MAX_QUESTIONS = 20  # of one describe job
MEDIA_TYPES = {
    "html": "text/html", "json": "application/json", "geojson": "application/geo+json", "tif": "image/tiff; application=geotiff",
    "png": "image/png", "jpg": "image/jpeg", "csv": "text/csv", "gpkg": "application/geopackage+sqlite3",
    "qml": "application/octet-stream", "webp": "image/webp",
}  # fmt: skip


class OpeningOptions(BaseModel):
    """How a scene is opened; the options of `chronosight describe` by the same names."""

    model_config = ConfigDict(extra="forbid")
    resize: bool = False
    bands: tuple[int, int, int] | None = None
    frames: Annotated[int, Field(ge=1, le=MAX_FRAMES)] = 8
    register_dates: Annotated[bool, Field(alias="register")] = True
    force: bool = False
    metres_per_pixel: Annotated[float | None, Field(gt=0, allow_inf_nan=False)] = None

    @property
    def opening(self) -> Opening:
        """As the pipeline takes it."""
        return Opening(
            self.resize, self.bands, self.frames, self.register_dates, self.force, self.metres_per_pixel, video=True
        )  # fmt: skip


class Options(OpeningOptions):
    """How a scene is opened, and which objects a job reports."""

    cell: Annotated[float, Field(ge=1, allow_inf_nan=False)] = CELL_M
    min_area: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.0

    @property
    def limits(self) -> ObjectLimits | None:
        """As the pipeline takes it."""
        return ObjectLimits(self.min_area, self.min_confidence) or None


class JobRequest(BaseModel):
    """The body of `POST /api/jobs`. Options that do not belong to a type of job are refused by `check_request`."""

    model_config = ConfigDict(extra="forbid")
    scene: str
    type: Literal["describe", "timeline", "ask"] = "describe"
    question: Annotated[str | None, Field(max_length=MAX_CHARACTERS)] = None
    questions: Annotated[list[str], Field(max_length=MAX_QUESTIONS)] = []
    options: Options = Options()
    zones: dict[str, Any] | None = None


def check_request(request: JobRequest, scene: dict[str, Any]) -> None:
    """Checks a request before the job waits.

    Args:
        request: The request.
        scene: Facts of its scene.

    Raises:
        InputError: It cannot be done.
    """
    from chronosight.engines.router import check_question

    for question in request.questions:
        check_question(question)
    kind = KINDS[scene["kind"]]
    if request.type == "describe" and scene["kind"] != "pair":
        raise InputError(f"describe compares two dates, but this scene is {kind}; give two images, or a series to a timeline")
    if request.type == "timeline" and scene["kind"] != "series":
        raise InputError(f"timeline compares a series of dates, but this scene is {kind}; add the images as a series")
    if request.type == "ask" and scene["kind"] == "series":
        raise InputError("a series is asked about after its timeline: start a job of type timeline, with questions or without")
    if request.type == "ask" and not (request.question or "").strip():
        raise InputError('a job of type "ask" needs a question')
    if request.zones is not None and scene["kind"] != "pair":
        raise InputError(f"zones go with two dates of a place, but this scene is {kind}: leave them out")


def run_job(store: Store, job: Job, engine: Engine, progress: Progress) -> tuple[list[str], list[str]]:
    """Does the work of a job.

    Args:
        store: Has the scene, and gets the files.
        job: What to do.
        engine: Answers.
        progress: Called with (tiles done, tiles in all).

    Returns:
        Notes for the user, and names of the files written.

    Raises:
        InputError: The scene or the request cannot be used.
    """
    request = JobRequest.model_validate(job.request)
    scene = store.scene(job.scene)
    if scene is None:
        raise InputError("the scene was deleted")
    try:
        if request.type == "timeline":
            names, limits = [file["name"] for file in scene["files"]], request.options.limits
            return run_timeline(
                files_of(store, scene), names, scene["dates"], engine, store.files_of(job), request.options.opening,
                request.questions, limits, progress,
            )  # fmt: skip
        notes, files = _run(store, job, request, files_of(store, scene), engine, progress)
    except InputError as error:
        raise InputError(in_shown_names(scene, str(error))) from None
    return [in_shown_names(scene, option_names(note)) for note in notes], files


def _run(
    store: Store, job: Job, request: JobRequest, paths: list[Path], engine: Engine, progress: Progress
) -> tuple[list[str], list[str]]:
    """The work of `run_job`; notes and errors name the files as they are stored."""
    folder = store.files_of(job)
    notes: list[str] = []
    zones: list[Zone] | None = None
    if request.zones is not None:
        given = folder.parent / ZONES
        write_json(given, request.zones)
        zones = read_zones(given)
    if request.type == "describe":
        pipeline.describe(
            paths[0], paths[1], engine, folder, zones, request.questions, request.options.opening, request.options.cell, progress,
            notes.append, request.options.limits,
        )  # fmt: skip
        description = json.loads((folder / "description.json").read_text(encoding="utf-8"))
        if zones is None:
            return [*description["notes"], *notes], description["files"]
        write_json(folder / ZONES, zones_geojson(zones))  # as they were read: in longitude and latitude, each with its name
        return [*description["notes"], *notes], [*description["files"], ZONES]
    assert request.question is not None
    asked = pipeline.ask(
        paths, [request.question], engine, zones, opening=request.options.opening, progress=progress, say=notes.append,
        limits=request.options.limits,
    )  # fmt: skip
    write_json(folder / ANSWER, {"question": request.question, **asked.answers[0].to_dict()})
    return notes, [ANSWER]


def result_of(store: Store, job: Job) -> dict[str, Any]:
    """The result of a finished job: its description, its timeline, or its answer.

    Args:
        store: The store.
        job: A job that is done.

    Returns:
        The result, as JSON types.
    """
    facts: dict[str, Any] = json.loads((store.files_of(job) / RESULTS[job.type]).read_text(encoding="utf-8"))
    scene = store.scene(job.scene)
    if scene is not None and job.type != "timeline":  # the files on disk name the stored images, which lie beside nothing else
        facts["notes"] = [in_shown_names(scene, option_names(note)) for note in facts["notes"]]
    return facts


def media_type(name: str) -> str:
    """The media type of a result file, by its ending.

    Args:
        name: Name of the file.

    Returns:
        Such as "image/tiff".
    """
    return MEDIA_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
