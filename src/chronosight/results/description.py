"""The contract of a whole scene: what looking at two large rasters gives, for writers, story, page and questions.

On disk (`chronosight describe BEFORE AFTER --out DIR` on a large pair; `reports.survey_files.read_survey(DIR)` gives the
`Survey` back, without the rasters):

    description.json    the keys of a small pair's (schema "chronosight.description/1"), and `survey` (facts listed below).
                        Each object: id, class, direction, cell, tile, area_px, area_m2, length_m (roads), confidence,
                        centroid_px, centroid_lonlat, polygon_px, holes_px
    objects.geojson     the objects, lon/lat, RFC 7946. objects.gpkg (layer "objects"): the same in the scene's CRS
    cells.csv, cells.json   counts and areas by cell of a square grid
    mask.tif, probability.tif   cloud-optimised GeoTIFFs; codes as in reports/codes.py, percent
    before.jpg, after.jpg   both dates, small; quicklook pixel = survey pixel * quicklook scale

"Survey pixels" (x right, y down, corners at integers) are those of mask.tif: the earlier date's grid, or that grid at
the ground size the model knows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chronosight.results.answer import Answer
from chronosight.results.changed_object import ChangedObject
from chronosight.scenes.scene import Scene


@dataclass(frozen=True)
class Evidence:
    """Maps behind an answer about change.

    mask: (H, W) uint8, index into `classes` (0 is background).
    probability: (H, W) float32 in [0, 1], that the pixel changed.
    appeared: (H, W) float32 in [0, 1], that a changed pixel shows something new (1) rather than something gone (0).
    """

    classes: tuple[str, ...]
    mask: np.ndarray
    probability: np.ndarray
    appeared: np.ndarray
    objects: tuple[ChangedObject, ...]


@dataclass(frozen=True)
class ClassDescription:
    """Changed objects of one class. cells: places of the 3x3 grid. confidence: of the counts and places together."""

    name: str  # plural, "buildings" or "roads"
    appeared: int
    vanished: int
    cells: tuple[str, ...]
    confidence: float


@dataclass(frozen=True)
class Description:
    """The whole answer to `describe`: what changed between two dates, in words and on a map."""

    caption: Answer
    changed: Answer
    classes: tuple[ClassDescription, ...]
    evidence: Evidence
    notes: tuple[str, ...] = ()
    model: dict[str, Any] = field(default_factory=dict)  # name, version, weights hash: enough to redo it


@dataclass(frozen=True)
class SurveyObject:
    """One changed object of a whole scene. shape: what every object has (class_name, direction, polygon, area, cell,
    confidence), in survey pixels.

    id: from 1, as in all files. holes: (n, 2) closed rings left out of the polygon. tile: "r3c12", the tile of the model's
    look that holds the centroid. area_m2: on the ellipsoid. length_m: of roads, else None.
    """

    id: int
    shape: ChangedObject
    holes: tuple[np.ndarray, ...]
    tile: str
    area_m2: float
    length_m: float | None
    centroid: tuple[float, float]
    lonlat: tuple[float, float]


@dataclass(frozen=True)
class GridCell:
    """One cell of the table. window: (left, top, width, height) in survey pixels; centre: (lon, lat).

    compared_m2: ground with data at both dates. counts, areas_m2: by "building appeared", "road vanished", ...: objects
    whose centroid lies in the cell. road_m: length of roads by "appeared" and "vanished".
    """

    row: int
    column: int
    window: tuple[int, int, int, int]
    centre: tuple[float, float]
    compared_m2: float
    counts: dict[str, int]
    areas_m2: dict[str, float]
    road_m: dict[str, float]


@dataclass(frozen=True)
class Quicklook:
    """Both dates small: (h, w, 3) uint8 each, and where both have data, (h, w) bool.

    scale: (x, y) quicklook pixels per survey pixel.
    """

    before: np.ndarray
    after: np.ndarray
    valid: np.ndarray
    scale: tuple[float, float]


@dataclass(frozen=True)
class Survey:
    """A whole scene looked at.

    scene: the facts of a pair (sources, times, georeference, metres_per_pixel, shift, notes, height, width). Its frames
    and valid have the right shape and hold nothing: they are placeholders that take no memory. Do not show them.
    description: the words; `description.evidence.objects` are the shapes of `objects`, its maps placeholders too.
    grid: cells by row. facts: JSON types: "tile", "overlap", "cell_m", "shift_m" ({"east", "north", "length",
    "corrected", "spread"} in metres, None where unknown), "warnings" (also among the notes), "compared_m2", "changed_m2".
    """

    scene: Scene
    description: Description
    objects: tuple[SurveyObject, ...]
    grid: tuple[GridCell, ...]
    quicklook: Quicklook
    facts: dict[str, Any] = field(default_factory=dict)


def placeholder_scene(width: int, height: int, **facts: Any) -> Scene:
    """A pair of that size whose pixels take no memory. facts: further fields of `Scene`."""
    frames = np.broadcast_to(np.uint8(0), (2, height, width, 3))
    return Scene("pair", frames, np.broadcast_to(np.True_, (height, width)), **facts)
