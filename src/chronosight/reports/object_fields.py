"""The fields of a changed object in a layer of a GIS: the same names and types in GeoJSON and GeoPackage, in every run."""

from __future__ import annotations

from typing import Any

from chronosight.results.changed_object import ChangedObject
from chronosight.scenes.scene import Scene

TEXTS = ("class", "direction", "cell", "cells", "tile", "date_before", "date_after")
NUMBERS = ("area_px", "area_m2", "length_m", "confidence", "lon", "lat")


def object_fields(item: ChangedObject, scene: Scene) -> dict[str, Any]:
    """The fields of an object; what is unknown is None, so that the columns are the same in every file.

    Areas are in pixels and square metres, lengths in metres, the confidence in [0, 1], `lon` and `lat` of the centroid in
    degrees, dates as in ISO 8601.

    Args:
        item: The object.
        scene: Its scene, which gives the dates.

    Returns:
        `number`, then `TEXTS` and `NUMBERS`.
    """
    facts = item.to_dict()
    times = [time.isoformat() if time else None for time in scene.times] if len(scene.times) == 2 else [None, None]
    lon, lat = (None, None) if item.lonlat is None else (round(value, 7) for value in item.lonlat)
    known = facts | {
        "cells": "; ".join(item.cells) or None, "date_before": times[0], "date_after": times[1], "lon": lon, "lat": lat
    }  # fmt: skip
    return {name: known.get(name) for name in ("number", *TEXTS, *NUMBERS)}
