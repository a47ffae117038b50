"""The dates of a timeline as a list: a CSV with the columns image and date, or STAC items of one place."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from chronosight.errors import InputError
from chronosight.files import check_regular_file
from chronosight.scenes.files import locate
from chronosight.scenes.stac import read_items
from chronosight.timeline.dates import KINDS, parse_date

EXPECTED = "a CSV with the columns image and date"
STAC = (".json", ".geojson")

Listed = tuple[list[str], str | None, list[str]]  # images, their dates with commas between them, remarks for the user


def read_dates(sources: Sequence[str], asset: str | None = None) -> Listed:
    """Images and, where a list was given, their dates.

    Args:
        sources: Images, a folder of images, one CSV, or STAC items: an item collection, a collection, or one document an item.
        asset: Of STAC items: key or role of the asset to use.

    Returns:
        Paths or addresses; dates with commas between them, None where the images themselves must say; remarks for the user.

    Raises:
        InputError: The list cannot be read.
    """
    stac = [source for source in sources if source.partition("?")[0].lower().endswith(STAC)]
    if stac and len(stac) == len(sources):
        return _of_items(stac, asset)
    if asset is not None:
        raise InputError(f'--asset is "{asset}", but {sources[0]} is no STAC document; leave it out')
    if len(sources) == 1 and Path(sources[0]).is_dir():
        from chronosight.pipeline.results_given import check_no_results
        from chronosight.scenes.pair_names import images_in

        check_no_results(Path(sources[0]))
        return [str(image) for image in images_in(Path(sources[0]))], None, []
    if len(sources) == 1 and sources[0].lower().endswith(".csv"):
        return *_of_table(Path(sources[0])), []
    return list(sources), None, []


def _of_items(sources: Sequence[str], asset: str | None) -> Listed:
    images, dates, notes = [], [], []
    for source in sources:
        items, remarks = read_items(source)
        notes += remarks
        for item in items:
            if parse_date(item.time) is None:
                raise InputError(f'the STAC item {item.id} has the datetime "{item.time}", expected such as 2015-07-26T10:15:00Z')
            images.append(item.href(asset))
            dates.append(item.time)
    return images, ",".join(dates), notes


def _of_table(path: Path) -> tuple[list[str], str]:
    check_regular_file(path, EXPECTED)
    images, dates = [], []
    try:
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
                images.append(locate(row["image"].strip(), path.parent))
                dates.append(row["date"].strip())
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path.name} is no CSV in UTF-8 ({error}); save it again as one") from None
    return images, ",".join(dates)
