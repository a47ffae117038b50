"""Changed objects as a GeoDataFrame: the fields of objects.gpkg, in the scene's own CRS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chronosight.display.needed import needed
from chronosight.reports.geopackage import map_polygons
from chronosight.reports.object_fields import COVER_NUMBERS, COVER_TEXTS, NUMBERS, TEXTS, cover_fields, object_fields
from chronosight.results.changed_object import ChangedObject
from chronosight.results.land_cover_change import CoverObject
from chronosight.scenes.scene import Scene


def objects_frame(objects: Sequence[ChangedObject], scene: Scene) -> Any:
    """The changed objects as a table with outlines, and the fields of objects.gpkg.

    Args:
        objects: Changed objects of the scene.
        scene: Gives the CRS and the dates.

    Returns:
        A `geopandas.GeoDataFrame`; without a georeference its outlines are in pixels, x right and y down, and it has no CRS.

    Raises:
        InputError: geopandas is not installed.
    """
    return _frame(objects, scene, [object_fields(item, scene) for item in objects], TEXTS, NUMBERS)


def cover_frame(objects: Sequence[CoverObject], scene: Scene) -> Any:
    """The land-cover objects as `objects_frame` gives the changed ones, with the fields of land_cover.gpkg.

    Args:
        objects: Land-cover objects of the scene.
        scene: Gives the CRS and the dates.

    Returns:
        A `geopandas.GeoDataFrame`.

    Raises:
        InputError: geopandas is not installed.
    """
    return _frame(objects, scene, [cover_fields(item, scene) for item in objects], COVER_TEXTS, COVER_NUMBERS)


def _frame(
    objects: Sequence[ChangedObject | CoverObject], scene: Scene, rows: Sequence[dict[str, Any]], texts: Sequence[str],
    numbers: Sequence[str],
) -> Any:  # fmt: skip
    from affine import Affine

    geopandas = needed("geopandas", "to_geodataframe")
    place = scene.georeference
    outlines = map_polygons(objects, place.transform if place is not None else Affine.identity())
    columns = {name: [row[name] for row in rows] for name in ("number", *texts, *numbers)}
    frame = geopandas.GeoDataFrame(columns, geometry=outlines, crs=None if place is None else place.crs)
    types: dict[str, Any] = {"number": "int64"} | dict.fromkeys(numbers, "float64")
    return frame.astype(types)
