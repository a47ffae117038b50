"""`chronosight chat`: many questions about one scene."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

import typer

from chronosight.cli.engine_options import EngineChoice, check_classes, engine_options
from chronosight.cli.options import (
    Frames,
    Json,
    Quiet,
    Video,
    opening_options,
    with_options,
)
from chronosight.cli.output import print_answer, print_error, say
from chronosight.errors import InputError
from chronosight.pipeline.opening import Opening

QUIT = (":quit", ":q", ":exit", "quit", "exit")


@with_options(opening=opening_options, chosen=engine_options)
def chat(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="One image, two dates of a place, a video (also a folder or a series of images), or a folder that "
            "describe --out wrote.",
            show_default=False,
        ),
    ],
    frames: Frames = 8,
    as_json: Json = False,
    quiet: Quiet = False,
    video: Video = False,
    *,
    opening: Opening,
    chosen: EngineChoice,
) -> None:
    """Ask many questions about one scene, which is read once. One question per line; quit ends."""
    from chronosight import pipeline

    check_classes(files, chosen)
    opening = replace(opening, frames=frames, video=video)
    conversation = pipeline.open_conversation(files, chosen.load, opening, None if quiet else say)
    for question in questions():
        try:
            answer = conversation.ask(question)
        except InputError as error:  # of this question: the conversation goes on
            print_error(str(error), as_json)
            continue
        print_answer(question, answer, as_json, quiet)


def questions() -> Iterator[str]:
    """Lines from the terminal, or from standard input, until quit or their end; empty lines are left out."""
    if not sys.stdin.isatty():
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")
        lines = iter(sys.stdin)
    else:
        print("Ask about the scene; quit ends.", file=sys.stderr)
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
