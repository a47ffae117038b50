"""The web application: routes, limits, errors. `create_app` is also what further server processes are started with."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.staticfiles import StaticFiles

import chronosight
from chronosight.errors import InputError
from chronosight.limits import MAX_REQUEST_BYTES
from chronosight.service import health_routes, job_routes, metrics, openai_routes, process_routes, scene_routes, zone_routes
from chronosight.service.answering import Answering, Busy, Late, NotDescribed
from chronosight.service.context import Context
from chronosight.service.messages import public_message
from chronosight.service.protection import Protection, error_response
from chronosight.service.settings import Settings
from chronosight.service.store import Store

log = logging.getLogger("chronosight.service")
PAGE = Path(__file__).parent / "page"  # the web page: index.html and what it loads
BUSY_SECONDS = 2  # that a client is asked to wait where the queue of questions is full


def create_app(settings: Settings) -> FastAPI:
    """The application.

    Args:
        settings: What the server was started with.

    Returns:
        An ASGI application.
    """
    store = Store(settings.data)
    answering = Answering(settings, store)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        answering.start()
        yield
        answering.stop()

    app = FastAPI(
        title="chronosight", version=chronosight.__version__, lifespan=lifespan, max_body_size=MAX_REQUEST_BYTES,
        docs_url=None, redoc_url=None, openapi_url="/openapi.json",
    )  # fmt: skip
    app.state.context, app.state.answering, app.state.streams = Context(settings, store), answering, set()
    for routes in (health_routes, metrics, openai_routes, scene_routes, zone_routes, job_routes, process_routes):
        app.include_router(routes.router)
    if PAGE.is_dir():
        app.mount("/", StaticFiles(directory=PAGE, html=True))
    app.add_middleware(Protection, settings=settings)
    app.add_middleware(metrics.Measured)
    _handle_errors(app)
    return app


def app_from_environment() -> FastAPI:
    """The application of a further server process, which ends with the first one."""
    from chronosight.service.worker import end_with_parent

    end_with_parent()
    return create_app(Settings.from_environment())


def _handle_errors(app: FastAPI) -> None:
    """Every error as one JSON object with one line, and no path of this machine in it."""

    @app.exception_handler(InputError)
    async def input_error(request: Request, error: InputError) -> Response:
        return error_response(400, public_message(error), "invalid_input")

    @app.exception_handler(StarletteHTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        response = error_response(error.status_code, str(error.detail))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return error_response(422, _first_fault(error), "invalid_request")

    @app.exception_handler(Busy)
    async def busy(request: Request, error: Busy) -> Response:
        message = "too many questions wait already; try again in a moment"
        return error_response(429, message, "queue_full", BUSY_SECONDS)

    @app.exception_handler(Late)
    async def late(request: Request, error: Late) -> Response:
        return error_response(504, "the answer took too long; ask again, or ask in a job, which may take longer", "timeout")

    @app.exception_handler(NotDescribed)
    async def not_described(request: Request, error: NotDescribed) -> Response:
        return error_response(409, str(error), "not_described")

    @app.exception_handler(MemoryError)
    async def memory(request: Request, error: MemoryError) -> Response:
        return error_response(413, "not enough memory for this scene; give a part of it, or a smaller version")

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> Response:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return error_response(500, "this request failed inside the server; its log says why")


NOT_AN_OBJECT = ("model_attributes_type", "dict_type", "json_invalid")  # pydantic's names


def _first_fault(error: RequestValidationError) -> str:
    fault = error.errors()[0]
    if fault.get("loc", ())[:1] == ("body",) and fault.get("type") in NOT_AN_OBJECT:
        return "the body cannot be read as a JSON object; send one, with the header Content-Type: application/json"
    where = ".".join(str(part) for part in fault.get("loc", ()) if part != "body")
    return f"{where}: {fault.get('msg', 'cannot be used')}" if where else str(fault.get("msg", "the body cannot be used"))
