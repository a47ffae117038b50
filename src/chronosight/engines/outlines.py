"""From the pixels of an object to its outline, and from there to its place and size on the ground."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from chronosight.engines.rings import area_within, largest_part
from chronosight.results.changed_object import ChangedObject
from chronosight.results.land_cover_change import CoverObject
from chronosight.scenes.lonlat import pixel_vectors, to_lonlat
from chronosight.scenes.scene import Scene

if TYPE_CHECKING:
    from shapely import Geometry, Polygon

    from chronosight.tasks.objects import MaskObject

Outlined = TypeVar("Outlined", ChangedObject, CoverObject)

OUTLINE_TOLERANCE = 1.0  # pixels: removes the staircase of slanted walls, keeps corners
SMALLEST_HOLE = 16  # pixels


def outline(inside: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """The outline of one object along pixel corners, simplified by at most `OUTLINE_TOLERANCE`.

    Not the label rule's own polygon, which runs through pixel centres and has eight corners at most: too coarse for a map.

    Args:
        inside: (h, w) bool, the pixels of the object.

    Returns:
        Its outer ring (n, 2), closed, x right and y down; and rings of its holes of `SMALLEST_HOLE` pixels or more.
    """
    import shapely

    outer, holes = largest_part(inside)
    return simplified(shapely.Polygon(outer, [hole for hole in holes if area_within(hole) >= SMALLEST_HOLE]))


def outline_in_scene(item: MaskObject) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """The outline of an object of a mask (`outline`), in pixels of the whole mask.

    Args:
        item: The object.

    Returns:
        Its outer ring and its holes.
    """
    ring, holes = outline(item.inside)
    corner = np.array([item.window[1].start, item.window[0].start])
    return ring + corner, tuple(hole + corner for hole in holes)


def simplified(polygon: Polygon) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Simplifies a polygon.

    Args:
        polygon: The polygon, in pixels.

    Returns:
        Its outer ring (n, 2), closed, and its holes.
    """
    import shapely

    simple = polygon.simplify(OUTLINE_TOLERANCE, preserve_topology=True)
    if not isinstance(simple, shapely.Polygon) or simple.area <= 0 or not simple.is_valid:
        simple = polygon
    return shapely.get_coordinates(simple.exterior), tuple(shapely.get_coordinates(ring) for ring in simple.interiors)


def place_objects(
    scene: Scene, objects: Sequence[Outlined], tile_at: Callable[[float, float], str] | None = None
) -> tuple[Outlined, ...]:
    """Numbers objects and puts them on the ground.

    Args:
        scene: What they were found in; its georeference and ground size are used.
        objects: Changed objects, or land-cover objects, with outline, holes, area in pixels, cell and confidence.
        tile_at: Names the tile that holds a point (x, y).

    Returns:
        The objects with number, centroid and, where they are known, area in square metres, length of roads, longitude and
        latitude.
    """
    if not objects:
        return ()
    centroids = np.array([ring_centroid(item.outline) for item in objects])
    vectors = pixel_vectors(scene, centroids)
    areas = None if vectors is None else np.abs(np.linalg.det(vectors)) * [item.area_px for item in objects]
    lonlat = to_lonlat(scene, centroids)
    shapes = lonlat_shapes(scene, objects)
    placed = []
    for index, item in enumerate(objects):
        x, y = float(centroids[index, 0]), float(centroids[index, 1])
        road: dict[str, Any] = {}
        if isinstance(item, ChangedObject):
            length = None
            if item.class_name == "road" and vectors is not None and areas is not None:
                length = road_length(item.outline @ vectors[index], item.holes, float(areas[index]))
            road = {"length_m": length}
        placed.append(
            replace(
                item,
                number=index + 1,
                centroid=(x, y),
                area_m2=None if areas is None else float(areas[index]),
                lonlat=None if lonlat is None else (float(lonlat[index, 0]), float(lonlat[index, 1])),
                shape=shapes[index],
                tile=None if tile_at is None else tile_at(x, y),
                **road,
            )
        )
    return tuple(placed)


def lonlat_shapes(scene: Scene, objects: Sequence[ChangedObject | CoverObject]) -> list[Any]:
    """Outlines in longitude and latitude, holes left out, cut at the 180th meridian (RFC 7946, 3.1.9).

    Args:
        scene: What the objects were found in.
        objects: With outlines in its pixels.

    Returns:
        A (multi)polygon each; None for all where the scene has no place on the Earth.
    """
    rings = [[item.outline, *item.holes] for item in objects]
    flat = [ring for group in rings for ring in group]
    lonlat = to_lonlat(scene, np.concatenate(flat)) if flat else None
    if lonlat is None:
        return [None] * len(rings)
    parts = iter(np.split(lonlat, np.cumsum([len(ring) for ring in flat])[:-1]))
    return [_on_earth([next(parts) for _ in group]) for group in rings]


def _on_earth(rings: list[np.ndarray]) -> Geometry:
    """One object's rings in longitude and latitude, the outer first, as a polygon, in two where it must be cut."""
    import shapely

    if np.ptp(rings[0][:, 0]) <= 180:
        return shapely.Polygon(rings[0], rings[1:])
    east = [np.where(ring[:, :1] < 0, ring + np.array([360.0, 0.0]), ring) for ring in rings]
    whole = shapely.Polygon(east[0], east[1:]).buffer(0)
    polygons = []
    for left, move in ((0, 0.0), (180, 360.0)):
        cut = shapely.intersection(whole, shapely.box(left, -90, left + 180, 90))
        for one in getattr(cut, "geoms", [cut]):
            if one.geom_type == "Polygon" and not one.is_empty:
                polygons.append(shapely.transform(one, lambda xy, move=move: xy - [move, 0.0]))
    return shapely.MultiPolygon(polygons)


def ring_centroid(ring: np.ndarray) -> np.ndarray:
    """Centroid of a ring; the mean of its corners when it encloses nothing.

    Args:
        ring: (n, 2), closed.

    Returns:
        (2,) x and y.
    """
    centred = ring - ring[0]
    x0, y0, x1, y1 = centred[:-1, 0], centred[:-1, 1], centred[1:, 0], centred[1:, 1]
    cross = x0 * y1 - x1 * y0
    if abs(cross.sum()) < 1e-12:
        middle: np.ndarray = ring[:-1].mean(axis=0)
        return middle
    centre: np.ndarray = ring[0] + np.array([((x0 + x1) * cross).sum(), ((y0 + y1) * cross).sum()]) / (3 * cross.sum())
    return centre


def road_length(ring: np.ndarray, holes: Sequence[np.ndarray], area: float) -> float:
    """Length in metres of a road: the long side of the rectangle with the same perimeter and area.

    Branches count with it; a loop's inner edge is as long as its outer one, so it counts too.

    Args:
        ring: (n, 2) its outer ring in metres, closed.
        holes: Its holes, if any.
        area: In square metres.
    """
    perimeter = float(np.linalg.norm(np.diff(ring, axis=0), axis=1).sum())
    if holes:  # a closed loop: two edges, no ends
        return max(perimeter / 2, area / max(1.0, area / perimeter))
    inner = perimeter * perimeter - 16 * area
    return (perimeter + math.sqrt(inner)) / 4 if inner > 0 else math.sqrt(area)
