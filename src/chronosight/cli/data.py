"""`chronosight data ...`: the commands that make training files, each in a file of its own."""

from __future__ import annotations

import typer

from chronosight.cli.data_joint import clue, examples

data_app = typer.Typer(help="Make training files.", no_args_is_help=True)
for command in (examples, clue):
    data_app.command()(command)
