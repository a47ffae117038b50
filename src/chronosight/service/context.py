"""What every route needs: settings and store, and scenes and jobs by the id in the path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import Depends, HTTPException, Request

from chronosight.service.settings import Settings
from chronosight.service.store import Job, Store


@dataclass(frozen=True)
class Context:
    """Settings and store of this server."""

    settings: Settings
    store: Store


def get_context(request: Request) -> Context:
    """The context of the application.

    Args:
        request: The request.

    Returns:
        The context.
    """
    return cast(Context, request.app.state.context)


Here = Annotated[Context, Depends(get_context)]


def get_scene(scene_id: str, here: Here) -> dict[str, Any]:
    """The facts of a scene, or 404.

    Args:
        scene_id: Id of the scene.
        here: The context.

    Returns:
        The facts.

    Raises:
        HTTPException: 404, where nothing has that id.
    """
    facts = here.store.scene(scene_id)
    if facts is None:
        raise HTTPException(404, "no scene of that id; add it with POST /api/scenes")
    return facts


def get_job(job_id: str, here: Here) -> Job:
    """A job, or 404.

    Args:
        job_id: Id of the job.
        here: The context.

    Returns:
        The job.

    Raises:
        HTTPException: 404, where nothing has that id.
    """
    job = here.store.job(job_id)
    if job is None:
        raise HTTPException(404, "no job of that id")
    return job


SceneFacts = Annotated[dict[str, Any], Depends(get_scene)]
KnownJob = Annotated[Job, Depends(get_job)]
