"""What the viewer of the page shows: outlines of objects and zones as SVG paths, and the length of its scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chronosight.reports.overlay import length_words, round_length
from chronosight.results.changed_object import ChangedObject
from chronosight.results.land_cover_change import CoverObject
from chronosight.results.zones import Zone
from chronosight.scenes.lonlat import to_pixels
from chronosight.scenes.scene import Scene

MOST_OUTLINES = 2000  # drawn one by one, the largest; the mask shows all


@dataclass(frozen=True)
class ZoneShape:
    """A zone in the viewer. path: SVG; x, y: where its name stands, in pixels of the scene."""

    name: str
    path: str
    x: float
    y: float


@dataclass(frozen=True)
class Scale:
    """A bar of a round length. ground: metres across the whole scene. percent: of the scene's width. words: its length."""

    ground: float
    percent: float
    words: str


def outlined(objects: Sequence[ChangedObject]) -> list[ChangedObject]:
    """The objects that are drawn one by one, largest first.

    Args:
        objects: The changed objects.

    Returns:
        At most MOST_OUTLINES of them.
    """
    return sorted(objects, key=lambda item: -item.area)[:MOST_OUTLINES]


def object_path(item: ChangedObject | CoverObject) -> str:
    """An SVG path of its outline with its holes, in whole and half pixels.

    Args:
        item: The object.

    Returns:
        The path.
    """
    return "".join(ring_path(ring) for ring in (item.outline, *item.holes))


def ring_path(ring: np.ndarray) -> str:
    """An SVG path of a closed ring (n, 2), in whole and half pixels, relative and therefore short.

    Args:
        ring: (n, 2) x and y in pixels, closed.

    Returns:
        The path.
    """
    points = np.round(ring[:-1] * 2).astype(int)
    steps = np.diff(points, axis=0, prepend=np.zeros((1, 2), int))
    words = [f"{x / 2:g} {y / 2:g}" for x, y in steps.tolist()]
    return f"M{words[0]}l{' '.join(words[1:])}z"


def thirds_path(width: int, height: int) -> str:
    """The lines of the 3x3 grid.

    Args:
        width: Width of the scene in pixels.
        height: Height of the scene in pixels.

    Returns:
        An SVG path.
    """
    return "".join(f"M{width * i / 3:g} 0V{height}M0 {height * i / 3:g}H{width}" for i in (1, 2))


def zone_shapes(scene: Scene, zones: Sequence[Zone]) -> list[ZoneShape]:
    """Outlines of zones in pixels of the scene.

    Args:
        scene: The scene.
        zones: The zones.

    Returns:
        The outlines; none where the scene has no place on the Earth.
    """
    shapes = []
    for zone in zones:
        rings = [pixels for part in getattr(zone.shape, "geoms", [zone.shape]) if (pixels := _ring(scene, part)) is not None]
        if not rings:
            continue
        seen = np.clip(np.concatenate(rings), 0, [scene.width, scene.height])
        x, y = (seen.min(axis=0) + seen.max(axis=0)) / 2
        shapes.append(ZoneShape(zone.name, "".join(map(ring_path, rings)), float(x), float(y)))
    return shapes


def _ring(scene: Scene, part: object) -> np.ndarray | None:
    import shapely

    whole = shapely.segmentize(part, 0.02)  # edges are straight in longitude and latitude
    return to_pixels(scene, np.asarray(whole.exterior.coords)[:, :2])


def scale_of(scene: Scene) -> Scale | None:
    """The scale of the whole view; the script adapts it when the view is zoomed.

    Args:
        scene: The scene.

    Returns:
        The scale; None where the ground size is unknown.
    """
    if not scene.metres_per_pixel:
        return None
    ground = scene.metres_per_pixel * scene.width
    metres = round_length(ground / 5)
    return Scale(ground, 100 * metres / ground, length_words(metres))
