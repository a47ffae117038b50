"""Changed objects as a GeoDataFrame: the fields of objects.gpkg, in the scene's own CRS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chronosight.display.needed import needed
from chronosight.reports.geopackage import map_polygons
from chronosight.reports.object_fields import NUMBERS, TEXTS, object_fields
from chronosight.results.changed_object import ChangedObject
from chronosight.scenes.scene import Scene


def objects_frame(objects: Sequence[ChangedObject], scene: Scene) -> Any:
    """The objects as a table with outlines.

    Args:
        objects: Changed objects of the scene.
        scene: Gives the CRS and the dates.

    Returns:
        A `geopandas.GeoDataFrame`; without a georeference its outlines are in pixels, x right and y down, and it has no CRS.

    Raises:
        InputError: geopandas is not installed.
    """
    from affine import Affine

    geopandas = needed("geopandas", "to_geodataframe")
    place = scene.georeference
    outlines = map_polygons(objects, place.transform if place is not None else Affine.identity())
    rows = [object_fields(item, scene) for item in objects]
    columns = {name: [row[name] for row in rows] for name in ("number", *TEXTS, *NUMBERS)}
    frame = geopandas.GeoDataFrame(columns, geometry=outlines, crs=None if place is None else place.crs)
    types: dict[str, Any] = {"number": "int64"} | dict.fromkeys(NUMBERS, "float64")
    return frame.astype(types)
