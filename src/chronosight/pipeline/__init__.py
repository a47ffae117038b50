"""From files to results, for a pair of any size: what command line, Python API, service and batch call.

    describe(before, after)   open -> (whole scene: tiles on disk) -> engine -> zones, questions -> report
    ask(files, question)      open -> engine, or the objects of a description or of a result folder (asking.py)
    open_conversation(files)  open -> engine, or the objects of a result folder -> many questions

A pair too large for memory is described in tiles, and questions about it are answered from its objects.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chronosight.pipeline.asking import (
    ask,
    ask_description,
    ask_scene,
    limited_description,
)
from chronosight.pipeline.making import compact_engine, made_engine
from chronosight.pipeline.opening import (
    CELL_M,
    USUAL,
    Opening,
    Say,
    Source,
    Zones,
    open_scene,
    report_notes,
    whole_scene_headers,
)
from chronosight.pipeline.output import report_folder, reserved, write
from chronosight.pipeline.results_given import result_folder
from chronosight.pipeline.whole_scene import describe_whole_scene
from chronosight.pipeline.zones import check_zones, read_zones, with_zones

if TYPE_CHECKING:
    from chronosight.engines.engine import Conversation, Engine, Progress
    from chronosight.engines.generalise import ObjectLimits
    from chronosight.results.description import Description
    from chronosight.results.zones import Zone
    from chronosight.scenes.scene import Scene

__all__ = [
    "CELL_M", "Opening", "Source", "Zones", "ask", "ask_description", "ask_scene", "describe", "describe_scene",
    "describe_whole_scene", "is_file", "open_conversation", "open_scene", "read_zones", "result_folder",
    "with_zones",
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
    whole_scene_folder: Path | None = None,
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
        whole_scene_folder: Without `out`, a folder for the report of a whole scene, whose maps are nowhere else.

    Returns:
        The description with its scene, zones, answers and the names of the files written.

    Raises:
        InputError: The files, the zones or the folder cannot be used.
    """
    from chronosight.engines.router import check_question

    for question in questions:
        check_question(question)
    folder, areas = report_folder(out), read_zones(zones)
    headers = whole_scene_headers(before, after, opening)
    with reserved(folder, (before, after), headers is not None):
        if headers is not None:
            check_zones(areas, headers[0])
            compact = compact_engine(made_engine(engine))
            place = whole_scene_folder if folder is None else folder
            return describe_whole_scene(
                headers, compact, place, areas, questions, cell_m, opening, progress, say, limits=limits
            )
        scene = open_scene([before, after], opening)
        return _described(scene, made_engine(engine), folder, areas, questions, progress, limits)


def describe_scene(
    scene: Scene,
    engine: Engine,
    out: Source | None = None,
    zones: Zones = None,
    questions: Sequence[str] = (),
    progress: Progress | None = None,
    limits: ObjectLimits | None = None,
) -> Description:
    """Describes a pair that is open.

    Args:
        scene: The pair.
        engine: Answers.
        out: As in `describe`.
        zones: As in `describe`.
        questions: As in `describe`.
        progress: As in `describe`.
        limits: As in `describe`.

    Returns:
        As `describe` does.

    Raises:
        InputError: The scene is no pair, or the zones or the folder cannot be used.
    """
    from chronosight.engines.router import check_question

    for question in questions:
        check_question(question)
    folder, areas = report_folder(out), read_zones(zones)
    with reserved(folder, scene.sources, False):
        return _described(scene, engine, folder, areas, questions, progress, limits)


def _described(
    scene: Scene, engine: Engine, folder: Path | None, zones: Sequence[Zone] | None, questions: Sequence[str],
    progress: Progress | None, limits: ObjectLimits | None,
) -> Description:  # fmt: skip
    described = with_zones(limited_description(engine.describe(scene, progress), limits), zones)
    given = ask_description(described, questions) if limits else ask_scene(scene, questions, engine, zones)
    described = replace(described, answers=tuple(zip(questions, given, strict=True)))
    return described if folder is None else write(described, folder, ())


def open_conversation(
    inputs: Sequence[Source], engine: Engine | Callable[[], Engine], opening: Opening = USUAL, say: Say | None = None
) -> Conversation:
    """Opens files and starts a conversation about them.

    Args:
        inputs: One image, two dates, a video or its frames, or a folder that `describe` wrote.
        engine: Answers the questions; or a function that makes it, called where it is needed: a result folder needs none.
        opening: How the files are opened.
        say: Called with each note on the input; None for no notes.

    Returns:
        The conversation.

    Raises:
        InputError: The files cannot be used.
    """
    folder = result_folder(inputs, opening)
    if folder is not None:
        from chronosight.engines.described_conversation import DescribedConversation
        from chronosight.reports.read import read_description

        return DescribedConversation(read_description(folder))
    made = made_engine(engine)
    scene = open_scene(inputs, opening)
    report_notes(say, scene.notes)
    return made.chat(scene)


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
