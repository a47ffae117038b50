"""land_cover.csv: from-to matrices of land-cover change in hectares, of the whole scene and of every zone."""

from __future__ import annotations

import csv
from pathlib import Path

from chronosight.results.land_cover_change import CLASSES, Flows, LandCoverChange

WHOLE = "whole scene"


def write_cover_table(change: LandCoverChange, path: Path) -> None:
    """Writes the matrices: one row a class before, one column a class after.

    The ground under new and vanished buildings and roads counts as built-up and as road and paved at the other date.

    Args:
        change: The land-cover change.
        path: The file to write.
    """
    unit, size = ("ha", 1e4) if change.metric else ("px", 1.0)
    names = [name.replace(" ", "_").replace("-", "_") for name in CLASSES]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["zone", "from", *(f"to_{name}_{unit}" for name in names), f"total_{unit}"])
        for zone, flows in [(WHOLE, change.flows), *((_safe(one.name), one.flows) for one in change.zones)]:
            for before in CLASSES:
                row = _row(before, flows, size)
                writer.writerow([zone, before, *row, round(sum(row), 4)])


def _row(before: str, flows: Flows, size: float) -> list[float]:
    return [round(flows[(before, after)].area / size, 4) if (before, after) in flows else 0.0 for after in CLASSES]


def _safe(name: str) -> str:
    """A spreadsheet would run a name that starts like a formula."""
    return f"'{name}" if name[:1] in ("=", "+", "-", "@") else name
