"""description.json: everything a description holds but the maps, for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from chronosight.reports.codes import NO_DATA, UNCHANGED, change_codes
from chronosight.reports.ground import to_lonlat
from chronosight.reports.summary import summary_lines
from chronosight.reports.vectors import PIXEL_GRID, pixel_collection
from chronosight.results.answer import Answer
from chronosight.results.description import Description
from chronosight.scenes.scene import Scene

SCHEMA = "chronosight.description/1"


def description_dict(
    scene: Scene,
    description: Description,
    files: Sequence[str] = (),
    answers: Sequence[tuple[str, Answer]] = (),
) -> dict[str, Any]:
    """JSON types only. files: names of the files written beside it. answers: (question, answer) pairs."""
    evidence, valid = description.evidence, scene.valid
    shares = _share(valid), _share(evidence.mask[valid] > 0), _share(evidence.probability[valid])
    return assemble(scene, description, object_dicts(scene, description), shares, files, answers)


def assemble(
    scene: Scene,
    description: Description,
    objects: list[dict[str, Any]],
    shares: tuple[float, float, float],
    files: Sequence[str] = (),
    answers: Sequence[tuple[str, Answer]] = (),
) -> dict[str, Any]:
    """The same from objects as JSON types and three shares: of the scene with data, of that changed, mean probability."""
    codes = {"unchanged": UNCHANGED, "no data": NO_DATA}
    codes |= {code.label: code.value for code in change_codes(description.evidence.classes)}
    return {
        "schema": SCHEMA,
        "scene": scene_dict(scene, shares[0]),
        "summary": summary_lines(scene, description),
        "caption": description.caption.to_dict(),
        "changed": description.changed.to_dict(),
        "classes": [
            {
                "name": change.name,
                "appeared": change.appeared,
                "vanished": change.vanished,
                "cells": list(change.cells),
                "confidence": round(change.confidence, 4),
            }
            for change in description.classes
        ],
        "pixel_grid": PIXEL_GRID,
        "objects": objects,
        "map": {
            "codes": codes,
            "changed_share": shares[1],
            "mean_probability": shares[2],
        },
        "notes": list(dict.fromkeys([*scene.notes, *description.notes])),
        "answers": [{"question": question, **answer.to_dict()} for question, answer in answers],
        "model": description.model,
        "files": list(files),
    }


def write_lines(facts: dict[str, Any]) -> str:
    """The dictionary as JSON text with one fact a line, and one line for each object: easy to read and to search."""
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
    """NumPy's numbers as numbers, anything else (a path, say) as its text."""
    return value.item() if isinstance(value, np.generic) else str(value)


def scene_dict(scene: Scene, valid_share: float) -> dict[str, Any]:
    place, shift = scene.georeference, scene.shift
    corners = np.array([[0, 0], [scene.width, 0], [scene.width, scene.height], [0, scene.height]], float)
    lonlat = to_lonlat(scene, corners)
    return {
        "kind": scene.kind,
        "sources": list(scene.sources),
        "width": scene.width,
        "height": scene.height,
        "metres_per_pixel": scene.metres_per_pixel,
        "times": [time.isoformat() if time else None for time in scene.times],
        "georeference": None if place is None else {"crs": place.crs, "transform": list(place.transform)[:6]},
        "corners_lonlat": None if lonlat is None else np.round(lonlat, 7).tolist(),
        "valid_share": valid_share,
        "shift": None if shift is None else {"dx": shift.dx, "dy": shift.dy, "corrected": shift.corrected},
    }


def object_dicts(scene: Scene, description: Description) -> list[dict[str, Any]]:
    """One object each: the facts of its GeoJSON feature, its polygon in pixels, and its centroid in both grids."""
    features = pixel_collection(scene, description.evidence.objects)["features"]
    middles = np.array([feature["properties"]["centroid"] for feature in features]).reshape(-1, 2)
    lonlat = to_lonlat(scene, middles)
    rows = []
    for index, feature in enumerate(features):
        facts = dict(feature["properties"])
        middle = facts.pop("centroid")
        rows.append(
            {
                "id": feature["id"],
                **facts,
                "centroid_px": middle,
                "centroid_lonlat": None if lonlat is None else np.round(lonlat[index], 7).tolist(),
                "polygon_px": feature["geometry"]["coordinates"][0],
            }
        )
    return rows


def _share(values: np.ndarray) -> float:
    return round(float(values.mean()), 6) if values.size else 0.0
