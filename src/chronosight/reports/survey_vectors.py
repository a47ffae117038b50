"""Objects of a whole scene as vectors: GeoJSON in longitude and latitude (RFC 7946), GeoPackage in the scene's CRS."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from chronosight.reports.ground import signed_area, to_lonlat
from chronosight.reports.vectors import DECIMALS
from chronosight.results.description import Survey, SurveyObject

LAYER = "objects"
GET_PYOGRIO = "objects.gpkg was not written, it needs pyogrio: pip install chronosight[geo]"


def properties_of(item: SurveyObject) -> dict[str, Any]:
    """What every file says of an object, besides where it is."""
    shape = item.shape
    facts: dict[str, Any] = {
        "class": shape.class_name,
        "direction": shape.direction,
        "cell": shape.cell,
        "tile": item.tile,
        "area_px": round(shape.area, 1),
        "area_m2": round(item.area_m2, 1),
        "confidence": round(shape.confidence, 4),
    }
    if item.length_m is not None:
        facts["length_m"] = round(item.length_m, 1)
    return facts


def write_geojson(survey: Survey, path: Path) -> None:
    """A FeatureCollection on WGS 84, one feature a line. Outlines across the 180th meridian are cut there (RFC 7946, 3.1.9)."""
    rings = [ring for item in survey.objects for ring in (item.shape.polygon, *item.holes)]
    ends = np.cumsum([len(ring) for ring in rings], dtype=int)
    lonlat = to_lonlat(survey.scene, np.concatenate(rings) if rings else np.empty((0, 2)))
    assert lonlat is not None, "whole scenes have a place on the Earth"
    flat = [np.round(part, DECIMALS) for part in np.split(lonlat, ends[:-1])] if rings else []
    at, lines = 0, []
    for item in survey.objects:
        own = flat[at : at + 1 + len(item.holes)]
        at += len(own)
        facts = properties_of(item) | {"centroid": [round(value, DECIMALS) for value in item.lonlat]}
        feature = {"type": "Feature", "id": item.id, "geometry": _geometry(own), "properties": facts}
        lines.append(json.dumps(feature, separators=(",", ":"), allow_nan=False))
    box = ""
    if lines:
        south, north = float(lonlat[:, 1].min()), float(lonlat[:, 1].max())
        west, east = _span(lonlat[:, 0])
        box = '"bbox":' + json.dumps([round(value, DECIMALS) for value in (west, south, east, north)]) + ","
    warnings = survey.facts["warnings"]
    if warnings:  # a foreign member (RFC 7946, 6.1)
        box += '"warnings":' + json.dumps(warnings, ensure_ascii=False) + ","
    text = '{"type":"FeatureCollection",' + box + '"features":[\n' + ",\n".join(lines) + "\n]}\n"
    path.write_text(text, encoding="utf-8")


def _span(lon: np.ndarray) -> tuple[float, float]:
    """West and east end; where the 180th meridian lies between them, west is the larger (RFC 7946, 5.2)."""
    if lon.max() - lon.min() <= 180:
        return float(lon.min()), float(lon.max())
    return float(lon[lon > 0].min()), float(lon[lon < 0].max())


def _geometry(rings: list[np.ndarray]) -> dict[str, Any]:
    """A Polygon, its outer ring counter-clockwise and its holes clockwise; a MultiPolygon where it must be cut."""
    if np.ptp(rings[0][:, 0]) <= 180:
        return {"type": "Polygon", "coordinates": [_turned(ring, k == 0).tolist() for k, ring in enumerate(rings)]}
    import shapely

    east = [np.where(ring[:, :1] < 0, ring + np.array([360.0, 0.0]), ring) for ring in rings]
    whole = shapely.Polygon(east[0], east[1:]).buffer(0)
    parts = []
    for left, move in ((0, 0), (180, 360)):
        cut = shapely.intersection(whole, shapely.box(left, -90, left + 180, 90))
        for one in getattr(cut, "geoms", [cut]):
            if one.geom_type == "Polygon" and not one.is_empty:
                both = [np.round(np.asarray(r.coords) - np.array([move, 0.0]), DECIMALS) for r in (one.exterior, *one.interiors)]
                parts.append([_turned(ring, k == 0).tolist() for k, ring in enumerate(both)])
    return {"type": "MultiPolygon", "coordinates": parts}


def _turned(ring: np.ndarray, outer: bool) -> np.ndarray:
    return ring if (signed_area(ring) > 0) == outer else ring[::-1]


def write_geopackage(survey: Survey, path: Path, changed: datetime) -> str:
    """Layer "objects" in the CRS of the scene. changed: the time that the file says it was last changed.

    -> "" when written, else one line that says how to get what is missing.
    """
    try:
        import pyogrio
        from pyogrio import raw
    except ImportError:
        return GET_PYOGRIO
    import shapely
    from rasterio.crs import CRS

    place = survey.scene.georeference
    assert place is not None
    a, b, c, d, e, f = tuple(place.transform)[:6]
    turn, corner = np.array([[a, d], [b, e]]), np.array([c, f])
    geometry = np.array(
        [
            shapely.to_wkb(shapely.Polygon(item.shape.polygon @ turn + corner, [hole @ turn + corner for hole in item.holes]))
            for item in survey.objects
        ],
        dtype=object,
    )
    rows = [properties_of(item) for item in survey.objects]
    text = {name: np.array([row[name] for row in rows], dtype=object) for name in ("class", "direction", "cell", "tile")}
    numbers = {
        name: np.array([row.get(name, np.nan) for row in rows], dtype=np.float64)
        for name in ("area_px", "area_m2", "length_m", "confidence")
    }
    number = np.array([item.id for item in survey.objects], dtype=np.int32)
    columns: dict[str, np.ndarray] = {"number": number, **text, **numbers}
    # The file's own time of change makes two runs of the same scene differ: it is that of the later picture instead.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{changed:%Y-%m-%dT%H:%M:%S}.000Z"})
    try:
        raw.write(
            path, geometry, list(columns.values()), list(columns), layer=LAYER, driver="GPKG", geometry_type="Polygon",
            crs=CRS.from_user_input(place.crs).to_wkt(),
            layer_metadata={"WARNINGS": "; ".join(survey.facts["warnings"])} if survey.facts["warnings"] else None,
        )  # fmt: skip
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    return ""
