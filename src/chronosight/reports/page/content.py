"""What the page shows, gathered from a pair that was described whole or from a whole scene that was surveyed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from chronosight.reports.codes import NO_DATA, UNCHANGED, colour_of
from chronosight.reports.findings import Findings
from chronosight.reports.mask import palette_of
from chronosight.reports.narrative import Place, story
from chronosight.reports.picture import photograph
from chronosight.reports.summary import caption_line, changed_line, date_words, notes, size_words
from chronosight.results.answer import Answer
from chronosight.results.description import ClassDescription, Description, GridCell, Survey
from chronosight.scenes.scene import Scene

LONGEST_PHOTO = 1600  # pixels; larger scenes are reduced for the page
Asked = Sequence[tuple[str, Answer]]


@dataclass(frozen=True)
class PagePlace:
    """A place of the story with a picture of it at each date."""

    place: Place
    before: Image.Image
    after: Image.Image


@dataclass(frozen=True)
class PageContent:
    """before, after: both dates at one readable size; marks: the coloured mask on that size or larger, transparent where
    nothing changed. where: a line about the files. tags: what stands on the two pictures. facts: rows of name and words.

    gaps: whether one of the dates lacks data somewhere.
    """

    title: str
    headline: str
    where: str
    findings: Findings
    before: Image.Image
    after: Image.Image
    marks: Image.Image
    tags: tuple[str, str]
    metres_per_pixel: float | None
    verdict: str
    sentences: Sequence[str]
    classes: Sequence[ClassDescription]
    notes: Sequence[str]
    facts: Sequence[tuple[str, str]]
    gaps: bool = False
    grid: Sequence[GridCell] = ()
    places: Sequence[PagePlace] = ()
    answers: Asked = ()


def content_of_pair(
    scene: Scene, description: Description, codes: np.ndarray, findings: Findings, answers: Asked = ()
) -> PageContent:
    """codes: the change map as `codes.code_map` gives it."""
    factor = min(1.0, LONGEST_PHOTO / max(scene.width, scene.height))
    size = max(1, round(scene.width * factor)), max(1, round(scene.height * factor))
    return PageContent(
        headline=caption_line(description.caption),
        findings=findings,
        before=photograph(scene.frames[0], scene.valid, size),
        after=photograph(scene.frames[-1], scene.valid, size),
        marks=_marks_of_codes(codes, description.evidence.classes),
        sentences=[sentence.text for sentence in story(findings)],
        facts=_facts(scene, description),
        gaps=not scene.valid.all(),
        answers=answers,
        **_common(scene, description, findings),
    )


def content_of_survey(survey: Survey, findings: Findings, places: Sequence[PagePlace] = (), answers: Asked = ()) -> PageContent:
    look = survey.quicklook
    size = look.before.shape[1], look.before.shape[0]
    sentences = [sentence.text for sentence in story(findings)]
    return PageContent(
        headline=sentences[0],
        findings=findings,
        before=photograph(look.before, look.valid, size),
        after=photograph(look.after, look.valid, size),
        marks=_marks_of_survey(survey, size),
        sentences=sentences[1:],
        facts=_facts(survey.scene, survey.description) + _survey_facts(survey),
        gaps=not look.valid.all(),
        grid=survey.grid,
        places=places,
        answers=answers,
        **_common(survey.scene, survey.description, findings),
    )


def _common(scene: Scene, description: Description, findings: Findings) -> dict[str, Any]:
    names = [Path(source).name for source in (scene.sources[:1] + scene.sources[-1:])]
    dates = [date_words(time) for time in scene.times] or ["", ""]
    remarks = notes(scene, description)
    if findings.zones is not None:
        remarks += [f"{note[0].upper()}{note[1:]}." for note in findings.zones.notes]
    return {
        "title": f"{names[0]} – {names[-1]}" if names else "Change report",
        "where": _where(scene, names),
        "tags": (f"Before {dates[0]}".strip(), f"After {dates[-1]}".strip()),
        "metres_per_pixel": scene.metres_per_pixel,
        "verdict": changed_line(description.changed),
        "classes": description.classes,
        "notes": remarks,
    }


def _where(scene: Scene, names: list[str]) -> str:
    size = f"{scene.width:,} × {scene.height:,} pixels"
    if scene.metres_per_pixel:
        size += f" at {scene.metres_per_pixel:.3g} m"
    return f"{' and '.join(dict.fromkeys(names))} · {size}"


def _facts(scene: Scene, description: Description) -> list[tuple[str, str]]:
    facts = [("Files", ", ".join(scene.sources))]
    if scene.georeference is not None:
        crs = scene.georeference.crs
        facts.append(("Grid", crs if len(crs) <= 40 else crs.split('"')[1] if '"' in crs else crs[:40]))
    if scene.shift is not None:
        how = "corrected" if scene.shift.corrected else "not corrected"
        facts.append(("Shift", f"{scene.shift.dx:.3g}, {scene.shift.dy:.3g} pixels ({how})"))
    for key, value in description.model.items():
        facts.append(("Model" if key == "name" else str(key).replace("_", " ").capitalize(), _plain(value)))
    return facts


def _survey_facts(survey: Survey) -> list[tuple[str, str]]:
    facts = []
    for key, label in (("compared_m2", "Compared ground"), ("changed_m2", "Changed ground")):
        if survey.facts.get(key) is not None:
            facts.append((label, size_words(float(survey.facts[key]), True)))
    if survey.facts.get("tile"):
        facts.append(("Tiles", f"{survey.facts['tile']} pixels, {survey.facts.get('overlap', 0)} of them shared"))
    return facts


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(part)}" for key, part in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_plain, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _marks_of_codes(codes: np.ndarray, classes: tuple[str, ...]) -> Image.Image:
    """The coloured map, its unchanged pixels transparent."""
    table = np.zeros((256, 4), np.uint8)
    for value, colour in palette_of(classes).items():
        if value not in (UNCHANGED, NO_DATA):
            table[value] = (*colour, 255)
    step = -(-max(codes.shape) // LONGEST_PHOTO)
    return Image.fromarray(table[codes[::step, ::step]])


def _marks_of_survey(survey: Survey, size: tuple[int, int]) -> Image.Image:
    """Objects painted onto the quicklook; the smallest still cover a pixel."""
    image = Image.new("RGBA", size)
    pen = ImageDraw.Draw(image)
    scale = np.array(survey.quicklook.scale)
    for item in survey.objects:
        ring = [tuple(point) for point in (item.shape.polygon * scale - 0.5).tolist()]
        pen.polygon(ring, fill=(*colour_of(item.shape.class_name, item.shape.direction), 255))
        for hole in item.holes:
            pen.polygon([tuple(point) for point in (hole * scale - 0.5).tolist()], fill=(0, 0, 0, 0))
    return image
