"""From pixels of a scene to the ground: longitude and latitude, and areas in square metres."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chronosight.results.changed_object import ChangedObject
from chronosight.scenes.scene import Scene

# WGS 84 ellipsoid: equatorial radius in metres, first eccentricity squared.
EQUATORIAL_RADIUS = 6378137.0
ECCENTRICITY_2 = 0.0066943799901413165
STEP = 4.0  # pixels to each side over which the ground size of a pixel is taken: long enough for its rounding errors


def to_lonlat(scene: Scene, points: np.ndarray) -> np.ndarray | None:
    """Longitude and latitude on WGS 84 in degrees, (n, 2), of points in pixels (x right, y down), (n, 2).

    None where the scene has no place on the Earth: no georeference, or one that is only local.
    """
    if scene.georeference is None:
        return None
    if len(points) == 0:  # whether there is a place must not depend on how many points are asked for
        return None if to_lonlat(scene, np.zeros((1, 2))) is None else np.empty((0, 2))
    from rasterio.crs import CRS
    from rasterio.warp import transform

    crs = CRS.from_user_input(scene.georeference.crs)
    if not (crs.is_geographic or crs.is_projected):  # a site's own grid, for example
        return None
    a, b, c, d, e, f = tuple(scene.georeference.transform)[:6]
    xs, ys = a * points[:, 0] + b * points[:, 1] + c, d * points[:, 0] + e * points[:, 1] + f
    lonlat = np.array(transform(crs, "EPSG:4326", xs, ys)).T
    return lonlat if np.isfinite(lonlat).all() else None


def centroid(polygon: np.ndarray) -> np.ndarray:
    """Centre of gravity, (2,), of a closed ring (n, 2); the mean of its corners when it encloses nothing."""
    ring = polygon - polygon[0]
    x0, y0, x1, y1 = ring[:-1, 0], ring[:-1, 1], ring[1:, 0], ring[1:, 1]
    cross = x0 * y1 - x1 * y0
    if abs(cross.sum()) < 1e-12:
        return polygon[:-1].mean(axis=0)
    return polygon[0] + np.array([((x0 + x1) * cross).sum(), ((y0 + y1) * cross).sum()]) / (3 * cross.sum())


def signed_area(ring: np.ndarray) -> float:
    """Area of a closed ring (n, 2), positive when it runs counter-clockwise with y pointing up."""
    x, y = (ring - ring[0]).T
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)


def areas_m2(scene: Scene, objects: Sequence[ChangedObject]) -> list[float] | None:
    """Ground area of every object in square metres; None when the size of a pixel is not known.

    With a georeference the size of a pixel is taken on the ellipsoid at the object itself, so that scenes in degrees or
    in Web Mercator, whose grid metres are not ground metres, come out right as well.
    """
    if not objects:
        return []
    centres = np.array([centroid(item.polygon) for item in objects])
    sizes = _pixel_areas(scene, centres)
    if sizes is None:
        if scene.metres_per_pixel is None:
            return None
        sizes = np.full(len(objects), scene.metres_per_pixel**2)
    return [float(item.area * size) for item, size in zip(objects, sizes, strict=True)]


def _pixel_areas(scene: Scene, points: np.ndarray) -> np.ndarray | None:
    """Ground area of a pixel at each point, (n,) in square metres."""
    steps = np.array([[-STEP, 0], [STEP, 0], [0, -STEP], [0, STEP]])
    lonlat = to_lonlat(scene, (points[None] + steps[:, None]).reshape(-1, 2))
    if lonlat is None:
        return None
    west, east, north, south = np.radians(lonlat).reshape(4, -1, 2)
    along_x, along_y = (east - west) / (2 * STEP), (south - north) / (2 * STEP)  # radians per pixel
    latitude = (north[:, 1] + south[:, 1]) / 2
    bend = 1 - ECCENTRICITY_2 * np.sin(latitude) ** 2
    metres_lon = EQUATORIAL_RADIUS / np.sqrt(bend) * np.cos(latitude)  # per radian
    metres_lat = EQUATORIAL_RADIUS * (1 - ECCENTRICITY_2) / bend**1.5
    determinant = along_x[:, 0] * along_y[:, 1] - along_x[:, 1] * along_y[:, 0]
    return np.abs(determinant) * metres_lon * metres_lat
