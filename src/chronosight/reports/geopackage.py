"""Changed objects as a GeoPackage (layer "objects") in the scene's own CRS."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from chronosight.reports.object_fields import NUMBERS, TEXTS, object_fields
from chronosight.results.changed_object import ChangedObject
from chronosight.results.description import Description

if TYPE_CHECKING:
    from affine import Affine
    from shapely import Polygon

LAYER = "objects"


def map_polygons(objects: Sequence[ChangedObject], transform: Affine) -> list[Polygon]:
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
    import pyogrio
    import shapely
    from pyogrio import raw
    from rasterio.crs import CRS

    place, objects = description.scene.georeference, description.objects
    assert place is not None, "only a georeferenced scene has a GeoPackage"
    geometry = np.array([shapely.to_wkb(polygon) for polygon in map_polygons(objects, place.transform)], dtype=object)
    rows = [object_fields(item, description.scene) for item in objects]
    columns: dict[str, np.ndarray] = {"number": np.array([row["number"] for row in rows], dtype=np.int32)}
    columns |= {name: np.array([row[name] for row in rows], dtype=object) for name in TEXTS}
    # A null number is NaN for OGR, which writes it as NULL.
    columns |= {name: np.array([np.nan if row[name] is None else row[name] for row in rows], np.float64) for name in NUMBERS}
    warnings = description.warnings
    # The file's own time of change makes two runs of the same scene differ: it is that of the later image instead.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{changed:%Y-%m-%dT%H:%M:%S}.000Z"})
    try:
        raw.write(
            path, geometry, list(columns.values()), list(columns), layer=LAYER, driver="GPKG", geometry_type="Polygon",
            crs=CRS.from_user_input(place.crs).to_wkt(),
            layer_metadata={"WARNINGS": "; ".join(warnings)} if warnings else None,
            VERSION="1.2",  # read without a warning by every GDAL in use
        )  # fmt: skip
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
