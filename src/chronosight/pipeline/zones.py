"""Zones of a pair: read from a file, checked against its ground, and counted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chronosight.pipeline.opening import Zones

if TYPE_CHECKING:
    from chronosight.results.description import Description
    from chronosight.results.zones import Zone
    from chronosight.scenes.image import ImageFile


def read_zones(zones: Zones) -> list[Zone] | None:
    """Zones as they are, or from a GeoJSON file. Raises InputError where the file cannot be used."""
    if zones is None:
        return None
    if isinstance(zones, (str, os.PathLike)):
        from chronosight.reports.zones_file import read_zones as read

        return read(Path(zones))
    return list(zones)


def with_zones(description: Description, zones: Sequence[Zone] | None) -> Description:
    """The description with its objects counted by zone. Raises InputError where zones and scene do not meet."""
    if zones is None:
        return description
    from chronosight.engines.router import with_zones as summary_with_zones

    return replace(description, zones=summary_with_zones(description, zones).zones)


def check_zones(zones: Sequence[Zone] | None, image: ImageFile) -> None:
    """Raises InputError, before any long work, where no zone reaches into the image."""
    if zones is None:
        return
    from shapely import Polygon

    from chronosight.engines.zones import cover
    from chronosight.results.description import placeholder_scene
    from chronosight.scenes.lonlat import scene_corners

    scene = placeholder_scene(image.width, image.height, sources=(image.name,), georeference=image.georeference)
    corners = scene_corners(scene)
    cover(zones, None if corners is None else Polygon(corners))
