"""Land-cover change of a whole scene: the rule of `engines.compact.land_cover` window by window, with results on disk.

The rule reads a few metres around each pixel, so bands of rows with a margin give what the whole would give; only the codes of
one band are in memory. Beside the store's maps lie

    groups.u8       groups before and after where the land cover changed (`change_map`)
    land_cover.u8   the land-cover change map as codes (`results/land_cover_change.py`), written once the objects are known
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from chronosight.engines.compact.land_cover import (
    change_map,
    count_pairs,
    date_classes,
    flows_of,
    margin_of,
    objects_in,
    perhaps_changed,
    smallest_area,
)
from chronosight.engines.compact.large.codes import read_codes
from chronosight.engines.compact.large.pieces import Piece, box, components, paste
from chronosight.engines.compact.large.predict import Tiling
from chronosight.engines.compact.large.store import Store
from chronosight.engines.compact.object_grounds import object_ground
from chronosight.engines.generalise import ObjectLimits, drawn
from chronosight.engines.outlines import place_objects
from chronosight.results.changed_object import ChangedObject
from chronosight.results.codes import NO_DATA
from chronosight.results.land_cover import LandCover, Thresholds
from chronosight.results.land_cover_change import NOT_KNOWN, CoverObject, LandCoverChange, ObjectGround, code_of
from chronosight.scenes.scene import Scene
from chronosight.tasks.land_cover import LAND_COVER_CLASSES

GROUPS_FILE, CODES_FILE = "groups.u8", "land_cover.u8"
BAND = 512  # rows
LARGEST = 64_000_000  # pixels of the box of one piece of changed ground that is read at once: larger ones are cut into bands


def whole_scene_land_cover(
    store: Store, thresholds: Thresholds, scene: Scene, objects: Sequence[ChangedObject], limits: ObjectLimits | None = None
) -> LandCoverChange:
    """Finds the land-cover change of a whole scene.

    Args:
        store: With the land cover of both dates, and the codes of the changed buildings and roads (`codes`).
        thresholds: From which confidence on a class is named.
        scene: What is described.
        objects: The changed buildings and roads that are reported.
        limits: Land-cover objects outside of them are left out.

    Returns:
        The change; its maps are windows on files of the store.
    """
    metres = scene.metres_per_pixel or 1.0
    known, totals, compared, perhaps = _write_groups(store, thresholds, metres)
    found: list[tuple[CoverObject, Piece]] = []
    for code in sorted(_codes_present(store)):
        for pieces in components(_bands(store, code), smallest=smallest_area(metres)):
            found += _objects(store, thresholds, pieces, code, metres, scene)
    found.sort(key=lambda one: -one[0].area_px)
    tile_at = Tiling(store.width, store.height).tile_at
    placed = place_objects(scene, [item for item, _ in found], tile_at)
    every = len(found)
    if limits:
        found = [one for one, item in zip(found, placed, strict=True) if limits.allow(item)]
        placed = place_objects(scene, [item for item, _ in found], tile_at)
    _write_codes(store, thresholds, [(code_of(item.key), piece) for item, piece in found])
    area = scene.metres_per_pixel**2 if scene.metres_per_pixel else 1.0
    return LandCoverChange(
        placed,
        tuple(_ground(store, thresholds, item) for item in objects),
        known / max(1, compared),
        scene.metres_per_pixel is not None or scene.georeference is not None,
        {name: (area * int(before), area * int(after)) for name, (before, after) in totals.items() if before or after},
        rows=lambda top, bottom: _read(store, CODES_FILE, top, bottom),
        dates=lambda top, bottom: date_classes(
            LandCover(store.read_cover(top, bottom), thresholds), store.read(top, bottom).valid
        ),
        left_out=every - len(found),
        perhaps=flows_of(perhaps, area, metres),
    )


def _write_groups(
    store: Store, thresholds: Thresholds, metres: float
) -> tuple[int, dict[str, tuple[int, int]], int, np.ndarray]:
    """Writes where the land cover changed.

    Returns:
        Pixels known at both dates, pixels by class and date, pixels compared, and those that perhaps changed, by classes.
    """
    margin, known, compared = margin_of(metres), 0, 0
    sums = np.zeros((2, len(LAND_COVER_CLASSES)), np.int64)
    perhaps = np.zeros((len(LAND_COVER_CLASSES),) * 2, np.int64)
    with (store.folder / GROUPS_FILE).open("wb") as file:
        for top in range(0, store.height, BAND):
            bottom = min(top + BAND, store.height)
            first, last = max(0, top - margin), min(bottom + margin, store.height)
            cover = LandCover(store.read_cover(first, last), thresholds)
            codes = read_codes(store, first, last)
            blocked = (codes > 0) & (codes != NO_DATA)
            changed, maybe = change_map(cover, blocked, metres), perhaps_changed(cover, blocked, metres)
            changed[top - first : bottom - first].tofile(file)
            inside = cover.part(cover.packed[:, top - first : bottom - first])
            valid, certain, classes = store.read(top, bottom).valid, inside.named, inside.classes
            certain &= valid
            perhaps += count_pairs(classes, maybe[top - first : bottom - first] & valid)
            known, compared = known + int(certain.all(axis=0).sum()), compared + int(valid.sum())
            for date in range(2):
                sums[date] += np.bincount(classes[date][certain[date]], minlength=len(LAND_COVER_CLASSES))
    totals = {name: (int(sums[0, index]), int(sums[1, index])) for index, name in enumerate(LAND_COVER_CLASSES)}
    return known, totals, compared, perhaps


def _read(store: Store, name: str, top: int, bottom: int, left: int = 0, right: int | None = None) -> np.ndarray:
    whole = np.memmap(store.folder / name, np.uint8, "r", shape=(store.height, store.width))
    return np.array(whole[top:bottom, left : store.width if right is None else right])


def _codes_present(store: Store) -> set[int]:
    found: set[int] = set()
    for top in range(0, store.height, BAND):
        found |= set(np.unique(_read(store, GROUPS_FILE, top, min(top + BAND, store.height))).tolist())
    return found - {0}


def _bands(store: Store, code: int) -> Iterator[tuple[int, np.ndarray]]:
    for top in range(0, store.height, BAND):
        yield top, _read(store, GROUPS_FILE, top, min(top + BAND, store.height)) == code


def _objects(
    store: Store, thresholds: Thresholds, pieces: list[Piece], code: int, metres: float, scene: Scene
) -> Iterator[tuple[CoverObject, Piece]]:
    """The objects of one component, with their pixels; a component too large to be read at once is cut between its bands."""
    top, left, bottom, right = box(pieces)
    parts = [pieces] if (bottom - top) * (right - left) <= LARGEST else [[piece] for piece in pieces]
    for part in parts:
        top, left, bottom, right = box(part)
        inside = paste(part, top, left, bottom, right)
        cover = LandCover(store.read_cover(top, bottom, left, right), thresholds)
        for found, item in objects_in(inside, (left, top), code, cover, metres, scene):
            yield found, Piece.of(item.inside, top + item.window[0].start, left + item.window[1].start)


def _write_codes(store: Store, thresholds: Thresholds, pieces: Sequence[tuple[int, Piece]]) -> None:
    path = store.folder / CODES_FILE
    with path.open("wb") as file:
        for top in range(0, store.height, BAND):
            bottom = min(top + BAND, store.height)
            named = LandCover(store.read_cover(top, bottom), thresholds).named.all(axis=0)
            codes = np.where(named, np.uint8(0), np.uint8(NOT_KNOWN))
            np.where(store.read(top, bottom).valid, codes, np.uint8(NO_DATA)).tofile(file)
    if not pieces:
        return
    codes = np.memmap(path, np.uint8, "r+", shape=(store.height, store.width))
    for code, one in pieces:
        window = codes[one.top : one.top + one.height, one.left : one.left + one.width]
        window[one.inside & (window != NO_DATA)] = code


def _ground(store: Store, thresholds: Thresholds, item: ChangedObject) -> ObjectGround:
    """The ground of a changed building or road, read from a window around it."""
    low = np.maximum(np.floor(item.outline.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(item.outline.max(axis=0)).astype(int), (store.width, store.height))
    date = 0 if item.direction == "appeared" else 1
    window = int(low[1]), int(high[1]), int(low[0]), int(high[0])
    cover, changed = store.read_cover(*window)[date : date + 1], read_codes(store, *window)
    inside = drawn(item.outline - low, changed.shape) & (changed > 0) & (changed != NO_DATA)
    return object_ground(item, LandCover(cover, thresholds), inside)
