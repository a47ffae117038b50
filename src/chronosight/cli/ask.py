"""`chronosight ask`: one question about an image, a pair or a video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chronosight.cli.options import (
    Bands,
    Engine,
    Frames,
    Json,
    NoRegister,
    Quiet,
    Resize,
    Settings,
    Weights,
    load_engine,
    open_inputs,
)
from chronosight.cli.output import print_answer, print_notes, tile_progress
from chronosight.errors import InputError


def ask(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar='FILE... "QUESTION"',
            help="One image, two dates of a place, or a video (a folder or a series too); the question last.",
            show_default=False,
        ),
    ],
    resize: Resize = False,
    bands: Bands = None,
    frames: Frames = 8,
    as_json: Json = False,
    quiet: Quiet = False,
    weights: Weights = None,
    no_register: NoRegister = False,
    engine: Engine = "compact",
    settings: Settings = None,
) -> None:
    """Ask a question about one image, a place at two dates, or a video."""
    files, question = split_question(inputs)
    model = load_engine(weights, engine, settings)
    scene = open_inputs(files, resize, bands, frames, no_register)
    with tile_progress(quiet) as progress:
        answer = model.ask(scene, question, progress)
    if not quiet and not as_json:
        print_notes(scene.notes)
    print_answer(question, answer, as_json, quiet)


def split_question(inputs: list[str]) -> tuple[list[str], str]:
    """-> (files, question). Raises InputError where the question or the files were left out."""
    *files, question = inputs
    if Path(question).exists():
        raise InputError(f'the last argument, {question}, is a file; expected a question after the files: "..."')
    if not files:
        raise InputError(f'only "{question}" was given, which is no file; expected files and then a question')
    return files, question
