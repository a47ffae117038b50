"""`chronosight describe`: what changed between two dates."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from chronosight.cli.engine_options import EngineChoice, with_engine
from chronosight.cli.options import (
    Bands,
    Force,
    Json,
    NoRegister,
    Quiet,
    Resize,
    Zones,
    open_inputs,
    parse_bands,
)
from chronosight.cli.output import print_answer, tile_progress


@with_engine
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
    no_register: NoRegister = False,
    cell: Annotated[float, typer.Option(min=1, help="Large scenes: side of a cell of the table, in metres.")] = 500.0,
    force: Force = False,
    zones: Zones = None,
    ask: Annotated[
        list[str] | None,
        typer.Option(help="A question to answer besides, on the page too; may be given again.", show_default=False),
    ] = None,
    *,
    chosen: EngineChoice,
) -> None:
    """Describe what changed between two images of a place, in words and on a map."""
    from chronosight.cli.asking import answer_all, answer_pair, check_zones, open_zones
    from chronosight.reports.findings import findings_of_pair, findings_of_survey
    from chronosight.reports.summary import caption_line, summary_lines
    from chronosight.reports.write import check_folder, write_report
    from chronosight.scenes.large.choose import large_pair

    if out is not None:
        check_folder(out)  # before any long work
    areas, questions = open_zones(zones), ask or []
    headers = large_pair(before, after, parse_bands(bands))
    model = chosen.load() if headers is None else chosen.load_compact()
    if headers is not None:
        from chronosight.cli.telling import tell_survey
        from chronosight.cli.whole_scene import describe_whole_scene
        from chronosight.reports.survey_json import survey_dict

        check_zones(areas, headers[0])
        page = partial(tell_survey, engine=model, headers=headers, zones=areas, questions=questions, force=force)
        survey, written = describe_whole_scene(headers, model.bundle, out, cell, force, not no_register, quiet, page)
        scene, description = survey.scene, survey.description
        findings = findings_of_survey(survey).with_zones(areas)
        answers = answer_all(findings, questions)
    else:
        scene = open_inputs([before, after], resize, bands, 1, no_register, force)
        with tile_progress(quiet) as progress:
            description = model.describe(scene, progress)
        findings = findings_of_pair(scene, description).with_zones(areas)
        answers = [(question, answer_pair(model, scene, question, areas)) for question in questions]
        written = write_report(scene, description, out, answers, findings) if out is not None else {}
    if as_json:
        from chronosight.reports.description_json import description_dict

        names = tuple(written)
        facts = description_dict(scene, description, names, answers) if headers is None else survey_dict(survey, names, answers)
        if findings.zones is not None:
            facts["zones"] = findings.zones.to_dict()
        print(json.dumps(facts, ensure_ascii=False))
    elif quiet:
        print(caption_line(description.caption))
    else:
        from chronosight.reports.narrative import zone_lines

        for line in summary_lines(scene, description):
            print(line)
        for line in zone_lines(findings):
            print(line)
        for question, answer in answers:
            print(question)
            print_answer(question, answer, False, False)
        if out is not None:
            print(f"Written to {out}: {', '.join(written)}")
