"""description.json of a whole scene: the keys of a small pair's, with more facts an object, and `survey`; and back again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from PIL import Image

from chronosight.errors import InputError
from chronosight.reports.codes import change_codes
from chronosight.reports.description_json import assemble
from chronosight.reports.survey_vectors import properties_of
from chronosight.results.answer import Answer
from chronosight.results.changed_object import ChangedObject
from chronosight.results.description import (
    ClassDescription,
    Description,
    Evidence,
    GridCell,
    Quicklook,
    Survey,
    SurveyObject,
    placeholder_scene,
)
from chronosight.scenes.scene import Georeference, Shift

DECIMALS = 2  # of a pixel


def survey_dict(survey: Survey, files: Sequence[str] = (), answers: Sequence[tuple[str, Answer]] = ()) -> dict[str, Any]:
    """JSON types only; nothing of it is read from the placeholders."""
    facts = survey.facts
    compared, changed = facts["compared_m2"], facts["changed_m2"]
    shares = facts["compared_share"], round(changed / compared, 6) if compared else 0.0, facts["mean_probability"]
    found = assemble(survey.scene, survey.description, [_object(item) for item in survey.objects], shares, files, answers)
    found["survey"] = {
        **facts,
        "quicklook": {"before": "before.jpg", "after": "after.jpg", "scale": list(survey.quicklook.scale)},
        "classes": list(survey.description.evidence.classes),
    }
    return found


def _object(item: SurveyObject) -> dict[str, Any]:
    return {
        "id": item.id,
        **properties_of(item),
        "centroid_px": [round(value, DECIMALS) for value in item.centroid],
        "centroid_lonlat": [round(value, 7) for value in item.lonlat],
        "polygon_px": np.round(item.shape.polygon, DECIMALS).tolist(),
        "holes_px": [np.round(hole, DECIMALS).tolist() for hole in item.holes],
    }


def read_survey(folder: str | Path) -> Survey:
    """The `Survey` that `describe` wrote into a folder, without its rasters (open mask.tif for those).

    Raises InputError where the folder holds no results of a whole scene.
    """
    folder = Path(folder)
    try:
        facts = json.loads((folder / "description.json").read_text(encoding="utf-8"))
        return _read(facts, folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{folder} holds no results of a whole scene ({type(error).__name__}), expected what chronosight describe wrote: "
            "run it with --out"
        ) from error


def _read(facts: dict[str, Any], folder: Path) -> Survey:
    told, extra = facts["scene"], dict(facts["survey"])
    look, classes = extra.pop("quicklook"), tuple(extra.pop("classes"))
    place = Georeference(told["georeference"]["crs"], Affine(*told["georeference"]["transform"]))
    scene = placeholder_scene(
        told["width"],
        told["height"],
        sources=tuple(told["sources"]),
        georeference=place,
        metres_per_pixel=told["metres_per_pixel"],
        times=tuple(datetime.fromisoformat(time) if time else None for time in told["times"]),
        shift=Shift(**told["shift"]) if told["shift"] else None,
        notes=list(facts["notes"]),
    )
    objects = tuple(_read_object(row) for row in facts["objects"])
    nothing = np.broadcast_to(np.float32(0), (scene.height, scene.width))
    shapes = tuple(item.shape for item in objects)
    evidence = Evidence(classes, np.broadcast_to(np.uint8(0), nothing.shape), nothing, nothing, shapes)
    words = [_read_answer(facts[name]) for name in ("caption", "changed")]
    described = tuple(ClassDescription(**{**row, "cells": tuple(row["cells"])}) for row in facts["classes"])
    description = Description(words[0], words[1], described, evidence, (), facts["model"])
    labels = [(code.label, f"{code.class_name}_{code.direction}") for code in change_codes(classes)]
    table = json.loads((folder / "cells.json").read_text(encoding="utf-8"))["cells"]
    pictures = [np.asarray(Image.open(folder / look[name]).convert("RGB")) for name in ("before", "after")]
    valid = np.asarray(pictures[0].max(axis=2) > 0) & (pictures[1].max(axis=2) > 0)
    quicklook = Quicklook(pictures[0], pictures[1], valid, (look["scale"][0], look["scale"][1]))
    return Survey(scene, description, objects, tuple(_read_cell(row, labels) for row in table), quicklook, extra)


def _read_object(row: dict[str, Any]) -> SurveyObject:
    shape = ChangedObject(
        row["class"], row["direction"], np.array(row["polygon_px"], float), row["area_px"], row["cell"], row["confidence"]
    )
    holes = tuple(np.array(hole, float) for hole in row["holes_px"])
    centroid, lonlat = row["centroid_px"], row["centroid_lonlat"]
    return SurveyObject(
        row["id"], shape, holes, row["tile"], row["area_m2"], row.get("length_m"), (centroid[0], centroid[1]),
        (lonlat[0], lonlat[1]),
    )  # fmt: skip


def _read_answer(row: dict[str, Any]) -> Answer:
    return Answer(row["text"], row["task"], row["value"], row["confidence"], row["sure"], None, tuple(row["notes"]))


def _read_cell(row: dict[str, Any], labels: list[tuple[str, str]]) -> GridCell:
    left, top, width, height = row["window_px"]
    return GridCell(
        row["row"],
        row["column"],
        (left, top, width, height),
        (row["lon"], row["lat"]),
        row["compared_m2"],
        {label: row[name] for label, name in labels if row[name]},
        {label: row[f"{name}_m2"] for label, name in labels if row[name]},
        {direction: row[f"road_{direction}_m"] for direction in ("appeared", "vanished") if row[f"road_{direction}_m"]},
    )
