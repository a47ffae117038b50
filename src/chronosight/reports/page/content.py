"""What the page shows, gathered from a description of a pair of any size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from chronosight.figures import figures
from chronosight.reports.codes import colour_of, palette_of
from chronosight.reports.images import photograph
from chronosight.reports.places import Place
from chronosight.reports.plain_text import caption_line, changed_line, cover_changed, date_words, notes
from chronosight.results.answer import Answer
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.codes import NO_DATA, UNCHANGED
from chronosight.results.description import Description
from chronosight.results.narrative import narrative
from chronosight.results.wording import sentence, size_words
from chronosight.scenes.names import display_names

LONGEST_PHOTO = 1600  # pixels; larger scenes are reduced for the page


@dataclass(frozen=True)
class PagePlace:
    """One of the most changed places, with an image of it at each date."""

    place: Place
    before: Image.Image
    after: Image.Image


@dataclass(frozen=True)
class PageContent:
    """Everything on the page.

    Attributes:
        description: what the page is about.
        summary: its objects, and its zones.
        title: of the document.
        headline: one sentence.
        where: a line about the files.
        before: the earlier date at a readable size.
        after: the later date at the same size.
        marks: the coloured mask at that size or larger, transparent where nothing changed.
        tags: what stands on the two images.
        verdict: whether anything changed.
        sentences: the narrative.
        notes: remarks.
        facts: rows of name and words.
        gaps: whether one of the dates lacks data somewhere.
        places: the most changed places.
    """

    description: Description
    summary: ChangeSummary
    title: str
    headline: str
    where: str
    before: Image.Image
    after: Image.Image
    marks: Image.Image
    tags: tuple[str, str]
    verdict: str
    sentences: Sequence[str]
    notes: Sequence[str]
    facts: Sequence[tuple[str, str]]
    gaps: bool = False
    places: Sequence[PagePlace] = ()

    @property
    def answers(self) -> Sequence[tuple[str, Answer]]:
        """Extra questions with their answers."""
        return self.description.answers


def page_content(
    description: Description, summary: ChangeSummary, codes: np.ndarray | None = None, places: Sequence[PagePlace] = ()
) -> PageContent:
    """Gathers the page.

    Args:
        description: Of a pair of any size.
        summary: Its objects.
        codes: (H, W) uint8, the change map of a pair in memory; None for a whole scene.
        places: The most changed places, of a whole scene.
    """
    scene, quicklook = description.scene, description.quicklook
    sentences = [one.text for one in narrative(summary)]
    if quicklook is not None:
        headline, sentences = sentences[0], sentences[1:]
        headline += " (This is uncertain.)" if scene.doubts else ""
        size, valid = (quicklook.before.shape[1], quicklook.before.shape[0]), quicklook.valid
        before, after = photograph(quicklook.before, valid, size), photograph(quicklook.after, valid, size)
        marks = _marks_of_objects(description, size)
    else:
        assert codes is not None
        headline, valid = caption_line(description.caption), scene.valid
        factor = min(1.0, LONGEST_PHOTO / max(scene.width, scene.height))
        size = max(1, round(scene.width * factor)), max(1, round(scene.height * factor))
        before, after = photograph(scene.frames[0], valid, size), photograph(scene.frames[-1], valid, size)
        marks = _marks_of_codes(codes, description.evidence.classes)
    names = display_names(scene.sources[:1] + scene.sources[-1:])
    dates = [date_words(time) for time in scene.times] or ["", ""]
    remarks = notes(description)
    if summary.zones is not None:
        remarks += [sentence(note) for note in summary.zones.notes]
    return PageContent(
        description=description,
        summary=summary,
        title=" – ".join(names) or "Change report",
        headline=headline,
        where=_where(description, names),
        before=before,
        after=after,
        marks=marks,
        tags=(f"Before {dates[0]}".strip(), f"After {dates[-1]}".strip()),
        verdict=changed_line(description.changed, cover_changed(description)),
        sentences=sentences,
        notes=remarks,
        facts=_facts(description, names),
        gaps=not valid.all(),
        places=places,
    )


def _where(description: Description, names: list[str]) -> str:
    scene = description.scene
    size = f"{scene.width:,} × {scene.height:,} pixels"
    if scene.metres_per_pixel:
        size += f" at {figures(scene.metres_per_pixel)} m"
    return f"{' and '.join(dict.fromkeys(names))} · {size}"


def _facts(description: Description, names: list[str]) -> list[tuple[str, str]]:
    scene, more = description.scene, description.facts
    facts = [("Files", ", ".join(names))]
    if scene.georeference is not None:
        crs = scene.georeference.crs
        facts.append(("Grid", crs if len(crs) <= 40 else crs.split('"')[1] if '"' in crs else crs[:40]))
    if scene.shift is not None:
        how = "corrected" if scene.shift.corrected else "not corrected"
        facts.append(("Shift", f"{figures(scene.shift.dx)}, {figures(scene.shift.dy)} pixels ({how})"))
    for key, value in description.model.items():
        if isinstance(value, dict):  # the calibration: for programs, in description.json
            continue
        facts.append(("Model" if key == "name" else str(key).replace("_", " ").capitalize(), _plain(value)))
    for key, label in (("compared_m2", "Compared ground"), ("changed_m2", "Changed ground")):
        if more.get(key) is not None:
            facts.append((label, size_words(float(more[key]), True)))
    if more.get("tile"):
        facts.append(("Tiles", f"{more['tile']} pixels, overlapping by {more.get('overlap', 0)}"))
    return facts


def _plain(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_plain, value))
    if isinstance(value, Path):
        return value.name
    return f"{figures(value, 4)}" if isinstance(value, float) else str(value)


def _marks_of_codes(codes: np.ndarray, classes: tuple[str, ...]) -> Image.Image:
    """The coloured map, its unchanged pixels transparent."""
    table = np.zeros((256, 4), np.uint8)
    for value, colour in palette_of(classes).items():
        if value not in (UNCHANGED, NO_DATA):
            table[value] = (*colour, 255)
    step = -(-max(codes.shape) // LONGEST_PHOTO)
    return Image.fromarray(table[codes[::step, ::step]])


def _marks_of_objects(description: Description, size: tuple[int, int]) -> Image.Image:
    """Objects painted onto the quicklook; the smallest still cover a pixel."""
    assert description.quicklook is not None
    image = Image.new("RGBA", size)
    pen = ImageDraw.Draw(image)
    scale = np.array(description.quicklook.scale)
    for item in description.objects:
        pen.polygon([tuple(point) for point in (item.outline * scale - 0.5).tolist()], fill=(*colour_of(*item.key), 255))
        for hole in item.holes:
            pen.polygon([tuple(point) for point in (hole * scale - 0.5).tolist()], fill=(0, 0, 0, 0))
    return image
