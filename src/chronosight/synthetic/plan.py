"""The plan of a place: everything on the ground in metres, with the dates at which it is there. No pixels."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

Point = tuple[float, float]
Colour = tuple[float, float, float]  # red, green, blue in [0, 1]
When = tuple[bool, bool]  # there at the first date, at the second date
ALWAYS, NEW, GONE = (True, True), (False, True), (True, False)


@dataclass
class Ground:
    """Ground cover. kinds: at both dates, keys of materials.GROUNDS. rough: metres its border wanders, about."""

    polygon: list[Point]
    kinds: tuple[str, str]
    rough: float = 0.0


@dataclass
class Road:
    """A road along points, width in metres. surface: "asphalt", "concrete" or "dirt". marked: with painted lines."""

    points: list[Point]
    width: float
    surface: str
    colour: Colour
    when: When = ALWAYS
    marked: bool = False


@dataclass
class Building:
    """Walls, roof and height in metres. wings: boxes (x, y, width, depth, angle) whose union is the outline."""

    outline: list[Point]
    wings: list[tuple[float, float, float, float, float]]
    height: float
    roof: str  # "hip", "gable" or "flat"
    colour: Colour
    when: When = ALWAYS


@dataclass
class Patch:
    """A flat polygon on the ground. kind: "parking", "drive", "pool", "lawn", "pad" or "water"."""

    polygon: list[Point]
    kind: str
    colour: Colour
    when: When = ALWAYS
    lines: list[tuple[Point, Point]] = field(default_factory=list)


@dataclass
class Vehicle:
    """A car, lorry, boat or plane.

    kind: "car", "boat" or "plane". Length, width and a boat's wake in metres, angle in radians.
    """

    x: float
    y: float
    angle: float
    length: float
    width: float
    colour: Colour
    kind: str = "car"
    when: When = ALWAYS
    wake: float = 0.0


@dataclass
class Plan:
    """A place of extent x extent metres. trees: per date, (n, 4) x, y, radius, kind in [0, 1)."""

    extent: float
    base: tuple[str, str]
    grounds: list[Ground] = field(default_factory=list)
    roads: list[Road] = field(default_factory=list)
    patches: list[Patch] = field(default_factory=list)
    buildings: list[Building] = field(default_factory=list)
    vehicles: list[Vehicle] = field(default_factory=list)
    trees: tuple[list[tuple[float, float, float, float]], list[tuple[float, float, float, float]]] = field(
        default_factory=lambda: ([], [])
    )


def box(x: float, y: float, width: float, depth: float, angle: float) -> list[Point]:
    """Corners of a turned box.

    Args:
        x: Its centre, in metres.
        y: Its centre, in metres.
        width: Its size along the angle, in metres.
        depth: Its size across the angle, in metres.
        angle: Its angle in radians.

    Returns:
        Four points.
    """
    return turn([(-width / 2, -depth / 2), (width / 2, -depth / 2), (width / 2, depth / 2), (-width / 2, depth / 2)],
                x, y, angle)  # fmt: skip


def turn(points: list[Point], x: float, y: float, angle: float) -> list[Point]:
    """Turns points about the origin, then moves them.

    Args:
        points: The points.
        x: How far they are moved along x.
        y: How far they are moved along y.
        angle: The angle in radians.

    Returns:
        The points.
    """
    c, s = float(np.cos(angle)), float(np.sin(angle))
    return [(x + px * c - py * s, y + px * s + py * c) for px, py in points]


def along(points: list[Point], step: float) -> list[tuple[float, float, float]]:
    """Places on a polyline at equal distances.

    Args:
        points: The polyline, in metres.
        step: The distance in metres.

    Returns:
        (x, y, direction in radians).
    """
    places = []
    left = step / 2
    for (x0, y0), (x1, y1) in pairwise(points):
        length = float(np.hypot(x1 - x0, y1 - y0))
        if length == 0:
            continue
        angle = float(np.arctan2(y1 - y0, x1 - x0))
        while left <= length:
            t = left / length
            places.append((x0 + t * (x1 - x0), y0 + t * (y1 - y0), angle))
            left += step
        left -= length
    return places
