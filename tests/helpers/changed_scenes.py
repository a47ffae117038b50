"""Lists of changed objects without any picture: rectangles on a north-up scene in degrees."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely

from chronosight.engines.zones import count_zones
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.changed_object import ChangedObject
from chronosight.results.zones import Zone
from chronosight.tasks.cells import cell_at

SIDE, STEP = 300, 1e-5  # pixels, degrees a pixel
WEST, NORTH = 11.0, 48.0
CORNERS = np.array([[0, 0], [SIDE, 0], [SIDE, SIDE], [0, SIDE]], float)


def lonlat(points: np.ndarray) -> np.ndarray:
    return np.array([WEST, NORTH]) + points * [STEP, -STEP]


def one(number: int, class_name: str, direction: str, x: float, y: float, w: float, h: float, confidence=0.9) -> ChangedObject:
    """A rectangle; its area in square metres is its size in pixels."""
    ring = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]], float)
    middle = (x + w / 2, y + h / 2)
    lon, lat = lonlat(np.array(middle))
    return ChangedObject(
        class_name, direction, outline=ring, area_px=float(w * h), cell=cell_at(*middle, SIDE, SIDE),  # type: ignore[arg-type]
        confidence=confidence, number=number, centroid=middle,
        area_m2=float(w * h), lonlat=(lon, lat), shape=shapely.Polygon(lonlat(ring)),
        length_m=float(max(w, h)) if class_name == "road" else None,
    )  # fmt: skip


def summary(
    objects: Sequence[ChangedObject], corners: np.ndarray | None = CORNERS, metric=True, changed=0.95,
    zones: list[Zone] | None = None,
) -> ChangeSummary:  # fmt: skip
    """Of these objects, counted by zones where there are some."""
    found = ChangeSummary(tuple(objects), SIDE, SIDE, metric, changed, None if corners is None else lonlat(corners))
    return found if zones is None else replace(found, zones=count_zones(found.objects, zones, found.footprint))


def town() -> list[ChangedObject]:
    """Three new buildings in the north-west, one in the south-east; one lost in the center; a new road in the south."""
    return [
        one(1, "building", "appeared", 10, 10, 10, 12),
        one(2, "building", "appeared", 40, 20, 8, 8),
        one(3, "building", "appeared", 70, 60, 20, 10),
        one(4, "building", "appeared", 250, 260, 9, 9),
        one(5, "building", "vanished", 140, 150, 10, 10),
        one(6, "road", "appeared", 20, 280, 200, 6),
    ]


def square(west: float, south: float, east: float, north: float) -> dict:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def pixels(left: float, top: float, right: float, bottom: float) -> dict:
    """The polygon over a box of pixels."""
    (west, north), (east, south) = lonlat(np.array([[left, top], [right, bottom]]))
    return square(west, south, east, north)


def collection(**zones: dict) -> dict:
    features = [{"type": "Feature", "properties": {"name": name}, "geometry": shape} for name, shape in zones.items()]
    return {"type": "FeatureCollection", "features": features}


def zones_of(**shapes: dict) -> list[Zone]:
    return [Zone(name, shapely.geometry.shape(shape)) for name, shape in shapes.items()]
