"""Changed objects as a GeoPackage (layer "objects") in the scene's own CRS."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chronosight.reports.object_fields import COVER_NUMBERS, COVER_TEXTS, NUMBERS, TEXTS, cover_fields, object_fields
from chronosight.results.changed_object import ChangedObject
from chronosight.results.description import Description
from chronosight.results.land_cover_change import CoverObject

if TYPE_CHECKING:
    from affine import Affine
    from shapely import Polygon

LAYER, COVER_LAYER = "objects", "land_cover"


def map_polygons(objects: Sequence[ChangedObject | CoverObject], transform: Affine) -> list[Polygon]:
    """Outlines of objects, with their holes, in map coordinates.

    Args:
        objects: With outlines in pixels.
        transform: Pixel -> map coordinates.

    Returns:
        One polygon an object.
    """
    import shapely

    a, b, c, d, e, f = tuple(transform)[:6]
    turn, corner = np.array([[a, d], [b, e]]), np.array([c, f])
    return [shapely.Polygon(item.outline @ turn + corner, [hole @ turn + corner for hole in item.holes]) for item in objects]


def write_geopackage(description: Description, path: Path, changed: datetime) -> None:
    """Writes the layer, with the fields of objects.geojson (`object_fields`).

    Args:
        description: Of a georeferenced pair of any size.
        path: Of the file.
        changed: When the file says it was last changed.
    """
    rows = [object_fields(item, description.scene) for item in description.objects]
    _write_layer(description, description.objects, rows, TEXTS, NUMBERS, LAYER, path, changed)


def write_cover_geopackage(description: Description, path: Path, changed: datetime) -> None:
    """Writes the layer of land-cover objects, with the fields of land_cover.geojson (`cover_fields`).

    Args:
        description: Of a georeferenced pair of any size, with its land-cover change.
        path: Of the file.
        changed: When the file says it was last changed.
    """
    assert description.land_cover is not None
    objects = description.land_cover.objects
    rows = [cover_fields(item, description.scene) for item in objects]
    _write_layer(description, objects, rows, COVER_TEXTS, COVER_NUMBERS, COVER_LAYER, path, changed)


def _write_layer(
    description: Description, objects: Sequence[ChangedObject | CoverObject], rows: Sequence[dict[str, Any]],
    texts: Sequence[str], numbers: Sequence[str], layer: str, path: Path, changed: datetime,
) -> None:  # fmt: skip
    import pyogrio
    import shapely
    from pyogrio import raw
    from rasterio.crs import CRS

    place = description.scene.georeference
    assert place is not None, "only a georeferenced scene has a GeoPackage"
    geometry = np.array([shapely.to_wkb(polygon) for polygon in map_polygons(objects, place.transform)], dtype=object)
    columns: dict[str, np.ndarray] = {"number": np.array([row["number"] for row in rows], dtype=np.int32)}
    columns |= {name: np.array([row[name] for row in rows], dtype=object) for name in texts}
    # A null number is NaN for OGR, which writes it as NULL.
    columns |= {name: np.array([np.nan if row[name] is None else row[name] for row in rows], np.float64) for name in numbers}
    warnings = description.warnings
    # The file's own time of change makes two runs of the same scene differ: it is that of the later image instead.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{changed:%Y-%m-%dT%H:%M:%S}.000Z"})
    try:
        raw.write(
            path, geometry, list(columns.values()), list(columns), layer=layer, driver="GPKG", geometry_type="Polygon",
            crs=CRS.from_user_input(place.crs).to_wkt(),
            layer_metadata={"WARNINGS": "; ".join(warnings)} if warnings else None,
            VERSION="1.2",  # read without a warning by every GDAL in use
        )  # fmt: skip
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
