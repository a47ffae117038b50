"""The command line. A command is a thin function in a file of its own; heavy things are imported when one runs."""

from __future__ import annotations

import os
import sys

import typer

from chronosight.cli.ask import ask
from chronosight.cli.calibrate import calibrate
from chronosight.cli.card import card
from chronosight.cli.chat import chat
from chronosight.cli.convert import convert
from chronosight.cli.data import data_app
from chronosight.cli.describe import describe
from chronosight.cli.eval import evaluate
from chronosight.cli.export import export
from chronosight.cli.merge import merge
from chronosight.cli.train import train
from chronosight.cli.version import version
from chronosight.errors import InputError

INTERRUPTED = 130  # as shells have it: 128 + SIGINT

app = typer.Typer(
    name="chronosight",
    help="Ask questions of imagery from above: one image, the same place at two dates, or a video.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (describe, ask, chat, train, convert, export, merge, calibrate, card, version):
    app.command()(command)
app.command("eval")(evaluate)
app.add_typer(data_app, name="data")


def main() -> None:
    """Runs a command. Exit codes: 0 done, 2 the input cannot be used (one line on stderr says why), 130 interrupted."""
    try:
        app()
    except InputError as error:
        fail(str(error))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader, `head` for example, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except MemoryError:
        fail("not enough memory for this scene; give a part of it, or a smaller version")
    except OSError as error:  # a disk that is full, a folder that may not be written to
        fail(str(error))


def fail(message: str) -> None:
    """One line on stderr, then exit code 2."""
    print("error:", " ".join(message.split()), file=sys.stderr)
    sys.exit(2)
