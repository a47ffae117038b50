"""description.json: everything a description holds but the maps, for programs."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chronosight.reports.codes import change_codes
from chronosight.reports.geojson import PIXEL_GRID
from chronosight.reports.plain_text import summary_lines
from chronosight.results.changed_object import ChangedObject
from chronosight.results.codes import NO_DATA, UNCHANGED
from chronosight.results.description import Description
from chronosight.results.evidence import Evidence
from chronosight.results.land_cover_change import CoverObject, LandCoverChange
from chronosight.scenes.lonlat import scene_corners
from chronosight.scenes.scene import Scene

SCHEMA = "chronosight.description/1"
COVER_SCHEMA = "chronosight.land_cover/1"
DECIMALS = 2  # of a pixel


def description_dict(description: Description, files: Sequence[str] = (), folder: Path | None = None) -> dict[str, Any]:
    """The description as JSON types.

    Args:
        description: Of a pair of any size.
        files: Names of the files written beside it.
        folder: Where they lie; sources are given relative to it, by name alone without it. No absolute path is written.

    Returns:
        A dictionary; "whole_scene" has the facts of a whole scene ("survey" is its deprecated name).
    """
    scene = description.scene
    valid, changed, probability = _shares(description)
    codes = {"unchanged": UNCHANGED, "no data": NO_DATA}
    codes |= {code.label: code.value for code in change_codes(description.evidence.classes)}
    metric = scene_corners(scene) is not None or scene.metres_per_pixel is not None
    facts = {
        "schema": SCHEMA,
        "scene": scene_dict(scene, valid, folder),
        "summary": summary_lines(description),
        "caption": description.caption.to_dict(),
        "changed": description.changed.to_dict(),
        "classes": [
            {
                "name": change.name,
                "appeared": change.appeared,
                "vanished": change.vanished,
                "cells": list(change.cells),
                "confidence": round(change.confidence, 4),
                "interval": None if change.interval is None else list(change.interval),
                **({} if change.changed is None else {"changed": change.changed.to_dict()}),
            }
            for change in description.classes
        ],
        "pixel_grid": PIXEL_GRID,
        "area_unit": "m2" if metric else "px",
        "objects": [object_dict(item) for item in description.objects],
        "map": {"codes": codes, "changed_share": changed, "mean_probability": probability},
        "notes": list(dict.fromkeys([*scene.notes, *description.notes])),
        "answers": [{"question": question, **answer.to_dict()} for question, answer in description.answers],
        "model": description.model,
        **({} if description.guide_changed is None else {"guide_changed": round(description.guide_changed, 6)}),
        "files": list(files),
    }
    if description.left_out:
        facts["left_out"] = [{"class": name, "direction": way, "count": n} for (name, way), n in description.left_out.items()]
    if description.land_cover is not None:
        facts["land_cover"] = land_cover_dict(description.land_cover)
    if description.zones is not None:
        facts["zones"] = description.zones.to_dict()
    if description.quicklook is not None:
        quicklook = {"before": "before.jpg", "after": "after.jpg", "scale": list(description.quicklook.scale)}
        whole = {**description.facts, "quicklook": quicklook, "classes": list(description.evidence.classes)}
        facts |= {"whole_scene": whole, "survey": whole}
    return facts


def land_cover_dict(change: LandCoverChange) -> dict[str, Any]:
    """A land-cover change as JSON types, its objects included.

    Args:
        change: The land-cover change.

    Returns:
        The facts.
    """
    return {"schema": COVER_SCHEMA, **change.to_dict(), "objects": [object_dict(item) for item in change.objects]}


def object_dict(item: ChangedObject | CoverObject) -> dict[str, Any]:
    """The facts that every file gives, the outline in pixels, and the centroid in both grids.

    Args:
        item: The object.

    Returns:
        The facts, as JSON types.
    """
    return {
        "id": item.number,
        **item.to_dict(),
        "centroid_px": [round(value, DECIMALS) for value in item.centroid],
        "centroid_lonlat": None if item.lonlat is None else [round(value, 7) for value in item.lonlat],
        "polygon_px": np.round(item.outline, DECIMALS).tolist(),
        "holes_px": [np.round(hole, DECIMALS).tolist() for hole in item.holes],
    }


def scene_dict(scene: Scene, valid_share: float, folder: Path | None = None) -> dict[str, Any]:
    """The facts of a scene as JSON types.

    Args:
        scene: The scene.
        valid_share: Share of the scene with data at both dates, in [0, 1].
        folder: Folder of the report, as in `description_dict`.

    Returns:
        The facts.
    """
    place, shift, lonlat = scene.georeference, scene.shift, scene_corners(scene)
    return {
        "kind": scene.kind,
        "sources": [source_name(source, folder) for source in scene.sources],
        "width": scene.width,
        "height": scene.height,
        "metres_per_pixel": scene.metres_per_pixel,
        "times": [time.isoformat() if time else None for time in scene.times],
        "georeference": None if place is None else {"crs": place.crs, "transform": list(place.transform)[:6]},
        "corners_lonlat": None if lonlat is None else np.round(lonlat, 7).tolist(),
        "valid_share": valid_share,
        "doubts": list(scene.doubts),
        "shift": None if shift is None else {"dx": shift.dx, "dy": shift.dy, "corrected": shift.corrected},
    }


def source_name(source: str, folder: Path | None) -> str:
    """A source relative to a folder, with slashes; its name alone where the two have nothing but the root in common.

    Pixels that came from no file have a name instead of a path, and keep it.

    Args:
        source: Path of the source.
        folder: The folder; None for the name alone.

    Returns:
        The name.
    """
    if folder is None or not Path(source).is_absolute():
        return Path(source).name
    ends = Path(source).resolve(), folder.resolve()
    if ends[0].parts[:2] != ends[1].parts[:2]:
        return ends[0].name
    return Path(os.path.relpath(*ends)).as_posix()


def write_lines(facts: dict[str, Any]) -> str:
    """JSON text with one fact a line, and one line for each object: easy to read and to search.

    Args:
        facts: The content.

    Returns:
        The text.
    """
    lines = []
    for key, value in facts.items():
        text = _dump(value)
        if key == "objects" and value:
            text = "[\n  " + ",\n  ".join(_dump(row) for row in value) + "\n ]"
        lines.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _dump(value: Any) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    """NumPy's numbers as numbers, a path as its name, anything else as its text."""
    if isinstance(value, Path):
        return value.name
    return value.item() if isinstance(value, np.generic) else str(value)


def _shares(description: Description) -> tuple[float, float, float]:
    """Shares of the scene with data, and of that changed; and the mean probability of change there."""
    evidence, valid, facts = description.evidence, description.scene.valid, description.facts
    if isinstance(evidence, Evidence):
        return _share(valid), _share(evidence.mask[valid] > 0), _share(evidence.probability[valid])
    compared, changed = facts["compared_m2"], facts["changed_m2"]
    return facts["compared_share"], round(changed / compared, 6) if compared else 0.0, facts["mean_probability"]


def _share(values: np.ndarray) -> float:
    return round(float(values.mean()), 6) if values.size else 0.0
