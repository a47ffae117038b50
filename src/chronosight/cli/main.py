"""The command line. A command is a thin function in a file of its own; heavy things are imported when one runs."""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated, NoReturn

import typer

from chronosight.cli.ask import ask
from chronosight.cli.batch import batch
from chronosight.cli.calibrate import calibrate
from chronosight.cli.card import card
from chronosight.cli.chat import chat
from chronosight.cli.convert import convert
from chronosight.cli.data import data_app
from chronosight.cli.describe import describe
from chronosight.cli.eval import evaluate
from chronosight.cli.export import export
from chronosight.cli.mcp import mcp
from chronosight.cli.merge import merge
from chronosight.cli.output import print_error
from chronosight.cli.serve import serve
from chronosight.cli.timeline import timeline
from chronosight.cli.train import train
from chronosight.cli.tune import tune
from chronosight.cli.usage import UsageError, usage_line
from chronosight.cli.version import version
from chronosight.errors import InputError

INTERRUPTED = 130  # as shells have it: 128 + SIGINT


def _print_version(wanted: bool) -> None:
    if wanted:
        version()
        raise typer.Exit



app = typer.Typer(
    name="chronosight",
    help="Answer questions about remote sensing imagery: one image, a place at two dates, or a video.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (describe, ask, chat, batch, timeline, serve, mcp, train, tune, convert, export, merge, calibrate, card, version):
    app.command()(command)
app.command("eval")(evaluate)
app.add_typer(data_app, name="data")


@app.callback()
def options(
    show_version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Answer questions about remote sensing imagery: one image, a place at two dates, or a video."""


def main() -> None:
    """Runs a command.

    Exit codes: 0 done, 2 the input cannot be used (one line says why), 130 interrupted.
    """
    as_json = "--json" in sys.argv[1:]
    for stream in (sys.stdout, sys.stderr):  # a console that cannot write "m²" gets a stand-in, not a traceback
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code = app(standalone_mode=False)  # so that usage errors come here and become one line
    except UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error, file=sys.stderr)
            sys.exit(2)
        fail(usage_line(error), as_json)
    except InputError as error:
        fail(str(error), as_json)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader, `head` for example, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except MemoryError:
        fail("not enough memory for this scene; give a part of it, or a smaller version", as_json)
    except OSError as error:  # a disk that is full, a folder that may not be written to
        fail(_of_the_system(error), as_json)
    sys.exit(code if isinstance(code, int) else 0)


def _of_the_system(error: OSError) -> str:
    """"full/path cannot be used: no space left on device", without the system's own number."""
    reason = (error.strerror or str(error) or "unknown reason").lower()
    name = " ".join(str(error.filename or "").split())
    name = name if len(name) <= 100 else f"{name[:60]}...{name[-20:]}"
    return f"{name} cannot be used: {reason}" if name else f"the system reports: {reason}"


def fail(message: str, as_json: bool = False) -> NoReturn:
    """Prints one line, then ends with exit code 2.

    Args:
        message: What is wrong, in one line.
        as_json: Whether to print JSON.
    """
    print_error(message, as_json)
    sys.exit(2)
