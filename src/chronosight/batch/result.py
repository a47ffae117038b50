"""What became of one pair: a row of the result table, its objects and a STAC item of its files."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from chronosight.batch.row import Row

TEXT, WHOLE, REAL, YES_NO = "string", "int64", "float64", "bool"
COLUMNS = {  # of the result table: name -> Arrow type; lists are JSON text in Parquet
    "id": TEXT, "before": TEXT, "after": TEXT, "before_date": TEXT, "after_date": TEXT, "error": TEXT, "changed": YES_NO,
    "changed_confidence": REAL, "confident": YES_NO, "caption": TEXT, "objects": WHOLE,
    "buildings_appeared": WHOLE, "buildings_appeared_area": REAL, "buildings_vanished": WHOLE, "buildings_vanished_area": REAL,
    "roads_appeared": WHOLE, "roads_appeared_area": REAL, "roads_vanished": WHOLE, "roads_vanished_area": REAL,
    "area_unit": TEXT, "width": WHOLE, "height": WHOLE, "metres_per_pixel": REAL, "shift_x": REAL, "shift_y": REAL,
    "answers": TEXT, "notes": TEXT, "files": TEXT, "seconds": REAL, "tries": WHOLE,
}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """What became of one pair, as JSON types.

    Attributes:
        row: `COLUMNS`.
        digest: Of the manifest's row that it answers.
        objects: GeoJSON-like features of its changed objects.
        item: A STAC item of its files; None where it failed.
    """

    row: dict[str, Any]
    digest: str
    objects: list[dict[str, Any]]
    item: dict[str, Any] | None

    @property
    def failed(self) -> bool:
        """Whether there is an error instead of an answer."""
        return self.row["error"] is not None

    def to_line(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, allow_nan=False)


def failed_result(row: Row, error: str, seconds: float = 0.0, tries: int = 1) -> Result:
    """The result of a pair that could not be described.

    Args:
        row: The pair.
        error: What went wrong.
        seconds: Time spent on it.
        tries: How often it was tried.

    Returns:
        The result, all other columns empty.
    """
    facts: dict[str, Any] = dict.fromkeys(COLUMNS) | named_columns(row)
    facts |= {"error": " ".join(error.split()), "seconds": round(seconds, 3), "tries": tries}
    return Result(facts, row.digest(), [], None)


def named_columns(row: Row) -> dict[str, Any]:
    """The columns that the manifest gives.

    Args:
        row: The pair.

    Returns:
        Values by column.
    """
    return {"id": row.id, "before": row.before, "after": row.after, "before_date": row.before_date, "after_date": row.after_date}
