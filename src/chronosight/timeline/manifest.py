"""The dates of a timeline as a table: a CSV with the columns image and date."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from chronosight.errors import InputError
from chronosight.files import check_regular_file
from chronosight.timeline.dates import KINDS, parse_date

EXPECTED = "a CSV with the columns image and date"


def read_dates(sources: Sequence[str]) -> tuple[list[str], str | None]:
    """Images and, where a table was given, their dates.

    Args:
        sources: Images, a folder of images, or one CSV.

    Returns:
        Paths, and dates with commas between them; None where the images themselves must say.

    Raises:
        InputError: The table cannot be read.
    """
    if len(sources) != 1:
        return list(sources), None
    path = Path(sources[0])
    if path.is_dir():
        from chronosight.scenes.pair_names import images_in

        return [str(image) for image in images_in(path)], None
    if path.suffix.lower() != ".csv":
        return list(sources), None
    check_regular_file(path, EXPECTED)
    images, dates = [], []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if missing := {"image", "date"} - set(reader.fieldnames or ()):
            raise InputError(f"{path.name} has no column {' and '.join(sorted(missing))}; expected {EXPECTED}")
        for row in reader:
            if not row["image"] or not row["date"]:
                raise InputError(f"{path.name}, line {reader.line_num} has no image or no date; expected {EXPECTED}")
            if parse_date(row["date"]) is None or "," in row["date"]:
                where = f"{path.name}, line {reader.line_num}"
                raise InputError(f'{where} has the date "{row["date"].strip()}", expected a date such as {KINDS}')
            images.append(str((path.parent / row["image"]).absolute()))
            dates.append(row["date"].strip())
    return images, ",".join(dates)
