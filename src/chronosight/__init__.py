"""Question answering over remote sensing imagery: one image, two dates of a place, or a video.

    >>> import chronosight
    >>> found = chronosight.describe("before.tif", "after.tif", zones="districts.geojson")
    >>> found.caption.text, [(item.class_name, item.direction, item.area_m2) for item in found.objects]
    >>> found.save("report")
    >>> chronosight.ask(["before.tif", "after.tif"], "How many buildings are new?")

The pair may be of any size. Instead of paths, numpy arrays, Pillow images, open rasterio datasets, xarray DataArrays and the
bytes of a file are taken too. What is opened once can be asked many questions:

    >>> scene = chronosight.open(before_array, after_array, metres_per_pixel=1.0)
    >>> answers = chronosight.ask(scene, ["How many buildings are new?", "Where are the new roads?"])

Descriptions and answers show themselves in a notebook, and `save`, `plot`, `map` and `to_geodataframe` hand them on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, overload

from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.display.answer import Answer
    from chronosight.display.description import Description
    from chronosight.engines.engine import Engine
    from chronosight.pipeline import Opening, Source, Zones
    from chronosight.results.changed_object import ChangedObject
    from chronosight.scenes.scene import Scene

__all__ = [
    "Answer", "ChangedObject", "Description", "InputError", "Scene", "__version__", "ask", "describe", "load", "open",
]  # fmt: skip

_TYPES = {
    "Answer": "chronosight.display.answer",
    "ChangedObject": "chronosight.results.changed_object",
    "Description": "chronosight.display.description",
    "Scene": "chronosight.scenes.scene",
}


_loaded = threading.local()  # engines by name, one of each for a thread: they are not made to be shared


def open(
    *inputs: Any,
    crs: Any = None,
    transform: Any = None,
    dates: Any = None,
    metres_per_pixel: float | None = None,
    resize: bool = False,
    bands: tuple[int, int, int] | None = None,
    frames: int = 8,
    register: bool = True,
    force: bool = False,
    video: bool = False,
) -> Scene:
    """Opens an image, two dates of a place or a video as a scene that fits into memory.

    Args:
        *inputs: One image; two dates of a place, the earlier first; a video; a folder or a series of images (a video). Each is
            a path, a numpy array (H, W), (H, W, C) or, for T dates, (T, H, W, C), a Pillow image, an open rasterio dataset or
            MemoryFile, an xarray DataArray with dimensions y and x and perhaps band and time, or the bytes of a file.
        crs: Coordinate reference system of inputs that have none, such as "EPSG:32617"; goes with `transform`.
        transform: `affine.Affine` from pixel (column, row) to coordinates, or its six numbers; or one for each image.
        dates: When the images were taken, one for each: datetime, date or text such as "2018-07-04".
        metres_per_pixel: Ground size of a pixel of the first image, where the inputs have no georeference.
        resize: Bring plain images of different size to one size.
        bands: Numbers of the red, green and blue band, from 1; chosen from the file when None.
        frames: Taken from a video.
        register: Correct a small shift between two dates.
        force: Accept two dates far coarser than the model was trained on.
        video: Take a folder or several images as frames of a video, whatever their names say.

    Returns:
        The scene, with notes on what the user should know.

    Raises:
        InputError: An input is of another type, shape or number type, or cannot be used.
    """
    from chronosight import pipeline
    from chronosight.scenes.inputs import as_files

    with as_files(inputs, crs, transform, dates) as given:
        opening = pipeline.Opening(
            resize, bands, frames, register, force, metres_per_pixel, video, given.names, given.times
        )  # fmt: skip
        return pipeline.open_scene(given.paths, opening)


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
    before: Any,
    after: Any = None,
    *,
    out: Source | None = None,
    zones: Zones = None,
    questions: str | Sequence[str] = (),
    engine: str | Engine = "compact",
    crs: Any = None,
    transform: Any = None,
    dates: Any = None,
    metres_per_pixel: float | None = None,
    resize: bool = False,
    bands: tuple[int, int, int] | None = None,
    register: bool = True,
    force: bool = False,
    cell_m: float = 500.0,
    min_area: float = 0.0,
    min_confidence: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> Description:
    """Describes what changed between two dates of a place, in words and on a map. Pairs of any size.

    Args:
        before: The earlier image: whatever `open` takes. A scene of two dates that `open` gave, or an array (2, H, W, C), is
            both dates.
        after: The later image.
        out: Folder for the report: maps, objects, page and description.json; None writes nothing.
        zones: GeoJSON or GeoPackage of named polygons: counts and areas for each.
        questions: Extra questions to answer, one or several.
        engine: Name of an engine, or one that `load` gave.
        crs: Coordinate reference system of inputs that have none; see `open`.
        transform: From pixels to coordinates; see `open`.
        dates: When the two images were taken; see `open`.
        metres_per_pixel: Ground size of a pixel, where the inputs have no georeference; areas are then square metres.
        resize: Bring plain images of different size to one size.
        bands: Numbers of the red, green and blue band, from 1; chosen from the file when None.
        register: Correct a small shift between the dates.
        force: Accept imagery far coarser than the model was trained on.
        cell_m: Of a scene too large for memory, the side of a cell of its table in metres.
        min_area: Leave out changed objects smaller than this, in square metres.
        min_confidence: Leave out changed objects less probable than this, 0 to 1.
        progress: Called with (tiles done, tiles in all).

    Returns:
        Words (`caption`, `changed`, `classes`), `objects`, maps (`evidence`), `zones`, `answers` and `files`.

    Raises:
        InputError: The inputs, the zones or the folder cannot be used.
    """
    from pathlib import Path

    from chronosight import pipeline
    from chronosight.display.description import ReportFolder, shown_description
    from chronosight.engines.generalise import ObjectLimits
    from chronosight.scenes.inputs import as_files
    from chronosight.scenes.scene import Scene

    limits = ObjectLimits(min_area, min_confidence) or None
    questions = _questions(questions) if questions else []
    if isinstance(before, Scene):
        opening = pipeline.Opening(resize, bands, register=register, force=force, metres_per_pixel=metres_per_pixel)
        _check_open(opening, (after, crs, transform, dates))
        found = pipeline.describe_scene(before, _made(engine), out, zones, questions, progress, limits)
        return shown_description(found)
    with as_files([before] if after is None else [before, after], crs, transform, dates) as given:
        if len(given.paths) != 2:
            count = len(given.paths)
            given_here = f"{count} image{'s were' if count != 1 else ' was'} given"
            raise InputError(f"{given_here}, expected two dates of a place: give the earlier and the later one")
        opening = pipeline.Opening(
            resize, bands, register=register, force=force, metres_per_pixel=metres_per_pixel, names=given.names,
            times=given.times,
        )  # fmt: skip
        folder = ReportFolder(None if out is None else Path(out))
        found = pipeline.describe(
            *given.paths, lambda: _made(engine), out, zones, questions, opening, cell_m, progress, limits=limits,
            whole_scene_folder=folder.path,
        )  # fmt: skip
        return shown_description(found, folder if found.is_whole_scene else None)


@overload
def ask(
    inputs: Any, question: str, *, zones: Zones = ..., at: tuple[float, float] | None = ...,
    within: Source | None = ..., engine: str | Engine = ..., crs: Any = ..., transform: Any = ..., dates: Any = ...,
    metres_per_pixel: float | None = ...,
    resize: bool = ..., bands: tuple[int, int, int] | None = ..., frames: int = ..., register: bool = ..., force: bool = ...,
    video: bool = ..., min_area: float = ..., min_confidence: float = ..., progress: Callable[[int, int], None] | None = ...,
) -> Answer: ...  # fmt: skip
@overload
def ask(
    inputs: Any, question: list[str] | tuple[str, ...], *, zones: Zones = ..., at: tuple[float, float] | None = ...,
    within: Source | None = ..., engine: str | Engine = ..., crs: Any = ..., transform: Any = ..., dates: Any = ...,
    metres_per_pixel: float | None = ...,
    resize: bool = ..., bands: tuple[int, int, int] | None = ..., frames: int = ..., register: bool = ..., force: bool = ...,
    video: bool = ..., min_area: float = ..., min_confidence: float = ..., progress: Callable[[int, int], None] | None = ...,
) -> list[Answer]: ...  # fmt: skip
def ask(
    inputs: Any,
    question: str | list[str] | tuple[str, ...],
    *,
    zones: Zones = None,
    at: tuple[float, float] | None = None,
    within: Source | None = None,
    engine: str | Engine = "compact",
    crs: Any = None,
    transform: Any = None,
    dates: Any = None,
    metres_per_pixel: float | None = None,
    resize: bool = False,
    bands: tuple[int, int, int] | None = None,
    frames: int = 8,
    register: bool = True,
    force: bool = False,
    video: bool = False,
    min_area: float = 0.0,
    min_confidence: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> Answer | list[Answer]:
    """Answers one question or several about imagery of any size, or about what `describe` found.

    Args:
        inputs: One image, two dates of a place or a video, each as `open` takes it, several in a list; a scene that `open`
            gave; a description; or the folder of one.
        question: In free wording; or several, for which the images are opened once.
        zones: GeoJSON or GeoPackage of named polygons that the question may name; of two dates.
        at: Ask of one place in two dates: (longitude, latitude).
        within: Ask of one place in two dates: GeoJSON file of one polygon.
        engine: Name of an engine, or one that `load` gave.
        crs: Coordinate reference system of inputs that have none; see `open`.
        transform: From pixels to coordinates; see `open`.
        dates: When the images were taken; see `open`.
        metres_per_pixel: Ground size of a pixel, where the inputs have no georeference; areas are then square metres.
        resize: Bring plain images of different size to one size.
        bands: Numbers of the red, green and blue band, from 1; chosen from the file when None.
        frames: Taken from a video.
        register: Correct a small shift between the dates.
        force: Accept imagery far coarser than the model was trained on.
        video: Take a folder or several images as frames of a video, whatever their names say.
        min_area: Of two dates: leave out changed objects smaller than this, in square metres.
        min_confidence: Of two dates: leave out changed objects less probable than this, 0 to 1.
        progress: Called with (tiles done, tiles in all).

    Returns:
        The answer, or a list with one a question. Its task is "open" and its value None where it cannot be answered.

    Raises:
        InputError: The inputs, the question or the place cannot be used.
    """
    from chronosight import pipeline
    from chronosight.display.answer import shown_answer
    from chronosight.engines.generalise import ObjectLimits
    from chronosight.results.description import Description as PlainDescription
    from chronosight.scenes.inputs import as_files
    from chronosight.scenes.scene import Scene

    questions = _questions(question)
    limits = ObjectLimits(min_area, min_confidence) or None
    options = pipeline.Opening(resize, bands, frames, register, force, metres_per_pixel, video)
    scene: Scene | None = None
    if isinstance(inputs, PlainDescription):
        _check_open(options, (at, within, crs, transform, dates))
        found = pipeline.ask_description(inputs, questions, pipeline.read_zones(zones), limits)
    elif isinstance(inputs, Scene):
        _check_open(options, (at, within, crs, transform, dates))
        scene = inputs
        found = pipeline.ask_scene(scene, questions, _made(engine), pipeline.read_zones(zones), progress, limits)
    else:
        several = isinstance(inputs, Sequence) and not isinstance(inputs, (str, bytes, bytearray, memoryview))
        with as_files(list(inputs) if several else [inputs], crs, transform, dates) as given:
            opening = replace(options, names=given.names, times=given.times)
            answered = pipeline.ask(
                given.paths, questions, lambda: _made(engine), zones, at, within, opening, progress, limits=limits
            )
            found, scene = answered.answers, answered.scene
    answers = [shown_answer(answer, scene, asked) for asked, answer in zip(questions, found, strict=True)]
    return answers[0] if isinstance(question, str) else answers


def _questions(question: Any) -> list[str]:
    """One question or several, as a list."""
    if isinstance(question, str):
        return [question]
    if not isinstance(question, (list, tuple)) or not question or not all(isinstance(one, str) for one in question):
        raise InputError(f"the question is {question!r:.60}, expected a text, or a list of texts")
    return list(question)


def _check_open(options: Opening, given: tuple[Any, ...]) -> None:
    """Refuses what would open images differently where they are open already."""
    from chronosight.pipeline import Opening

    if options != Opening() or any(value is not None for value in given):
        raise InputError("the scene is open already: give crs, transform, dates, bands and the like to chronosight.open")


def _made(engine: str | Engine) -> Engine:
    """The engine; those that are named are loaded once a thread."""
    if not isinstance(engine, str):
        return engine
    kept: dict[str, Engine] = _loaded.__dict__.setdefault("engines", {})
    if engine not in kept:
        kept[engine] = load(engine)
    return kept[engine]


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
