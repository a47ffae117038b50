"""`chronosight describe`: what changed between two dates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from chronosight.cli.options import Bands, Json, NoRegister, Quiet, Resize, Weights, load_engine, open_inputs, parse_bands
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
    cell: Annotated[float, typer.Option(min=1, help="Large scenes: side of a cell of the table, in metres.")] = 500.0,
    force: Annotated[bool, typer.Option("--force", help="Take imagery far coarser than the model knows.")] = False,
) -> None:
    """Describe what changed between two images of a place, in words and on a map."""
    from chronosight.reports.summary import caption_line, summary_lines
    from chronosight.reports.write import check_folder, write_report
    from chronosight.scenes.large.choose import large_pair
    from chronosight.scenes.large.resolution import check_resolution

    if out is not None:
        check_folder(out)  # before any long work
    headers = large_pair(before, after, parse_bands(bands))
    engine = load_engine(weights)
    if headers is not None:
        from chronosight.cli.whole_scene import describe_whole_scene
        from chronosight.reports.survey_json import survey_dict

        survey, written = describe_whole_scene(headers, engine.bundle, out, cell, force, not no_register, quiet)
        scene, description = survey.scene, survey.description
    else:
        scene = open_inputs([before, after], resize, bands, 1, no_register)
        known = engine.networks.guide.metres_per_pixel
        if doubt := check_resolution(Path(before).name, scene.metres_per_pixel, known, force):
            scene.notes.insert(0, doubt)
        with tile_progress(quiet) as progress:
            description = engine.describe(scene, progress)
        written = write_report(scene, description, out) if out is not None else {}
    if as_json:
        from chronosight.reports.description_json import description_dict

        facts = description_dict(scene, description, tuple(written)) if headers is None else survey_dict(survey, tuple(written))
        print(json.dumps(facts, ensure_ascii=False))
    elif quiet:
        print(caption_line(description.caption))
    else:
        for line in summary_lines(scene, description):
            print(line)
        if out is not None:
            print(f"Written to {out}: {', '.join(written)}")
