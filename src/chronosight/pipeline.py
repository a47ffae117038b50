"""From files to results, for a pair of any size: what the command line and the Python API both call.

    describe(before, after)   open -> (whole scene: tiles on disk) -> engine -> zones, questions -> report
    ask(files, question)      open -> engine, or the objects of a description or of a result folder
    open_conversation(files)  open -> engine -> many questions

A pair too large for memory is described in tiles, and questions about it are answered from its objects.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.engines.compact.engine import CompactEngine
    from chronosight.engines.compact.large.predict import Timings
    from chronosight.engines.engine import Conversation, Engine, Progress
    from chronosight.engines.generalise import ObjectLimits
    from chronosight.reports.page.content import PagePlace
    from chronosight.results.answer import Answer
    from chronosight.results.description import Description
    from chronosight.results.zones import Zone
    from chronosight.scenes.image import ImageFile
    from chronosight.scenes.scene import Scene

Source: TypeAlias = "str | os.PathLike[str]"
Zones: TypeAlias = "Source | Sequence[Zone] | None"
Point: TypeAlias = tuple[float, float]
Say = Callable[[str], None]  # gets one-line remarks about the input, as they come

WORK = ".chronosight-work"  # inside the results' folder: what a killed run left, taken away when all is written
CELL_M = 500.0  # metres: side of a cell of a whole scene's table
LONGEST_NAME = 255  # bytes of a file name: a longer text is none


@dataclass(frozen=True)
class Opening:
    """How files are opened.

    Attributes:
        resize: bring plain images of different size to one size.
        bands: numbers of the red, green and blue band, from 1; chosen from the file when None.
        frames: taken from a video.
        register: correct a small shift between two dates.
        force: accept imagery far coarser than the model was trained on.
        metres_per_pixel: ground size of a pixel, where the files have no georeference.
    """

    resize: bool = False
    bands: tuple[int, int, int] | None = None
    frames: int = 8
    register: bool = True
    force: bool = False
    metres_per_pixel: float | None = None


def describe(
    before: Source,
    after: Source,
    engine: Engine | Callable[[], Engine],
    out: Source | None = None,
    zones: Zones = None,
    questions: Sequence[str] = (),
    opening: Opening = Opening(),
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
        zones: GeoJSON file of named polygons, or zones: counts and areas for each.
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
    folder, areas = _folder(out), read_zones(zones)
    headers = _whole_scene(before, after, opening)
    with _reserved(folder, (before, after), headers is not None):
        if headers is not None:
            _check_zones(areas, headers[0])
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
        return described if folder is None else _write(described, folder, ())


def ask(
    inputs: Sequence[Source],
    question: str,
    engine: Engine | Callable[[], Engine],
    zones: Zones = None,
    at: Point | None = None,
    within: Source | None = None,
    opening: Opening = Opening(),
    progress: Progress | None = None,
    say: Say | None = None,
    limits: ObjectLimits | None = None,
) -> Answer:
    """Answers a question about one image, two dates of a place, a video, or a folder that `describe` wrote.

    Args:
        inputs: The files, or the folder.
        question: In free wording.
        engine: Answers; or a function that makes it, called where it is needed: a result folder needs none.
        zones: GeoJSON file of named polygons, or zones, that the question may name; of two dates.
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
        _tell(say, described.scene.notes)
        return answer_description(summary_with_zones(described, areas), question)
    scene = open_scene(inputs, opening)
    _tell(say, scene.notes)
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
    inputs: Sequence[Source], engine: Engine, opening: Opening = Opening(), say: Say | None = None
) -> Conversation:
    """Opens files and starts a conversation about them. Raises InputError where they cannot be used."""
    scene = open_scene(inputs, opening)
    _tell(say, scene.notes)
    return engine.chat(scene)


def open_scene(inputs: Sequence[Source], opening: Opening) -> Scene:
    """Opens files as a scene that fits into memory. Raises InputError where they cannot be used."""
    from chronosight.scenes.open import open_scene as open_files

    return open_files(
        *inputs, resize=opening.resize, bands=opening.bands, frames=opening.frames, register=opening.register,
        force=opening.force, metres_per_pixel=opening.metres_per_pixel,
    )  # fmt: skip


def read_zones(zones: Zones) -> list[Zone] | None:
    """Zones as they are, or from a GeoJSON file. Raises InputError where the file cannot be used."""
    if zones is None:
        return None
    if isinstance(zones, (str, os.PathLike)):
        from chronosight.reports.zones_file import read_zones as read

        return read(Path(zones))
    return list(zones)


def with_zones(description: Description, zones: Sequence[Zone] | None) -> Description:
    """The description with its objects counted by zone. Raises InputError where zones and scene do not meet."""
    if zones is None:
        return description
    from chronosight.engines.router import with_zones as summary_with_zones

    return replace(description, zones=summary_with_zones(description, zones).zones)


def describe_whole_scene(
    headers: tuple[ImageFile, ImageFile],
    engine: CompactEngine,
    folder: Path | None,
    zones: Sequence[Zone] | None = None,
    questions: Sequence[str] = (),
    cell_m: float = CELL_M,
    opening: Opening = Opening(),
    progress: Progress | None = None,
    say: Say | None = None,
    timings: Timings | None = None,
    limits: ObjectLimits | None = None,
) -> Description:
    """Describes a pair too large for memory, from headers to files.

    Where a raster cannot be used nothing is left behind; what a kill, Ctrl-C or a folder that cannot be written to leaves
    is taken up by the next run.

    Args:
        headers: Both dates, opened but not read.
        engine: Its guide compares the dates.
        folder: For the report; None writes nothing.
        zones: Counted, where there are some.
        questions: Extra questions to answer from the objects.
        cell_m: Side of a cell of the table in metres.
        opening: Whether to register, and whether to accept coarse imagery.
        progress: Called with (tiles done, tiles in all).
        say: Gets remarks about the work.
        timings: Gets the seconds spent.
        limits: Objects smaller or less probable are left out.

    Raises:
        InputError: A raster or the folder cannot be used.
    """
    from chronosight.engines.compact.large.predict import Timings
    from chronosight.engines.compact.large.whole_scene import describe_whole_scene as describe_tiles
    from chronosight.engines.compact.large.whole_scene import open_store
    from chronosight.engines.router import answer_description
    from chronosight.reports.write import remove_empty
    from chronosight.results.change_summary import change_summary
    from chronosight.scenes.large.pair import open_pair
    from chronosight.scenes.large.shift import register as register_pair

    timings = timings or Timings()
    missing = [place for place in (folder, *folder.parents) if not place.exists()] if folder else []
    work = Path(tempfile.mkdtemp(prefix="chronosight-")) if folder is None else folder / WORK
    predicted, kept = False, False
    try:
        with open_pair(*headers, float(engine.bundle.config["metres_per_pixel"]), opening.force) as pair:
            timings.spent("opening")
            shift = register_pair(pair) if opening.register else None
            timings.spent("registering")
            store = open_store(work / "maps", pair, engine.bundle)
            described = describe_tiles(pair, shift, engine.bundle, store, cell_m, progress, timings, limits)
        predicted = True
        described = with_zones(described, zones)
        summary = change_summary(described)
        answers = tuple((question, answer_description(summary, question)) for question in questions)
        described = replace(described, answers=answers)
        if folder is not None:
            described = _write(described, folder, _places(described, engine, headers, opening))
        timings.spent("files")
    except InputError:
        kept = predicted  # the rasters are good, only the results could not be written
        raise
    except (KeyboardInterrupt, OSError):
        kept = True
        if folder is not None:
            _tell(say, [f"stopped; the same command goes on where it was (work so far: {work})"])
        raise
    finally:
        if folder is None or not kept:
            shutil.rmtree(work, ignore_errors=True)
            remove_empty(missing)
    return described


def _places(
    description: Description, engine: CompactEngine, headers: tuple[ImageFile, ImageFile], opening: Opening
) -> list[PagePlace]:
    """The most changed places of a whole scene, captioned by the model, with an image of each date."""
    from chronosight.reports.page.places import picture_place
    from chronosight.reports.places import most_changed
    from chronosight.results.change_summary import change_summary
    from chronosight.scenes.large.pair import open_pair
    from chronosight.scenes.large.place import place_scene
    from chronosight.tasks import caption

    summary = change_summary(description)
    places = most_changed(summary, int(engine.bundle.config["pair_size"]))
    if not places:
        return []
    shown = []
    with open_pair(*headers, float(engine.bundle.config["metres_per_pixel"]), opening.force, overview=False) as pair:
        shift = description.scene.shift
        if shift is not None and shift.corrected:
            pair.moved = (shift.dx, shift.dy)
        for place in places:
            scene = place_scene(pair, place.window)
            answer = engine.answer(scene, caption.ask("pair"))
            shown.append(picture_place(replace(place, caption=answer), scene, summary))
    return shown


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


def _check_zones(zones: Sequence[Zone] | None, image: ImageFile) -> None:
    """Raises InputError, before any long work, where no zone reaches into the image."""
    if zones is None:
        return
    from shapely import Polygon

    from chronosight.engines.zones import cover
    from chronosight.results.description import placeholder_scene
    from chronosight.scenes.lonlat import scene_corners

    scene = placeholder_scene(image.width, image.height, sources=(image.name,), georeference=image.georeference)
    corners = scene_corners(scene)
    cover(zones, None if corners is None else Polygon(corners))


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


def _write(description: Description, folder: Path, places: Sequence[PagePlace]) -> Description:
    from chronosight.reports.write import write_report

    written = write_report(description, folder, places, description.scene.sources)
    return replace(description, files=tuple(written))


@contextmanager
def _reserved(folder: Path | None, inputs: Sequence[Source], whole_scene: bool) -> Iterator[None]:
    """The output folder kept for this run, before any long work is done."""
    if folder is None:
        yield
        return
    from chronosight.reports.write import output_folder

    with output_folder(folder, [os.fspath(source) for source in inputs], whole_scene):
        yield


def _folder(out: Source | None) -> Path | None:
    if out is None:
        return None
    if not os.fspath(out).strip():
        raise InputError("--out is empty, expected the name of a folder; give one, or leave it out")
    return Path(out)


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


def _tell(say: Say | None, lines: Sequence[str]) -> None:
    if say is not None:
        for line in lines:
            say(line)


def is_file(text: str) -> bool:
    """Whether a text names something on disk; a long question never does."""
    if len(text.encode("utf-8", "surrogatepass")) > LONGEST_NAME and os.sep not in text:
        return False
    with contextlib.suppress(OSError, ValueError):
        return Path(text).exists()
    return False


