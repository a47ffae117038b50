"""The fields of a changed object in a layer of a GIS: the same names and types in GeoJSON and GeoPackage, in every run."""

from __future__ import annotations

from typing import Any

from chronosight.results.changed_object import ChangedObject
from chronosight.results.land_cover_change import CoverObject
from chronosight.scenes.scene import Scene

TEXTS = ("class", "direction", "cell", "cells", "tile", "date_before", "date_after")
NUMBERS = ("area_px", "area_m2", "length_m", "confidence", "lon", "lat")


COVER_TEXTS = ("from", "to", "cell", "tile", "date_before", "date_after")
COVER_NUMBERS = ("area_px", "area_m2", "confidence", "lon", "lat")


def cover_fields(item: CoverObject, scene: Scene) -> dict[str, Any]:
    """The fields of a land-cover object, as those of `object_fields`: `number`, then `COVER_TEXTS` and `COVER_NUMBERS`.

    Args:
        item: The object.
        scene: Its scene, which gives the dates.

    Returns:
        The fields.
    """
    known = item.to_dict() | _place_and_dates(item, scene)
    return {name: known.get(name) for name in ("number", *COVER_TEXTS, *COVER_NUMBERS)}


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
    known = item.to_dict() | {"cells": "; ".join(item.cells) or None} | _place_and_dates(item, scene)
    return {name: known.get(name) for name in ("number", *TEXTS, *NUMBERS)}


def _place_and_dates(item: ChangedObject | CoverObject, scene: Scene) -> dict[str, Any]:
    times = [time.isoformat() if time else None for time in scene.times] if len(scene.times) == 2 else [None, None]
    lon, lat = (None, None) if item.lonlat is None else (round(value, 7) for value in item.lonlat)
    return {"date_before": times[0], "date_after": times[1], "lon": lon, "lat": lat}
