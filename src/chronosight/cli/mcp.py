"""`chronosight mcp`: tools for agents (Model Context Protocol)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from chronosight.cli.engine_options import EngineChoice, with_engine
from chronosight.cli.options import need_extra
from chronosight.cli.serve import MODULES, KeyFile, Roots, read_key
from chronosight.errors import InputError


@with_engine
def mcp(
    root: Roots = None,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of results; temporary by default.", show_default=False),
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, help="Longest time of one call.")] = 300.0,
    http: Annotated[bool, typer.Option("--http", help="Streamable HTTP at /mcp instead of standard input and output.")] = False,
    host: Annotated[str, typer.Option(help="With --http: address; one that others can reach needs an API key.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="With --http: port.")] = 8081,
    api_key_file: KeyFile = None,
    *,
    chosen: EngineChoice,
) -> None:
    """Serve tools for agents: open images, describe changes, compare dates, ask, list objects, get the report."""
    need_extra("serve", *MODULES, "mcp")
    from chronosight.service.mcp_server import run_http, run_stdio
    from chronosight.service.settings import Settings, check_settings

    if not root:
        raise InputError("no folder was given; say with --root DIR which images agents may open")
    weights = None if chosen.weights is None else chosen.weights.as_posix()
    options = {name: str(value) if isinstance(value, Path) else value for name, value in chosen.options.items()}
    with tempfile.TemporaryDirectory(prefix="chronosight-mcp-") as folder:
        kept = (data or Path(folder)).absolute()
        key = read_key(api_key_file)
        settings = Settings(kept, host, port, chosen.name, weights, options, roots=tuple(root), key=key)
        check_settings(settings)
        settings.data.mkdir(parents=True, exist_ok=True)
        (run_http if http else run_stdio)(settings, seconds)
