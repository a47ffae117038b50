"""`chronosight ask`: one question about an image, a pair or a video."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chronosight.cli.engine_options import EngineChoice, with_engine
from chronosight.cli.options import (
    Bands,
    Force,
    Frames,
    Json,
    NoRegister,
    Quiet,
    Resize,
    Zones,
    open_inputs,
    parse_bands,
)
from chronosight.cli.output import print_answer, print_notes, tile_progress
from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.results.answer import Answer


@with_engine
def ask(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar='FILE... "QUESTION"',
            help="One image, two dates of a place, a video (a folder or a series too), or a folder that describe --out wrote; "
            "the question last.",
            show_default=False,
        ),
    ],
    resize: Resize = False,
    bands: Bands = None,
    frames: Frames = 8,
    as_json: Json = False,
    quiet: Quiet = False,
    no_register: NoRegister = False,
    at: Annotated[str | None, typer.Option(help="Ask of one place: longitude,latitude.", show_default=False)] = None,
    within: Annotated[Path | None, typer.Option(help="Ask of one place: GeoJSON of one polygon.", show_default=False)] = None,
    zones: Zones = None,
    force: Force = False,
    *,
    chosen: EngineChoice,
) -> None:
    """Ask a question about one image, a place at two dates, or a video."""
    files, question = split_question(inputs)
    if at is not None and within is not None:
        raise InputError("both --at and --within were given, expected one place: leave one out")
    folder = result_folder(files)
    if at is not None or within is not None:
        answer = ask_place(files, folder, question, at, within, parse_bands(bands), chosen, force, no_register)
    elif folder is not None:
        answer = ask_results(folder, question, zones)
    else:
        answer = ask_files(files, question, zones, resize, bands, frames, no_register, chosen, force, quiet, as_json)
    print_answer(question, answer, as_json, quiet)


def ask_files(
    files: list[str], question: str, zones: Path | None, resize: bool, bands: str | None, frames: int,
    no_register: bool, chosen: EngineChoice, force: bool, quiet: bool, as_json: bool,
) -> Answer:  # fmt: skip
    """Of the files themselves. A pair too large for one look is described first, then asked through its objects."""
    from chronosight.cli.asking import answer_pair, open_zones

    areas = open_zones(zones)
    headers = None
    if len(files) == 2:
        from chronosight.scenes.large.choose import large_pair

        headers = large_pair(files[0], files[1], parse_bands(bands))
    engine = chosen.load() if headers is None else chosen.load_compact()
    if headers is not None:
        from chronosight.cli.whole_scene import describe_whole_scene
        from chronosight.reports.findings import findings_of_survey
        from chronosight.reports.scene_answers import answer_scene

        survey, _ = describe_whole_scene(headers, engine.bundle, None, force=force, register=not no_register, quiet=quiet)
        if not quiet and not as_json:
            print_notes(survey.scene.notes)
        return answer_scene(findings_of_survey(survey).with_zones(areas), question)
    scene = open_inputs(files, resize, bands, frames, no_register, force)
    with tile_progress(quiet) as progress:
        if scene.kind == "pair":
            answer = answer_pair(engine, scene, question, areas, progress)
        elif areas is not None:
            raise InputError(f"--zones goes with two dates of a place, but one {scene.kind} was given: leave it out")
        else:
            answer = engine.ask(scene, question, progress)
    if not quiet and not as_json:
        print_notes(scene.notes)
    return answer


def ask_results(folder: Path, question: str, zones: Path | None) -> Answer:
    """Of the objects in a folder that `describe --out` wrote. No model is loaded."""
    from chronosight.cli.asking import open_zones
    from chronosight.reports.findings import read_findings
    from chronosight.reports.scene_answers import answer_scene

    return answer_scene(read_findings(folder).with_zones(open_zones(zones)), question)


def ask_place(
    files: list[str], folder: Path | None, question: str, at: str | None, within: Path | None,
    bands: tuple[int, int, int] | None, chosen: EngineChoice, force: bool, no_register: bool,
) -> Answer:  # fmt: skip
    """Of one place, answered by the model on the pixels there."""
    from chronosight.cli.asking import answer_place, parse_point
    from chronosight.reports.findings import read_shift, read_sources
    from chronosight.scenes.large.opened import open_header

    point = None if at is None else parse_point(at)
    moved = None
    if folder is not None:
        files, moved = read_sources(folder), read_shift(folder)
    if len(files) != 2:
        raise InputError(f"--at and --within go with two dates of a place, but {len(files)} file was given: give both")
    headers = open_header(files[0], bands), open_header(files[1], bands)
    engine = chosen.load_compact()
    return answer_place(engine, headers, question, point, within, force, moved, not no_register)


def result_folder(files: list[str]) -> Path | None:
    """The folder, where one that `describe --out` wrote is all that was given."""
    if len(files) != 1 or not Path(files[0]).is_dir():
        return None
    from chronosight.reports.findings import is_result

    return Path(files[0]) if is_result(Path(files[0])) else None


def split_question(inputs: list[str]) -> tuple[list[str], str]:
    """-> (files, question). Raises InputError where the question or the files were left out."""
    *files, question = inputs
    if Path(question).exists():
        raise InputError(f'the last argument, {question}, is a file; expected a question after the files: "..."')
    if not files:
        raise InputError(f'only "{question}" was given, which is no file; expected files and then a question')
    return files, question
