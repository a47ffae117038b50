"""A large pair from pixels to a `Survey`: look at all tiles, find the objects, put words and tables to them."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.warp import transform as transform_points

from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.describe import describe_objects
from chronosight.engines.compact.guide import OVERLAP, TILE, Guide
from chronosight.engines.compact.large.cells import cell_table, compared_pixels
from chronosight.engines.compact.large.codes import NO_DATA, write_codes
from chronosight.engines.compact.large.objects import Found, find
from chronosight.engines.compact.large.predict import Progress, Tiling, Timings, predict
from chronosight.engines.compact.large.store import Store
from chronosight.engines.confidence import calibrate
from chronosight.results.changed_object import ChangedObject, Direction
from chronosight.results.description import Evidence, Quicklook, Survey, SurveyObject, placeholder_scene
from chronosight.scenes.grid import Grid
from chronosight.scenes.ground import metres_per_pixel, pixel_vectors
from chronosight.scenes.image import ImageFile
from chronosight.scenes.large.pair import LazyPair
from chronosight.scenes.large.shift import SceneShift
from chronosight.tasks.cells import cell_at

VERSION = 1  # of the maps in the store: another one starts afresh


def open_store(folder: Path, pair: LazyPair, bundle: Bundle) -> Store:
    """The store of this pair in `folder`: what an earlier, killed run of the same files and weights left is kept."""
    files = [_identity(image) for image in pair.headers]
    facts = {"version": VERSION, "files": files, "grid": [pair.grid.crs, *tuple(pair.grid.transform)[:6]],
             "moved": pair.moved, "bands": [image.choice.bands for image in pair.headers],
             "weights": bundle.facts["weights_sha256"], "tile": [TILE, OVERLAP]}  # fmt: skip
    key = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return Store(folder, pair.grid.width, pair.grid.height, key)


def make_survey(
    pair: LazyPair, shift: SceneShift | None, bundle: Bundle, store: Store, cell_m: float,
    progress: Progress | None = None, timings: Timings | None = None,
) -> Survey:  # fmt: skip
    """Everything about the pair but files. shift: what registration found. cell_m: side of the table's cells in metres.

    Fills the store (its maps, and `codes.u8` beside them, see `codes`) and leaves it there for the writers of rasters.
    Raises InputError where a file turns out to be damaged.
    """
    timings = timings or Timings()
    guide = Guide(bundle)
    predict(pair, guide, store, progress, timings)
    classes, grid = guide.classes, pair.grid
    metres = metres_per_pixel(grid.georeference, grid.width, grid.height)
    min_area = bundle.calibration("mask").get("min_area", 0.0)
    if metres:
        min_area *= (guide.metres_per_pixel / metres) ** 2
    found: list[Found] = []
    for index, name in enumerate(classes[1:], start=1):
        found += find(store, index, min_area, split=name == "building")
    write_codes(store, found)
    objects = _objects(found, classes, grid)
    nothing = np.broadcast_to(np.float32(0), (grid.height, grid.width))
    shapes = tuple(item.shape for item in objects)
    evidence = Evidence(classes, np.broadcast_to(np.uint8(0), nothing.shape), nothing, nothing, shapes)
    changed = calibrate(store.changed, bundle.calibration("guide"))
    description = describe_objects(evidence, changed, dict(bundle.facts))
    compared, sides = compared_pixels(store, grid, cell_m)
    cells = cell_table(grid, compared, sides, objects)
    timings.spent("objects")
    earlier, later = pair.headers
    scene = placeholder_scene(
        grid.width,
        grid.height,
        sources=(str(earlier.path), str(later.path)),
        georeference=grid.georeference,
        metres_per_pixel=metres,
        times=(earlier.time, later.time) if earlier.time or later.time else (),
        shift=None if shift is None else shift.pixels,
        notes=[*pair.warnings, *pair.notes],
    )
    facts: dict[str, Any] = {
        "tile": TILE,
        "overlap": OVERLAP,
        "cell_m": cell_m,
        "shift_m": None if shift is None else shift.facts(),
        "warnings": list(pair.warnings),
        "compared_share": round(float(compared.sum()) / (grid.width * grid.height), 6),
        "compared_m2": round(sum(cell.compared_m2 for cell in cells), 1),
        "changed_m2": round(sum(item.area_m2 for item in objects), 1),
        "mean_probability": _mean_probability(store),
        "input_sha256": [_identity(image)["head_sha256"] for image in pair.headers],
        "pixel_size_m": None if metres is None else round(metres, 4),
        "source_pixel_size_m": [_size(source) for source in pair.sources],
        "trained_pixel_size_m": guide.metres_per_pixel,
    }
    scale = pair.overview.shape[2] / grid.width, pair.overview.shape[1] / grid.height
    quicklook = Quicklook(pair.overview[0], pair.overview[1], pair.overview_valid, scale)
    return Survey(scene, description, objects, cells, quicklook, facts)


def _objects(found: list[Found], classes: tuple[str, ...], grid: Grid) -> tuple[SurveyObject, ...]:
    if not found:
        return ()
    tiling = Tiling(grid.width, grid.height)
    places = [grid.transform * one.centroid for one in found]
    lons, lats = transform_points(grid.crs, "EPSG:4326", *zip(*places, strict=True))
    centres = [one.centroid for one in found]
    vectors = pixel_vectors(grid, *zip(*centres, strict=True))
    if vectors is None:
        vectors = np.broadcast_to(np.eye(2), (len(found), 2, 2))
    areas = np.abs(np.linalg.det(vectors)) * [one.area for one in found]
    objects = []
    for index, (one, lon, lat) in enumerate(zip(found, lons, lats, strict=True)):
        direction: Direction = "appeared" if one.appeared else "vanished"
        name, (x, y) = classes[one.class_index], one.centroid
        cell = cell_at(x, y, grid.width, grid.height)
        shape = ChangedObject(name, direction, one.polygon, float(one.area), cell, one.confidence)
        area, where = float(areas[index]), (float(lon), float(lat))
        length = road_length(one.polygon @ vectors[index], one.holes, area) if name == "road" else None
        objects.append(SurveyObject(index + 1, shape, one.holes, tiling.tile_at(x, y), area, length, (x, y), where))
    return tuple(objects)


def road_length(ring: np.ndarray, holes: tuple[np.ndarray, ...], area: float) -> float:
    """Length in metres of a road of that outer ring (n, 2) in metres and area: the long side of the rectangle with the
    same perimeter and area. Branches count with it; a loop's inner edge is as long as its outer one, so it counts too."""
    perimeter = float(np.linalg.norm(np.diff(ring, axis=0), axis=1).sum())
    if holes:  # a closed loop: two edges, no ends
        return max(perimeter / 2, area / max(1.0, area / perimeter))
    inner = perimeter * perimeter - 16 * area
    return (perimeter + math.sqrt(inner)) / 4 if inner > 0 else math.sqrt(area)


def _identity(image: ImageFile) -> dict[str, Any]:
    """What tells one file from another without reading all of it: size, time of change, and its first megabyte."""
    stat = image.path.stat()
    with image.path.open("rb") as file:
        head = hashlib.sha256(file.read(1 << 20)).hexdigest()
    return {"path": str(image.path), "bytes": stat.st_size, "changed": stat.st_mtime_ns, "head_sha256": head}


def _size(source: Grid) -> float | None:
    size = metres_per_pixel(source.georeference, source.width, source.height)
    return None if size is None else round(size, 4)


def percent_rows(store: Store) -> Callable[[int, int], np.ndarray]:
    """(top, bottom) -> rows of the probability of change in percent, uint8, 255 where a date has no data."""

    def rows(top: int, bottom: int) -> np.ndarray:
        maps = store.read(top, bottom)
        percent = np.rint(maps.probability * np.float32(100 / 65535)).astype(np.uint8)
        percent[~maps.valid] = NO_DATA
        return percent

    return rows


def _mean_probability(store: Store) -> float:
    """Over pixels with data at both dates."""
    total, count = 0, 0
    for top in range(0, store.height, 512):
        maps = store.read(top, min(top + 512, store.height))  # 0 where there is no data
        total, count = total + int(maps.probability.sum(dtype=np.uint64)), count + int(np.count_nonzero(maps.valid))
    return round(total / 65535 / count, 6) if count else 0.0
