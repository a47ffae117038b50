"""From files to results, for a pair of any size: what command line, Python API, service and batch call.

    describe(before, after)   open -> (whole scene: tiles on disk) -> engine -> zones, questions -> report
    ask(files, question)      open -> engine, or the objects of a description or of a result folder
    open_conversation(files)  open -> engine -> many questions

A pair too large for memory is described in tiles, and questions about it are answered from its objects.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chronosight.errors import InputError
from chronosight.pipeline.opening import CELL_M, USUAL, Opening, Point, Say, Source, Zones, report_notes
from chronosight.pipeline.output import report_folder, reserved, write
from chronosight.pipeline.whole_scene import describe_whole_scene
from chronosight.pipeline.zones import check_zones, read_zones, with_zones

if TYPE_CHECKING:
    from chronosight.engines.compact.engine import CompactEngine
    from chronosight.engines.engine import Conversation, Engine, Progress
    from chronosight.engines.generalise import ObjectLimits
    from chronosight.results.answer import Answer
    from chronosight.results.description import Description
    from chronosight.scenes.image import ImageFile
    from chronosight.scenes.scene import Scene

__all__ = [
    "CELL_M", "Opening", "Source", "Zones", "ask", "describe", "describe_whole_scene", "is_file", "open_conversation",
    "open_scene", "read_zones", "with_zones",
]  # fmt: skip

LONGEST_NAME = 255  # bytes of a file name: a longer text is none


def describe(
    before: Source,
    after: Source,
    engine: Engine | Callable[[], Engine],
    out: Source | None = None,
    zones: Zones = None,
    questions: Sequence[str] = (),
    opening: Opening = USUAL,
    cell_m: float = CELL_M,
    progress: Progress | None = None,
    say: Say | None = None,
    limits: ObjectLimits | None = None,
) -> Description:
    """Describes what changed between two dates of a place, of any size.

    Args:
        before: The earlier image.
        after: The later image.
        engine: Answers; a whole scene needs the engine compact. Or a function that makes it, called after checks of the input.
        out: Folder for the report; None writes nothing.
        zones: GeoJSON or GeoPackage of named polygons, or zones: counts and areas for each.
        questions: Extra questions to answer.
        opening: How the files are opened.
        cell_m: Of a whole scene, the side of a cell of its table in metres.
        progress: Called with (tiles done, tiles in all).
        say: Gets remarks about the work.
        limits: Objects smaller or less probable are left out of everything.

    Returns:
        The description with its scene, zones, answers and the names of the files written.

    Raises:
        InputError: The files, the zones or the folder cannot be used.
    """
    from chronosight.engines.router import check_question

    for question in questions:
        check_question(question)
    folder, areas = report_folder(out), read_zones(zones)
    headers = _whole_scene(before, after, opening)
    with reserved(folder, (before, after), headers is not None):
        if headers is not None:
            check_zones(areas, headers[0])
            compact = _compact(_make(engine))
            return describe_whole_scene(
                headers, compact, folder, areas, questions, cell_m, opening, progress, say, limits=limits
            )
        scene = open_scene([before, after], opening)
        made = _make(engine)
        described = with_zones(_limited(made.describe(scene, progress), limits), areas)
        answers = [
            (question, _ask_limited(described, question) if limits else made.ask(scene, question, zones=areas))
            for question in questions
        ]
        described = replace(described, answers=tuple(answers))
        return described if folder is None else write(described, folder, ())


def ask(
    inputs: Sequence[Source],
    question: str,
    engine: Engine | Callable[[], Engine],
    zones: Zones = None,
    at: Point | None = None,
    within: Source | None = None,
    opening: Opening = USUAL,
    progress: Progress | None = None,
    say: Say | None = None,
    limits: ObjectLimits | None = None,
) -> Answer:
    """Answers a question about one image, two dates of a place, a video, or a folder that `describe` wrote.

    Args:
        inputs: The files, or the folder.
        question: In free wording.
        engine: Answers; or a function that makes it, called where it is needed: a result folder needs none.
        zones: GeoJSON or GeoPackage of named polygons, or zones, that the question may name; of two dates.
        at: Ask of one place: (longitude, latitude).
        within: Ask of one place: GeoJSON of one polygon.
        opening: How the files are opened.
        progress: Called with (tiles done, tiles in all).
        say: Gets remarks about the input.
        limits: Of two dates: objects smaller or less probable are left out, and the answer is read from the others.

    Raises:
        InputError: The files, the question or the place cannot be used.
    """
    from chronosight.engines.router import answer_description, check_question
    from chronosight.engines.router import with_zones as summary_with_zones

    check_question(question)
    if at is not None and within is not None:
        raise InputError("both --at and --within were given, expected one place: leave one out")
    folder = _result_folder(inputs)
    if folder is not None and opening.metres_per_pixel is not None:
        raise InputError(f"{folder} holds results, whose areas are known already: leave --metres-per-pixel out")
    if limits and (at is not None or within is not None):
        raise InputError("--min-area and --min-confidence go with whole files, not with --at or --within: leave one out")
    if at is not None or within is not None:
        return _ask_place(inputs, folder, question, _make(engine), at, within, opening)
    areas = read_zones(zones)
    if folder is not None:
        from chronosight.reports.read import read_description

        return answer_description(summary_with_zones(_limited(read_description(folder), limits), areas), question)
    headers = _whole_scene(inputs[0], inputs[1], opening) if len(inputs) == 2 else None
    made = _make(engine)
    if headers is not None:
        described = describe_whole_scene(
            headers, _compact(made), None, None, (), CELL_M, opening, progress, say, limits=limits
        )
        report_notes(say, described.scene.notes)
        return answer_description(summary_with_zones(described, areas), question)
    scene = open_scene(inputs, opening)
    report_notes(say, scene.notes)
    if limits:
        if scene.kind != "pair":
            raise InputError(f"--min-area and --min-confidence go with two dates, but one {scene.kind} was given: leave them out")
        return _ask_limited(with_zones(_limited(made.describe(scene, progress), limits), areas), question)
    return made.ask(scene, question, progress, areas)


def _limited(description: Description, limits: ObjectLimits | None) -> Description:
    """The description without the objects that the limits leave out."""
    if not limits:
        return description
    from chronosight.engines.limited import limited
    from chronosight.results.doubts import doubted_description

    return doubted_description(limited(description, limits))


def _ask_limited(description: Description, question: str) -> Answer:
    """An answer read from the objects of a description, as certain as its scene allows."""
    from chronosight.engines.router import answer_description
    from chronosight.results.change_summary import change_summary

    return answer_description(change_summary(description), question)


def open_conversation(
    inputs: Sequence[Source], engine: Engine, opening: Opening = USUAL, say: Say | None = None
) -> Conversation:
    """Opens files and starts a conversation about them.

    Args:
        inputs: One image, two dates, or a video or its frames.
        engine: Answers the questions.
        opening: How the files are opened.
        say: Called with each note on the input; None for no notes.

    Returns:
        The conversation.

    Raises:
        InputError: The files cannot be used.
    """
    scene = open_scene(inputs, opening)
    report_notes(say, scene.notes)
    return engine.chat(scene)


def open_scene(inputs: Sequence[Source], opening: Opening) -> Scene:
    """Opens files as a scene that fits into memory.

    Args:
        inputs: One image, two dates, or a video or its frames.
        opening: How the files are opened.

    Returns:
        The scene.

    Raises:
        InputError: The files cannot be used.
    """
    from chronosight.scenes.open import open_scene as open_files

    return open_files(
        *inputs, resize=opening.resize, bands=opening.bands, frames=opening.frames, register=opening.register,
        force=opening.force, metres_per_pixel=opening.metres_per_pixel, video=opening.video,
    )  # fmt: skip


def _ask_place(
    inputs: Sequence[Source], folder: Path | None, question: str, engine: Engine, at: Point | None, within: Source | None,
    opening: Opening,
) -> Answer:  # fmt: skip
    """The model's answer for the window around a point, or over the one polygon of a GeoJSON file."""
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
        _check_agreement(image, opening)
    compact = _compact(engine)
    side, known = int(compact.bundle.config["pair_size"]), float(compact.bundle.config["metres_per_pixel"])
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
    answer = engine.ask(scene, question)
    where = f"asked of {window[2]} x {window[3]} pixels " + (f"around {at[0]:g},{at[1]:g}" if at else "over the polygon")
    return replace(answer, notes=(*answer.notes, where, *warnings))


def _corners(path: Path) -> list[Point]:
    import shapely

    from chronosight.reports.zones_file import read_zones as read

    zones = read(path)
    if len(zones) != 1:
        raise InputError(f"{path.name} holds {len(zones)} polygons, expected one: use --zones for several districts")
    return [(float(x), float(y)) for x, y in shapely.get_coordinates(zones[0].shape)]


def _whole_scene(before: Source, after: Source, opening: Opening) -> tuple[ImageFile, ImageFile] | None:
    """Both files, opened but not read, where the pair is too large for memory."""
    from chronosight.scenes.large.choose import large_pair
    from chronosight.scenes.resolution import check_stated

    check_stated(opening.metres_per_pixel)
    headers = large_pair(os.fspath(before), os.fspath(after), opening.bands)
    for image in headers or ():
        _check_agreement(image, opening)
    return headers


def _check_agreement(image: ImageFile, opening: Opening) -> None:
    """Raises InputError where the stated size of a pixel is not that of the image's georeference."""
    from chronosight.scenes.ground import metres_per_pixel
    from chronosight.scenes.resolution import check_agreement

    own = None if image.georeference is None else metres_per_pixel(image.georeference, image.width, image.height)
    check_agreement(image.name, own, opening.metres_per_pixel)


def _result_folder(inputs: Sequence[Source]) -> Path | None:
    """The folder, where one that `describe --out` wrote is all that was given."""
    if len(inputs) != 1 or not Path(inputs[0]).is_dir():
        return None
    from chronosight.reports.read import is_result

    return Path(inputs[0]) if is_result(Path(inputs[0])) else None


def _compact(engine: Engine) -> CompactEngine:
    from chronosight.engines.compact.engine import CompactEngine

    if not isinstance(engine, CompactEngine):
        raise InputError("whole scenes, and places in them, need the engine compact; leave --engine out")
    return engine


def _make(engine: Engine | Callable[[], Engine]) -> Engine:
    return engine() if callable(engine) else engine


def is_file(text: str) -> bool:
    """Whether a text names something on disk; a long question never does.

    Args:
        text: A path or a question.

    Returns:
        True where there is a file or folder of that name.
    """
    if len(text.encode("utf-8", "surrogatepass")) > LONGEST_NAME and os.sep not in text:
        return False
    with contextlib.suppress(OSError, ValueError):
        return Path(text).exists()
    return False


