"""Changed objects as vectors: objects.geojson (RFC 7946) with a georeference, objects.pixels.json without one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from chronosight.reports.ground import areas_m2, centroid, signed_area, to_lonlat
from chronosight.results.changed_object import ChangedObject
from chronosight.scenes.scene import Scene

DECIMALS = 7  # of a degree: one centimetre
PIXEL_GRID = "pixels of the first image: x right, y down, origin at its upper left corner"


def write_objects(scene: Scene, objects: tuple[ChangedObject, ...], folder: Path) -> Path:
    """Writes the file that fits the scene into `folder`. Longitudes and latitudes only ever stand in objects.geojson:
    RFC 7946 allows nothing else there, so pixels go to a file of another name."""
    collection = lonlat_collection(scene, objects)
    if collection is None:
        path, collection = folder / "objects.pixels.json", pixel_collection(scene, objects)
    else:
        path = folder / "objects.geojson"
    path.write_text(json.dumps(collection, separators=(",", ":"), allow_nan=False) + "\n", encoding="utf-8")
    return path


def lonlat_collection(scene: Scene, objects: tuple[ChangedObject, ...]) -> dict[str, Any] | None:
    """A GeoJSON FeatureCollection on WGS 84 (RFC 7946: longitude first, outer rings counter-clockwise, closed).

    None where the scene has no place on the Earth.
    """
    rings = [item.polygon for item in objects]
    centres = [centroid(ring)[None] for ring in rings]
    lonlat = to_lonlat(scene, np.concatenate([*rings, *centres]) if objects else np.empty((0, 2)))
    if lonlat is None:
        return None
    ends = np.cumsum([len(ring) for ring in rings], dtype=int)
    middles = lonlat[len(lonlat) - len(rings) :]
    features = []
    for item, properties, end, middle in zip(objects, _properties(scene, objects), ends, middles, strict=True):
        ring = np.round(lonlat[end - len(item.polygon) : end], DECIMALS)
        if signed_area(ring) < 0:
            ring = ring[::-1]
        properties["centroid"] = np.round(middle, DECIMALS).tolist()
        features.append(_feature(ring, properties))
    collection: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if features:
        corners = lonlat[: len(lonlat) - len(rings)]
        box = [*corners.min(axis=0), *corners.max(axis=0)]
        collection["bbox"] = [round(float(value), DECIMALS) for value in box]
    return collection


def pixel_collection(scene: Scene, objects: tuple[ChangedObject, ...]) -> dict[str, Any]:
    """The same features in pixels: laid out like GeoJSON, but not GeoJSON, and it says so."""
    features = []
    for item, properties in zip(objects, _properties(scene, objects), strict=True):
        properties["centroid"] = np.round(centroid(item.polygon), 2).tolist()
        features.append(_feature(np.round(item.polygon, 2), properties))
    size = {"width": scene.width, "height": scene.height}
    return {"type": "FeatureCollection", "coordinates": PIXEL_GRID, **size, "features": features}


def _properties(scene: Scene, objects: tuple[ChangedObject, ...]) -> list[dict[str, Any]]:
    areas = areas_m2(scene, objects)
    rows: list[dict[str, Any]] = []
    for index, item in enumerate(objects):
        row: dict[str, Any] = {
            "id": index + 1,
            "class": item.class_name,
            "direction": item.direction,
            "cell": item.cell,
            "area_px": round(item.area, 1),
            "confidence": round(item.confidence, 4),
        }
        if areas is not None:
            row["area_m2"] = round(areas[index], 1)
        rows.append(row)
    return rows


def _feature(ring: np.ndarray, properties: dict[str, Any]) -> dict[str, Any]:
    number = properties.pop("id")
    geometry = {"type": "Polygon", "coordinates": [ring.tolist()]}
    return {"type": "Feature", "id": number, "geometry": geometry, "properties": properties}
