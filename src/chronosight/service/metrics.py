"""/metrics for Prometheus: requests by route, how long they took, and what waits."""

from __future__ import annotations

import os
import time

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chronosight.service.context import Here
from chronosight.service.store import ENDED

router = APIRouter(tags=["health"])
REQUESTS = Counter("chronosight_requests", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram(
    "chronosight_request_seconds", "From the request to the end of its answer", ["route"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)  # fmt: skip
JOBS = Gauge("chronosight_jobs", "Jobs by state", ["state"], multiprocess_mode="mostrecent")
WAITING = Gauge("chronosight_questions", "Questions that wait or are being answered", multiprocess_mode="livesum")
STATES = ("queued", "running", *ENDED)


class Measured:
    """Counts and times every request, by the pattern of its route: no id becomes a label."""

    def __init__(self, app: ASGIApp) -> None:
        """Wraps an application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            method = scope["method"] if scope["method"] in ("GET", "POST", "DELETE", "HEAD", "OPTIONS") else "other"
            REQUESTS.labels(method, route, str(status)).inc()
            SECONDS.labels(route).observe(time.perf_counter() - began)


@router.get("/metrics", response_class=Response)
def metrics(here: Here, request: Request) -> Response:
    """What Prometheus reads."""
    counts = here.store.counts()
    for state in STATES:
        JOBS.labels(state).set(counts.get(state, 0))
    WAITING.set(request.app.state.answering.waiting)
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
