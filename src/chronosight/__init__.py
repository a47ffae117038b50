"""Chronosight answers questions about remote sensing imagery: one image, a place at two dates, or a video.

Describe what changed between two dates, of any size, and write the report:

    >>> import chronosight
    >>> result = chronosight.describe("before.tif", "after.tif", out="report", zones="districts.geojson",
    ...                               questions=["Which zone changed most?"])
    >>> result.caption.text, result.changed.value, len(result.objects)
    >>> result.zones.rows[0].name, result.answers[0][1].text

Ask one question, of files or of a folder that `describe` wrote:

    >>> answer = chronosight.ask(["before.tif", "after.tif"], "How many buildings are new?")
    >>> answer.text, answer.value, answer.confidence, answer.confident

Ask many questions of one scene with an engine that stays loaded:

    >>> engine = chronosight.load()
    >>> scene = chronosight.open("before.tif", "after.tif")
    >>> engine.ask(scene, "Where are the new buildings?")
    >>> conversation = engine.chat(scene)
    >>> conversation.ask("How many roads changed?"), conversation.ask("Where?")

Types: `Scene` (what was observed), `Answer`, `Description` and `ChangedObject` (what comes back), `InputError` (the one
error that a user's input can cause: one line that says what to do).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.engines.engine import Engine
    from chronosight.pipeline import Source, Zones
    from chronosight.results.answer import Answer
    from chronosight.results.changed_object import ChangedObject
    from chronosight.results.description import Description
    from chronosight.scenes.scene import Scene

__all__ = [
    "Answer", "ChangedObject", "Description", "InputError", "Scene", "__version__", "ask", "describe", "load", "open",
]  # fmt: skip

_TYPES = {
    "Answer": "chronosight.results.answer",
    "ChangedObject": "chronosight.results.changed_object",
    "Description": "chronosight.results.description",
    "Scene": "chronosight.scenes.scene",
}


def open(
    *paths: Source,
    resize: bool = False,
    bands: tuple[int, int, int] | None = None,
    frames: int = 8,
    register: bool = True,
    force: bool = False,
    metres_per_pixel: float | None = None,
    video: bool = False,
) -> Scene:
    """Opens files as a scene that fits into memory.

    Args:
        *paths: One image; two dates of a place, the earlier first; a video; a folder or a series of images (a video).
        resize: Bring plain images of different size to one size.
        bands: Numbers of the red, green and blue band, from 1; chosen from the file when None.
        frames: Taken from a video.
        register: Correct a small shift between two dates.
        force: Accept two dates far coarser than the model was trained on.
        metres_per_pixel: Ground size of a pixel of the first image, where the files have no georeference.
        video: Take a folder or several images as frames of a video, whatever their names say.

    Returns:
        The scene, with notes on what the user should know.

    Raises:
        InputError: The files cannot be used.
    """
    from chronosight.scenes.open import open_scene

    return open_scene(
        *paths, resize=resize, bands=bands, frames=frames, register=register, force=force, metres_per_pixel=metres_per_pixel,
        video=video,
    )  # fmt: skip


def load(engine: str = "compact", weights: Source | None = None, threads: int | None = None, **options: Any) -> Engine:
    """Loads an engine.

    Args:
        engine: "compact" (ships with the package), "unirs" (UniRS at full size) or "changevg" (guide and Qwen-VL).
        weights: Of that engine: a folder or, but for compact, a hub id; the ones that ship when None.
        threads: CPU threads of each graph; the number of physical cores when None.
        **options: Of that engine, see `chronosight.engines.unirs.load` and `chronosight.engines.changevg.load`.

    Returns:
        An engine: `ask(scene, text)`, `describe(scene)`, `chat(scene)`, `answer(scene, question)`, `guide_facts(scene)`.

    Raises:
        InputError: The engine or an option is unknown, or the weights are missing or incomplete.
    """
    from chronosight import engines

    return engines.load(engine, weights, threads, **options)


def describe(
    before: Source,
    after: Source,
    *,
    out: Source | None = None,
    zones: Zones = None,
    questions: Sequence[str] = (),
    engine: str | Engine = "compact",
    resize: bool = False,
    bands: tuple[int, int, int] | None = None,
    register: bool = True,
    force: bool = False,
    metres_per_pixel: float | None = None,
    cell_m: float = 500.0,
    min_area: float = 0.0,
    min_confidence: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> Description:
    """Describes what changed between two dates of a place, in words and on a map. Pairs of any size.

    Args:
        before: The earlier image.
        after: The later image.
        out: Folder for the report: maps, objects, page and description.json; None writes nothing.
        zones: GeoJSON or GeoPackage of named polygons: counts and areas for each.
        questions: Extra questions to answer.
        engine: Name of an engine, or one that `load` gave.
        resize: Bring plain images of different size to one size.
        bands: Numbers of the red, green and blue band, from 1; chosen from the file when None.
        register: Correct a small shift between the dates.
        force: Accept imagery far coarser than the model was trained on.
        metres_per_pixel: Ground size of a pixel, where the files have no georeference; areas are then square metres.
        cell_m: Of a scene too large for memory, the side of a cell of its table in metres.
        min_area: Leave out changed objects smaller than this, in square metres.
        min_confidence: Leave out changed objects less probable than this, 0 to 1.
        progress: Called with (tiles done, tiles in all).

    Returns:
        Words (`caption`, `changed`, `classes`), `objects`, maps (`evidence`), `zones`, `answers` and `files`.

    Raises:
        InputError: The files, the zones or the folder cannot be used.
    """
    from chronosight import pipeline
    from chronosight.engines.generalise import ObjectLimits

    opening = pipeline.Opening(resize, bands, register=register, force=force, metres_per_pixel=metres_per_pixel)
    made = (lambda: load(engine)) if isinstance(engine, str) else engine
    limits = ObjectLimits(min_area, min_confidence) or None
    return pipeline.describe(before, after, made, out, zones, questions, opening, cell_m, progress, limits=limits)


def ask(
    inputs: Source | Sequence[Source],
    question: str,
    *,
    zones: Zones = None,
    at: tuple[float, float] | None = None,
    within: Source | None = None,
    engine: str | Engine = "compact",
    resize: bool = False,
    bands: tuple[int, int, int] | None = None,
    frames: int = 8,
    register: bool = True,
    force: bool = False,
    metres_per_pixel: float | None = None,
    video: bool = False,
    min_area: float = 0.0,
    min_confidence: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> Answer:
    """Answers a question about files, of any size, or about a folder that `describe` wrote.

    Args:
        inputs: One image, two dates of a place, a video (also a folder or a series of images), or a result folder.
        question: In free wording.
        zones: GeoJSON or GeoPackage of named polygons that the question may name; of two dates.
        at: Ask of one place in two dates: (longitude, latitude).
        within: Ask of one place in two dates: GeoJSON file of one polygon.
        engine: Name of an engine, or one that `load` gave.
        resize: Bring plain images of different size to one size.
        bands: Numbers of the red, green and blue band, from 1; chosen from the file when None.
        frames: Taken from a video.
        register: Correct a small shift between the dates.
        force: Accept imagery far coarser than the model was trained on.
        metres_per_pixel: Ground size of a pixel, where the files have no georeference; areas are then square metres.
        video: Take a folder or several images as frames of a video, whatever their names say.
        min_area: Of two dates: leave out changed objects smaller than this, in square metres.
        min_confidence: Of two dates: leave out changed objects less probable than this, 0 to 1.
        progress: Called with (tiles done, tiles in all).

    Returns:
        The answer; its task is "open" and its value None where the question cannot be answered.

    Raises:
        InputError: The files, the question or the place cannot be used.
    """
    import os

    from chronosight import pipeline
    from chronosight.engines.generalise import ObjectLimits

    given = [inputs] if isinstance(inputs, (str, os.PathLike)) else list(inputs)
    opening = pipeline.Opening(resize, bands, frames, register, force, metres_per_pixel, video)
    made = (lambda: load(engine)) if isinstance(engine, str) else engine
    limits = ObjectLimits(min_area, min_confidence) or None
    return pipeline.ask(given, question, made, zones, at, within, opening, progress, limits=limits)


def __getattr__(name: str) -> Any:
    """The types and the version, imported when first asked for, so that `import chronosight` stays light."""
    if name in _TYPES:
        from importlib import import_module

        return getattr(import_module(_TYPES[name]), name)
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("chronosight")
        except PackageNotFoundError:  # a checkout that is not installed
            return "unknown"
    raise AttributeError(f"module 'chronosight' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
