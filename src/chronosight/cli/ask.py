"""`chronosight ask`: one question about an image, a pair or a video."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from chronosight.cli.engine_options import EngineChoice, check_classes, engine_options
from chronosight.cli.options import (
    Frames,
    Json,
    MinArea,
    MinConfidence,
    Quiet,
    Video,
    Zones,
    object_limits,
    opening_options,
    parse_point,
    with_options,
)
from chronosight.cli.output import print_answer, progress_display, say
from chronosight.errors import InputError
from chronosight.pipeline.opening import Opening


@with_options(opening=opening_options, chosen=engine_options)
def ask(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar='FILE... "QUESTION"',
            help="One image, two dates of a place, a video (also a folder or a series of images), or a folder that "
            "describe --out wrote; the question comes last.",
            show_default=False,
        ),
    ],
    frames: Frames = 8,
    as_json: Json = False,
    quiet: Quiet = False,
    at: Annotated[
        str | None, typer.Option(metavar="LON,LAT", help="Ask about the surroundings of one point.", show_default=False)
    ] = None,
    within: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Ask about one polygon, from a GeoJSON file.", show_default=False)
    ] = None,
    zones: Zones = None,
    video: Video = False,
    min_area: MinArea = 0.0,
    min_confidence: MinConfidence = 0.0,
    *,
    opening: Opening,
    chosen: EngineChoice,
) -> None:
    """Ask a question about one image, a place at two dates, or a video."""
    from chronosight import pipeline

    files, question = split_question(inputs)
    check_classes(files, chosen)
    opening = replace(opening, frames=frames, video=video)
    point = None if at is None else parse_point(at)
    with progress_display(quiet) as progress:
        asked = pipeline.ask(
            files, [question], chosen.load, zones, point, within, opening, progress, None if quiet or as_json else say,
            object_limits(min_area, min_confidence),
        )  # fmt: skip
    print_answer(question, asked.answers[0], as_json, quiet)


def split_question(inputs: list[str]) -> tuple[list[str], str]:
    """Splits the arguments into files and question.

    Args:
        inputs: The arguments; the question is the last.

    Returns:
        Files and question.

    Raises:
        InputError: The question or the files were left out.
    """
    from chronosight.pipeline import is_file

    *files, question = inputs
    if not question.strip():
        raise InputError("the question is empty; expected it after the files")
    if is_file(question):
        raise InputError(f'the last argument, {question}, is a file; expected a question after the files: "..."')
    if not files:
        shown = question if len(question) <= 80 else f"{question[:80]}..."
        raise InputError(f'only "{shown}" was given, which is not a file; expected files and then a question')
    return files, question
