"""Questions about files, an open scene, a description or a result folder: opened once, then any number of questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from chronosight.errors import InputError
from chronosight.pipeline.making import compact_engine, made_engine
from chronosight.pipeline.opening import (
    CELL_M,
    USUAL,
    Opening,
    Point,
    Say,
    Source,
    Zones,
    check_ground_size,
    open_scene,
    report_notes,
    whole_scene_headers,
)
from chronosight.pipeline.results_given import result_folder
from chronosight.pipeline.whole_scene import describe_whole_scene, trained_size
from chronosight.pipeline.zones import read_zones

if TYPE_CHECKING:
    from chronosight.engines.engine import Engine, Progress
    from chronosight.engines.generalise import ObjectLimits
    from chronosight.results.answer import Answer
    from chronosight.results.description import Description
    from chronosight.results.zones import Zone
    from chronosight.scenes.scene import Scene


@dataclass(frozen=True)
class Asked:
    """Answers, and what was asked about.

    Attributes:
        answers: one a question.
        scene: in memory; None for a whole scene, a place in it and a result folder.
    """

    answers: list[Answer]
    scene: Scene | None = None


def ask(
    inputs: Sequence[Source],
    questions: Sequence[str],
    engine: Engine | Callable[[], Engine],
    zones: Zones = None,
    at: Point | None = None,
    within: Source | None = None,
    opening: Opening = USUAL,
    progress: Progress | None = None,
    say: Say | None = None,
    limits: ObjectLimits | None = None,
) -> Asked:
    """Answers questions about one image, two dates of a place, a video, or a folder that `describe` wrote.

    The files are opened, and where need be described, once for all questions.

    Args:
        inputs: The files, or the folder.
        questions: In free wording.
        engine: Answers; or a function that makes it, called where it is needed: a result folder needs none.
        zones: GeoJSON or GeoPackage of named polygons, or zones, that the question may name; of two dates.
        at: Ask of one place: (longitude, latitude).
        within: Ask of one place: GeoJSON of one polygon.
        opening: How the files are opened.
        progress: Called with (tiles done, tiles in all).
        say: Gets remarks about the input.
        limits: Of two dates: objects smaller or less probable are left out, and the answer is read from the others.

    Returns:
        One answer a question, and the scene.

    Raises:
        InputError: The files, a question or the place cannot be used.
    """
    from chronosight.engines.router import check_question

    for question in questions:
        check_question(question)
    if at is not None and within is not None:
        raise InputError("both --at and --within were given, expected one place: leave one out")
    folder = result_folder(inputs, opening)
    if limits and (at is not None or within is not None):
        raise InputError("--min-area and --min-confidence go with whole files, not with --at or --within: leave one out")
    if at is not None or within is not None:
        return Asked(_ask_place(inputs, folder, questions, made_engine(engine), at, within, opening))
    areas = read_zones(zones)
    if folder is not None:
        from chronosight.reports.read import read_description

        return Asked(ask_description(read_description(folder), questions, areas, limits))
    headers = whole_scene_headers(inputs[0], inputs[1], opening) if len(inputs) == 2 else None
    made = made_engine(engine)
    if headers is not None:
        described = describe_whole_scene(
            headers, compact_engine(made), None, None, (), CELL_M, opening, progress, say, limits=limits
        )
        report_notes(say, described.scene.notes)
        return Asked(ask_description(described, questions, areas))
    scene = open_scene(inputs, opening)
    report_notes(say, scene.notes)
    return Asked(ask_scene(scene, questions, made, areas, progress, limits), scene)


def ask_scene(
    scene: Scene,
    questions: Sequence[str],
    engine: Engine,
    zones: Sequence[Zone] | None = None,
    progress: Progress | None = None,
    limits: ObjectLimits | None = None,
) -> list[Answer]:
    """Answers questions about an open scene.

    Args:
        scene: An image, a pair or a video.
        questions: In free wording.
        engine: Answers.
        zones: Districts that the questions may name; of a pair.
        progress: Called with (tiles done, tiles in all).
        limits: Of a pair: objects smaller or less probable are left out, and the answers are read from the others.

    Returns:
        One answer a question.

    Raises:
        InputError: A question, or the scene, cannot be used.
    """
    if not limits:
        return [engine.ask(scene, question, progress, zones) for question in questions]
    if scene.kind != "pair":
        raise InputError(f"--min-area and --min-confidence go with two dates, but one {scene.kind} was given: leave them out")
    return ask_description(engine.describe(scene, progress), questions, zones, limits)


def ask_description(
    description: Description,
    questions: Sequence[str],
    zones: Sequence[Zone] | None = None,
    limits: ObjectLimits | None = None,
) -> list[Answer]:
    """Answers questions from the objects of a description.

    Args:
        description: Of a pair of any size, also as read from a folder.
        questions: In free wording.
        zones: Districts that the questions may name; those of the description when None.
        limits: Objects smaller or less probable are left out.

    Returns:
        One answer a question.

    Raises:
        InputError: A question or a zone cannot be used.
    """
    from chronosight.engines.router import answer_description
    from chronosight.engines.router import with_zones as summary_with_zones

    limited = limited_description(description, limits)
    summary = summary_with_zones(limited, zones)
    return [answer_description(summary, question, limited.changed, limited.classes) for question in questions]


def limited_description(description: Description, limits: ObjectLimits | None) -> Description:
    """The description without the objects that the limits leave out.

    Args:
        description: Of a pair.
        limits: The limits; None for none.

    Returns:
        The description.
    """
    if not limits:
        return description
    from chronosight.engines.limited import limited
    from chronosight.results.doubts import doubted_description

    return doubted_description(limited(description, limits))


def _ask_place(
    inputs: Sequence[Source], folder: Path | None, questions: Sequence[str], engine: Engine, at: Point | None,
    within: Source | None, opening: Opening,
) -> list[Answer]:  # fmt: skip
    """The model's answers for the window around a point, or over the one polygon of a GeoJSON file."""
    from chronosight.reports.read import read_shift, read_sources
    from chronosight.scenes.large.opened import open_header
    from chronosight.scenes.large.pair import open_pair
    from chronosight.scenes.large.place import place_scene, window_at, window_over
    from chronosight.scenes.large.shift import register as register_pair

    moved = None
    if folder is not None:
        inputs, moved = read_sources(folder), read_shift(folder)
    if len(inputs) != 2:
        raise InputError(f"--at and --within go with two dates of a place, but {len(inputs)} file was given: give both")
    headers = open_header(Path(inputs[0]), opening.bands), open_header(Path(inputs[1]), opening.bands)
    for image in headers:
        check_ground_size(image, opening)
    compact = compact_engine(engine)
    side, known = int(compact.bundle.config["pair_size"]), trained_size(compact, headers)
    corners = [] if within is None else _corners(Path(within))
    with open_pair(*headers, known, opening.force, opening.register and moved is None) as pair:
        window = window_at(pair.grid, *at, side) if at is not None else window_over(pair.grid, corners, side)
        if moved is not None:
            pair.moved = moved
        elif opening.register:
            register_pair(pair)
        scene = place_scene(pair, window)
        warnings = tuple(warning for warning in pair.warnings if warning not in scene.doubts)
    if not scene.valid.any():
        raise InputError("one of the dates has no data at that place; choose another")
    where = f"asked of {window[2]} x {window[3]} pixels " + (f"around {at[0]:g},{at[1]:g}" if at else "over the polygon")
    answers = [engine.ask(scene, question) for question in questions]
    return [replace(answer, notes=(*answer.notes, where, *warnings)) for answer in answers]


def _corners(path: Path) -> list[Point]:
    import shapely

    from chronosight.reports.zones_file import read_zones as read

    zones = read(path)
    if len(zones) != 1:
        raise InputError(f"{path.name} holds {len(zones)} polygons, expected one: use --zones for several districts")
    return [(float(x), float(y)) for x, y in shapely.get_coordinates(zones[0].shape)]
