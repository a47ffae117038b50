"""`chronosight describe`: what changed between two dates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from chronosight.cli.options import (
    Bands,
    Engine,
    Json,
    NoRegister,
    Quiet,
    Resize,
    Settings,
    Weights,
    load_engine,
    open_inputs,
)
from chronosight.cli.output import tile_progress


def describe(
    before: Annotated[str, typer.Argument(help="The earlier image.", show_default=False)],
    after: Annotated[str, typer.Argument(help="The later image of the same place.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for map, outlines, picture, page and description.json.", show_default=False),
    ] = None,
    resize: Resize = False,
    bands: Bands = None,
    as_json: Json = False,
    quiet: Quiet = False,
    weights: Weights = None,
    no_register: NoRegister = False,
    engine: Engine = "compact",
    settings: Settings = None,
) -> None:
    """Describe what changed between two images of a place, in words and on a map."""
    from chronosight.reports.summary import caption_line, summary_lines
    from chronosight.reports.write import check_folder, write_report

    if out is not None:
        check_folder(out)  # before any long work
    model = load_engine(weights, engine, settings)
    scene = open_inputs([before, after], resize, bands, 1, no_register)
    with tile_progress(quiet) as progress:
        description = model.describe(scene, progress)
    written = write_report(scene, description, out) if out is not None else {}
    if as_json:
        from chronosight.reports.description_json import description_dict

        print(json.dumps(description_dict(scene, description, tuple(written)), ensure_ascii=False))
    elif quiet:
        print(caption_line(description.caption))
    else:
        for line in summary_lines(scene, description):
            print(line)
        if out is not None:
            print(f"Written to {out}: {', '.join(written)}")
