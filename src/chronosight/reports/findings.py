"""What is known of a scene's changes once it was looked at: all that story, tables and questions are read off."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chronosight.errors import InputError
from chronosight.reports.description_json import SCHEMA
from chronosight.reports.found import Found, found_in_pair
from chronosight.reports.ground import to_lonlat
from chronosight.reports.zones import Zone, ZoneTable, count_zones
from chronosight.results.description import Description, Survey
from chronosight.scenes.scene import Scene

if TYPE_CHECKING:
    from shapely import Geometry

STEEP = 0.36  # tangent of 20 degrees: a grid turned by more is not called north up
DESCRIPTION, ZONES = "description.json", "zones.json"


@dataclass(frozen=True, eq=False)
class Findings:
    """found: all changed objects. width, height: of the scene in pixels. metric: whether areas are square metres.

    north_up: whether north is at the top; None where the scene has no place on the Earth. corners: (4, 2) longitude and
    latitude from the upper left clockwise, or None. changed: probability in [0, 1] that anything changed.
    """

    found: tuple[Found, ...]
    width: int
    height: int
    metric: bool
    changed: float
    corners: np.ndarray | None = None
    zones: ZoneTable | None = None

    @property
    def north_up(self) -> bool | None:
        if self.corners is None:
            return None
        upwards = (self.corners[0] + self.corners[1] - self.corners[2] - self.corners[3]) / 2
        east = upwards[0] * np.cos(np.radians(self.corners[:, 1].mean()))
        return bool(upwards[1] > 0 and abs(east) <= STEEP * upwards[1])

    @property
    def footprint(self) -> Geometry | None:
        from shapely import Polygon

        return None if self.corners is None else Polygon(self.corners)

    def with_zones(self, zones: Sequence[Zone] | None) -> Findings:
        """With the objects counted by zones. Raises InputError where that cannot be done."""
        if zones is None:
            return self
        return replace(self, zones=count_zones(self.found, zones, self.footprint))


def findings_of_pair(scene: Scene, description: Description) -> Findings:
    """Of a pair that was described whole."""
    changed = _probability(description.changed.value, description.changed.confidence)
    metric = to_lonlat(scene, np.empty((0, 2))) is not None or scene.metres_per_pixel is not None
    return Findings(tuple(found_in_pair(scene, description)), scene.width, scene.height, metric, changed, scene_corners(scene))


def findings_of_survey(survey: Survey) -> Findings:
    """Of a whole scene, looked at in tiles."""
    scene, changed = survey.scene, survey.description.changed
    rings = [[item.shape.polygon, *item.holes] for item in survey.objects]
    shapes = _shapes(scene, rings)
    found = tuple(
        Found(
            item.id,
            item.shape.class_name,
            item.shape.direction,
            item.area_m2,
            item.centroid,
            item.shape.cell,
            item.shape.polygon,
            item.shape.confidence,
            item.length_m,
            item.lonlat,
            shape,
        )
        for item, shape in zip(survey.objects, shapes, strict=True)
    )
    probability = _probability(changed.value, changed.confidence)
    return Findings(found, scene.width, scene.height, True, probability, scene_corners(scene))


def read_findings(folder: Path) -> Findings:
    """Of the folder that `describe --out` wrote, for a pair of any size.

    Raises InputError where it is none.
    """
    facts = read_description(folder)
    try:
        scene, changed = facts["scene"], facts["changed"]
        rows = facts["objects"]
        corners = None if scene["corners_lonlat"] is None else np.array(scene["corners_lonlat"], float)
        metric = all("area_m2" in row for row in rows)
        shapes = _read_shapes(folder) if corners is not None else {}
        found = tuple(_read_found(row, shapes) for row in rows)
        probability = _probability(changed["value"], float(changed["confidence"]))
        zones = read_table(folder / ZONES) if ZONES in facts["files"] else None
        return Findings(found, int(scene["width"]), int(scene["height"]), metric, probability, corners, zones)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(f"{folder / DESCRIPTION} is incomplete; write the folder again with describe --out") from error


def read_description(folder: Path) -> dict[str, Any]:
    """description.json of a result folder. Raises InputError where there is none that can be used."""
    path = folder / DESCRIPTION
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{folder} holds no {DESCRIPTION}, expected a folder that describe --out wrote") from error
    except ValueError as error:
        raise InputError(f"{path} is not JSON; write the folder again with describe --out") from error
    if not isinstance(facts, dict) or facts.get("schema") != SCHEMA:
        raise InputError(f"{path} is not a description of this version, expected schema {SCHEMA}")
    return facts


def read_sources(folder: Path) -> list[str]:
    """The files that a result folder tells of. Raises InputError where it names none, or they are gone."""
    sources = [str(source) for source in read_description(folder).get("scene", {}).get("sources", [])]
    gone = [source for source in sources if not Path(source).is_file()]
    if not sources or gone:
        raise InputError(f"{folder} tells of {gone[0] if gone else 'no files'}, which is not there; give both files instead")
    return sources


def read_shift(folder: Path) -> tuple[float, float] | None:
    """How far the later date of a whole scene was read further right and down; None for a smaller pair."""
    facts = read_description(folder)
    if "survey" not in facts:
        return None
    shift = facts["scene"].get("shift") or {}
    return (float(shift["dx"]), float(shift["dy"])) if shift.get("corrected") else (0.0, 0.0)


def is_result(folder: Path) -> bool:
    """Whether `describe --out` wrote this folder."""
    return (folder / DESCRIPTION).is_file()


def read_table(path: Path) -> ZoneTable:
    """zones.json as `ZoneTable.to_dict` wrote it. Raises InputError where it cannot be read."""
    try:
        return ZoneTable.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} cannot be read; write the folder again with describe --out --zones") from error


def scene_corners(scene: Scene) -> np.ndarray | None:
    corners = np.array([[0, 0], [scene.width, 0], [scene.width, scene.height], [0, scene.height]], float)
    return to_lonlat(scene, corners)


def _shapes(scene: Scene, rings: Sequence[Sequence[np.ndarray]]) -> list[Any]:
    """Polygons in longitude and latitude from rings in pixels, the outer first; None for all without a place."""
    from shapely import Polygon

    flat = [ring for group in rings for ring in group]
    lonlat = to_lonlat(scene, np.concatenate(flat)) if flat else None
    if lonlat is None:
        return [None] * len(rings)
    parts = iter(np.split(lonlat, np.cumsum([len(ring) for ring in flat])[:-1]))
    return [Polygon(next(parts), [next(parts) for _ in group[1:]]) for group in rings]


def _read_shapes(folder: Path) -> dict[int, Any]:
    """id -> polygon in longitude and latitude, of objects.geojson."""
    from shapely.geometry import shape

    try:
        features = json.loads((folder / "objects.geojson").read_text(encoding="utf-8"))["features"]
    except OSError:
        return {}
    return {int(feature["id"]): shape(feature["geometry"]) for feature in features}


def _read_found(row: dict[str, Any], shapes: dict[int, Any]) -> Found:
    if row["direction"] not in ("appeared", "vanished"):
        raise ValueError(row["direction"])
    lonlat = row.get("centroid_lonlat")
    length = row.get("length_m")
    x, y = row["centroid_px"]
    return Found(
        int(row["id"]),
        str(row["class"]),
        row["direction"],
        float(row.get("area_m2", row["area_px"])),
        (float(x), float(y)),
        str(row["cell"]),
        np.array(row["polygon_px"], float),
        float(row["confidence"]),
        None if length is None else float(length),
        None if lonlat is None else (float(lonlat[0]), float(lonlat[1])),
        shapes.get(int(row["id"])),
    )


def _probability(changed: Any, confidence: float) -> float:
    return confidence if changed else 1 - confidence
