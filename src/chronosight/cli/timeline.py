"""`chronosight timeline`: many dates of one place."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from chronosight.cli.engine_options import EngineChoice, engine_options
from chronosight.cli.options import (
    Ask,
    Asset,
    Json,
    MinArea,
    MinConfidence,
    Quiet,
    object_limits,
    opening_options,
    with_options,
)
from chronosight.cli.output import print_answer, progress_display, say
from chronosight.pipeline.opening import Opening


@with_options(opening=opening_options, chosen=engine_options)
def timeline(
    images: Annotated[
        list[str],
        typer.Argument(help="Images of one place, a CSV with the columns image and date, or STAC items.", show_default=False),
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for the report: table, plot, animation, objects, page.", show_default=False),
    ] = None,
    dates: Annotated[
        str | None,
        typer.Option(metavar="D1,D2,...", help="Date of each image; default: from metadata or file names.", show_default=False),
    ] = None,
    bands_per_date: Annotated[
        int | None, typer.Option(help="Take the bands of one file as dates: 1 (grey) or 3 bands each.", show_default=False)
    ] = None,
    asset: Asset = None,
    ask: Ask = None,
    gif: Annotated[bool, typer.Option("--gif", help="Write the animation as GIF too.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    min_area: MinArea = 0.0,
    min_confidence: MinConfidence = 0.0,
    *,
    opening: Opening,
    chosen: EngineChoice,
) -> None:
    """Follow the buildings and roads of one place through many dates."""
    from chronosight.engines.router import check_question
    from chronosight.timeline.manifest import read_dates
    from chronosight.timeline.questions import answer_question
    from chronosight.timeline.stack import open_stack
    from chronosight.timeline.timeline import make_timeline
    from chronosight.timeline.write import check_folder, table_csv, timeline_dict, write_timeline

    for question in ask or ():
        check_question(question)
    if out is not None:
        check_folder(out)
    sources, listed, remarks = read_dates(images, asset)
    for remark in [] if quiet else remarks:
        say(remark)
    stack = open_stack(
        sources, dates or listed, opening.bands, bands_per_date, opening.resize, opening.register, opening.force,
        opening.metres_per_pixel,
    )  # fmt: skip
    with progress_display(quiet) as progress:
        found = make_timeline(stack, chosen.load(), object_limits(min_area, min_confidence), progress)
    found = replace(found, answers=tuple((question, answer_question(found, question)) for question in ask or ()))
    files: list[str] = []
    if out is not None:
        files, remarks = write_timeline(found, out, gif)
        for remark in [] if quiet else remarks:
            say(remark)
    if as_json:
        print(json.dumps(timeline_dict(found) | {"files": files}, ensure_ascii=False))
        return
    if not quiet:
        for note in (*found.notes, *stack.doubts):
            say(note)
        if found.rows:
            print(table_csv(found).rstrip())
    for question, answer in found.answers:
        if not quiet:
            print(question)
        print_answer(question, answer, False, quiet)
    if out is not None and not quiet:
        print(f"Written to {out}: {', '.join(files)}")
