"""Counts changed objects by the user's own districts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from chronosight.engines.equal_area import LONGEST_EDGE, project
from chronosight.errors import InputError
from chronosight.results.changed_object import ChangedObject, Tallies, Tally
from chronosight.results.land_cover_change import CoverObject, CoverZone, Flows, LandCoverChange, add_flows
from chronosight.results.zones import OUTSIDE, Zone, ZoneRow, ZoneTable

if TYPE_CHECKING:
    from shapely import Geometry

def count_zones(found: Sequence[ChangedObject], zones: Sequence[Zone], footprint: Geometry | None) -> ZoneTable:
    """Counts objects by zone.

    An object is counted in the zone that holds its centroid; its area is shared out by the ground it has in each. Areas
    are cut on the equal-area plane, so the CRS of the scene does not matter.

    Args:
        found: The changed objects, with shapes in longitude and latitude.
        zones: The zones.
        footprint: Outline of the scene in longitude and latitude; None without a georeference.

    Returns:
        One row a zone, and one for the ground outside all zones.

    Raises:
        InputError: The objects have no place on the Earth, or no zone reaches into the scene.
    """
    import shapely

    flat = project([zone.shape for zone in zones], LONGEST_EDGE)
    ground = shapely.area(flat)
    covered = cover(zones, footprint, flat)
    if any(item.shape is None or item.lonlat is None for item in found):
        raise InputError("zones need the outlines in longitude and latitude, which are missing; describe the scene again")
    shapes = project([item.shape for item in found if item.shape is not None])
    points = project([shapely.Point(item.lonlat) for item in found if item.lonlat is not None])
    held, shares = share_out(shapes, points, flat)
    rows = [_row(zone.name, float(ground[i]), float(covered[i]), found, held[i], shares[i]) for i, zone in enumerate(zones)]
    overlapping = _overlap(flat)
    notes = ("zones overlap: an object counts in every zone that holds it, so the zones sum to more than there is",)
    left = set(range(len(found))).difference(*held)
    outside = _row(OUTSIDE, 0.0, 1.0, found, left, _shares_outside(shapes, flat))
    return ZoneTable(tuple(rows), outside, overlapping, notes if overlapping else (), tuple(zones))


def cover_by_zone(
    change: LandCoverChange | None, found: Sequence[ChangedObject], zones: Sequence[Zone]
) -> LandCoverChange | None:
    """Land-cover change by zone; objects and their areas are shared out as `count_zones` does.

    Args:
        change: The land-cover change, whose objects have shapes in longitude and latitude; None for none.
        found: The changed buildings and roads.
        zones: The zones.

    Returns:
        The change with its zones; None for None.
    """
    if change is None:
        return None
    flat = project([zone.shape for zone in zones], LONGEST_EDGE)
    every: list[ChangedObject | CoverObject] = [*change.objects, *found]
    things = [item for item in every if item.shape is not None]
    shapes = project([item.shape for item in things if item.shape is not None])
    points = project([_centroid(item) for item in things])
    held, shares = share_out(shapes, points, flat)
    grounds = {one.number: one for one in change.grounds}
    rows = []
    for index, zone in enumerate(zones):
        flows: list[Flows] = []
        for at, share in shares[index].items():
            item = things[at]
            if isinstance(item, CoverObject):
                flows.append({item.key: Tally(int(at in held[index]), item.area * share)})
            elif item.number in grounds:
                flows.append({pair: Tally(0, value.area * share) for pair, value in grounds[item.number].flows.items()})
        of_zone = [things[at] for at in sorted(held[index])]
        rows.append(
            CoverZone(
                zone.name,
                add_flows(flows),
                tuple(item.number for item in of_zone if isinstance(item, CoverObject)),
                tuple(item.number for item in of_zone if isinstance(item, ChangedObject)),
            )
        )
    return replace(change, zones=tuple(rows))


def cover(zones: Sequence[Zone], footprint: Geometry | None, flat: np.ndarray | None = None) -> np.ndarray:
    """Share of every zone that lies in the scene.

    Args:
        zones: The m zones.
        footprint: Outline of the scene in longitude and latitude; None without a georeference.
        flat: The projected zones, where they are computed already.

    Returns:
        (m,) shares in [0, 1].

    Raises:
        InputError: The scene has no place on the Earth, or no zone reaches into it.
    """
    import shapely

    if footprint is None:
        raise InputError("zones need a scene with a place on the Earth; give georeferenced images, or leave --zones out")
    flat = project([zone.shape for zone in zones], LONGEST_EDGE) if flat is None else flat
    scene = project([footprint], LONGEST_EDGE)[0]
    shares = shapely.area(shapely.intersection(flat, scene)) / np.maximum(shapely.area(flat), 1e-9)
    if not shares.any():
        raise InputError("no zone reaches into the scene; check that --zones holds longitudes and latitudes of the same place")
    return np.asarray(np.minimum(shares, 1.0))


def share_out(shapes: np.ndarray, points: np.ndarray, zones: np.ndarray) -> tuple[list[set[int]], list[dict[int, float]]]:
    """Shares objects out among zones on one plane. A centroid right on the border of zones counts in the first of them.

    Args:
        shapes: (n,) polygons of the objects.
        points: (n,) their centroids.
        zones: (m,) polygons of the zones.

    Returns:
        For each zone, the objects whose centroid it holds; and object -> share of its area in the zone, in (0, 1].
    """
    import shapely

    held: list[set[int]] = [set() for _ in zones]
    shares: list[dict[int, float]] = [{} for _ in zones]
    if len(shapes) == 0:
        return held, shares
    tree = shapely.STRtree(zones)
    within = np.stack(tree.query(points, predicate="within"), axis=1).tolist()
    placed = {item for item, _ in within}
    for item, zone in sorted(np.stack(tree.query(points, predicate="intersects"), axis=1).tolist()):
        if item not in placed:
            placed.add(item)
            within.append([item, zone])
    for item, zone in within:
        held[zone].add(item)
    items, into = tree.query(shapes, predicate="intersects")
    parts = shapely.area(shapely.intersection(shapes[items], zones[into])) / np.maximum(shapely.area(shapes[items]), 1e-12)
    for item, zone, part in zip(items.tolist(), into.tolist(), parts.tolist(), strict=True):
        if part > 0:
            shares[zone][item] = min(part, 1.0)
    return held, shares


def _row(
    name: str, ground: float, covered: float, found: Sequence[ChangedObject], held: set[int], shares: dict[int, float]
) -> ZoneRow:
    sums: Tallies = {}
    for i in sorted({*held, *shares}):
        part = Tally(int(i in held), found[i].area * shares.get(i, 0.0))
        sums[found[i].key] = sums.get(found[i].key, Tally()) + part
    return ZoneRow(name, ground, covered, dict(sorted(sums.items())), tuple(found[i].number for i in sorted(held)))


def _shares_outside(shapes: np.ndarray, zones: np.ndarray) -> dict[int, float]:
    """Object -> share of its area that lies in no zone, in (0, 1]."""
    import shapely

    if not len(shapes):
        return {}
    rest = shapely.area(shapely.difference(shapes, shapely.union_all(zones))) / np.maximum(shapely.area(shapes), 1e-12)
    return {i: min(part, 1.0) for i, part in enumerate(rest.tolist()) if part > 1e-9}


def _overlap(zones: np.ndarray) -> bool:
    """Whether two zones share more than a thousandth of the smaller; borders drawn twice by hand do not count."""
    import shapely

    tree, areas = shapely.STRtree(zones), shapely.area(zones)
    for first in range(len(zones)):  # one after the other: many zones on one place make millions of pairs
        others = tree.query(zones[first], predicate="intersects")
        others = others[others > first]
        shared = shapely.area(shapely.intersection(zones[first], zones[others]))
        if (shared > 1e-3 * np.minimum(areas[first], areas[others])).any():
            return True
    return False


def _centroid(item: ChangedObject | CoverObject) -> Geometry:
    import shapely

    assert item.lonlat is not None
    return shapely.Point(item.lonlat)
