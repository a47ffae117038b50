"""A pair too large for memory: tiles on disk, then objects, zones, answers and the report."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chronosight.errors import InputError
from chronosight.pipeline.opening import CELL_M, USUAL, Opening, Say, report_notes
from chronosight.pipeline.output import write
from chronosight.pipeline.zones import with_zones

if TYPE_CHECKING:
    from chronosight.engines.compact.engine import CompactEngine
    from chronosight.engines.compact.large.predict import Timings
    from chronosight.engines.engine import Progress
    from chronosight.engines.generalise import ObjectLimits
    from chronosight.reports.page.content import PagePlace
    from chronosight.results.description import Description
    from chronosight.results.zones import Zone
    from chronosight.scenes.image import ImageFile
    from chronosight.scenes.scene import Scene

WORK = ".chronosight-work"  # inside the results' folder: what a killed run left, taken away when all is written


def describe_whole_scene(
    headers: tuple[ImageFile, ImageFile],
    engine: CompactEngine,
    folder: Path | None,
    zones: Sequence[Zone] | None = None,
    questions: Sequence[str] = (),
    cell_m: float = CELL_M,
    opening: Opening = USUAL,
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
        with open_pair(*headers, trained_size(engine, headers), opening.force) as pair:
            timings.spent("opening")
            shift = register_pair(pair) if opening.register else None
            timings.spent("registering")
            store = open_store(work / "maps", pair, engine.bundle, engine.maps_land_cover)
            described = describe_tiles(pair, shift, engine.bundle, store, cell_m, progress, timings, limits)
        if any(opening.names):
            described = replace(described, scene=_named(described.scene, opening.names))
        predicted = True
        described = with_zones(described, zones)
        summary = change_summary(described)
        known = described.changed, described.classes
        answers = tuple((question, answer_description(summary, question, *known)) for question in questions)
        described = replace(described, answers=answers)
        if folder is not None:
            described = write(described, folder, _places(described, engine, headers, opening))
        timings.spent("files")
    except InputError:
        kept = predicted  # the rasters are good, only the results could not be written
        raise
    except (KeyboardInterrupt, OSError):
        kept = True
        if folder is not None:
            report_notes(say, [f"stopped; the same command goes on where it was (work so far: {work})"])
        raise
    finally:
        if folder is None or not kept:
            shutil.rmtree(work, ignore_errors=True)
            remove_empty(missing)
    return described


def _named(scene: Scene, names: Sequence[str]) -> Scene:
    """The scene with names instead of paths, where its files are temporary."""
    return replace(scene, sources=tuple(name or source for name, source in zip(names, scene.sources, strict=True)))


def trained_size(engine: CompactEngine, headers: tuple[ImageFile, ImageFile]) -> float:
    """Ground size that the guide for a pair was trained at.

    Args:
        engine: Engine whose guide compares the dates.
        headers: The earlier and the later date.

    Returns:
        Metres per pixel.
    """
    from chronosight.engines.compact.guide import suited_guide
    from chronosight.scenes.large.pair import coarser_size

    return suited_guide(engine.bundle, coarser_size(*headers)).metres_per_pixel


def _places(
    description: Description, engine: CompactEngine, headers: tuple[ImageFile, ImageFile], opening: Opening
) -> list[PagePlace]:
    """The most changed places of a whole scene, captioned by the model, with an image of each date."""
    from chronosight.reports.page.places import draw_place
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
    with open_pair(*headers, trained_size(engine, headers), opening.force, overview=False) as pair:
        shift = description.scene.shift
        if shift is not None and shift.corrected:
            pair.moved = (shift.dx, shift.dy)
        for place in places:
            scene = place_scene(pair, place.window)
            answer = engine.answer(scene, caption.ask("pair"))
            shown.append(draw_place(replace(place, caption=answer), scene, summary))
    return shown
