"""Zones of a pair: read from a file, checked against its ground, and counted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chronosight.errors import InputError
from chronosight.pipeline.opening import Zones

if TYPE_CHECKING:
    from chronosight.results.description import Description
    from chronosight.results.zones import Zone
    from chronosight.scenes.image import ImageFile


def read_zones(zones: Zones) -> list[Zone] | None:
    """Reads zones from a GeoJSON file; zones that are given as such stay as they are.

    Args:
        zones: A file, zones, or None.

    Returns:
        The zones, or None.

    Raises:
        InputError: The file cannot be used, or something else was given.
    """
    if zones is None:
        return None
    if isinstance(zones, (str, os.PathLike)):
        from chronosight.reports.zones_file import read_zones as read

        return read(Path(zones))
    from chronosight.results.zones import Zone  # not above: it loads numpy, and --help must not

    if not isinstance(zones, (list, tuple)) or not all(isinstance(zone, Zone) for zone in zones):
        raise InputError(
            f"zones is a {type(zones).__name__}, expected a GeoJSON or GeoPackage file of polygons: write one and give its path"
        )
    return list(zones)


def with_zones(description: Description, zones: Sequence[Zone] | None) -> Description:
    """Counts the objects of a description by zone.

    Args:
        description: The description of a pair.
        zones: The zones; None for none.

    Returns:
        The description with its zone table.

    Raises:
        InputError: No zone reaches into the scene, or the scene has no place on the Earth.
    """
    if zones is None:
        return description
    from chronosight.engines.router import with_zones as summary_with_zones

    summary = summary_with_zones(description, zones)
    return replace(description, zones=summary.zones, land_cover=summary.land_cover)


def check_zones(zones: Sequence[Zone] | None, image: ImageFile) -> None:
    """Checks, before any long work, that some zone reaches into an image.

    Args:
        zones: The zones; None for none.
        image: The earlier image.

    Raises:
        InputError: No zone reaches into the image, or it has no place on the Earth.
    """
    if zones is None:
        return
    from shapely import Polygon

    from chronosight.engines.zones import cover
    from chronosight.results.description import placeholder_scene
    from chronosight.scenes.lonlat import scene_corners

    scene = placeholder_scene(image.width, image.height, sources=(image.name,), georeference=image.georeference)
    corners = scene_corners(scene)
    cover(zones, None if corners is None else Polygon(corners))
