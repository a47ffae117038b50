"""`chronosight chat`: many questions about one scene."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from chronosight.cli.engine_options import EngineChoice, with_engine
from chronosight.cli.options import (
    Bands,
    Frames,
    Json,
    NoRegister,
    Quiet,
    Resize,
    open_inputs,
)
from chronosight.cli.output import print_answer, print_notes

QUIT = (":quit", ":q", ":exit")


@with_engine
def chat(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="One image, two dates of a place, or a video (also a folder or a series of images).",
            show_default=False,
        ),
    ],
    resize: Resize = False,
    bands: Bands = None,
    frames: Frames = 8,
    as_json: Json = False,
    quiet: Quiet = False,
    no_register: NoRegister = False,
    *,
    chosen: EngineChoice,
) -> None:
    """Ask many questions about one scene, which is read once. One question a line; :quit ends."""
    model = chosen.load()
    scene = open_inputs(files, resize, bands, frames, no_register)
    if not quiet:
        print_notes(scene.notes)
    talk = model.chat(scene)
    for question in questions():
        print_answer(question, talk.ask(question), as_json, quiet)


def questions() -> Iterator[str]:
    """Lines from the terminal, or from stdin where it is none, until :quit or their end. Empty lines are left out."""
    if not sys.stdin.isatty():
        lines = iter(sys.stdin)
    else:
        print("Ask about the scene; :quit ends.", file=sys.stderr)
        lines = _prompt()
    for line in lines:
        if line.strip().lower() in QUIT:
            return
        if line.strip():
            yield line.strip()


def _prompt() -> Iterator[str]:
    import contextlib

    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  (arrow keys and history in input)
    while True:
        try:
            yield input("> ")
        except EOFError:
            print(file=sys.stderr)
            return
