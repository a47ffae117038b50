"""The user's own districts, read from a GeoJSON file or a GeoPackage."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from chronosight.errors import InputError
from chronosight.files import check_regular_file, read_json
from chronosight.limits import MAX_ZONE_CORNERS, MAX_ZONES, MAX_ZONES_BYTES
from chronosight.results.zones import Zone

EXPECTED = "GeoJSON polygons in longitude and latitude, or a GeoPackage"
SQLITE = b"SQLite format 3\0"  # how a GeoPackage begins
STEP = 0.02  # degrees: long edges are followed in steps of this length, so they count as so many corners
NAMES = ("name", "title", "label", "zone", "district", "id")  # properties a zone is called by, the first it has
POLYGONS = ("Polygon", "MultiPolygon")


def read_zones(path: Path) -> list[Zone]:
    """Reads zones from GeoJSON (RFC 7946, or with the older "crs" member, which is honoured), or the one layer of a GeoPackage.

    Args:
        path: The file.

    Returns:
        The zones, in longitude and latitude.

    Raises:
        InputError: The file is missing, neither GeoJSON nor a GeoPackage, too large, or holds anything but polygons.
    """
    from shapely import force_2d, get_coordinates, get_num_coordinates
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    zones: list[Zone] = []
    content = _read_geopackage(path) if _is_geopackage(path) else read_json(path, EXPECTED, MAX_ZONES_BYTES)
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


def zones_geojson(zones: Sequence[Zone]) -> dict[str, Any]:
    """Zones as GeoJSON.

    Args:
        zones: The zones.

    Returns:
        A FeatureCollection in longitude and latitude, each feature with its name.
    """
    from shapely.geometry import mapping

    features = [{"type": "Feature", "properties": {"name": zone.name}, "geometry": mapping(zone.shape)} for zone in zones]
    return {"type": "FeatureCollection", "features": features}


def _is_geopackage(path: Path) -> bool:
    check_regular_file(path, EXPECTED)
    with path.open("rb") as file:
        return file.read(len(SQLITE)) == SQLITE


def _read_geopackage(path: Path) -> dict[str, Any]:
    """The layer of a GeoPackage as the content of a GeoJSON file."""
    import shapely
    from pyogrio import raw

    check_regular_file(path, EXPECTED, MAX_ZONES_BYTES)
    layer = _only_layer(path)
    try:
        with warnings.catch_warnings(action="ignore"):  # a file of another name than .gpkg
            facts, _, shapes, columns = raw.read(path, layer, max_features=MAX_ZONES + 1)
        outlines = shapely.from_wkb(shapes)
    except (RuntimeError, ValueError, shapely.errors.ShapelyError) as error:  # pyogrio's errors are RuntimeErrors and ValueErrors
        raise InputError(f"{path.name} cannot be read as a GeoPackage; save the zones as GeoJSON") from error
    features = []
    for number, outline in enumerate(outlines):
        values = {field: column[number] for field, column in zip(facts["fields"], columns, strict=True)}
        properties = {field: value.item() if isinstance(value, np.generic) else value for field, value in values.items()}
        geometry = None if outline is None else shapely.geometry.mapping(outline)
        features.append({"geometry": geometry, "properties": properties})
    return {"type": "FeatureCollection", "features": features, "crs": {"properties": {"name": facts["crs"] or ""}}}


def _only_layer(path: Path) -> str:
    """The table that holds the zones. A view is refused: its query is the file's own, and may take for ever."""
    query = "SELECT name, sql FROM sqlite_master WHERE name IN (SELECT table_name FROM gpkg_geometry_columns)"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            tables = [str(name) for name, sql in connection.execute(query) if str(sql).upper().startswith("CREATE TABLE")]
    except sqlite3.Error:
        raise InputError(f"{path.name} is a SQLite file but no GeoPackage, expected {EXPECTED}") from None
    if len(tables) != 1:
        named = f" ({', '.join(tables[:5])})" if tables else ""
        raise InputError(f"{path.name} holds {len(tables)} layers{named}, expected one: save the zones alone")
    return tables[0]


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
