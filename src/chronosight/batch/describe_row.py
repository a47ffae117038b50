"""One pair in, one result row out: the one function that this machine, its processes and Ray's actors run."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chronosight.batch.job import Job
from chronosight.batch.result import COLUMNS, Result, failed_result, named_columns
from chronosight.batch.row import Row
from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.engines.engine import Engine
    from chronosight.results.description import Description

ITEMS = "items"  # folder of the files of each pair
WAIT = 0.5  # seconds before a failed pair is tried again, doubled each time


def describe_row(row: Row, job: Job, engine: Engine, out: Path | None) -> Result:
    """Describes one pair; whatever goes wrong becomes the column `error`, in one line.

    Args:
        row: The pair.
        job: How it is described.
        engine: Answers.
        out: Folder of the run, whose items/NAME gets the files of this pair; None writes nothing.

    Returns:
        The result, with an error or without.
    """
    if row.fault:  # nothing that another try would change
        return failed_result(row, row.fault)
    began, error, tries = time.perf_counter(), "", 0
    for tries in range(1, job.retries + 2):
        try:
            described = _describe(row, job, engine, out)
            return _result(row, described, time.perf_counter() - began, tries, out)
        except InputError as problem:
            error = str(problem)
        except MemoryError:
            error = "not enough memory for this pair; give a part of it, or a smaller version"
        except Exception as problem:  # one bad pair must not end the run
            error = f"{type(problem).__name__}: {problem}"
        if tries <= job.retries:
            time.sleep(WAIT * 2 ** (tries - 1))
    return failed_result(row, error, time.perf_counter() - began, tries)


def _describe(row: Row, job: Job, engine: Engine, out: Path | None) -> Description:
    from chronosight import pipeline
    from chronosight.engines.generalise import ObjectLimits
    from chronosight.scenes.large.choose import large_pair

    folder = None if out is None else out / ITEMS / row.folder
    asked = tuple(dict.fromkeys((*job.questions, *row.questions)))
    limits = ObjectLimits(job.min_area, job.min_confidence) or None
    whole = folder is not None and (job.reports or large_pair(row.before, row.after, job.opening.bands) is not None)
    opening = job.opening if row.metres_per_pixel is None else replace(job.opening, metres_per_pixel=row.metres_per_pixel)
    described = pipeline.describe(
        row.before, row.after, engine, folder if whole else None, None, asked, opening, job.cell_m, limits=limits
    )
    if folder is not None and not whole and job.rasters:
        _write_rasters(described, folder)
    return described


def _write_rasters(described: Description, folder: Path) -> None:
    """The maps of a georeferenced pair, written aside and moved into place together."""
    if described.scene.georeference is None:
        return
    from chronosight.reports.rasters import write_mask_tif, write_probability_tif

    aside = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    write_mask_tif(described, aside / "mask.tif")
    write_probability_tif(described, aside / "probability.tif")
    shutil.rmtree(folder, ignore_errors=True)
    aside.replace(folder)


def _result(row: Row, described: Description, seconds: float, tries: int, out: Path | None) -> Result:
    from chronosight.results.change_summary import change_summary
    from chronosight.results.changed_object import DIRECTIONS, tally, total

    scene, changed = described.scene, described.changed
    sums = tally(described.objects)
    facts: dict[str, Any] = dict.fromkeys(COLUMNS) | {
        "error": None,
        "changed": changed.value if isinstance(changed.value, bool) else None,
        "changed_confidence": round(changed.confidence, 4) if changed.confidence_known else None,
        "confident": changed.confident,
        "caption": described.caption.text,
        "objects": len(described.objects),
    }
    for name in ("building", "road"):
        for direction in DIRECTIONS:
            found = total(sums, name, direction)
            facts[f"{name}s_{direction}"] = found.count
            facts[f"{name}s_{direction}_area"] = round(found.area, 1)
    times = [time.isoformat() if time else None for time in scene.times] or [None, None]
    named = named_columns(row)
    facts |= {
        "area_unit": "m2" if change_summary(described).metric else "px",
        "width": scene.width,
        "height": scene.height,
        "metres_per_pixel": scene.metres_per_pixel,
        "shift_x": None if scene.shift is None else round(scene.shift.dx, 2),
        "shift_y": None if scene.shift is None else round(scene.shift.dy, 2),
        "answers": [{"question": question, **answer.to_dict()} for question, answer in described.answers],
        "notes": list(dict.fromkeys([*scene.notes, *described.notes])),
        "before_date": named["before_date"] or times[0],
        "after_date": named["after_date"] or times[-1],
        "seconds": round(seconds, 3),
        "tries": tries,
    }
    files = _files(row, out)
    facts |= {name: value for name, value in named.items() if value is not None} | {"files": files}
    return Result(facts, row.digest(), _objects(row, described), _item(row, described, facts, files))


def _files(row: Row, out: Path | None) -> list[str]:
    """Files of a pair, relative to the folder of the run."""
    if out is None or not (out / ITEMS / row.folder).is_dir():
        return []
    found = (out / ITEMS / row.folder).iterdir()
    return sorted(f"{ITEMS}/{row.folder}/{path.name}" for path in found if path.is_file() and not path.name.startswith("."))


def _objects(row: Row, described: Description) -> list[dict[str, Any]]:
    """Changed objects as features; without a place on the Earth the outline stays in pixels."""
    from chronosight.reports.geojson import lonlat_collection, pixel_collection

    placed = lonlat_collection(described)
    collection = placed or pixel_collection(described)
    features = []
    for feature in collection["features"]:
        facts = {"pair": row.id, **feature["properties"]}
        if placed is None:
            facts["outline_px"] = feature["geometry"]["coordinates"][0]
        geometry = feature["geometry"] if placed is not None else None
        features.append({"type": "Feature", "geometry": geometry, "properties": facts})
    return features


def _item(row: Row, described: Description, facts: dict[str, Any], files: Sequence[str]) -> dict[str, Any]:
    """A STAC item (1.0.0) of the outputs of one pair."""
    from chronosight.reports.stac import ASSETS
    from chronosight.scenes.lonlat import scene_corners

    corners = scene_corners(described.scene)
    geometry, box = None, None
    if corners is not None:
        ring = [[round(float(x), 7), round(float(y), 7)] for x, y in (*corners[::-1], corners[-1])]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        box = [min(x for x, _ in ring), min(y for _, y in ring), max(x for x, _ in ring), max(y for _, y in ring)]
    shown = {name: value for name, value in facts.items() if name in SHOWN and value is not None}
    properties = {"title": f"Change of {row.id}", **_times(facts)}
    properties |= {f"chronosight:{name}": value for name, value in shown.items()}
    assets = {}
    for file in files:
        name = Path(file).name
        if name in ASSETS:
            kind, title, roles = ASSETS[name]
            assets[name.removesuffix(".tif")] = {"href": f"./{file}", "type": kind, "title": title, "roles": roles}
    item: dict[str, Any] = {"type": "Feature", "stac_version": "1.0.0", "stac_extensions": [], "id": row.id, "geometry": geometry}
    return item | ({} if box is None else {"bbox": box}) | {"properties": properties, "links": [], "assets": assets}


SHOWN = ("changed", "changed_confidence", "caption", "objects", "buildings_appeared", "buildings_vanished", "roads_appeared",
         "roads_vanished")  # fmt: skip


def _times(facts: dict[str, Any]) -> dict[str, Any]:
    """STAC's times: a range where both dates are known, else the one that is, else when this was computed, and it says so."""
    from datetime import UTC, datetime

    known = [_stamp(facts[name]) for name in ("before_date", "after_date")]
    times = sorted(one for one in known if one is not None)
    if len(times) == 2:
        return {"datetime": None, "start_datetime": times[0], "end_datetime": times[1]}
    if times:
        return {"datetime": times[0]}
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {"datetime": now, "chronosight:dates_from": "the time of the run, the images give none"}


def _stamp(text: str | None) -> str | None:
    from chronosight.scenes.times import time_of

    time = time_of([text], text or "")
    if time is None and text and text.strip()[:4].isdecimal() and len(text.strip()) == 4:
        return f"{text.strip()}-01-01T00:00:00Z"
    return None if time is None else f"{time:%Y-%m-%dT%H:%M:%SZ}"
