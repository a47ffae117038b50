"""Changed objects as GeoJSON: objects.geojson (RFC 7946) with a georeference, objects.pixels.json without one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chronosight.reports.object_fields import cover_fields, object_fields
from chronosight.results.changed_object import ChangedObject
from chronosight.results.description import Description
from chronosight.results.land_cover_change import CoverObject
from chronosight.scenes.lonlat import to_lonlat

DECIMALS = 7  # of a degree: one centimetre
PIXEL_GRID = "pixels of the first image: x right, y down, origin at its upper left corner"


def write_objects(description: Description, folder: Path) -> Path:
    """Writes the file that fits the scene.

    Longitudes and latitudes only ever stand in objects.geojson: RFC 7946 allows nothing else there, so pixels go to a file
    of another name.

    Args:
        description: Of a pair of any size.
        folder: Gets the file.

    Returns:
        Its path.
    """
    return _write_collection(lonlat_collection(description), pixel_collection(description), folder, "objects")


def write_cover_objects(description: Description, folder: Path) -> Path:
    """Writes the land-cover objects as `write_objects` writes the changed ones: land_cover.geojson or land_cover.pixels.json.

    Args:
        description: Of a pair of any size, with its land-cover change.
        folder: Gets the file.

    Returns:
        Its path.
    """
    assert description.land_cover is not None
    objects = description.land_cover.objects
    rows = [cover_fields(item, description.scene) for item in objects]
    placed = _lonlat_collection(description, objects, rows)
    return _write_collection(placed, _pixel_collection(description, objects), folder, "land_cover")


def _write_collection(placed: dict[str, Any] | None, pixels: dict[str, Any], folder: Path, name: str) -> Path:
    if placed is None:
        path, collection = folder / f"{name}.pixels.json", pixels
    else:
        path, collection = folder / f"{name}.geojson", placed
    features = collection.pop("features")
    lines = [json.dumps(feature, separators=(",", ":"), allow_nan=False) for feature in features]
    head = json.dumps(collection, separators=(",", ":"), allow_nan=False, ensure_ascii=False)[:-1]
    path.write_text(head + ',"features":[\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")  # one feature a line
    return path


def lonlat_collection(description: Description) -> dict[str, Any] | None:
    """A FeatureCollection on WGS 84 (RFC 7946): longitude first, outer rings counter-clockwise and holes clockwise.

    Outlines across the 180th meridian are cut there (section 3.1.9). Warnings stand in a foreign member (6.1).

    Args:
        description: The description of a pair.

    Returns:
        JSON types; None where the scene has no place on the Earth.
    """
    rows = [object_fields(item, description.scene) for item in description.objects]
    return _lonlat_collection(description, description.objects, rows)


def _lonlat_collection(
    description: Description, objects: Sequence[ChangedObject | CoverObject], rows: Sequence[dict[str, Any]]
) -> dict[str, Any] | None:
    """The collection of some objects of a description, with their fields."""
    if to_lonlat(description.scene, np.empty((0, 2))) is None:
        return None
    features, longitudes, latitudes = [], [], []
    for item, fields in zip(objects, rows, strict=True):
        polygons = _polygons(item)
        for ring in (rings[0] for rings in polygons):
            longitudes += [ring[:, 0].min(), ring[:, 0].max()]
            latitudes += [ring[:, 1].min(), ring[:, 1].max()]
        coordinates = [[ring.tolist() for ring in rings] for rings in polygons]
        geometry = (
            {"type": "Polygon", "coordinates": coordinates[0]}
            if len(coordinates) == 1
            else {"type": "MultiPolygon", "coordinates": coordinates}
        )
        assert item.lonlat is not None  # it has a place, as the scene has
        facts = fields | {"centroid": [round(value, DECIMALS) for value in item.lonlat]}
        features.append({"type": "Feature", "id": item.number, "geometry": geometry, "properties": facts})
    collection: dict[str, Any] = {"type": "FeatureCollection"}
    if features:
        west, east = span(np.array(longitudes))
        box = (west, min(latitudes), east, max(latitudes))
        collection["bbox"] = [round(float(value), DECIMALS) for value in box]
    if description.warnings:
        collection["warnings"] = description.warnings
    return collection | {"features": features}


def pixel_collection(description: Description) -> dict[str, Any]:
    """The same features in pixels: laid out like GeoJSON, but not GeoJSON, which a member of it states.

    Args:
        description: The description of a pair.

    Returns:
        JSON types.
    """
    return _pixel_collection(description, description.objects)


def _pixel_collection(
    description: Description, objects: Sequence[ChangedObject | CoverObject]
) -> dict[str, Any]:
    scene, features = description.scene, []
    for item in objects:
        rings = [np.round(ring, 2).tolist() for ring in (item.outline, *item.holes)]
        facts = item.to_dict() | {"centroid": [round(value, 2) for value in item.centroid]}
        geometry = {"type": "Polygon", "coordinates": rings}
        features.append({"type": "Feature", "id": item.number, "geometry": geometry, "properties": facts})
    size = {"width": scene.width, "height": scene.height}
    return {"type": "FeatureCollection", "coordinates": PIXEL_GRID, **size, "features": features}


def span(lon: np.ndarray) -> tuple[float, float]:
    """West and east end of longitudes; across the 180th meridian west is the larger (RFC 7946, 5.2).

    Args:
        lon: (n,) degrees.

    Returns:
        (west, east) in degrees.
    """
    if lon.max() - lon.min() <= 180:
        return float(lon.min()), float(lon.max())
    return float(lon[lon > 0].min()), float(lon[lon < 0].max())


def _polygons(item: ChangedObject | CoverObject) -> list[list[np.ndarray]]:
    """Rings of each part in longitude and latitude, the outer first."""
    parts = getattr(item.shape, "geoms", [item.shape])
    return [[_ring(ring, k == 0) for k, ring in enumerate((part.exterior, *part.interiors))] for part in parts]


def _ring(ring: Any, outer: bool) -> np.ndarray:
    """Rounded corners; counter-clockwise for an outer ring, clockwise for a hole."""
    corners: np.ndarray = np.round(np.asarray(ring.coords), DECIMALS)
    x, y = (corners - corners[0]).T
    counter_clockwise = float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum()) > 0
    return corners if counter_clockwise == outer else corners[::-1]
