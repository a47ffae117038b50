"""Everything that `timeline --out` leaves behind, written aside and moved into place together."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from chronosight.errors import InputError
from chronosight.files import write_json, write_text
from chronosight.reports.codes import colour_of
from chronosight.reports.qgis_style import write_history_style
from chronosight.reports.write import remove_empty
from chronosight.results.changed_object import classes_of
from chronosight.timeline.follow import Track
from chronosight.timeline.timeline import Timeline

SCHEMA = "chronosight.timeline/1"
NAMES = ("timeline.json", "timeline.csv", "objects.geojson", "objects.pixels.json", "objects.gpkg", "objects.qml", "plot.png",
         "animation.webp", "animation.gif", "report.html")  # fmt: skip
NEEDS_PLOT = "plot.png needs matplotlib: pip install 'chronosight[timeline]'"
SIDE = 768  # pixels: a longer side of the animation is shrunk to it
FRAME_MS = 900
ASIDE = ".chronosight-files"


def write_timeline(timeline: Timeline, folder: Path, gif: bool = False) -> tuple[list[str], list[str]]:
    """Writes the report of a timeline.

    timeline.json, timeline.csv, animation.webp (and .gif), report.html always; plot.png with matplotlib, where objects were
    counted; objects.geojson and objects.gpkg with a QGIS style where the images have a place on the Earth, else
    objects.pixels.json.

    Args:
        timeline: With its answers.
        folder: Made where it is missing; files of an earlier timeline are replaced, others never.
        gif: Whether to write the animation as GIF too.

    Returns:
        Names of the files, and remarks for the user.

    Raises:
        InputError: The folder cannot be written to, or holds a file of the same name that no timeline wrote.
    """
    from chronosight.timeline.page import timeline_page

    check_folder(folder)
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    aside = folder / ASIDE
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        notes = []
        write_text(aside / "timeline.csv", table_csv(timeline))
        _write_objects(timeline, aside)
        if not timeline.rows:
            pass  # nothing was counted: there is nothing to plot
        elif find_spec("matplotlib") is None:
            notes.append(NEEDS_PLOT)
        else:
            from chronosight.timeline.plot import write_plot

            write_plot(timeline, aside / "plot.png")
        _write_animation(timeline, aside, gif)
        write_text(aside / "report.html", timeline_page(timeline))
        made = [name for name in NAMES if (aside / name).exists() or name == "timeline.json"]
        write_json(aside / "timeline.json", timeline_dict(timeline) | {"files": made})
        for name in _own(folder) - set(made):
            (folder / name).unlink(missing_ok=True)
        for name in [*(one for one in made if one != "timeline.json"), "timeline.json"]:
            os.replace(aside / name, folder / name)
    except OSError as error:
        raise InputError(f"cannot write the report to {folder} ({error.strerror or error}); give another folder") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        remove_empty(missing)
    return made, notes


def check_folder(folder: Path) -> None:
    """Checks that a report replaces nothing but a timeline's own files.

    Args:
        folder: The output folder.

    Raises:
        InputError: It is a file, or holds a file that no timeline wrote and that would be replaced.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; the report needs a folder: give another name")
    own = _own(folder)
    for name in NAMES:
        if (folder / name).exists() and name not in own:
            raise InputError(f"{folder / name} was not written by a timeline and would be replaced: give another folder")


def timeline_dict(timeline: Timeline) -> dict[str, Any]:
    """The timeline as JSON types.

    Args:
        timeline: The timeline.

    Returns:
        The content of timeline.json.
    """
    stack = timeline.stack
    dates = [date.text for date in stack.dates]
    return {
        "schema": SCHEMA,
        "dates": [
            {"date": date, "source": Path(source).name, "shift": list(shift), "seen_share": round(float(seen.mean()), 4)}
            for date, source, shift, seen in zip(dates, stack.sources, stack.shifts, stack.seen, strict=True)
        ],
        "width": int(stack.frames.shape[2]),
        "height": int(stack.frames.shape[1]),
        "metres_per_pixel": stack.metres_per_pixel,
        "area_unit": timeline.unit,
        "table": [{**vars(row), "date": dates[row.date]} for row in timeline.rows],
        "captions": [
            {"before": dates[index], "after": dates[index + 1], "text": text} for index, text in enumerate(timeline.captions)
        ],
        "objects": [
            {**track_dict(track, dates), "polygon_px": np.round(track.item.outline, 2).tolist()} for track in timeline.tracks
        ],
        "answers": [{"question": question, **answer.to_dict()} for question, answer in timeline.answers],
        "notes": list(timeline.notes),
        "not_followed": stack.too_coarse or None,
        "doubts": list(stack.doubts),
        "model": timeline.model,
    }


def track_dict(track: Track, dates: Sequence[str]) -> dict[str, Any]:
    """The facts of one object; `inferred` are the dates of images that do not show its place.

    Args:
        track: The object, followed through time.
        dates: All dates, as text.

    Returns:
        The facts, as JSON types.
    """
    item = track.item
    facts: dict[str, Any] = {
        "number": item.number, "class": item.class_name, "cell": item.cell, "first_seen": dates[track.first_seen],
        "last_seen": dates[track.last_seen], "at_start": track.present[0], "at_end": track.present[-1],
        "history": history(track),
        "present": [date for date, here in zip(dates, track.present, strict=True) if here],
        "inferred": [dates[index] for index in track.inferred],
        "events": [
            {"direction": event.direction, "after": dates[event.before], "before": dates[event.after]} for event in track.events
        ],
        "confidence": round(track.confidence, 4), "area_px": round(item.area_px, 1),
    }  # fmt: skip
    return facts if item.area_m2 is None else facts | {"area_m2": round(item.area_m2, 1)}


def history(track: Track) -> str:
    """What became of an object between the first and the last date.

    Args:
        track: The object.

    Returns:
        "appeared", "vanished", "temporary" (built and gone again) or "interrupted" (gone and built again).
    """
    if track.present[0]:
        return "interrupted" if track.present[-1] else "vanished"
    return "appeared" if track.present[-1] else "temporary"


def table_csv(timeline: Timeline) -> str:
    """Counts and areas by date and class.

    Args:
        timeline: The timeline.

    Returns:
        The table as CSV, with a header line.
    """
    text = io.StringIO()
    unit = timeline.unit
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["date", "class", "present", f"present_{unit}", "appeared", f"appeared_{unit}", "vanished", f"vanished_{unit}"]
    )
    for row in timeline.rows:
        writer.writerow([
            timeline.stack.dates[row.date].text, row.class_name, row.present, row.present_area, row.appeared, row.appeared_area,
            row.vanished, row.vanished_area,
        ])  # fmt: skip
    return text.getvalue()


def _own(folder: Path) -> set[str]:
    """Files that an earlier timeline in the folder lists as its own."""
    try:
        facts = json.loads((folder / "timeline.json").read_text(encoding="utf-8"))
        return set(NAMES) & set(facts["files"]) if facts["schema"] == SCHEMA else set()
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _write_objects(timeline: Timeline, folder: Path) -> None:
    import shapely

    dates = [date.text for date in timeline.stack.dates]
    placed = timeline.stack.georeference is not None and all(track.item.shape is not None for track in timeline.tracks)
    features = []
    for track in timeline.tracks:
        item = track.item
        rings = [np.round(ring, 2).tolist() for ring in (item.outline, *item.holes)]
        pixels = {"type": "Polygon", "coordinates": rings}
        shape = json.loads(shapely.to_geojson(shapely.set_precision(item.shape, 1e-7))) if placed else pixels
        features.append({"type": "Feature", "id": item.number, "geometry": shape, "properties": track_dict(track, dates)})
    document = {"type": "FeatureCollection", "features": features}
    if placed:
        write_json(folder / "objects.geojson", document)
        _write_geopackage(timeline, dates, folder / "objects.gpkg")
        write_history_style(classes_of([track.item for track in timeline.tracks]), folder / "objects.qml")
    else:
        from chronosight.reports.geojson import PIXEL_GRID

        write_json(folder / "objects.pixels.json", {"coordinates": PIXEL_GRID, **document})


def _write_geopackage(timeline: Timeline, dates: Sequence[str], path: Path) -> None:
    """Layer "objects" on WGS 84, with first_seen and last_seen as text, and as dates (`start`, `end`) for a GIS."""
    import shapely
    from pyogrio import raw

    rows = [track_dict(track, dates) for track in timeline.tracks]
    shapes = np.array([shapely.to_wkb(track.item.shape) for track in timeline.tracks], dtype=object)
    columns: dict[str, np.ndarray] = {"number": np.array([row["number"] for row in rows], np.int32)}
    for name in ("class", "history", "cell", "first_seen", "last_seen"):
        columns[name] = np.array([row[name] for row in rows], dtype=object)
    for name in ("present", "inferred"):
        columns[name] = np.array([", ".join(row[name]) for row in rows], dtype=object)
    for name, ends in (("start", "first_seen"), ("end", "last_seen")):
        times = [timeline.stack.dates[getattr(track, ends)].time for track in timeline.tracks]
        columns[name] = np.array(times, "datetime64[ms]")
    columns["area_m2"] = np.array([row.get("area_m2", np.nan) for row in rows], np.float64)
    columns["confidence"] = np.array([row["confidence"] for row in rows], np.float64)
    raw.write(path, shapes, list(columns.values()), list(columns), layer="objects", driver="GPKG", geometry_type="Unknown",
              crs="EPSG:4326", VERSION="1.2")  # fmt: skip


def _write_animation(timeline: Timeline, folder: Path, gif: bool) -> None:
    frames = [outlined(timeline, index) for index in range(len(timeline.stack.dates))]
    options: dict[str, Any] = {"save_all": True, "append_images": frames[1:], "duration": FRAME_MS, "loop": 0}
    frames[0].save(folder / "animation.webp", quality=80, method=2, **options)
    if gif:
        frames[0].save(folder / "animation.gif", **options)


def outlined(timeline: Timeline, index: int) -> Image.Image:
    """One date, with its date written on it and the objects outlined that changed since the date before.

    Args:
        timeline: The timeline.
        index: Index of the date.

    Returns:
        The image, its longer side at most SIDE pixels.
    """
    image = Image.fromarray(timeline.stack.frames[index])
    scale = min(1.0, SIDE / max(image.size))
    image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    pen = ImageDraw.Draw(image)
    for track in timeline.tracks:
        for event in track.events:
            if event.after == index:
                colour = colour_of(track.item.class_name, event.direction)
                pen.line([(float(x) * scale, float(y) * scale) for x, y in track.item.outline], fill=colour, width=2)
    pen.rectangle((0, 0, 12 + 7 * len(timeline.stack.dates[index].text), 17), fill=(0, 0, 0))
    pen.text((6, 3), timeline.stack.dates[index].text, fill=(255, 255, 255))
    return image
