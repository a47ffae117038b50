"""narrative.json, zones.json and zones.csv: the text and the tables of the page, for programs and spreadsheets."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chronosight.reports.places import Place
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.changed_object import total
from chronosight.results.narrative import narrative
from chronosight.results.zones import ZoneRow

NARRATIVE, OLD_NARRATIVE = "narrative.json", "story.json"  # the second is the deprecated name of the first
ZONES, ZONES_TABLE = "zones.json", "zones.csv"
SCHEMA = "chronosight.narrative/1"


def write_narrative(summary: ChangeSummary, places: Sequence[Place], folder: Path) -> None:
    """Writes the narrative always, the tables of zones where there are zones.

    Args:
        summary: The objects, and the zones if any.
        places: The most changed places, of a whole scene.
        folder: Gets the files.
    """
    facts = {
        "schema": SCHEMA,
        "area_unit": "m2" if summary.metric else "px",
        "sentences": [sentence.to_dict() for sentence in narrative(summary)],
        "places": [_place(place) for place in places],
    }
    (folder / NARRATIVE).write_text(_json(facts), encoding="utf-8")
    (folder / OLD_NARRATIVE).write_text(_json({**facts, "schema": "chronosight.story/1"}), encoding="utf-8")
    if summary.zones is None:
        return
    (folder / ZONES).write_text(_json(summary.zones.to_dict()), encoding="utf-8")
    rest = summary.zones.outside
    rows = [*summary.zones.rows, *([rest] if rest.all.count or rest.all.area else [])]
    keys = sorted({key for row in rows for key in row.tallies} | {("building", "appeared"), ("building", "vanished")})
    with (folder / ZONES_TABLE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        columns = [column for name, way in keys for column in (f"{name}_{way}", f"{name}_{way}_m2")]
        writer.writerow(["zone", "ground_m2", "covered", "objects", "area_m2", *columns])
        writer.writerows(_row(row, keys) for row in rows)


def _row(row: ZoneRow, keys: Sequence[tuple[str, Any]]) -> list[Any]:
    parts = [total(row.tallies, name, way) for name, way in keys]
    numbers = [number for part in parts for number in (part.count, round(part.area, 1))]
    # A spreadsheet would run a name that starts like a formula.
    name = f"'{row.name}" if row.name[:1] in ("=", "+", "-", "@") else row.name
    return [name, round(row.ground, 1), round(row.covered, 4), row.all.count, round(sum(numbers[1::2]), 1), *numbers]


def _place(place: Place) -> dict[str, Any]:
    return {
        "window_px": list(place.window),
        "lonlat": None if place.lonlat is None else [round(value, 7) for value in place.lonlat],
        "objects": list(place.numbers),
        "changes": place.fact.to_dict(),
        "found": place.fact.to_dict(),  # deprecated name of "changes"
        "caption": None if place.caption is None else place.caption.to_dict(),
    }


def _json(facts: dict[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
