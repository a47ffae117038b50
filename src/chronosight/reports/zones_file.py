"""The user's own districts, read from a GeoJSON file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from chronosight.errors import InputError
from chronosight.files import read_json
from chronosight.limits import MAX_ZONE_CORNERS, MAX_ZONES, MAX_ZONES_BYTES
from chronosight.results.zones import Zone

EXPECTED = "GeoJSON polygons in longitude and latitude"
STEP = 0.02  # degrees: long edges are followed in steps of this length, so they count as so many corners
NAMES = ("name", "title", "label", "zone", "district", "id")  # properties a zone is called by, the first it has
POLYGONS = ("Polygon", "MultiPolygon")


def read_zones(path: Path) -> list[Zone]:
    """Reads zones from a GeoJSON file (RFC 7946, or with the older "crs" member, which is honoured).

    Args:
        path: The file.

    Returns:
        The zones, in longitude and latitude.

    Raises:
        InputError: The file is missing, no GeoJSON, too large, or holds anything but polygons.
    """
    from shapely import force_2d, get_coordinates, get_num_coordinates
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    zones: list[Zone] = []
    content = read_json(path, EXPECTED, MAX_ZONES_BYTES)
    features = _features(content, path)
    if len(features) > MAX_ZONES:
        raise InputError(f"{path.name} holds {len(features):,} zones, expected at most {MAX_ZONES:,}: keep those you need")
    corners = 0.0
    for number, feature in enumerate(features, start=1):
        geometry = feature.get("geometry") if isinstance(feature, dict) else None
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        if kind not in POLYGONS:
            raise InputError(f"{path.name}: zone {number} is {kind or 'without a shape'}, expected a Polygon or MultiPolygon")
        try:
            with np.errstate(all="ignore"):  # corners that are no numbers are refused below
                outline = force_2d(shape(geometry))
        except (ShapelyError, ValueError, TypeError, IndexError, KeyError) as error:
            raise InputError(
                f"{path.name}: zone {number} has corners that cannot be read, expected [longitude, latitude]"
            ) from error
        if outline.is_empty or not np.isfinite(get_coordinates(outline)).all():
            raise InputError(f"{path.name}: zone {number} is empty, expected a polygon with corners")
        corners += get_num_coordinates(outline)
        if corners > MAX_ZONE_CORNERS:
            raise InputError(f"{path.name} has more than {MAX_ZONE_CORNERS:,} corners: simplify its outlines")
        zones.append(Zone(_name(feature, number), outline))
    if not zones:
        raise InputError(f"{path.name} holds no zones, expected a FeatureCollection of polygons")
    placed = _in_lonlat(zones, content, path)
    corners += sum(zone.shape.length for zone in placed) / STEP
    if corners > MAX_ZONE_CORNERS:
        raise InputError(f"{path.name} has zones of {corners * STEP:,.0f} degrees of border: give those of the scene alone")
    return _apart(placed)


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
        from chronosight.scenes.ground import to_lonlat

        corners = shapely.get_coordinates([zone.shape for zone in zones])
        lonlat = to_lonlat(name, corners[:, 0], corners[:, 1])
        if lonlat is None:
            raise InputError(
                f'{path.name} has corners that its CRS "{name[:60]}" does not place on the Earth; save it in EPSG:4326'
            )
        moved = shapely.set_coordinates(np.array([zone.shape for zone in zones]), lonlat.T)
        zones = [Zone(zone.name, outline) for zone, outline in zip(zones, moved, strict=True)]
    bounds = np.array([zone.shape.bounds for zone in zones])
    if not (np.isfinite(bounds).all() and (np.abs(bounds[:, [0, 2]]) <= 360).all() and (np.abs(bounds[:, [1, 3]]) <= 90).all()):
        raise InputError(f"{path.name} holds coordinates that are no longitude and latitude; save it in EPSG:4326")
    return zones
