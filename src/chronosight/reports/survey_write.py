"""Everything that `describe` leaves behind of a whole scene, written into one folder all at once or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from chronosight.errors import InputError
from chronosight.reports.description_json import write_lines
from chronosight.reports.survey_json import survey_dict
from chronosight.reports.survey_rasters import Rows, write_mask, write_probability
from chronosight.reports.survey_stac import write_item
from chronosight.reports.survey_style import write_style
from chronosight.reports.survey_table import write_tables
from chronosight.reports.survey_vectors import write_geojson, write_geopackage
from chronosight.reports.write import NAMES, earlier_names, reason
from chronosight.results.answer import Answer
from chronosight.results.description import Survey

SURVEY_NAMES = ("mask.tif", "probability.tif", "objects.geojson", "objects.gpkg", "objects.qml", "cells.csv", "cells.json",
                "before.jpg", "after.jpg", "report.html", "story.json", "zones.json", "zones.csv", "description.json",
                "item.json")  # fmt: skip
Page = Callable[[Survey, Path], Sequence[tuple[str, Answer]]]  # writes the page; -> questions answered on it
WORKSHOP = ".chronosight-files"  # one name, so that the next run clears away what a killed one left


@dataclass(frozen=True)
class Rasters:
    """Where the maps come from, row by row: codes (`reports/codes.py`) and percent, see `survey_rasters`."""

    codes: Rows
    percent: Rows


def write_survey(
    survey: Survey,
    rasters: Rasters,
    folder: str | Path,
    answers: Sequence[tuple[str, Answer]] = (),
    page: Page | None = None,
) -> tuple[dict[str, Path], list[str]]:
    """Writes the files named in `engines/survey.py` into `folder`; -> path by file name, and remarks for the user.

    Written aside first and moved into place last, so a failure leaves the folder as it was. page: writes further files of
    SURVEY_NAMES (report.html) into the folder it is given. Raises InputError where the folder cannot be written to.
    """
    folder = Path(folder)
    workshop = folder / WORKSHOP
    try:
        shutil.rmtree(workshop, ignore_errors=True)
        workshop.mkdir(parents=True)
        remarks = _write_all(survey, rasters, workshop, answers, page)
        made = [name for name in SURVEY_NAMES if (workshop / name).exists()]
        stale = earlier_names(folder, {*NAMES, *SURVEY_NAMES}) - set(made)
        for name in made:
            os.replace(workshop / name, folder / name)
        for name in stale:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"cannot write the results to {folder} ({reason(error)}); give another folder") from error
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    return {name: folder / name for name in made}, remarks


def _write_all(
    survey: Survey, rasters: Rasters, folder: Path, answers: Sequence[tuple[str, Answer]],
    page: Page | None,
) -> list[str]:  # fmt: skip
    classes = survey.description.evidence.classes
    warnings = survey.facts["warnings"]
    write_mask(survey.scene, classes, rasters.codes, folder / "mask.tif", warnings)
    write_probability(survey.scene, rasters.percent, folder / "probability.tif", warnings)
    write_geojson(survey, folder / "objects.geojson")
    times, told = times_of(survey)
    remark = write_geopackage(survey, folder / "objects.gpkg", max(times))
    write_style(classes, folder / "objects.qml")
    write_tables(survey, folder)
    Image.fromarray(survey.quicklook.before).save(folder / "before.jpg", quality=90)
    Image.fromarray(survey.quicklook.after).save(folder / "after.jpg", quality=90)
    if page is not None:
        answers = [*answers, *page(survey, folder)]
    files = [name for name in SURVEY_NAMES if (folder / name).exists() or name in ("description.json", "item.json")]
    (folder / "description.json").write_text(write_lines(survey_dict(survey, files, answers)), encoding="utf-8")
    write_item(survey, files, times, told, folder / "item.json")
    return [remark] if remark else []


def times_of(survey: Survey) -> tuple[tuple[datetime, datetime], bool]:
    """When both pictures were taken, and True; where either is unknown, when their files were changed, and False."""
    times = survey.scene.times
    if len(times) == 2 and times[0] is not None and times[1] is not None:
        return (times[0], times[1]), True
    first, second = (
        datetime.fromtimestamp(Path(path).stat().st_mtime, UTC).replace(tzinfo=None) for path in survey.scene.sources
    )
    return (first, second), False
