"""From components of the mask to objects: the label rule of small pairs, applied to each component by itself.

A component that lies in a hole of another of its class belongs to that one, as the rule has it. Only components whose
box is larger than GIANT pixels (a road network over many kilometres) are taken whole: their outline is joined from
pieces, neighbours are not taken apart in them and what lies in their holes stays by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from rasterio.features import shapes
from scipy import ndimage
from shapely.strtree import STRtree

from chronosight.engines.compact.large.pieces import Piece, box, components, paste
from chronosight.engines.compact.large.store import CLASS, Store
from chronosight.engines.outlines import SMALLEST_HOLE, outline, simplified
from chronosight.tasks.objects import find_objects
from chronosight.tasks.split import split_by_cores

BAND = 512  # rows looked through at once
GIANT = 16_000_000  # pixels of a component's box


@dataclass
class Component:
    """A component of the mask on its way to a `ChangedObject`, in pixels of the scene.

    Attributes:
        class_index: index into the classes.
        outline: outer ring.
        holes: rings of its holes.
        area: in pixels.
        sums: of probability and of `appeared`, in [0, area] each.
        centroid: of the polygon of the label rule, which decides its cell.
        pieces: its pixels.
        first: row and column of its first pixel.
        hollow: the pixels of its holes, to find what lies in them.
    """

    class_index: int
    outline: np.ndarray
    holes: tuple[np.ndarray, ...]
    area: int
    sums: tuple[float, float]
    centroid: tuple[float, float]
    pieces: list[Piece]
    first: tuple[int, int]
    hollow: Piece | None = None

    @property
    def confidence(self) -> float:
        """Mean probability of change, in [0, 1]."""
        return self.sums[0] / self.area

    @property
    def appeared(self) -> bool:
        """Whether most of it is new rather than gone."""
        return self.sums[1] / self.area >= 0.5


def find(store: Store, class_index: int, min_area: float, split: bool) -> list[Component]:
    """Finds the objects of one class, from the bottom up, as the label rule (arXiv 2509.23105) orders them.

    Args:
        store: Results of the whole scene.
        class_index: Index of the class.
        min_area: Smallest area in pixels.
        split: Whether neighbours are separated by their cores.

    Returns:
        The objects, in pixels of the whole scene.
    """
    found: list[Component] = []
    for pieces in components(_bands(store, class_index), smallest=max(0.5, min_area)):
        top, left, bottom, right = box(pieces)
        if (bottom - top) * (right - left) > GIANT:
            found.append(_giant(store, class_index, pieces))
            continue
        maps = store.read(top, bottom, left, right)
        inside = pieces[0].inside if len(pieces) == 1 else paste(pieces, top, left, bottom, right)
        if split:
            inside = split_by_cores(inside, maps.core & inside)
        probability, appeared = maps.probability / np.float32(65535), maps.appeared / np.float32(255)
        for item in find_objects(inside, min_area):
            rows, columns = item.window
            own = item.inside
            ring, holes = outline(own)
            corner = np.array([left + columns.start, top + rows.start])
            first = np.unravel_index(int(own.argmax()), own.shape)
            hollow = ndimage.binary_fill_holes(own) & ~own if holes else None
            found.append(
                Component(
                    class_index,
                    ring + corner,
                    tuple(hole + corner for hole in holes),
                    int(own.sum()),
                    (float(probability[item.window][own].sum()), float(appeared[item.window][own].sum())),
                    (item.centroid[0] + left, item.centroid[1] + top),
                    [Piece.of(own, int(corner[1]), int(corner[0]))],
                    (int(corner[1] + first[0]), int(corner[0] + first[1])),
                    None if hollow is None else Piece.of(hollow, int(corner[1]), int(corner[0])),
                )
            )
    return sorted(_swallow(found), key=lambda one: one.first, reverse=True)


def _bands(store: Store, class_index: int) -> Iterator[tuple[int, np.ndarray]]:
    for top in range(0, store.height, BAND):
        yield top, store.read(top, min(top + BAND, store.height)).packed & CLASS == class_index


def _giant(store: Store, class_index: int, pieces: list[Piece]) -> Component:
    polygons, area, sums = [], 0, [0.0, 0.0]
    for one in pieces:
        inside = one.inside
        maps = store.read(one.top, one.top + one.height, one.left, one.left + one.width)
        area += int(inside.sum())
        sums[0] += float(maps.probability[inside].sum(dtype=np.float64)) / 65535
        sums[1] += float(maps.appeared[inside].sum(dtype=np.float64)) / 255
        for geometry, value in shapes(inside.astype(np.uint8), connectivity=4):
            if value == 1:
                rings = [np.asarray(ring) + np.array([one.left, one.top]) for ring in geometry["coordinates"]]
                polygons.append(shapely.Polygon(rings[0], rings[1:]))
    union = shapely.union_all(polygons)
    largest = max(getattr(union, "geoms", [union]), key=lambda one: one.area)
    holes = [hole for hole in largest.interiors if shapely.Polygon(hole).area >= SMALLEST_HOLE]
    ring, inner = simplified(shapely.Polygon(largest.exterior, holes))
    first = min((one.top, one.left + int(one.inside[0].argmax())) for one in pieces)
    return Component(class_index, ring, inner, area, (sums[0], sums[1]), (largest.centroid.x, largest.centroid.y), pieces, first)


def _swallow(found: list[Component]) -> list[Component]:
    """Objects that lie in a hole of another become part of it: of the outermost, where holes are nested."""
    hollow = [one for one in found if one.hollow is not None]
    if not hollow:
        return found
    boxes = shapely.box(*np.array([[*box([one.hollow])] for one in hollow if one.hollow], float).T[[1, 0, 3, 2]])
    tree = STRtree(boxes)
    rows, columns = np.array([one.first for one in found], float).T
    swallowed: dict[int, tuple[int, Component]] = {}
    for index, at in zip(*tree.query(shapely.points(columns + 0.5, rows + 0.5), predicate="intersects"), strict=True):
        inner, outer = found[index], hollow[at]
        piece = outer.hollow
        if inner is outer or piece is None:
            continue
        row, column = inner.first[0] - piece.top, inner.first[1] - piece.left
        bit = row * piece.width + column
        if 0 <= row < piece.height and 0 <= column < piece.width and piece.bits[bit >> 3] >> (7 - (bit & 7)) & 1:
            size = piece.height * piece.width
            if size > swallowed.get(index, (0, outer))[0]:
                swallowed[index] = (size, outer)
    for index, (_, outer) in swallowed.items():
        inner = found[index]
        outer.area += inner.area
        outer.sums = outer.sums[0] + inner.sums[0], outer.sums[1] + inner.sums[1]
        outer.pieces += inner.pieces
    return [one for index, one in enumerate(found) if index not in swallowed]
