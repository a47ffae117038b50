"""`chronosight serve`: the web page, the API and jobs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from chronosight.cli.engine_options import EngineChoice, with_engine
from chronosight.cli.options import need_extra
from chronosight.errors import InputError

Roots = Annotated[
    list[Path] | None,
    typer.Option("--root", metavar="DIR", help="Folder below which files may be named by path; repeatable.", show_default=False),
]
KeyFile = Annotated[
    Path | None,
    typer.Option("--api-key-file", metavar="FILE", help="File with the API key that every request must send; or set "
                 "CHRONOSIGHT_SERVICE_KEY.", show_default=False),
]  # fmt: skip
MODULES = ("fastapi", "uvicorn", "python_multipart", "prometheus_client", "rio_tiler")


@with_engine
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; one that others can reach needs an API key.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8080,
    data: Annotated[Path, typer.Option(metavar="DIR", help="Folder of scenes and jobs.")] = Path("chronosight-data"),
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer, and as many that run jobs.")] = 1,
    queue: Annotated[int, typer.Option(min=1, help="Jobs, and questions, that may wait before more are refused.")] = 64,
    job_seconds: Annotated[float, typer.Option(min=1, help="Longest time of one job.")] = 43200.0,
    keep_days: Annotated[
        float | None,
        typer.Option(metavar="N", min=0.0, show_default=False,
                     help="Remove jobs that ended more than N days ago, and scenes that no job uses; default: keep all."),
    ] = None,
    root: Roots = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="Host that images may be fetched from; repeatable.", show_default=False),
    ] = None,
    api_key_file: KeyFile = None,
    *,
    chosen: EngineChoice,
) -> None:
    """Serve the web page, an OpenAI-compatible API and jobs."""
    need_extra("serve", *MODULES)
    from chronosight.service.serve import serve as serve_until_stopped
    from chronosight.service.settings import Settings

    weights = None if chosen.weights is None else chosen.weights.as_posix()
    options = {name: str(value) if isinstance(value, Path) else value for name, value in chosen.options.items()}
    settings = Settings(
        data.absolute(), host, port, chosen.name, weights, options, workers, tuple(root or ()), tuple(allow_host or ()), queue,
        job_seconds, keep_days, read_key(api_key_file),
    )  # fmt: skip
    serve_until_stopped(settings)


def read_key(path: Path | None) -> str | None:
    """Reads the API key from a file or the environment.

    Args:
        path: The file; None for the environment.

    Returns:
        The key; None for none.

    Raises:
        InputError: The file cannot be read.
    """
    from chronosight.service.settings import KEY_VARIABLE

    if path is None:
        return os.environ.get(KEY_VARIABLE) or None
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise InputError(f"cannot read the API key from {path}; give a text file with one line") from None
