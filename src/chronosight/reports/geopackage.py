"""Changed objects of a whole scene as a GeoPackage (layer "objects") in the scene's own CRS."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np

from chronosight.results.description import Description

LAYER = "objects"
GET_PYOGRIO = "objects.gpkg was not written, it needs pyogrio: pip install 'chronosight[geo]'"


def write_geopackage(description: Description, path: Path, changed: datetime) -> str:
    """Writes the layer, with the fields of the other files.

    Args:
        description: Of a whole scene.
        path: Of the file.
        changed: When the file says it was last changed.

    Returns:
        "" when written, else one line that says how to get what is missing.
    """
    try:
        import pyogrio
        from pyogrio import raw
    except ImportError:
        return GET_PYOGRIO
    import shapely
    from rasterio.crs import CRS

    place, objects = description.scene.georeference, description.objects
    assert place is not None, "whole scenes are georeferenced"
    a, b, c, d, e, f = tuple(place.transform)[:6]
    turn, corner = np.array([[a, d], [b, e]]), np.array([c, f])
    polygons = [shapely.Polygon(item.outline @ turn + corner, [hole @ turn + corner for hole in item.holes]) for item in objects]
    geometry = np.array([shapely.to_wkb(polygon) for polygon in polygons], dtype=object)
    rows = [item.to_dict() for item in objects]
    text = {name: np.array([row[name] for row in rows], dtype=object) for name in ("class", "direction", "cell", "tile")}
    numbers = {
        name: np.array([row.get(name, np.nan) for row in rows], dtype=np.float64)
        for name in ("area_px", "area_m2", "length_m", "confidence")
    }
    number = np.array([item.number for item in objects], dtype=np.int32)
    columns: dict[str, np.ndarray] = {"number": number, **text, **numbers}
    warnings = description.facts.get("warnings")
    # The file's own time of change makes two runs of the same scene differ: it is that of the later image instead.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{changed:%Y-%m-%dT%H:%M:%S}.000Z"})
    try:
        raw.write(
            path, geometry, list(columns.values()), list(columns), layer=LAYER, driver="GPKG", geometry_type="Polygon",
            crs=CRS.from_user_input(place.crs).to_wkt(),
            layer_metadata={"WARNINGS": "; ".join(warnings)} if warnings else None,
        )  # fmt: skip
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    return ""
