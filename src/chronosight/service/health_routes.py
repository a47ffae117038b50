"""/health, /ready, /version and /metrics."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from chronosight.service.context import Here
from chronosight.service.protection import error_response

router = APIRouter(tags=["health"])


@router.get("/health")
def health() -> dict[str, str]:
    """Whether the process runs."""
    return {"status": "ok"}


@router.get("/ready", response_model=None)
def ready(here: Here, request: Request) -> dict[str, Any] | Response:
    """Whether questions are answered without a wait for the weights."""
    answering = request.app.state.answering
    if not answering.ready:
        return error_response(503, answering.failure or "the weights are being loaded; try again in a moment", retry_after=1)
    return {"status": "ready", "jobs": here.store.counts()}


@router.get("/version")
def version(here: Here) -> dict[str, Any]:
    """The version, and the engine that answers."""
    import chronosight

    return {"name": "chronosight", "version": chronosight.__version__, "engine": here.settings.engine}
