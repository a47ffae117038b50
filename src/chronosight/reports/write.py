"""Everything that `describe` leaves behind, written into one folder all at once or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from chronosight.errors import InputError
from chronosight.reports.codes import code_map
from chronosight.reports.description_json import SCHEMA, description_dict, write_lines
from chronosight.reports.findings import Findings, findings_of_pair
from chronosight.reports.mask import write_mask_png, write_mask_tif, write_probability_tif
from chronosight.reports.narrative_files import write_told
from chronosight.reports.overlay import write_overlay
from chronosight.reports.page.content import content_of_pair
from chronosight.reports.page.make import write_page
from chronosight.reports.vectors import write_objects
from chronosight.results.answer import Answer
from chronosight.results.description import Description
from chronosight.scenes.scene import Scene

# Every name a report may use. What an earlier report left under one of these is replaced or taken away.
NAMES = (
    "mask.png",
    "mask.tif",
    "probability.tif",
    "objects.geojson",
    "objects.pixels.json",
    "overlay.png",
    "report.html",
    "story.json",
    "zones.json",
    "zones.csv",
    "description.json",
)


def write_report(
    scene: Scene,
    description: Description,
    folder: str | Path,
    answers: Sequence[tuple[str, Answer]] = (),
    findings: Findings | None = None,
) -> dict[str, Path]:
    """Writes the report of a pair into `folder` (made where it is missing) and returns path by file name.

    mask.png, overlay.png, report.html, story.json and description.json always; mask.tif and probability.tif with a georeference;
    objects.geojson where the scene has a place on the Earth, else objects.pixels.json. Everything is written aside
    first and moved into place last, so a failure leaves the folder as it was.

    answers: (question, answer) pairs asked besides, for the page and description.json. findings: of the scene, where they
    were counted by zones; zones.json and zones.csv are written too then.
    Raises InputError when the folder is a file or cannot be written to, ValueError when the maps do not fit the scene.
    """
    evidence = description.evidence
    for values in (evidence.mask, evidence.probability, evidence.appeared):
        if values.shape != scene.valid.shape:
            raise ValueError(f"a map of the evidence is {values.shape}, the scene {scene.valid.shape} (height, width)")
    folder = Path(folder)
    missing = _missing(folder)
    workshop = _open_workshop(folder)
    try:
        made = _write_all(scene, description, workshop, answers, findings or findings_of_pair(scene, description))
        stale = earlier_names(folder, set(NAMES)) - set(made)
        for name in made:
            os.replace(workshop / name, folder / name)
        for name in stale:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"cannot write the report to {folder} ({reason(error)}); give another folder") from error
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
        remove_empty(missing)
    return {name: folder / name for name in made}


def check_folder(folder: str | Path) -> None:
    """Raises the InputError that `write_report` would, before any long work is done; leaves nothing behind."""
    folder = Path(folder)
    missing = _missing(folder)
    shutil.rmtree(_open_workshop(folder))
    remove_empty(missing)


def _missing(folder: Path) -> list[Path]:
    """The folder and those above it that do not exist yet, innermost first."""
    return [place for place in (folder, *folder.parents) if not place.exists()]


def remove_empty(places: Sequence[Path]) -> None:
    for place in places:
        if place.is_dir() and not any(place.iterdir()):
            place.rmdir()


def _open_workshop(folder: Path) -> Path:
    """A new, empty, hidden folder inside `folder`, on the same disk, so that moving out of it is one step."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; the report needs a folder: give another name")
    for name in NAMES:
        if (folder / name).is_dir():
            raise InputError(f"{folder / name} is a folder, the report needs that name for a file: give another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=".chronosight-", dir=folder))
    except OSError as error:
        raise InputError(f"{folder} cannot be written to ({reason(error)}); give a folder you may write to") from error


def _write_all(
    scene: Scene, description: Description, folder: Path, answers: Sequence[tuple[str, Answer]], findings: Findings
) -> list[str]:
    evidence = description.evidence
    codes = code_map(evidence, scene.valid)
    write_mask_png(codes, evidence.classes, folder / "mask.png")
    if scene.georeference is not None:
        write_mask_tif(codes, evidence.classes, scene.georeference, folder / "mask.tif")
        write_probability_tif(evidence, scene.valid, scene.georeference, folder / "probability.tif")
    write_objects(scene, evidence.objects, folder)
    write_overlay(scene, description, codes, folder / "overlay.png")
    write_page(content_of_pair(scene, description, codes, findings, answers), folder / "report.html")
    write_told(findings, (), folder)
    made = [name for name in NAMES if (folder / name).exists()] + ["description.json"]
    facts = description_dict(scene, description, made, answers)
    (folder / "description.json").write_text(write_lines(facts), encoding="utf-8")
    return made


def earlier_names(folder: Path, names: set[str]) -> set[str]:
    """Files that an earlier report in the folder lists as its own: a mask.tif of another scene must not stay behind."""
    try:
        facts = json.loads((folder / "description.json").read_text(encoding="utf-8"))
        if facts["schema"] != SCHEMA:
            return set()
        return names & set(facts["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def reason(error: OSError) -> str:
    return (error.strerror or str(error) or type(error).__name__).splitlines()[0].lower()
