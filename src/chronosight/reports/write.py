"""Everything that `describe --out` leaves behind, written into one folder all at once or not at all.

Only files that an earlier run wrote are ever replaced: those that the folder's description.json lists, and, after a run that
was killed while it moved files into place, those that `MOVING` lists.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from chronosight.errors import InputError
from chronosight.reports.cover_table import write_cover_table
from chronosight.reports.description_json import SCHEMA, description_dict, write_lines
from chronosight.reports.geojson import write_cover_objects, write_objects
from chronosight.reports.geopackage import write_cover_geopackage, write_geopackage
from chronosight.reports.narrative_files import write_narrative
from chronosight.reports.overlay import cover_overlay, write_overlay
from chronosight.reports.page.make import write_page
from chronosight.reports.qgis_style import (
    write_cover_mask_style,
    write_cover_style,
    write_mask_style,
    write_object_style,
    write_probability_style,
)
from chronosight.reports.rasters import (
    write_cover_mask_png,
    write_cover_mask_tif,
    write_mask_png,
    write_mask_tif,
    write_probability_tif,
)
from chronosight.reports.stac import write_item
from chronosight.reports.table import write_tables
from chronosight.results.change_summary import change_summary
from chronosight.results.description import Description
from chronosight.results.evidence import Evidence
from chronosight.results.land_cover_change import LandCoverChange, object_flows

if TYPE_CHECKING:
    from chronosight.reports.page.content import PagePlace

# Every name a report may use, in the order in which they are moved into place. What an earlier report left under one of
# these is replaced or taken away.
COMMON = ("report.html", "narrative.json", "story.json", "description.json")
PAIR = ("mask.png", "overlay.png")
WHOLE_SCENE = ("mask.tif", "probability.tif",
               "objects.geojson", "objects.gpkg", "objects.qml", "cells.csv", "cells.json", "before.jpg",
               "after.jpg", "item.json")  # fmt: skip
NAMES = (
    "mask.png", "mask.tif", "mask.qml", "probability.tif", "probability.qml", "objects.geojson", "objects.pixels.json",
    "objects.gpkg", "objects.qml",
    "cells.csv", "cells.json", "before.jpg", "after.jpg", "overlay.png", "report.html", "narrative.json", "story.json",
    "zones.json", "zones.csv", "land_cover.csv", "land_cover.geojson", "land_cover.pixels.json", "land_cover.gpkg",
    "land_cover.qml", "land_cover_mask.png", "land_cover_mask.tif", "land_cover_mask.qml", "land_cover.png", "item.json",
    "description.json",
)  # fmt: skip
WORKSHOP = ".chronosight-files"  # one name, so that the next run clears away what a killed one left
MOVING = ".chronosight-moving.json"
LOCK = ".chronosight-lock"


@contextmanager
def output_folder(folder: Path, inputs: Sequence[str | Path] = (), whole_scene: bool = False) -> Iterator[Path]:
    """Makes a folder and keeps it for this run, before any long work is done.

    Args:
        folder: Where the report goes.
        inputs: Files that are read: the report must not replace them.
        whole_scene: Whether the pair is too large for memory, which has other files.

    Yields:
        The folder. Where the run fails, folders that it made are taken away again if they are empty.

    Raises:
        InputError: It is a file, cannot be written to, holds files of the report's names that no report wrote, or another
            run is writing to it.
    """
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; the report needs a folder: give another name")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("w")
    except OSError as error:
        remove_empty(missing)
        raise InputError(f"{folder} cannot be written to ({reason(error)}); give a folder you may write to") from error
    try:
        if not locked(lock):
            raise InputError(f"another run is writing to {folder}; wait until it is done, or give another folder")
        try:
            check_names(folder, (*COMMON, *(WHOLE_SCENE if whole_scene else PAIR)), inputs)
            yield folder
        finally:
            (folder / LOCK).unlink(missing_ok=True)
    finally:
        lock.close()
        remove_empty(missing)


def check_names(folder: Path, names: Sequence[str], inputs: Sequence[str | Path] = ()) -> None:
    """Checks that a report would replace nothing but its own files.

    Args:
        folder: The folder of the report.
        names: Names of the files to write.
        inputs: The files that are described.

    Raises:
        InputError: A name is taken by a file that no report wrote, by a folder or by an input.
    """
    own = written_before(folder)
    given = {Path(source).resolve() for source in inputs}
    for name in names:
        path = folder / name
        if path.is_dir():
            raise InputError(f"{path} is a folder, the report needs that name for a file: give another folder")
        if path.exists() and path.resolve() in given:
            raise InputError(f"{path} is one of the inputs, and the report would replace it: give another folder")
        if path.exists() and name not in own:
            raise InputError(f"{path} was not written by chronosight, and the report would replace it: give another folder")


def write_report(
    description: Description, folder: str | Path, places: Sequence[PagePlace] = (), inputs: Sequence[str | Path] = ()
) -> dict[str, Path]:
    """Writes the report of a pair of any size.

    report.html, narrative.json and description.json always; with a georeference mask.tif, probability.tif and objects.gpkg,
    each with its QGIS style; objects.geojson where the scene has a place on the Earth, else objects.pixels.json; zones.json and
    zones.csv with zones. Of a pair also mask.png and overlay.png; of a whole scene cells.csv and cells.json, before.jpg and
    after.jpg, and a STAC item, item.json. Where the land cover is mapped, land_cover.csv, land_cover.geojson (or
    land_cover.pixels.json), with a georeference land_cover.gpkg and land_cover_mask.tif with their styles, and of a pair
    land_cover.png and land_cover_mask.png. Everything is written aside first and moved into place last, so a failure leaves the
    folder as it was.

    Args:
        description: With its answers and zones.
        folder: Made where it is missing.
        places: The most changed places, with images, of a whole scene.
        inputs: Files that must not be replaced.

    Returns:
        Path by file name.

    Raises:
        InputError: The folder is a file, cannot be written to, or holds a file of the same name that no report wrote.
        ValueError: The maps do not fit the scene.
    """
    folder = Path(folder)
    _check_maps(description)
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    workshop = folder / WORKSHOP
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; the report needs a folder: give another name")
    try:
        shutil.rmtree(workshop, ignore_errors=True)
        workshop.mkdir(parents=True)
        made = _write_all(description, workshop, folder, places)
        check_names(folder, made, inputs)
        _move(workshop, folder, made)
    except OSError as error:
        raise InputError(f"cannot write the report to {folder} ({reason(error)}); give another folder") from error
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
        remove_empty(missing)
    return {name: folder / name for name in made}


def copy_report(description: Description, source: Path, folder: Path) -> None:
    """Copies a report, whose description.json then names the inputs as seen from its new folder.

    Args:
        description: What the report is about; its `files` are copied.
        source: The folder of the report.
        folder: The folder to copy it to, which exists.

    Raises:
        InputError: A file is missing, or the folder cannot be written to.
    """
    workshop = folder / WORKSHOP
    try:
        shutil.rmtree(workshop, ignore_errors=True)
        workshop.mkdir(parents=True)
        made = list(description.files)
        for name in made:
            shutil.copyfile(source / name, workshop / name)
        facts = description_dict(description, made, folder)
        (workshop / "description.json").write_text(write_lines(facts), encoding="utf-8")
        check_names(folder, made, description.scene.sources)
        _move(workshop, folder, made)
    except OSError as error:
        raise InputError(f"cannot copy the report in {source} to {folder} ({reason(error)}); describe the pair again") from error
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def written_before(folder: Path) -> set[str]:
    """Names that an earlier report in the folder lists as its own.

    Args:
        folder: The folder of the report.

    Returns:
        The names.
    """
    names: set[str] = set()
    for path, schema in ((folder / "description.json", SCHEMA), (folder / MOVING, MOVING)):
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
            if facts["schema"] == schema:
                names |= set(NAMES) & set(facts["files"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
    return names


def remove_empty(places: Sequence[Path]) -> None:
    """Removes those of the folders, innermost first, that exist and are empty.

    Args:
        places: The folders, innermost first.
    """
    for place in places:
        if place.is_dir() and not any(place.iterdir()):
            place.rmdir()


def reason(error: OSError) -> str:
    """What went wrong, in a few words.

    Args:
        error: The error.

    Returns:
        The reason, in lower case.
    """
    return (error.strerror or str(error) or type(error).__name__).splitlines()[0].lower()


def _move(workshop: Path, folder: Path, made: Sequence[str]) -> None:
    own = written_before(folder)
    (folder / MOVING).write_text(json.dumps({"schema": MOVING, "files": sorted(own | set(made))}), encoding="utf-8")
    for name in made:
        os.replace(workshop / name, folder / name)
    for name in own - set(made):
        (folder / name).unlink(missing_ok=True)
    (folder / MOVING).unlink()


def _write_all(description: Description, folder: Path, target: Path, places: Sequence[PagePlace]) -> list[str]:
    from chronosight.reports.page.content import page_content

    scene, summary = description.scene, change_summary(description)
    codes = None
    if isinstance(description.evidence, Evidence):
        codes = description.evidence.codes()
        write_mask_png(codes, description.evidence.classes, folder / "mask.png")
        write_overlay(description, codes, folder / "overlay.png")
    if scene.georeference is not None:
        write_mask_tif(description, folder / "mask.tif")
        write_probability_tif(description, folder / "probability.tif")
        write_geopackage(description, folder / "objects.gpkg", later_time(description))
        write_object_style(description.evidence.classes, folder / "objects.qml")
        write_mask_style(description.evidence.classes, folder / "mask.qml")
        write_probability_style(folder / "probability.qml")
    write_objects(description, folder)
    if description.land_cover is not None:
        _write_land_cover(description, description.land_cover, folder)
    write_narrative(summary, [item.place for item in places], folder)
    write_page(page_content(description, summary, codes, places), folder / "report.html")
    times: tuple[tuple[datetime, datetime], bool] | None = None
    if description.quicklook is not None:
        times = times_of(description)
        write_tables(description, folder)
        Image.fromarray(description.quicklook.before).save(folder / "before.jpg", quality=90)
        Image.fromarray(description.quicklook.after).save(folder / "after.jpg", quality=90)
    last = {"description.json", *(["item.json"] if times else [])}
    made = [name for name in NAMES if (folder / name).exists() or name in last]
    if times:
        write_item(description, made, *times, folder / "item.json")
    facts = description_dict(replace(description, files=tuple(made)), made, target)
    (folder / "description.json").write_text(write_lines(facts), encoding="utf-8")
    return made


def _write_land_cover(description: Description, change: LandCoverChange, folder: Path) -> None:
    write_cover_objects(description, folder)
    write_cover_table(change, folder / "land_cover.csv")
    kinds = list(object_flows(change.objects))
    if description.scene.georeference is not None:
        write_cover_geopackage(description, folder / "land_cover.gpkg", later_time(description))
        write_cover_style(kinds, folder / "land_cover.qml")
        if change.rows is not None:
            write_cover_mask_tif(description, folder / "land_cover_mask.tif")
            write_cover_mask_style(kinds, folder / "land_cover_mask.qml")
    if change.rows is not None and change.dates is not None and description.quicklook is None:
        write_cover_mask_png(change.rows(0, description.scene.height), folder / "land_cover_mask.png")
        cover_overlay(description).save(folder / "land_cover.png", format="PNG", compress_level=2)


def _check_maps(description: Description) -> None:
    evidence, scene = description.evidence, description.scene
    if isinstance(evidence, Evidence):
        for values in (evidence.mask, evidence.probability, evidence.appeared):
            if values.shape != scene.valid.shape:
                raise ValueError(f"a map of the evidence is {values.shape}, the scene {scene.valid.shape} (height, width)")


def times_of(description: Description) -> tuple[tuple[datetime, datetime], bool]:
    """When both images were taken; where either is unknown, when their files were changed.

    Args:
        description: The description of a pair.

    Returns:
        Both times, and whether they are the images' own.
    """
    times = description.scene.times
    if len(times) == 2 and times[0] is not None and times[1] is not None:
        return (times[0], times[1]), True
    first, second = (_file_time(Path(path)) for path in description.scene.sources)
    return (first, second), False


def _file_time(path: Path) -> datetime:
    """When a file was changed; 2000-01-01 for one at an address, and for pixels that came from no file."""
    from chronosight.scenes.remote import is_remote

    if is_remote(path) or not path.exists():
        return datetime(2000, 1, 1)
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)


def later_time(description: Description) -> datetime:
    """When the later image was taken, or its file changed; 2000-01-01 for a scene that came from no file.

    Args:
        description: The description of a pair.

    Returns:
        The time.
    """
    try:
        return max(times_of(description)[0])
    except (OSError, ValueError):
        return datetime(2000, 1, 1)


def locked(file: Any) -> bool:
    """Takes the lock of an open file. It ends with the process, however that ends.

    Args:
        file: The open file.

    Returns:
        False where another process has the lock.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True
