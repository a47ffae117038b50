"""What can be asked of a pair beside what the model answers: its objects by zone and area, and one place in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.engines.compact.engine import CompactEngine
    from chronosight.engines.compact.guide import Progress
    from chronosight.reports.findings import Findings
    from chronosight.reports.zones import Zone
    from chronosight.results.answer import Answer
    from chronosight.scenes.image import ImageFile
    from chronosight.scenes.large.pair import LazyPair
    from chronosight.scenes.scene import Scene

Point = tuple[float, float]


def parse_point(text: str) -> Point:
    """ "11.5,48.1" -> (11.5, 48.1). Raises InputError for anything but a longitude and a latitude."""
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError:
        lon, lat = float("nan"), float("nan")
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise InputError(f'--at is "{text}", expected longitude,latitude in degrees, such as 11.5,48.1')
    return lon, lat


def open_zones(path: Path | None) -> list[Zone] | None:
    from chronosight.reports.zones_file import read_zones

    return None if path is None else read_zones(path)


def check_zones(zones: Sequence[Zone] | None, image: ImageFile) -> None:
    """Raises InputError, before any long work, where no zone reaches into the picture."""
    from shapely import Polygon

    from chronosight.reports.findings import scene_corners
    from chronosight.reports.zones import cover
    from chronosight.results.description import placeholder_scene

    if zones is not None:
        corners = scene_corners(
            placeholder_scene(image.width, image.height, sources=(image.name,), georeference=image.georeference)
        )
        cover(zones, None if corners is None else Polygon(corners))


def answer_pair(
    engine: CompactEngine, scene: Scene, question: str, zones: Sequence[Zone] | None, progress: Progress | None = None
) -> Answer:
    """The model's answer; read off the objects where only they can tell: areas, lengths, zones, the largest."""
    from chronosight.reports.findings import findings_of_pair
    from chronosight.reports.scene_answers import answer_scene
    from chronosight.results.doubts import doubted
    from chronosight.tasks.scene_questions import needs_objects

    if not needs_objects(question, [zone.name for zone in zones or ()]):
        return engine.ask(scene, question, progress)
    description = engine.describe(scene, progress)
    return doubted(answer_scene(findings_of_pair(scene, description).with_zones(zones), question), scene)


def answer_all(findings: Findings, questions: Sequence[str]) -> list[tuple[str, Answer]]:
    from chronosight.reports.scene_answers import answer_scene

    return [(question, answer_scene(findings, question)) for question in questions]


def answer_place(
    engine: CompactEngine,
    headers: tuple[ImageFile, ImageFile],
    question: str,
    at: Point | None,
    within: Path | None,
    force: bool = False,
    moved: tuple[float, float] | None = None,
    register: bool = True,
) -> Answer:
    """The model's answer for the window around a point, or over the one polygon of a GeoJSON file.

    moved: how far the later date is read further right and down, where that is known; else it is estimated.
    """
    from chronosight.scenes.large.pair import open_pair
    from chronosight.scenes.large.place import place_scene, window_at, window_over
    from chronosight.scenes.large.shift import register as register_pair

    side = int(engine.bundle.config["pair_size"])
    corners = _corners(within) if within is not None else []
    known, overview = float(engine.bundle.config["metres_per_pixel"]), register and moved is None
    with open_pair(*headers, known, force, overview) as pair:
        window = window_at(pair.grid, *at, side) if at is not None else window_over(pair.grid, corners, side)
        if moved is not None:
            pair.moved = moved
        elif register:
            register_pair(pair)
        scene = place_scene(pair, window)
        warnings = tuple(pair.warnings)
    if not scene.valid.any():
        raise InputError("one of the dates has no data at that place; choose another")
    answer = engine.ask(scene, question)
    where = f"asked of {window[2]} x {window[3]} pixels " + (f"around {at[0]:g},{at[1]:g}" if at else "over the polygon")
    return replace(answer, notes=(*answer.notes, where, *warnings))


def caption_places(
    engine: CompactEngine, pair: LazyPair, windows: Sequence[tuple[int, int, int, int]]
) -> list[tuple[Scene, Answer]]:
    """Every window as a scene of its own, and what the model says of it."""
    from chronosight.scenes.large.place import place_scene
    from chronosight.tasks import caption

    told = []
    for window in windows:
        scene = place_scene(pair, window)
        told.append((scene, engine.answer(scene, caption.ask("pair"))))
    return told


def _corners(path: Path) -> list[Point]:
    import shapely

    from chronosight.reports.zones_file import read_zones

    zones = read_zones(path)
    if len(zones) != 1:
        raise InputError(f"{path.name} holds {len(zones)} polygons, expected one: use --zones for several districts")
    return [(float(x), float(y)) for x, y in shapely.get_coordinates(zones[0].shape)]
