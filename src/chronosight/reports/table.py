"""The table of a whole scene: counts and areas by cell of its grid, for a spreadsheet (CSV) and for programs (JSON)."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from chronosight.reports.codes import change_codes
from chronosight.results.description import Description, GridCell


def cell_rows(description: Description) -> list[dict[str, Any]]:
    """The table of cells: counts (`building_appeared`) and areas in square metres by class and direction.

    Args:
        description: The description of a whole scene.

    Returns:
        One row a cell.
    """
    codes = change_codes(description.evidence.classes)
    names = [(code.label, f"{code.class_name}_{code.direction}") for code in codes]
    return [_row(cell, names) for cell in description.grid]


def _row(cell: GridCell, names: list[tuple[str, str]]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "row": cell.row,
        "column": cell.column,
        "lon": round(cell.centre[0], 7),
        "lat": round(cell.centre[1], 7),
        "compared_m2": round(cell.compared_m2, 1),
    }
    row |= {name: cell.counts.get(label, 0) for label, name in names}
    row |= {f"{name}_m2": round(cell.areas_m2.get(label, 0.0), 1) for label, name in names}
    row |= {f"road_{direction}_m": round(cell.road_m.get(direction, 0.0), 1) for direction in ("appeared", "vanished")}
    return row


def write_tables(description: Description, folder: Path) -> None:
    """Writes cells.csv and cells.json, cells by row from the upper left corner of the scene on.

    Args:
        description: The description of a whole scene.
        folder: The folder to write into.
    """
    rows = cell_rows(description)
    with (folder / "cells.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else ["row", "column"])
        writer.writeheader()
        writer.writerows(rows)
    head = {"schema": "chronosight.cells/1", "cell_m": description.facts["cell_m"], "warnings": description.warnings}
    windows = [list(cell.window) for cell in description.grid]
    lines = ",\n  ".join(json.dumps({**row, "window_px": window}) for row, window in zip(rows, windows, strict=True))
    text = json.dumps(head)[:-1] + ', "cells": [\n  ' + lines + "\n ]}\n"
    (folder / "cells.json").write_text(text, encoding="utf-8")
