"""`chronosight serve`: one data folder, worker processes for jobs, and uvicorn."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from chronosight.errors import InputError
from chronosight.service.app import create_app
from chronosight.service.settings import Settings, check_settings
from chronosight.service.supervisor import Supervisor

LOCK = "service.lock"
SHUTDOWN_SECONDS = 5
RELEASE_SECONDS = 2.0  # that processes of a server that was killed may hold its port
START_SECONDS = 60  # that a process may take to start, on a machine that is busy, before another one takes its place


def serve(settings: Settings) -> None:
    """Serves until it is stopped.

    Args:
        settings: Options of the command.

    Raises:
        InputError: The data folder, the port or the key cannot be used.
    """
    check_settings(settings)
    # uvicorn raises the signal again once it has shut down, which would end this process before its workers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings.data.mkdir(parents=True, exist_ok=True)
    with _alone(settings), _listening(settings) as listener:
        supervisor = Supervisor(settings)
        supervisor.start()
        try:
            _run(settings, listener)
        finally:
            supervisor.stop()


def _run(settings: Settings, listener: socket.socket) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    print(f"Chronosight on http://{host}:{settings.port} (Ctrl-C stops it)", file=sys.stderr, flush=True)
    options: dict[str, Any] = {
        "log_level": "info", "server_header": False, "timeout_graceful_shutdown": SHUTDOWN_SECONDS, "proxy_headers": False,
        "timeout_worker_healthcheck": START_SECONDS,
    }  # fmt: skip
    if settings.workers == 1:
        config = uvicorn.Config(create_app(settings), **options)
        uvicorn.Server(config).run(sockets=[listener])
        return
    with tempfile.TemporaryDirectory(prefix="chronosight-metrics-") as folder:  # counters that the processes share
        os.environ.update({**settings.to_environment(), "PROMETHEUS_MULTIPROC_DIR": folder})
        config = uvicorn.Config("chronosight.service.app:app_from_environment", factory=True, workers=settings.workers, **options)
        Multiprocess(config, [listener]).run()


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _bind(listener, settings)
        yield listener
    finally:
        listener.close()


def _bind(listener: socket.socket, settings: Settings) -> None:
    end = time.monotonic() + RELEASE_SECONDS
    while True:
        try:
            listener.bind((settings.host, settings.port))
            return
        except OSError as error:
            if time.monotonic() < end and error.errno == errno.EADDRINUSE:
                time.sleep(0.1)
                continue
            where = f"{settings.host} port {settings.port}"
            raise InputError(f"cannot listen on {where} ({error.strerror}); give another --port") from None


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One server a data folder: two would each take the other's jobs for abandoned."""
    import fcntl

    with (settings.data / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"another server uses {settings.data}; stop it, or give another folder with --data") from None
        yield
