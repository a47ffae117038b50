"""The user's own districts: a GeoJSON file of named polygons, and which changed objects lie in which of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chronosight.errors import InputError
from chronosight.reports.equal_area import LONGEST_EDGE, project
from chronosight.reports.found import Found, Tallies, Tally, tally_rows, total

if TYPE_CHECKING:
    from shapely import Geometry

LARGEST_FILE = 200_000_000  # bytes
NAMES = ("name", "title", "label", "zone", "district", "id")  # properties a zone is called by, the first it has
POLYGONS = ("Polygon", "MultiPolygon")
OUTSIDE = "outside every zone"
SCHEMA = "chronosight.zones/1"


@dataclass(frozen=True, eq=False)
class Zone:
    """shape: (multi)polygon in longitude and latitude on WGS 84."""

    name: str
    shape: Geometry


@dataclass(frozen=True)
class ZoneRow:
    """One row of a table: counts and areas of changed objects by class and direction.

    ground: area of the zone in square metres. covered: share of it inside the scene, in [0, 1]. numbers: of the objects
    that are counted in it.
    """

    name: str
    ground: float
    covered: float
    tallies: Tallies
    numbers: tuple[int, ...]

    @property
    def all(self) -> Tally:
        return total(self.tallies)

    def to_dict(self) -> dict[str, Any]:
        changes = tally_rows(self.tallies)
        return {
            "name": self.name,
            "ground_m2": round(self.ground, 1),
            "covered": round(self.covered, 4),
            "objects": self.all.count,
            "area_m2": round(sum(row["area_m2"] for row in changes), 1),  # the file's own numbers sum up
            "changes": changes,
            "ids": list(self.numbers),
        }


@dataclass(frozen=True)
class ZoneTable:
    """rows: one for each zone in the order of the file. outside: what lies in none. overlapping: whether zones share
    ground, so that an object may count in several of them. notes: one-line remarks for the user."""

    rows: tuple[ZoneRow, ...]
    outside: ZoneRow
    overlapping: bool = False
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        outside = {key: value for key, value in self.outside.to_dict().items() if key not in ("name", "ground_m2", "covered")}
        return {
            "schema": SCHEMA,
            "zones": [row.to_dict() for row in self.rows],
            "outside": outside,
            "overlapping": self.overlapping,
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> ZoneTable:
        """The table that `to_dict` gave. Raises KeyError, TypeError or ValueError for anything else."""
        if facts["schema"] != SCHEMA:
            raise ValueError(facts["schema"])
        outside = _row_from({"name": OUTSIDE, "ground_m2": 0.0, "covered": 1.0, **facts["outside"]})
        rows = tuple(_row_from(row) for row in facts["zones"])
        return cls(rows, outside, bool(facts["overlapping"]), tuple(map(str, facts["notes"])))


def read_zones(path: Path) -> list[Zone]:
    """Zones of a GeoJSON file (RFC 7946, or with the older "crs" member, which is honoured).

    Raises InputError, one line, where the file is missing, no GeoJSON, or holds anything but polygons.
    """
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    zones: list[Zone] = []
    content = _load(path)
    for number, feature in enumerate(_features(content, path), start=1):
        geometry = feature.get("geometry") if isinstance(feature, dict) else None
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        if kind not in POLYGONS:
            raise InputError(f"{path.name}: zone {number} is {kind or 'without a shape'}, expected a Polygon or MultiPolygon")
        try:
            outline = shape(geometry)
        except (ShapelyError, ValueError, TypeError, IndexError, KeyError) as error:
            raise InputError(
                f"{path.name}: zone {number} has corners that cannot be read, expected [longitude, latitude]"
            ) from error
        if outline.is_empty or not np.isfinite(outline.bounds).all():
            raise InputError(f"{path.name}: zone {number} is empty, expected a polygon with corners")
        zones.append(Zone(_name(feature, number), outline))
    if not zones:
        raise InputError(f"{path.name} holds no zones, expected a FeatureCollection of polygons")
    return _apart(_in_lonlat(zones, content, path))


def count_zones(found: Sequence[Found], zones: Sequence[Zone], footprint: Geometry | None = None) -> ZoneTable:
    """Which objects lie in which zone.

    An object is counted in the zone that holds its centroid; its area is shared out by the ground it has in each. Areas
    are cut on the equal-area plane, so the CRS of the scene does not matter. footprint: the scene's outline in longitude
    and latitude. Raises InputError where the objects have no place on the Earth, or no zone reaches into the scene.
    """
    import shapely

    if any(item.shape is None or item.lonlat is None for item in found) or (footprint is None and not found):
        raise InputError("zones need a scene with a place on the Earth; give georeferenced images, or leave --zones out")
    flat = project([zone.shape for zone in zones], LONGEST_EDGE)
    ground = shapely.area(flat)
    covered = np.ones(len(zones))
    if footprint is not None:
        scene = project([footprint], LONGEST_EDGE)[0]
        covered = shapely.area(shapely.intersection(flat, scene)) / np.maximum(ground, 1e-9)
        if not covered.any():
            raise InputError(
                "no zone reaches into the scene; check that --zones holds longitudes and latitudes of the same place"
            )
    shapes = project([item.shape for item in found if item.shape is not None])
    points = project([shapely.Point(item.lonlat) for item in found if item.lonlat is not None])
    held, shares = share_out(shapes, points, flat)
    rows = [
        _row(zone.name, float(ground[i]), float(min(covered[i], 1)), found, held[i], shares[i]) for i, zone in enumerate(zones)
    ]
    overlapping = _overlap(flat)
    notes = ("zones overlap: an object counts in every zone that holds it, so the zones sum to more than there is",)
    left = set(range(len(found))).difference(*held)
    outside = _row(OUTSIDE, 0.0, 1.0, found, left, _shares_outside(shapes, flat))
    return ZoneTable(tuple(rows), outside, overlapping, notes if overlapping else ())


def share_out(shapes: np.ndarray, points: np.ndarray, zones: np.ndarray) -> tuple[list[set[int]], list[dict[int, float]]]:
    """Objects (n polygons and their centroids) among zones (m polygons) on one plane.

    -> for each zone, the objects whose centroid it holds, and object -> share of its area in the zone, in (0, 1]. A
    centroid right on the border of zones counts in the first of them.
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


def _row(name: str, ground: float, covered: float, found: Sequence[Found], held: set[int], shares: dict[int, float]) -> ZoneRow:
    sums: Tallies = {}
    for i in sorted({*held, *shares}):
        part = Tally(int(i in held), found[i].area * shares.get(i, 0.0))
        sums[found[i].key] = sums.get(found[i].key, Tally()) + part
    return ZoneRow(name, ground, covered, dict(sorted(sums.items())), tuple(found[i].number for i in sorted(held)))


def _row_from(facts: dict[str, Any]) -> ZoneRow:
    tallies: Tallies = {
        (str(row["class"]), row["direction"]): Tally(int(row["count"]), float(row["area_m2"])) for row in facts["changes"]
    }
    numbers = tuple(map(int, facts["ids"]))
    return ZoneRow(str(facts["name"]), float(facts["ground_m2"]), float(facts["covered"]), tallies, numbers)


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

    first, second = shapely.STRtree(zones).query(zones, predicate="intersects")
    first, second = first[first < second], second[first < second]
    shared = shapely.area(shapely.intersection(zones[first], zones[second]))
    return bool((shared > 1e-3 * np.minimum(shapely.area(zones[first]), shapely.area(zones[second]))).any())


def _load(path: Path) -> Any:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(f"{path.name} is larger than {LARGEST_FILE // 1_000_000} MB; simplify its outlines")
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({(error.strerror or 'unknown reason').lower()}); expected a GeoJSON file"
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path.name} is not JSON, expected GeoJSON polygons in longitude and latitude") from error


def _features(content: Any, path: Path) -> list[Any]:
    kind = content.get("type") if isinstance(content, dict) else None
    if kind == "FeatureCollection" and isinstance(content.get("features"), list):
        features: list[Any] = content["features"]
        return features
    if kind == "Feature":
        return [content]
    if kind in POLYGONS:
        return [{"geometry": content, "properties": {}}]
    raise InputError(f"{path.name} is {kind or 'no GeoJSON'}, expected a FeatureCollection of polygons")


def _name(feature: dict[str, Any], number: int) -> str:
    properties = feature.get("properties") if isinstance(feature.get("properties"), dict) else {}
    by_name = {str(key).lower(): value for key, value in (properties or {}).items() if isinstance(value, (str, int, float))}
    texts = [value for value in by_name.values() if isinstance(value, str)]
    chosen = [by_name[key] for key in NAMES if key in by_name] + texts + [feature.get("id")]
    return next((" ".join(str(value).split())[:80] for value in chosen if str(value or "").strip()), f"Zone {number}")


def _apart(zones: list[Zone]) -> list[Zone]:
    """No two zones of one name: "Mill", "Mill (2)"."""
    seen: dict[str, int] = {}
    named = []
    for zone in zones:
        seen[zone.name] = seen.get(zone.name, 0) + 1
        named.append(zone if seen[zone.name] == 1 else Zone(f"{zone.name} ({seen[zone.name]})", zone.shape))
    return named


def _in_lonlat(zones: list[Zone], content: Any, path: Path) -> list[Zone]:
    """Zones of a file with a "crs" member are brought to longitude and latitude."""
    import shapely

    member = content.get("crs")
    name = str((member.get("properties") or {}).get("name", "")) if isinstance(member, dict) else ""
    if name and not name.upper().endswith(("CRS84", "EPSG::4326", "EPSG:4326")):
        from rasterio.crs import CRS
        from rasterio.errors import CRSError, RasterioError
        from rasterio.warp import transform

        try:
            crs = CRS.from_user_input(name)
            moved = shapely.transform(
                np.array([zone.shape for zone in zones]),
                lambda xy: np.stack(transform(crs, "EPSG:4326", xy[:, 0], xy[:, 1]), axis=1),
            )
        except (CRSError, RasterioError) as error:
            raise InputError(f'{path.name} names the CRS "{name[:60]}", which is not known; save it in EPSG:4326') from error
        zones = [Zone(zone.name, outline) for zone, outline in zip(zones, moved, strict=True)]
    bounds = np.array([zone.shape.bounds for zone in zones])
    if not (np.isfinite(bounds).all() and (np.abs(bounds[:, [0, 2]]) <= 360).all() and (np.abs(bounds[:, [1, 3]]) <= 90).all()):
        raise InputError(f"{path.name} holds coordinates that are no longitude and latitude; save it in EPSG:4326")
    return zones
