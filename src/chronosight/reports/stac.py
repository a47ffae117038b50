"""item.json: the results of a whole scene as a STAC item (1.0.0), with the facts of the model by the MLM extension.

https://github.com/radiantearth/stac-spec, https://github.com/stac-extensions/mlm (v1.4.0), projection v1.1.0. The item
describes the change product; the `mlm:` fields say which model it was made with, as an item of that model would.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from chronosight.results.description import Description
from chronosight.scenes.lonlat import to_lonlat
from chronosight.scenes.names import display_names

EXTENSIONS = [
    "https://stac-extensions.github.io/mlm/v1.4.0/schema.json",
    "https://stac-extensions.github.io/projection/v1.1.0/schema.json",
]
COG = "image/tiff; application=geotiff; profile=cloud-optimized"
ASSETS = {  # file -> (type, title, roles)
    "mask.tif": (COG, "Change by class and direction", ["data"]),
    "probability.tif": (COG, "Probability of change, percent", ["data"]),
    "objects.geojson": ("application/geo+json", "Changed objects, longitude and latitude", ["data"]),
    "objects.gpkg": ("application/geopackage+sqlite3", "Changed objects, in the scene's CRS", ["data"]),
    "objects.qml": ("application/xml", "QGIS style of the objects", ["style"]),
    "mask.qml": ("application/xml", "QGIS style of the change map", ["style"]),
    "probability.qml": ("application/xml", "QGIS style of the probability", ["style"]),
    "cells.csv": ("text/csv", "Counts and areas by cell", ["data"]),
    "cells.json": ("application/json", "Counts and areas by cell", ["data"]),
    "land_cover.csv": ("text/csv", "Land-cover change, from-to matrices in hectares", ["data"]),
    "land_cover.geojson": ("application/geo+json", "Land-cover change, longitude and latitude", ["data"]),
    "land_cover.gpkg": ("application/geopackage+sqlite3", "Land-cover change, in the scene's CRS", ["data"]),
    "land_cover.qml": ("application/xml", "QGIS style of the land-cover change", ["style"]),
    "land_cover_mask.tif": (COG, "Land-cover change by class before and after", ["data"]),
    "land_cover_mask.qml": ("application/xml", "QGIS style of the land-cover change map", ["style"]),
    "description.json": ("application/json", "Everything in words and numbers", ["metadata"]),
    "report.html": ("text/html", "The report", ["overview"]),
    "before.jpg": ("image/jpeg", "The earlier date, small", ["thumbnail"]),
    "after.jpg": ("image/jpeg", "The later date, small", ["thumbnail"]),
}


def stac_item(description: Description, files: Sequence[str], times: tuple[datetime, datetime], known: bool) -> dict[str, Any]:
    """The STAC item of a report.

    Args:
        description: The description of a pair with a place on the Earth.
        files: Names of the report's files.
        times: Times of both dates.
        known: Whether these are the dates' own times; False where they are those of the files.

    Returns:
        The item, as JSON types.
    """
    scene, model = description.scene, description.model
    place = scene.georeference
    assert place is not None
    corners = np.array([[0, 0], [0, scene.height], [scene.width, scene.height], [scene.width, 0], [0, 0]], float)
    lonlat = to_lonlat(scene, corners)
    assert lonlat is not None
    ring = np.round(lonlat, 7)
    west, east = _ends(ring[:, 0])
    start, end = (f"{time:%Y-%m-%dT%H:%M:%S}Z" for time in sorted(times))
    properties: dict[str, Any] = {
        "title": f"Change between {' and '.join(display_names(scene.sources))}",
        "datetime": None,
        "start_datetime": start,
        "end_datetime": end,
        **_projection(place.crs),
        "proj:shape": [scene.height, scene.width],
        "proj:transform": list(place.transform)[:6],
        "gsd": scene.metres_per_pixel,
        **_model(description, model),
        "chronosight:objects": len(description.objects),
        "chronosight:dates_from": "the images" if known else "the files' times of change, the images give none",
        "chronosight:warnings": description.warnings,
    }
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": EXTENSIONS,
        "id": f"chronosight-{Path(scene.sources[0]).stem}-{Path(scene.sources[1]).stem}",
        "geometry": {"type": "Polygon", "coordinates": [ring.tolist()]},
        "bbox": [west, float(ring[:, 1].min()), east, float(ring[:, 1].max())],
        "properties": properties,
        "links": [],
        "assets": {
            Path(name).stem if name.endswith(".tif") else name: {
                "href": f"./{name}", "type": ASSETS[name][0], "title": ASSETS[name][1], "roles": ASSETS[name][2]
            }
            for name in files if name in ASSETS
        },
    }  # fmt: skip


def write_item(description: Description, files: Sequence[str], times: tuple[datetime, datetime], known: bool, path: Path) -> None:
    """Writes `stac_item` as JSON.

    Args:
        description: The description of a pair with a place on the Earth.
        files: Names of the report's files.
        times: Times of both dates.
        known: Whether these are the dates' own times; False where they are those of the files.
        path: The file to write.
    """
    path.write_text(json.dumps(stac_item(description, files, times, known), indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _ends(lon: np.ndarray) -> tuple[float, float]:
    if np.ptp(lon) <= 180:
        return float(lon.min()), float(lon.max())
    return float(lon[lon > 0].min()), float(lon[lon < 0].max())


def _projection(crs: str) -> dict[str, Any]:
    from rasterio.crs import CRS

    parsed = CRS.from_user_input(crs)
    code = parsed.to_epsg()
    return {"proj:epsg": code} if code else {"proj:epsg": None, "proj:wkt2": parsed.to_wkt()}


def _model(description: Description, model: dict[str, Any]) -> dict[str, Any]:
    classes = description.evidence.classes
    size = description.facts["tile"]
    return {
        "mlm:name": model.get("name", ""),
        "mlm:architecture": "Siamese change detection guide (ChangeVG) of the compact UniRS engine",
        "mlm:tasks": ["semantic-segmentation", "change-detection"],
        "mlm:framework": "ONNX",
        "mlm:accelerator": None,
        "mlm:input": [
            {
                "name": "two dates",
                "bands": ["red", "green", "blue"],
                "input": {"shape": [2, 3, size, size], "dim_order": ["time", "bands", "height", "width"], "data_type": "float32"},
                "value_scaling": [{"type": "scale", "value": 255}],
                "resize_type": None,
                "pre_processing_function": None,
            }
        ],
        "mlm:output": [
            {
                "name": "class probabilities",
                "tasks": ["semantic-segmentation"],
                "result": {"shape": [len(classes), size, size], "dim_order": ["class", "height", "width"],
                           "data_type": "float32"},
                "classification:classes": [{"value": index, "name": name} for index, name in enumerate(classes)],
                "post_processing_function": None,
            }
        ],
        "mlm:hyperparameters": {"tile": size, "overlap": description.facts["overlap"],
                                "trained_pixel_size_m": description.facts["trained_pixel_size_m"]},
        "chronosight:model_version": model.get("version", ""),
        "chronosight:weights_sha256": model.get("weights_sha256", ""),
    }  # fmt: skip
