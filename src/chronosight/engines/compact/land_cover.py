"""From the land-cover maps of both dates to land-cover change: objects with a class before and a class after.

What counts as a change:

- Bare ground and low vegetation are one group, since a field is bare in one season and green in another; built-up and paved
  ground are another, since the guide distinguishes buildings from roads. Ground that stays within its group has not changed.
- The classes of both dates are known; or one is, and the likeliest class of the other date, of another group, is at least as
  likely as all others together. Where most of an object is known at one date only, its class at the other date is "unknown".
- Where both dates show the same group, ground is named from a lower confidence on (`LandCover.named`): that says what has not
  changed, never what has. Where the likeliest classes differ without being known, ground may have changed (`perhaps_changed`).
- A pixel follows the majority around it, and what is narrower than `NARROW` is left out: dates that do not quite lie on each
  other leave slivers along every border. Objects smaller than `SMALLEST` are left out too.
- Pixels of changed buildings and roads are never land-cover objects; each such object gets the ground it stands on instead
  (`object_grounds.py`). Outside of them the guide saw no building come or go, so ground that seems to be built-up at one date
  only has changed, but the class is "unknown".
- Shadow and dark asphalt resemble water: water smaller than `SMALLEST_WATER` gets an unknown class. Objects with an
  unknown class are reported from `SMALLEST_UNKNOWN` on.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import ceil

import numpy as np
from scipy import ndimage

from chronosight.engines.compact.object_grounds import MOST_OF, SMALLEST, likeliest_class, object_grounds
from chronosight.engines.outlines import outline_in_scene, place_objects
from chronosight.results.changed_object import Tally
from chronosight.results.codes import NO_DATA, UNCHANGED
from chronosight.results.evidence import Evidence
from chronosight.results.land_cover import GROUPS, LEVELS, N_GROUPS, LandCover
from chronosight.results.land_cover_change import (
    BUILT_UP,
    CLASSES,
    NOT_KNOWN,
    UNKNOWN,
    WATER,
    CoverObject,
    Flows,
    LandCoverChange,
    Pair,
    code_of,
)
from chronosight.scenes.lonlat import scene_corners
from chronosight.scenes.scene import Scene
from chronosight.tasks.cells import cell_at
from chronosight.tasks.land_cover import LAND_COVER_CLASSES
from chronosight.tasks.objects import MaskObject, MaskPiece, find_pieces

Window = tuple[slice, slice]  # rows and columns
NARROW = 4.0  # metres: what is narrower is no object
SMALLEST_UNKNOWN = 300.0  # square metres; this and SMALLEST_WATER were chosen on pairs of France (docs/experiments.md)
SMALLEST_WATER = 1000.0
BLOCK = 64  # pixels a side of the squares that are passed over where nothing changed, as in most of them
EVEN = 0.5  # of the confidence of a class that is not known, from which on another group is taken for likelier
LEAST = 0.77  # confidence of an object that is reported; chosen on the pairs abroad, where less confident ones were mostly wrong


def land_cover_change(cover: LandCover, evidence: Evidence, scene: Scene, metres: float) -> LandCoverChange:
    """Finds the land-cover change of a pair in memory.

    Args:
        cover: The land cover of both dates, on the scene's grid.
        evidence: The changed buildings and roads, as they are reported.
        scene: The pair.
        metres: Ground size of a pixel, or the best guess at it: it sets what is too narrow and too small.

    Returns:
        The change, its map included.
    """
    changed = change_map(cover, evidence.mask > 0, metres)
    perhaps = perhaps_changed(cover, evidence.mask > 0, metres) & scene.valid
    named, classes = cover.named & scene.valid, cover.classes
    both = named.all(axis=0)
    objects, codes = [], np.where(both, np.uint8(UNCHANGED), np.uint8(NOT_KNOWN))
    for found, window, inside in reported_objects(changed, cover, metres, scene):
        objects.append(found)
        codes[window][inside] = code_of(found.key)
    codes[~scene.valid] = NO_DATA
    metric = scene_corners(scene) is not None or scene.metres_per_pixel is not None
    pixel_area = scene.metres_per_pixel**2 if scene.metres_per_pixel else 1.0
    counts = [np.bincount(classes[date][named[date]], minlength=len(LAND_COVER_CLASSES)).tolist() for date in (0, 1)]
    totals = {
        name: (pixel_area * before, pixel_area * after)
        for name, before, after in zip(LAND_COVER_CLASSES, *counts, strict=False)
        if before or after
    }
    return LandCoverChange(
        place_objects(scene, sorted(objects, key=lambda one: -one.area_px)),
        object_grounds(cover, evidence),
        float(both.sum() / max(1, scene.valid.sum())),
        metric,
        totals,
        rows=lambda top, bottom: codes[top:bottom],
        dates=lambda top, bottom: date_classes(cover.part(cover.packed[:, top:bottom]), scene.valid[top:bottom]),
        perhaps=flows_of(count_pairs(classes, perhaps), pixel_area, metres),
    )


def date_classes(cover: LandCover, valid: np.ndarray) -> np.ndarray:
    """The land cover of both dates as it is written: what is not known is "unknown".

    Args:
        cover: The land cover.
        valid: (h, w) bool, where both dates have data.

    Returns:
        (2, h, w) uint8, index of `CLASSES`; 255 without data.
    """
    classes = np.where(cover.named, cover.classes, CLASSES.index(UNKNOWN)).astype(np.uint8)
    classes[:, ~valid] = NO_DATA
    return classes


def smallest_area(metres: float) -> float:
    """The area of the smallest object that is reported.

    Args:
        metres: Ground size of a pixel.

    Returns:
        Square pixels.
    """
    return SMALLEST / metres**2


def radius_of(metres: float) -> int:
    """Half the side of the square that an object must be able to hold.

    Args:
        metres: Ground size of a pixel.

    Returns:
        Pixels.
    """
    return max(1, round(NARROW / metres / 2))


def margin_of(metres: float) -> int:
    """Radius around a pixel that `change_map` takes into account.

    Args:
        metres: Ground size of a pixel.

    Returns:
        Pixels.
    """
    return 2 * (2 * radius_of(metres) + 1)


def change_map(cover: LandCover, blocked: np.ndarray, metres: float) -> np.ndarray:
    """Where the land cover changed from one group to another, without slivers.

    Args:
        cover: The land cover of both dates.
        blocked: (H, W) bool, changed buildings and roads.
        metres: Ground size of a pixel.

    Returns:
        (H, W) uint8: 0, or 1 + `N_GROUPS` * group before + group after.
    """
    known, even = cover.known, (cover.packed & LEVELS) >= ceil(EVEN * LEVELS)
    certain = (known[0] & even[1]) | (known[1] & even[0])
    found = _wide_enough(_groups_apart(cover, certain & ~blocked), metres)
    found[blocked] = 0
    return found


def perhaps_changed(cover: LandCover, blocked: np.ndarray, metres: float) -> np.ndarray:
    """Where the likeliest classes of both dates are of different groups although they are not known, without slivers.

    Args:
        cover: The land cover of both dates.
        blocked: (H, W) bool, changed buildings and roads.
        metres: Ground size of a pixel.

    Returns:
        (H, W) bool.
    """
    even = ((cover.packed & LEVELS) >= ceil(EVEN * LEVELS)).all(axis=0)
    return _wide_enough(_groups_apart(cover, even & ~cover.named.all(axis=0) & ~blocked), metres) > 0


def count_pairs(classes: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Counts pixels by class before and class after.

    Args:
        classes: (2, H, W), index in `LAND_COVER_CLASSES`.
        inside: (H, W) bool, which pixels are counted.

    Returns:
        (6, 6) numbers of pixels.
    """
    size = len(LAND_COVER_CLASSES)
    before, after = classes[:, inside].astype(int)
    return np.bincount(size * before + after, minlength=size**2).reshape(size, size)


def flows_of(counts: np.ndarray, pixel_area: float, metres: float) -> Flows:
    """Ground that perhaps changed, by class before and class after, where it is not too little to be reported.

    Args:
        counts: Of `count_pairs`.
        pixel_area: Of one pixel, in the unit of the areas.
        metres: Ground size of a pixel.

    Returns:
        Areas.
    """
    names, enough = LAND_COVER_CLASSES, counts >= smallest_area(metres)
    return {(names[a], names[b]): Tally(0, pixel_area * int(counts[a, b])) for a, b in np.argwhere(enough).tolist()}


def _groups_apart(cover: LandCover, where: np.ndarray) -> np.ndarray:
    """(H, W) uint8: 1 + `N_GROUPS` * group before + group after where they differ, of the pixels given; else 0."""
    before, after = GROUPS[cover.classes]
    differs = (before != after) & (before < N_GROUPS) & (after < N_GROUPS) & where
    return np.where(differs, 1 + N_GROUPS * before + after, 0).astype(np.uint8)


def _wide_enough(codes: np.ndarray, metres: float) -> np.ndarray:
    """Codes of groups that follow the majority around each pixel, without slivers."""
    found = np.zeros_like(codes)
    radius, margin = radius_of(metres), margin_of(metres)
    for top, left in product(range(0, codes.shape[0], BLOCK), range(0, codes.shape[1], BLOCK)):
        above, before_it = min(top, margin), min(left, margin)
        around = codes[top - above : top + BLOCK + margin, left - before_it : left + BLOCK + margin]
        block = found[top : top + BLOCK, left : left + BLOCK]
        counts = np.bincount(around.ravel())
        for code in range(1, len(counts)):
            if 2 * counts[code] > (2 * radius + 1) ** 2:  # fewer are nowhere a majority; most blocks have none
                inside = without_slivers(around == code, radius)
                block[inside[above : above + BLOCK, before_it : before_it + BLOCK]] = code
    return found


def without_slivers(mask: np.ndarray, radius: int) -> np.ndarray:
    """A mask that follows the majority around each pixel, without what is not wide enough to hold a square.

    Args:
        mask: (H, W) bool.
        radius: Half the side of the square, in pixels.

    Returns:
        (H, W) bool; the square has a side of 2 * radius + 1.
    """
    side = 2 * radius + 1
    share = ndimage.uniform_filter(mask.astype(np.float32), side, mode="nearest")
    majority = share > 0.5
    opened = ndimage.minimum_filter(majority, side, mode="nearest")
    opened = ndimage.maximum_filter(opened, 2 * side - 1, mode="nearest")  # grown again, and a little on, for round corners
    wide: np.ndarray = opened & majority
    return wide


def reported_objects(
    changed: np.ndarray, cover: LandCover, metres: float, scene: Scene
) -> Iterator[tuple[CoverObject, Window, np.ndarray]]:
    """The objects of a pair in memory.

    Args:
        changed: Of `change_map`.
        cover: The land cover of both dates.
        metres: Ground size of a pixel.
        scene: The pair.

    Yields:
        Each object that is reported, without its place on the ground; the window of its pixels, and (h, w) bool which of that
        window they are. Kind by kind, each from the bottom up.
    """
    for code in (int(code) for code in np.flatnonzero(np.bincount(changed.ravel())) if code):  # a few of the 16, as a rule
        found = []
        for rows, columns in windows_apart(changed == code):
            corner, window = (columns.start, rows.start), cover.part(cover.packed[:, rows, columns])
            for one, item in objects_in(changed[rows, columns] == code, corner, code, window, metres, scene):
                top, left = rows.start + item.window[0].start, columns.start + item.window[1].start
                high, wide = item.inside.shape
                first = top, left + int(item.inside[0].argmax())
                found.append((first, one, np.s_[top : top + high, left : left + wide], item.inside))
        for _, one, place, inside in sorted(found, key=lambda entry: entry[0], reverse=True):
            yield one, place, inside


def windows_apart(mask: np.ndarray) -> list[Window]:
    """Windows of a mask that hold all of it and share no object: most of it is empty, and finding objects there takes time.

    Args:
        mask: (H, W) bool.

    Returns:
        The windows, with a distance between any two.
    """
    high, wide = mask.shape
    padded = np.pad(mask, ((0, -high % BLOCK), (0, -wide % BLOCK)))
    blocks = np.asarray(padded.reshape(padded.shape[0] // BLOCK, BLOCK, -1, BLOCK).any(axis=(1, 3)))
    found: list[Window] = []
    while True:
        regions = ndimage.find_objects(ndimage.label(blocks, np.ones((3, 3)))[0])
        if regions == found:
            break
        found = regions
        for region in found:  # filled up to their boxes, which may make several one
            blocks[region] = True
    return [
        np.s_[BLOCK * rows.start : min(high, BLOCK * rows.stop), BLOCK * columns.start : min(wide, BLOCK * columns.stop)]
        for rows, columns in found
    ]


def objects_in(
    inside: np.ndarray, corner: tuple[int, int], code: int, cover: LandCover, metres: float, scene: Scene
) -> Iterator[tuple[CoverObject, MaskObject]]:
    """The objects of one kind in a window of a scene.

    Args:
        inside: (h, w) bool, the pixels of that kind.
        corner: Column and row of the window's upper left pixel.
        code: The kind, as in `change_map`.
        cover: The land cover of both dates in the window.
        metres: Ground size of a pixel.
        scene: The whole scene.

    Yields:
        Each object that is reported, in pixels of the scene but without its place on the ground; and its pixels in the window.
    """
    smallest = smallest_area(metres)
    for piece in find_pieces(inside, smallest):
        key, confidence = read_classes(piece, code, cover, metres)
        if not is_reported(key, confidence, float(piece.inside.sum()), metres):
            continue  # before it is measured: most pieces end here
        item = piece.measured(inside.shape[1], inside.shape[0], smallest)
        if item is None:
            continue
        ring, holes = outline_in_scene(item)
        cell = cell_at(item.centroid[0] + corner[0], item.centroid[1] + corner[1], scene.width, scene.height)
        yield CoverObject(
            *key, outline=ring + corner, area_px=float(item.inside.sum()), cell=cell, confidence=confidence,
            holes=tuple(hole + corner for hole in holes),
        ), item  # fmt: skip


def is_reported(key: Pair, confidence: float, area: float, metres: float) -> bool:
    """Whether an object is confident and large enough to be reported.

    Args:
        key: Its class before and its class after.
        confidence: In [0, 1].
        area: In pixels.
        metres: Ground size of a pixel.

    Returns:
        True where it is.
    """
    smallest = SMALLEST_UNKNOWN if UNKNOWN in key else SMALLEST
    return confidence >= LEAST and area * metres**2 >= smallest


def read_classes(item: MaskPiece, code: int, cover: LandCover, metres: float) -> tuple[Pair, float]:
    """Reads the classes and the confidence of one object.

    Args:
        item: Its pixels, within the window of the land cover.
        code: Its groups, as in `change_map`.
        cover: The land cover of both dates.
        metres: Ground size of a pixel.

    Returns:
        Its class before and its class after, and the confidence in [0, 1].
    """
    packed = cover.packed[:, *item.window][:, item.inside]
    own = cover.part(packed[:, None])
    classes, confidence, known = own.classes[:, 0], own.confidence[:, 0], own.known[:, 0]
    groups = divmod(code - 1, N_GROUPS)
    names, right = [], np.ones(packed.shape[1], np.float32)
    doubtful = (BUILT_UP, *([WATER] if packed.shape[1] * metres**2 < SMALLEST_WATER else []))
    for date, group in enumerate(groups):
        in_group = GROUPS[classes[date]] == group
        right *= confidence[date] * in_group
        name = likeliest_class(classes[date][in_group], confidence[date][in_group])
        known_enough = (in_group & known[date]).mean() >= MOST_OF
        names.append(name if known_enough and name not in doubtful else UNKNOWN)
    return (names[0], names[1]), float(right.mean())
