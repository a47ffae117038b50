"""From pixels of a scene to the ground: longitude and latitude, and the ground that a pixel covers."""

from __future__ import annotations

import numpy as np

from chronosight.scenes.scene import Scene

# WGS 84 ellipsoid: equatorial radius in metres, first eccentricity squared.
EQUATORIAL_RADIUS = 6378137.0
ECCENTRICITY_2 = 0.0066943799901413165


def to_lonlat(scene: Scene, points: np.ndarray) -> np.ndarray | None:
    """Longitude and latitude of points of a scene.

    Args:
        scene: The scene; only its georeference is used.
        points: (n, 2) pixels, x right and y down.

    Returns:
        (n, 2) degrees on WGS 84, longitude first; None where the scene has no place on the Earth (no georeference, or one
        that is only local).
    """
    if scene.georeference is None:
        return None
    if len(points) == 0:  # whether there is a place must not depend on how many points are asked for
        return None if to_lonlat(scene, np.zeros((1, 2))) is None else np.empty((0, 2))
    from chronosight.scenes import ground

    place = scene.georeference
    a, b, c, d, e, f = tuple(place.transform)[:6]
    x, y = points[:, 0], points[:, 1]
    lonlat = ground.to_lonlat(place.crs, a * x + b * y + c, d * x + e * y + f)
    return None if lonlat is None else lonlat.T


def scene_corners(scene: Scene) -> np.ndarray | None:
    """Longitude and latitude of the corners.

    Args:
        scene: The scene.

    Returns:
        (4, 2) degrees, from the upper left clockwise; None without a place on the Earth.
    """
    return to_lonlat(scene, np.array([[0, 0], [scene.width, 0], [scene.width, scene.height], [0, scene.height]], float))


def pixel_vectors(scene: Scene, points: np.ndarray) -> np.ndarray | None:
    """Steps of one pixel on the ground, taken on the ellipsoid at each point.

    So scenes in degrees or in Web Mercator, whose grid metres are not ground metres, come out right as well.

    Args:
        scene: The scene.
        points: (n, 2) pixels.

    Returns:
        (n, 2, 2) metres east and north of a step to the right (first row) and down (second row). Without a place on the
        Earth: squares of `metres_per_pixel`, or None where that is unknown too.
    """
    vectors = None
    if scene.georeference is not None:
        from chronosight.scenes import ground

        vectors = ground.pixel_vectors(scene.georeference, points[:, 0].tolist(), points[:, 1].tolist())
    if vectors is None and scene.metres_per_pixel is not None:
        side = scene.metres_per_pixel
        vectors = np.broadcast_to(np.diag([side, -side]), (len(points), 2, 2))
    return vectors


def pixel_areas(scene: Scene, points: np.ndarray) -> np.ndarray | None:
    """Ground under a pixel at points of a scene.

    Args:
        scene: The scene.
        points: (n, 2) x and y in pixels.

    Returns:
        (n,) square metres; None where the ground size is unknown.
    """
    vectors = pixel_vectors(scene, points)
    return None if vectors is None else np.abs(np.linalg.det(vectors))


def to_pixels(scene: Scene, lonlat: np.ndarray) -> np.ndarray | None:
    """Pixels of points in longitude and latitude.

    Args:
        scene: The scene.
        lonlat: (n, 2) degrees.

    Returns:
        (n, 2) x right and y down; None without a place on the Earth.
    """
    if scene.georeference is None or to_lonlat(scene, np.empty((0, 2))) is None:
        return None
    if len(lonlat) == 0:
        return np.empty((0, 2))
    from chronosight.scenes import ground

    xs, ys = ground.from_lonlat(scene.georeference.crs, lonlat[:, 0], lonlat[:, 1])
    a, b, c, d, e, f = tuple(~scene.georeference.transform)[:6]
    return np.stack([a * xs + b * ys + c, d * xs + e * ys + f], axis=1)
