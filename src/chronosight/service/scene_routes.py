"""/api/scenes: add images and view them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, File, HTTPException, Query, Request, Response, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from chronosight.limits import MAX_MESSAGES, MAX_PREVIEW_SIDE, MAX_SCENE_FILES, MAX_UPLOAD_BYTES
from chronosight.service import scenes
from chronosight.service.context import Context, Here, SceneFacts
from chronosight.service.example import example_pair
from chronosight.service.frames import frame_file
from chronosight.service.jobs import OpeningOptions
from chronosight.tasks.routing import MAX_CHARACTERS

router = APIRouter(prefix="/api/scenes", tags=["scenes"])
CHUNK = 1 << 20


class Paths(BaseModel):
    """Files below a folder that the server may read."""

    model_config = ConfigDict(extra="forbid")
    paths: list[str] = Field(min_length=1, max_length=MAX_SCENE_FILES)
    kind: scenes.Several | None = None
    dates: list[Annotated[str, Field(max_length=40)]] = Field([], max_length=MAX_SCENE_FILES)


class QuestionBody(BaseModel):
    """A question, the questions of the conversation before it, oldest first, and how the scene is opened."""

    model_config = ConfigDict(extra="forbid")
    question: str = Field(min_length=1, max_length=MAX_CHARACTERS)
    history: list[Annotated[str, Field(max_length=MAX_CHARACTERS)]] = Field([], max_length=MAX_MESSAGES)
    options: OpeningOptions = OpeningOptions()


@router.post("", status_code=201, max_body_size=MAX_UPLOAD_BYTES, form_limits={"max_files": MAX_SCENE_FILES, "max_fields": 0})
async def add_scene(
    here: Here, response: Response, files: Annotated[list[UploadFile], File()], kind: scenes.Several | None = None,
    dates: Annotated[str, Query(max_length=2000)] = "",
) -> dict[str, Any]:  # fmt: skip
    """Adds a scene of uploaded files: one image or video, two dates (the earlier first), or with `kind` three or more images.

    `kind` is "series" for dates of one place, or "video" for frames of one. `dates` of a series have commas between them, one for
    each file; one that is left empty, and all where it is left out, are taken from the file's metadata or name.
    """
    facts, new = await run_in_threadpool(_take, here, files, kind, dates.split(",") if dates else [])
    return _added(facts, new, response)


@router.post("/by-path", status_code=201)
def add_scene_by_path(here: Here, response: Response, body: Paths) -> dict[str, Any]:
    """Adds a scene of files below one of the folders given with --root; they are read where they are."""
    return _added(*scenes.add_paths(here.store, body.paths, here.settings.roots, body.kind, body.dates), response)


@router.post("/example", status_code=201)
def add_example(here: Here, response: Response) -> dict[str, Any]:
    """Adds the example pair that comes with the package: one rendered place at two dates."""
    facts, new = _take_example(here)
    return _added(facts, new, response)


@router.get("")
def list_scenes(here: Here) -> dict[str, Any]:
    """The latest scenes, newest first."""
    return {"scenes": [scene_json(facts) for facts in here.store.all_scenes()]}


@router.get("/{scene_id}")
def get_scene(facts: SceneFacts) -> dict[str, Any]:
    """What is known of a scene."""
    return scene_json(facts)


@router.delete("/{scene_id}", status_code=204)
def delete_scene(here: Here, facts: SceneFacts) -> None:
    """Removes a scene and its files. Results of jobs stay."""
    here.store.delete_scene(facts["id"])


@router.post("/{scene_id}/ask")
async def ask(request: Request, facts: SceneFacts, body: QuestionBody) -> dict[str, Any]:
    """Answers a question about a scene at once. A whole scene or a series is answered about from its finished job."""
    answering, questions = request.app.state.answering, [*body.history, body.question]
    reply = await answering.run(lambda: answering.ask_scene(facts, questions, body.options.opening))
    return {"question": body.question, **reply.to_dict()}


@router.get("/{scene_id}/frames/{frame}.jpg", response_class=FileResponse)
def get_frame(
    here: Here, facts: SceneFacts, frame: int, size: int = Query(1024, ge=1, le=MAX_PREVIEW_SIDE)
) -> FileResponse:
    """One frame as a JPEG whose longer side has about `size` pixels. The frames of a pair lie on one grid."""
    if not 0 <= frame < facts["frames"]:
        raise HTTPException(404, f"the scene has {facts['frames']} frames, numbered from 0")
    return FileResponse(frame_file(here.store, facts, frame, size), media_type="image/jpeg", headers=CACHED)


@router.get("/{scene_id}/tiles/{z}/{x}/{y}.png", response_class=Response)
def get_tile(here: Here, facts: SceneFacts, z: int, x: int, y: int, frame: int = Query(0, ge=0)) -> Response:
    """One map tile (Web Mercator, XYZ) of a date, cut from its file."""
    from chronosight.service.tiles import scene_tile

    check_tile(z, x, y)
    if not facts["has_tiles"] or frame >= len(facts["stretch"]):
        raise HTTPException(404, "this frame has no georeference; ask for /frames/{frame}.jpg instead")
    path = scenes.files_of(here.store, facts)[frame]
    return Response(scene_tile(path, facts["stretch"][frame], z, x, y), media_type="image/png", headers=CACHED)


CACHED = {"Cache-Control": "private, max-age=3600"}


def check_tile(z: int, x: int, y: int) -> None:
    """Checks the address of a tile.

    Args:
        z: Zoom.
        x: Column.
        y: Row.

    Raises:
        HTTPException: 404, for a tile that no map has.
    """
    if not (0 <= z <= 24 and 0 <= x < 1 << z and 0 <= y < 1 << z):
        raise HTTPException(404, "no such tile: zoom 0 to 24, column and row below 2 to the power of the zoom")


def scene_json(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts of a scene as the API shows them, with addresses of its images.

    Args:
        facts: Facts of the scene.

    Returns:
        JSON types, with links.
    """
    base = f"/api/scenes/{facts['id']}"
    links = {"self": base, "frames": [f"{base}/frames/{n}.jpg" for n in range(facts["frames"])]}
    if facts["has_tiles"]:
        links["tiles"] = [f"{base}/tiles/{{z}}/{{x}}/{{y}}.png?frame={n}" for n in range(len(facts["stretch"]))]
    return scenes.public(facts) | {"links": links}


def _added(facts: dict[str, Any], new: bool, response: Response) -> dict[str, Any]:
    response.status_code = 201 if new else 200
    response.headers["Location"] = f"/api/scenes/{facts['id']}"
    return scene_json(facts)


def _take_example(here: Context) -> tuple[dict[str, Any], bool]:
    folder = here.store.incoming / uuid4().hex
    folder.mkdir()
    try:
        taken = [(Path(shutil.copy(path, folder)), path.name) for path in example_pair()]
        return scenes.add_files(here.store, taken)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _take(
    here: Context, files: list[UploadFile], kind: scenes.Several | None, dates: list[str]
) -> tuple[dict[str, Any], bool]:
    """Copies uploads into the data folder, under names of our own, and makes a scene of them."""
    folder = here.store.incoming / uuid4().hex
    folder.mkdir()
    try:
        taken = []
        for number, upload in enumerate(files):
            path = folder / str(number)
            with path.open("wb") as target:
                while chunk := upload.file.read(CHUNK):
                    target.write(chunk)
            taken.append((path, upload.filename or "image"))
        return scenes.add_files(here.store, taken, kind, dates)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
