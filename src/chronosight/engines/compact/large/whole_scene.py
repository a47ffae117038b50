"""A large pair from pixels to a description: compare all tiles, find the objects, put words and tables to them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.describe import describe_objects
from chronosight.engines.compact.guide import OVERLAP, TILE, suited_guide
from chronosight.engines.compact.large.cells import cell_table, compared_pixels
from chronosight.engines.compact.large.codes import read_codes, write_codes
from chronosight.engines.compact.large.land_cover import whole_scene_land_cover
from chronosight.engines.compact.large.objects import Component, find
from chronosight.engines.compact.large.predict import Progress, Tiling, Timings, predict
from chronosight.engines.compact.large.store import Store
from chronosight.engines.confidence import calibrate
from chronosight.engines.generalise import ObjectLimits, generalise
from chronosight.engines.land_cover_caption import with_land_cover_caption
from chronosight.engines.limited import left_out_of
from chronosight.engines.outlines import place_objects
from chronosight.results.changed_object import ChangedObject, Direction
from chronosight.results.codes import NO_DATA
from chronosight.results.description import Description, Quicklook, placeholder_scene
from chronosight.results.doubts import doubted_description
from chronosight.results.evidence import MapsOnDisk
from chronosight.scenes.grid import Grid
from chronosight.scenes.ground import metres_per_pixel
from chronosight.scenes.image import ImageFile
from chronosight.scenes.large.pair import LazyPair, coarser_size
from chronosight.scenes.large.shift import SceneShift
from chronosight.scenes.remote import head_of, is_remote, mark_of
from chronosight.scenes.scene import Scene
from chronosight.tasks.caption import BELOW_LIMITS
from chronosight.tasks.cells import cell_at

VERSION = 1  # of the maps in the store: another one starts afresh


def open_store(folder: Path, pair: LazyPair, bundle: Bundle, cover: bool = False) -> Store:
    """Opens the store of a pair; what an earlier, killed run of the same files and weights left is kept.

    Args:
        folder: Folder of the store.
        pair: The pair, its pixels on disk.
        bundle: The weights.
        cover: Whether it takes the land cover too; it does not where these weights do not map it.

    Returns:
        The store.
    """
    files = [_identity(image) for image in pair.headers]
    facts = {"version": VERSION, "files": files, "grid": [pair.grid.crs, *tuple(pair.grid.transform)[:6]],
             "moved": pair.moved, "bands": [image.choice.bands for image in pair.headers],
             "weights": bundle.facts["weights_sha256"], "tile": [TILE, OVERLAP]}  # fmt: skip
    key = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    metres = coarser_size(*pair.headers)
    cover = cover and suited_guide(bundle, metres).maps_cover(metres)
    return Store(folder, pair.grid.width, pair.grid.height, key, cover)


def describe_whole_scene(
    pair: LazyPair, shift: SceneShift | None, bundle: Bundle, store: Store, cell_m: float,
    progress: Progress | None = None, timings: Timings | None = None, limits: ObjectLimits | None = None,
) -> Description:  # fmt: skip
    """Describes a pair too large for memory.

    Fills the store (its maps, and `codes.u8` beside them, see `codes`) and leaves it there: the description's maps are
    windows on it.

    Args:
        pair: The open files.
        shift: What registration found.
        bundle: The weights.
        store: Of `open_store`.
        cell_m: Side of the table's cells in metres.
        progress: Called with (tiles done, tiles in all).
        timings: Gets the seconds spent.
        limits: Objects outside of them are left out.

    Raises:
        InputError: A file turns out to be damaged.
    """
    timings = timings or Timings()
    guide = suited_guide(bundle, coarser_size(*pair.headers))
    predict(pair, guide, store, progress, timings)
    classes, grid = guide.classes, pair.grid
    scene = _scene(pair, shift)
    min_area = guide.min_area(scene.metres_per_pixel)
    found: list[Component] = []
    for index, name in enumerate(classes[1:], start=1):
        found += find(store, index, min_area, split=name == "building")
    outlined = [_changed_object(one, classes, scene) for one in found]
    reported = generalise(outlined, scene.width, scene.height, scene.metres_per_pixel or 1.0, bundle.smallest_reported)
    tiling = Tiling(grid.width, grid.height)
    objects = place_objects(scene, [item for item, _ in reported], tiling.tile_at)
    every = objects
    if limits:
        reported = [one for one, item in zip(reported, objects, strict=True) if limits.allow(item)]
        objects = place_objects(scene, [item for item, _ in reported], tiling.tile_at)
    kept = {id(one) for _, members in reported for one in members}
    write_codes(store, [one for one, item in zip(found, outlined, strict=True) if id(item) in kept])
    maps = MapsOnDisk(classes, objects, lambda top, bottom: read_codes(store, top, bottom), percent_rows(store))
    changed = calibrate(store.changed, guide.calibration("guide"))
    described = replace(describe_objects(maps, changed, guide.facts, scene), left_out=left_out_of(every, objects))
    if described.left_out and not objects:
        described = replace(described, caption=replace(described.caption, text=BELOW_LIMITS, value=None, confident=False))
    if store.cover:
        described = replace(described, land_cover=whole_scene_land_cover(store, guide.cover_thresholds, scene, objects, limits))
    compared, sides = compared_pixels(store, grid, cell_m)
    cells = cell_table(scene, compared, sides, objects)
    timings.spent("objects")
    metres = scene.metres_per_pixel
    facts: dict[str, Any] = {
        "tile": max(tiling.tile),
        "overlap": OVERLAP,
        "cell_m": cell_m,
        "shift_m": None if shift is None else shift.facts(),
        "warnings": [*pair.doubts, *pair.warnings],
        "compared_share": round(float(compared.sum()) / (grid.width * grid.height), 6),
        "compared_m2": round(sum(cell.compared_m2 for cell in cells), 1),
        "changed_m2": round(sum(item.area for item in objects), 1),
        "mean_probability": _mean_probability(store),
        "input_sha256": [_identity(image)["head_sha256"] for image in pair.headers],
        "pixel_size_m": None if metres is None else round(metres, 4),
        "source_pixel_size_m": [_size(source) for source in pair.sources],
        "trained_pixel_size_m": guide.metres_per_pixel,
    }
    scale = pair.overview.shape[2] / grid.width, pair.overview.shape[1] / grid.height
    quicklook = Quicklook(pair.overview[0], pair.overview[1], pair.overview_valid, scale)
    described = with_land_cover_caption(replace(described, grid=cells, quicklook=quicklook, facts=facts))
    return doubted_description(described)


def _scene(pair: LazyPair, shift: SceneShift | None) -> Scene:
    grid, (earlier, later) = pair.grid, pair.headers
    return placeholder_scene(
        grid.width,
        grid.height,
        sources=(str(earlier.path), str(later.path)),
        georeference=grid.georeference,
        metres_per_pixel=metres_per_pixel(grid.georeference, grid.width, grid.height),
        times=(earlier.time, later.time) if earlier.time or later.time else (),
        shift=None if shift is None else shift.pixels,
        notes=[*pair.doubts, *pair.warnings, *pair.notes],
        doubts=tuple(pair.doubts),
    )


def _changed_object(one: Component, classes: tuple[str, ...], scene: Scene) -> ChangedObject:
    direction: Direction = "appeared" if one.appeared else "vanished"
    cell = cell_at(*one.centroid, scene.width, scene.height)
    name, area = classes[one.class_index], float(one.area)
    return ChangedObject(
        name, direction, outline=one.outline, area_px=area, cell=cell, confidence=one.confidence, holes=one.holes
    )


def _identity(image: ImageFile) -> dict[str, Any]:
    """What identifies a file without reading all of it: size, time of change, and its first megabyte."""
    if is_remote(image.path):
        head = hashlib.sha256(head_of(image.path)).hexdigest()
        return {"path": str(image.path), "version": mark_of(image.path), "head_sha256": head}
    stat = image.path.stat()
    with image.path.open("rb") as file:
        head = hashlib.sha256(file.read(1 << 20)).hexdigest()
    return {"path": str(image.path), "bytes": stat.st_size, "changed": stat.st_mtime_ns, "head_sha256": head}


def _size(source: Grid) -> float | None:
    size = metres_per_pixel(source.georeference, source.width, source.height)
    return None if size is None else round(size, 4)


def percent_rows(store: Store) -> Callable[[int, int], np.ndarray]:
    """A function that reads rows of the probability of change.

    Args:
        store: Results of the whole scene.

    Returns:
        (top, bottom) -> (bottom - top, width) uint8 in percent, 255 where a date has no data.
    """

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
