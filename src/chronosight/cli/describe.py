"""`chronosight describe`: what changed between two dates."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from chronosight.cli.engine_options import EngineChoice, engine_options
from chronosight.cli.options import (
    Json,
    MinArea,
    MinConfidence,
    Quiet,
    Zones,
    object_limits,
    opening_options,
    with_options,
)
from chronosight.cli.output import print_answer, progress_display, say
from chronosight.errors import InputError
from chronosight.pipeline.opening import Opening


@with_options(opening=opening_options, chosen=engine_options)
def describe(
    before: Annotated[str, typer.Argument(help="The earlier image.", show_default=False)],
    after: Annotated[str | None, typer.Argument(help="The later image of the same place.", show_default=False)] = None,
    more: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
    out: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Folder for the report: maps, objects, images, page, JSON.", show_default=False),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    cell: Annotated[float, typer.Option(min=1, help="Whole scenes: side of a table cell, in metres.")] = 500.0,
    min_area: MinArea = 0.0,
    min_confidence: MinConfidence = 0.0,
    zones: Zones = None,
    ask: Annotated[
        list[str] | None,
        typer.Option(metavar="QUESTION", help="Extra question to answer in the report; repeatable.", show_default=False),
    ] = None,
    *,
    opening: Opening,
    chosen: EngineChoice,
) -> None:
    """Describe what changed between two images of a place, in words and on a map."""
    from chronosight import pipeline
    from chronosight.reports.description_json import description_dict
    from chronosight.reports.plain_text import caption_line, summary_lines, zone_lines
    from chronosight.results.change_summary import change_summary

    after = second_date(before, after, more or ())
    with progress_display(quiet) as progress:
        found = pipeline.describe(
            before, after, chosen.load, out, zones, ask or [], opening, cell, progress, None if quiet else say,
            object_limits(min_area, min_confidence),
        )  # fmt: skip
    if as_json:
        print(json.dumps(description_dict(found, found.files, None if out is None else Path(out)), ensure_ascii=False))
    elif quiet:
        print(caption_line(found.caption))
    else:
        for line in (*summary_lines(found), *zone_lines(change_summary(found))):
            print(line)
        for question, answer in found.answers:
            print(question)
            print_answer(question, answer, False, False)
        if out is not None:
            print(f"Written to {out}: {', '.join(found.files)}")


def second_date(before: str, after: str | None, more: Sequence[str]) -> str:
    """The later image.

    Args:
        before: The earlier image.
        after: The later image; None where it was left out.
        more: Further arguments.

    Returns:
        The later image.

    Raises:
        InputError: Something else than two images was given; the message says what to use.
    """
    if more:
        raise InputError(
            f"{len(more) + 2} images were given, expected two dates: use chronosight timeline for many dates of one place"
        )
    if after is not None:
        return after
    from chronosight.pipeline.results_given import check_no_results

    check_no_results(Path(before))
    if Path(before).is_dir():
        raise InputError(
            f"{before} is a folder, expected two images: use chronosight batch for a folder of pairs, chronosight timeline for "
            "dates of one place"
        )
    raise InputError(
        f"only {before} was given, expected two dates of a place: give the later image too, or use chronosight ask"
    )
