"""Who may ask, and how: key, host, origin, time for a body, and the headers of every answer.

Limits on the size of a body are FastAPI's (`max_body_size`).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import time
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chronosight.limits import MAX_BODY_SECONDS
from chronosight.service.settings import LOOPBACK, Settings

BYTES_A_SECOND = 100_000  # a body that comes slower is given up, after MAX_BODY_SECONDS
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
REPORT_POLICY = (  # a report is one file with its script and images inside: it runs apart from this site, and loads nothing
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:"
)


class Protection:
    """Lets a request through, or answers it at once."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        """Wraps an application."""
        self.app, self.settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refused = self._refuse(scope)
        deadline = _Deadline(receive, Headers(scope=scope))
        guarded = _with_headers(send, deadline)
        if refused is not None:
            await refused(scope, receive, guarded)
            return
        try:
            await self.app(scope, deadline.receive, guarded)
        except _TooSlow:
            late = error_response(408, "the request did not arrive in time; send it again over a faster connection")
            await late(scope, receive, guarded)

    def _refuse(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self.settings.on_loopback and _host_name(host) not in LOOPBACK:
            # Another site's name that was pointed at this machine (DNS rebinding).
            return error_response(421, "this server answers to localhost alone; start it with --host to serve others")
        origin = headers.get("origin")
        if origin and scope["method"] not in SAFE_METHODS and urlsplit(origin).netloc != host:
            return error_response(403, "requests from other sites are not accepted")
        if self.settings.key is not None and not _shows_key(headers, self.settings.key):
            refused = error_response(401, "this server asks for its API key: Authorization: Bearer KEY", "invalid_api_key")
            refused.headers["WWW-Authenticate"] = 'Basic realm="chronosight", charset="UTF-8"'
            return refused
        return None


def error_response(status: int, message: str, code: str | None = None, retry_after: int | None = None) -> JSONResponse:
    """An error as every route gives it, in the shape that clients of OpenAI's API know.

    Args:
        status: HTTP status.
        message: What is wrong, in one line.
        code: Code for programs; None for none.
        retry_after: Seconds after which to try again; None for none.

    Returns:
        The response.
    """
    kind = "invalid_request_error" if status < 500 else "server_error"
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    body = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return JSONResponse(body, status_code=status, headers=headers)


class _TooSlow(Exception):
    """The body did not arrive in time."""


class _Deadline:
    """Receives a body, for MAX_BODY_SECONDS and as long as it comes at BYTES_A_SECOND."""

    def __init__(self, receive: Receive, headers: Headers) -> None:
        self._receive, self._began, self._bytes = receive, time.monotonic(), 0
        self.whole = "transfer-encoding" not in headers and headers.get("content-length", "0") == "0"

    async def receive(self) -> Message:
        if self.whole:  # waiting for the client to go away
            return await self._receive()
        left = MAX_BODY_SECONDS + self._bytes / BYTES_A_SECOND - (time.monotonic() - self._began)
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, left))
        except TimeoutError:
            raise _TooSlow from None
        self._bytes += len(message.get("body", b""))
        self.whole = not message.get("more_body", False)
        return message


def _shows_key(headers: Headers, key: str) -> bool:
    """The key as a bearer token, in X-API-Key, or as the password of a browser's own dialogue (Basic)."""
    scheme, _, shown = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            shown = base64.b64decode(shown, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            shown = ""
    elif scheme.lower() != "bearer":
        shown = headers.get("x-api-key", "")
    return hmac.compare_digest(shown.encode(), key.encode())


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _with_headers(send: Send, deadline: _Deadline) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("Content-Security-Policy", PAGE_POLICY)
            headers.setdefault("X-Content-Type-Options", "nosniff")
            headers.setdefault("Referrer-Policy", "no-referrer")
            headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
            headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
            headers.setdefault("Cache-Control", "no-store")
            if not deadline.whole:  # hang up: a client may otherwise send the rest of its body for ever
                headers["Connection"] = "close"
        await send(message)

    return with_headers
