"""A folder that `describe --out` wrote, read back as a description."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine

from chronosight.errors import InputError
from chronosight.files import read_json
from chronosight.limits import MAX_OBJECTS
from chronosight.reports.codes import change_codes
from chronosight.reports.description_json import COVER_SCHEMA, SCHEMA
from chronosight.results.answer import Answer
from chronosight.results.changed_object import ChangedObject, Direction
from chronosight.results.description import ClassDescription, Description, GridCell, Quicklook, placeholder_scene
from chronosight.results.evidence import MapsOnDisk, Rows
from chronosight.results.land_cover_change import (
    CoverObject,
    CoverZone,
    LandCoverChange,
    ObjectGround,
    known_class,
    read_flows,
)
from chronosight.results.zones import ZoneTable
from chronosight.scenes.scene import Georeference, Scene, Shift

DESCRIPTION = "description.json"
EXPECTED = "a folder that `chronosight describe --out` wrote"


def is_result(folder: Path) -> bool:
    """Whether `describe --out` wrote this folder.

    Args:
        folder: The folder.

    Returns:
        True where it holds description.json.
    """
    return (folder / DESCRIPTION).is_file()


def read_facts(folder: Path) -> dict[str, Any]:
    """Reads description.json of a result folder, as it stands.

    Args:
        folder: The folder.

    Returns:
        Its content.

    Raises:
        InputError: There is none that can be used.
    """
    path = folder / DESCRIPTION
    if not path.is_file():
        raise InputError(f"{folder} holds no {DESCRIPTION}, expected {EXPECTED}")
    facts = read_json(path, EXPECTED)
    if not isinstance(facts, dict) or facts.get("schema") != SCHEMA:
        raise InputError(f"{path} is not a description of this version, expected schema {SCHEMA}")
    return facts


def read_description(folder: str | Path) -> Description:
    """The description in a result folder, for a pair of any size; its maps are windows on the folder's rasters.

    Args:
        folder: The folder.

    Returns:
        The description.

    Raises:
        InputError: The folder holds no results, or they are incomplete.
    """
    folder = Path(folder)
    facts = read_facts(folder)
    try:
        return _read(facts, folder)
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, OSError, AttributeError) as error:
        raise InputError(f"{folder / DESCRIPTION} is incomplete; write the folder again with describe --out") from error


def read_sources(folder: Path) -> list[str]:
    """The files that a result folder was made from.

    Args:
        folder: The folder.

    Returns:
        Their paths, earlier date first.

    Raises:
        InputError: It names none, or they are not there any more.
    """
    named = read_facts(folder).get("scene", {}).get("sources", [])
    sources = [str((folder / str(source)).resolve()) for source in named]
    gone = [source for source in sources if not Path(source).is_file()]
    if not sources or gone:
        raise InputError(
            f"{folder} was made from {Path(gone[0]).name if gone else 'no files'}, which is not found from there: "
            "give both images in place of the folder"
        )
    return sources


def read_shift(folder: Path) -> tuple[float, float] | None:
    """The displacement at which the later date of a whole scene was read.

    Args:
        folder: The result folder.

    Returns:
        Pixels to the right and down; None for a smaller pair.
    """
    facts = read_facts(folder)
    if "survey" not in facts and "whole_scene" not in facts:
        return None
    shift = facts["scene"].get("shift") or {}
    return (float(shift["dx"]), float(shift["dy"])) if shift.get("corrected") else (0.0, 0.0)


def _read(facts: dict[str, Any], folder: Path) -> Description:
    scene = _scene(facts)
    if len(facts["objects"]) > MAX_OBJECTS:
        raise InputError(f"{folder} holds {len(facts['objects']):,} objects, expected at most {MAX_OBJECTS:,}")
    shapes = _shapes(folder) if scene.georeference is not None else {}
    objects = tuple(_object(row, shapes) for row in facts["objects"])
    whole = dict(facts.get("whole_scene") or facts.get("survey") or {})
    labels = [label.rsplit(" ", 1)[0] for label, value in sorted(facts["map"]["codes"].items(), key=lambda pair: pair[1])]
    classes = tuple(whole.pop("classes", ())) or ("background", *dict.fromkeys(labels[1:-1]))
    quicklook = whole.pop("quicklook", None)
    maps = MapsOnDisk(classes, objects, _rows(folder / "mask"), _rows(folder / "probability"))
    zones = facts.get("zones")
    if zones is None and "zones.json" in facts["files"]:  # folders of version 0.1
        zones = json.loads((folder / "zones.json").read_text(encoding="utf-8"))
    return Description(
        _answer(facts["caption"]),
        _answer(facts["changed"]),
        tuple(_class(row) for row in facts["classes"]),
        maps,
        (),
        _model(facts["model"]),
        scene,
        tuple((str(row["question"]), _answer(row)) for row in facts["answers"]),
        None if zones is None else ZoneTable.from_dict(zones),
        _grid(folder, classes) if quicklook else (),
        _quicklook(folder, quicklook) if quicklook else None,
        whole,
        tuple(facts["files"]),
        _land_cover(facts["land_cover"], scene, folder) if "land_cover" in facts else None,
        None if facts.get("guide_changed") is None else float(facts["guide_changed"]),
        {(str(row["class"]), row["direction"]): int(row["count"]) for row in facts.get("left_out", ())},
    )


def _model(facts: dict[str, Any]) -> dict[str, Any]:
    """What made the description; of it only the calibration of exact answers is used again."""
    for fit in facts.get("exact_answers", {}).values():
        if not all(isinstance(weight, int | float) for weight in fit.values()):
            raise ValueError(fit)
    return dict(facts)


def _scene(facts: dict[str, Any]) -> Scene:
    row = facts["scene"]
    place = row["georeference"]
    return placeholder_scene(
        int(row["width"]),
        int(row["height"]),
        sources=tuple(map(str, row["sources"])),
        georeference=None if place is None else Georeference(place["crs"], Affine(*place["transform"])),
        metres_per_pixel=row["metres_per_pixel"],
        times=tuple(datetime.fromisoformat(time) if time else None for time in row["times"]),
        shift=Shift(**row["shift"]) if row["shift"] else None,
        notes=list(facts["notes"]),
        doubts=tuple(map(str, row.get("doubts", ()))),
    )


def _shapes(folder: Path, name: str = "objects") -> dict[int, Any]:
    """Number -> outline in longitude and latitude, of objects.geojson or land_cover.geojson."""
    from shapely.geometry import shape

    path = folder / f"{name}.geojson"
    if not path.is_file():
        return {}
    features = read_json(path, "GeoJSON that `chronosight describe --out` wrote")["features"]
    return {int(feature["id"]): shape(feature["geometry"]) for feature in features}


def _object(row: dict[str, Any], shapes: dict[int, Any]) -> ChangedObject:
    if row["direction"] not in ("appeared", "vanished"):
        raise ValueError(row["direction"])
    return ChangedObject(
        str(row["class"]),
        row["direction"],
        length_m=None if row.get("length_m") is None else float(row["length_m"]),
        cells=tuple(map(str, row.get("cells", ()))),
        **_outlined(row, shapes),
    )


def _outlined(row: dict[str, Any], shapes: dict[int, Any]) -> dict[str, Any]:
    """The fields of `OutlinedObject`."""
    lonlat, number = row.get("centroid_lonlat"), int(row["id"])
    x, y = row["centroid_px"]
    return {
        "outline": np.array(row["polygon_px"], float),
        "area_px": float(row["area_px"]),
        "cell": str(row["cell"]),
        "confidence": float(row["confidence"]),
        "number": number,
        "centroid": (float(x), float(y)),
        "holes": tuple(np.array(hole, float) for hole in row.get("holes_px", ())),
        "area_m2": None if row.get("area_m2") is None else float(row["area_m2"]),
        "lonlat": None if lonlat is None else (float(lonlat[0]), float(lonlat[1])),
        "shape": shapes.get(number),
        "tile": row.get("tile"),
    }


def _land_cover(row: dict[str, Any], scene: Scene, folder: Path) -> LandCoverChange:
    if row["schema"] != COVER_SCHEMA:
        raise ValueError(row["schema"])
    if len(row["objects"]) > MAX_OBJECTS:
        raise InputError(f"{folder} holds {len(row['objects']):,} land-cover objects, expected at most {MAX_OBJECTS:,}")
    shapes = _shapes(folder, "land_cover") if scene.georeference is not None else {}
    mapped = any((folder / f"land_cover_mask.{kind}").is_file() for kind in ("tif", "png"))
    return LandCoverChange(
        tuple(_cover_object(one, shapes) for one in row["objects"]),
        tuple(_ground(one) for one in row["grounds"]),
        float(row["known_share"]),
        row["area_unit"] == "m2",
        {known_class(one["class"]): (float(one["before"]), float(one["after"])) for one in row["classes"]},
        tuple(
            CoverZone(str(one["name"]), read_flows(one["changes"]), tuple(map(int, one["ids"])), tuple(map(int, one["grounds"])))
            for one in row["zones"]
        ),
        _rows(folder / "land_cover_mask") if mapped else None,
        left_out=int(row.get("left_out", 0)),
        perhaps=read_flows(row.get("perhaps", [])),
    )


def _cover_object(row: dict[str, Any], shapes: dict[int, Any]) -> CoverObject:
    return CoverObject(known_class(row["from"]), known_class(row["to"]), **_outlined(row, shapes))


def _ground(row: dict[str, Any]) -> ObjectGround:
    direction: Direction = "appeared" if "was" in row else "vanished"
    name = known_class(row["was"] if "was" in row else row["became"])
    areas = {known_class(key): float(value) for key, value in row["areas"].items()}
    return ObjectGround(int(row["object"]), str(row["class"]), direction, name, float(row["confidence"]), areas)


def _class(row: dict[str, Any]) -> ClassDescription:
    changed = _answer(row["changed"]) if row.get("changed") else None
    return ClassDescription(**{**row, "cells": tuple(row["cells"]), "interval": _interval(row), "changed": changed})


def _interval(row: dict[str, Any]) -> tuple[int, int] | None:
    interval = row.get("interval")
    return None if interval is None else (int(interval[0]), int(interval[1]))


def _answer(row: dict[str, Any]) -> Answer:
    value = tuple(row["value"]) if isinstance(row["value"], list) else row["value"]
    confident = bool(row["confident"] if "confident" in row else row["sure"])
    known = row["confidence"] is not None
    confidence = float(row["confidence"]) if known else 0.0
    return Answer(row["text"], row["task"], value, confidence, confident, None, tuple(row["notes"]), row.get("unit"), known,
                  _interval(row))  # fmt: skip


def _rows(stem: Path) -> Rows:
    """Reads rows of a raster of the folder, a GeoTIFF or a PNG."""

    def rows(top: int, bottom: int) -> np.ndarray:
        from chronosight.scenes.boundary import decoding

        path = stem.with_suffix(".tif")
        if path.is_file():
            import rasterio
            from rasterio.windows import Window

            with decoding(path), rasterio.open(path, driver="GTiff") as file:
                part: np.ndarray = file.read(1, window=Window(0, top, file.width, bottom - top))
                return part
        from PIL import Image

        path = stem.with_suffix(".png")
        if not path.is_file():
            raise InputError(f"{path.parent} holds no {stem.name}.tif or {stem.name}.png; write the folder again with --out")
        with decoding(path), Image.open(path, formats=["PNG"]) as image:
            return np.asarray(image)[top:bottom]

    return rows


def _grid(folder: Path, classes: tuple[str, ...]) -> tuple[GridCell, ...]:
    labels = [(code.label, f"{code.class_name}_{code.direction}") for code in change_codes(classes)]
    table = read_json(folder / "cells.json", "the table that `chronosight describe --out` wrote")["cells"]
    return tuple(_cell(row, labels) for row in table)


def _cell(row: dict[str, Any], labels: list[tuple[str, str]]) -> GridCell:
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


def _quicklook(folder: Path, quicklook: dict[str, Any]) -> Quicklook:
    from PIL import Image

    before, after = (np.asarray(Image.open(folder / Path(quicklook[name]).name).convert("RGB")) for name in ("before", "after"))
    valid = np.asarray(before.max(axis=2) > 0) & (after.max(axis=2) > 0)
    return Quicklook(before, after, valid, (quicklook["scale"][0], quicklook["scale"][1]))
