"""Longitude and latitude onto a plane on which areas are true: the cylindrical equal-area projection of WGS 84.

Source: J. P. Snyder, Map Projections: A Working Manual (USGS Professional Paper 1395, 1987), chapter 10, equations 10-13
to 10-15 with the standard parallel at the equator. Shapes are stretched there, areas are not: a polygon's planar area is
its area on the ellipsoid in square metres, so districts and objects of any CRS can be cut and measured alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chronosight.scenes.lonlat import ECCENTRICITY_2, EQUATORIAL_RADIUS

if TYPE_CHECKING:
    from shapely import Geometry

LONGEST_EDGE = 0.02  # degrees: edges are straight in longitude and latitude, so long ones are followed in steps


def to_equal_area(lonlat: np.ndarray) -> np.ndarray:
    """Projects points to an equal-area plane (cylindrical, on the WGS 84 ellipsoid).

    Args:
        lonlat: (n, 2) longitude and latitude in degrees.

    Returns:
        (n, 2) metres.
    """
    e = np.sqrt(ECCENTRICITY_2)
    sine = np.sin(np.radians(lonlat[:, 1]))
    q = (1 - ECCENTRICITY_2) * (sine / (1 - ECCENTRICITY_2 * sine**2) + np.arctanh(e * sine) / e)
    return np.stack([EQUATORIAL_RADIUS * np.radians(lonlat[:, 0]), EQUATORIAL_RADIUS * q / 2], axis=1)


def project(shapes: list[Geometry], longest_edge: float | None = None) -> np.ndarray:
    """Projects shapes to the equal-area plane; those that are not valid there are made so.

    Args:
        shapes: Shapes in longitude and latitude.
        longest_edge: Longest edge in degrees, longer ones are divided; None leaves edges as they are, which is right for shapes
            of a few kilometres.

    Returns:
        An array of the shapes in metres.
    """
    import shapely

    given = np.array(shapes, dtype=object)
    if longest_edge is not None:
        given = shapely.segmentize(given, longest_edge)
    flat: np.ndarray = shapely.transform(given, to_equal_area)
    return np.where(shapely.is_valid(flat), flat, shapely.make_valid(flat)) if len(flat) else flat
