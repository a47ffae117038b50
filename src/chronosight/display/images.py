"""A description or an answer as one image: the words, the scene with what changed, and a table."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from affine import Affine
from PIL import Image, ImageDraw, ImageFont

from chronosight.reports.codes import change_codes
from chronosight.reports.images import photograph
from chronosight.reports.overlay import INK, MARGIN, PAPER, SOFT, make_overlay, wrap
from chronosight.reports.plain_text import answer_line
from chronosight.results.answer import Answer
from chronosight.results.changed_object import tally, total
from chronosight.results.codes import NO_DATA, UNCHANGED
from chronosight.results.description import Description
from chronosight.results.evidence import Evidence
from chronosight.results.land_cover_change import LandCoverChange
from chronosight.results.wording import between, ground_words, percent, size_words
from chronosight.scenes.scene import Georeference, Scene

LINE = 30  # pixels from row to row
FRAMES = 4  # of a video that are shown
LONGEST = 512  # pixels of the longer side of a frame
GAP = 8  # pixels between frames
WIDEST = 1500  # pixels of a frame's image and its text


def description_image(description: Description) -> Image.Image:
    """Caption, both dates, what changed, and a table by class.

    Args:
        description: Of a pair of any size; a whole scene is shown small.

    Returns:
        The image.
    """
    sheet = overlay_image(description)
    tables = [table_rows(description)]
    if description.land_cover is not None and description.land_cover.flows:
        tables.append(cover_rows(description.land_cover))
    return _stacked([sheet, *(_table(rows, sheet.width) for rows in tables)])


def overlay_image(description: Description, caption: bool = True) -> Image.Image:
    """Caption, both dates and what changed.

    Args:
        description: Of a pair of any size; a whole scene is shown small.
        caption: Whether the caption stands above the images.

    Returns:
        The image.
    """
    small, codes = (description, _codes(description)) if description.quicklook is None else _reduced(description)
    return make_overlay(small, codes, caption=caption)


def answer_image(answer: Answer, scene: Scene, question: str, words: bool = True) -> Image.Image:
    """Question, answer, and what it rests on: the changes of a pair, or the image.

    Args:
        answer: About the scene.
        scene: In memory.
        question: As asked, "" where it is not known.
        words: Whether question and answer stand above the images.

    Returns:
        The image.
    """
    line = answer_line(answer)
    if not answer.confident and answer.task != "open":
        line = f"{line[:-1]}, not confident)" if line.endswith(")") else f"{line} (not confident)"
    said = replace(answer, text=f"{question} {line}".strip(), confident=True)
    if answer.evidence is not None and scene.kind == "pair":
        described = Description(said, answer, (), answer.evidence, scene=scene)
        return make_overlay(described, answer.evidence.codes(), remark="", caption=words)
    shown = np.linspace(0, len(scene.frames) - 1, min(FRAMES, len(scene.frames))).round().astype(int)
    longest = min(LONGEST, (WIDEST - 2 * MARGIN) // len(shown) - GAP)
    factor = longest / max(scene.width, scene.height)
    if factor > 1:  # by a whole number, so that pixels stay even
        factor = max(1, round(factor))
    size = max(1, round(scene.width * factor)), max(1, round(scene.height * factor))
    frames = [photograph(scene.frames[index], scene.valid, size) for index in shown]
    font = ImageFont.load_default(size=22)
    width = min(WIDEST, max(2 * MARGIN + len(frames) * (size[0] + GAP), 640))
    lines = wrap(said.text, font, width - 2 * MARGIN) if words else []
    top = MARGIN + (LINE * len(lines) + 10 if words else 0)
    sheet = Image.new("RGB", (width, top + size[1] + MARGIN), PAPER)
    pen = ImageDraw.Draw(sheet)
    for number, line in enumerate(lines):
        pen.text((MARGIN, MARGIN - 6 + LINE * number), line, INK, font)
    for number, frame in enumerate(frames):
        sheet.paste(frame, (MARGIN + number * (size[0] + GAP), top))
    return sheet


def png_bytes(image: Image.Image) -> bytes:
    """An image as PNG.

    Args:
        image: The image.

    Returns:
        The bytes of the file.
    """
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", compress_level=6)
    return buffer.getvalue()


def table_rows(description: Description) -> list[tuple[str, ...]]:
    """Counts and areas by class.

    Args:
        description: Of a pair.

    Returns:
        A heading, then one row a class: its name, how many are new and gone with their areas, the numbers between which all of
        them together lie in 90 % of cases, and how likely the counts are exact.
    """
    scene, sums = description.scene, tally(description.objects)
    metric = bool(scene.metres_per_pixel) or any(item.area_m2 is not None for item in description.objects)
    rows: list[tuple[str, ...]] = [("Class", "New", "Area", "Gone", "Area", "Likely range", "Exact")]
    for change in description.classes:
        name = next((key[0] for key in sums if change.name in (key[0], f"{key[0]}s")), change.name)
        cells = [change.name.capitalize()]
        for number, sum_of in (
            (change.appeared, total(sums, name, "appeared")), (change.vanished, total(sums, name, "vanished")),
        ):  # fmt: skip
            cells += [f"{number:,}", size_words(sum_of.area, metric) if sum_of.count else ""]
        likely = "" if change.interval is None else between(change.interval).removeprefix("about ")
        rows.append((*cells, likely, percent(change.confidence)))
    return rows


def cover_rows(change: LandCoverChange) -> list[tuple[str, ...]]:
    """Land-cover change by class before and class after, the largest area first.

    Args:
        change: The land-cover change.

    Returns:
        A heading, then one row a kind of change: number of objects and area, with the ground under new and vanished buildings
        and roads.
    """
    rows: list[tuple[str, ...]] = [("Land cover before", "After", "Objects", "Area")]
    for (before, after), value in change.flows.items():
        rows.append((before.capitalize(), after.capitalize(), f"{value.count:,}", ground_words(value.area, change.metric)))
    return rows


def _codes(description: Description) -> np.ndarray:
    assert isinstance(description.evidence, Evidence)
    return description.evidence.codes()


def _reduced(description: Description) -> tuple[Description, np.ndarray]:
    """A whole scene as a pair of the size of its quicklook, with its change map there."""
    quicklook, scene = description.quicklook, description.scene
    assert quicklook is not None
    scale = np.array(quicklook.scale)
    height, width = quicklook.valid.shape
    place = scene.georeference
    small = Scene(
        "pair", np.stack([quicklook.before, quicklook.after]), quicklook.valid, scene.sources, times=scene.times,
        georeference=place and Georeference(place.crs, place.transform * Affine.scale(*(1 / scale).tolist())),
        metres_per_pixel=scene.metres_per_pixel and scene.metres_per_pixel / quicklook.scale[0],
    )  # fmt: skip
    objects = tuple(
        replace(item, outline=item.outline * scale, holes=tuple(hole * scale for hole in item.holes))
        for item in description.objects
    )
    values = {(code.class_name, code.direction): code.value for code in change_codes(description.evidence.classes)}
    drawn = Image.new("L", (width, height), UNCHANGED)
    pen = ImageDraw.Draw(drawn)
    for item in objects:
        pen.polygon([tuple(point) for point in (item.outline - 0.5).tolist()], fill=values.get(item.key, UNCHANGED))
    codes = np.where(quicklook.valid, np.asarray(drawn), NO_DATA).astype(np.uint8)
    nothing = np.zeros((height, width), np.float32)
    evidence = Evidence(description.evidence.classes, codes, nothing, nothing, objects, quicklook.valid)
    change = description.land_cover
    if change is not None:
        of_ground = tuple(
            replace(item, outline=item.outline * scale, holes=tuple(hole * scale for hole in item.holes))
            for item in change.objects
        )
        change = replace(change, objects=of_ground, rows=None, dates=None)
    return replace(description, scene=small, evidence=evidence, land_cover=change), codes


def _table(rows: Sequence[tuple[str, ...]], width: int) -> Image.Image:
    rows = [tuple(cell.replace("m²", "sq m").replace("ksq m", "sq km") for cell in row) for row in rows]  # the font has no ²
    font, head = ImageFont.load_default(size=19), ImageFont.load_default(size=17)
    sheet = Image.new("RGB", (width, LINE * len(rows) + MARGIN), PAPER)
    pen = ImageDraw.Draw(sheet)
    columns = [max(head.getlength(cell) if not index else font.getlength(cell) for index, cell in enumerate(column))
               for column in zip(*rows, strict=True)]  # fmt: skip
    for number, row in enumerate(rows):
        x = float(MARGIN)
        for index, (cell, wide) in enumerate(zip(row, columns, strict=True)):
            used, colour = (head, SOFT) if not number else (font, INK)
            # Numbers end, names begin, at one line.
            pen.text((x if not index else x + wide - used.getlength(cell), LINE * number), cell, colour, used)
            x += wide + 36
        pen.line((MARGIN, LINE * number + 25, x - 36, LINE * number + 25), fill=(226, 228, 230))
    return sheet


def _stacked(parts: Sequence[Image.Image]) -> Image.Image:
    sheet = Image.new("RGB", (max(part.width for part in parts), sum(part.height for part in parts)), PAPER)
    top = 0
    for part in parts:
        sheet.paste(part, (0, top))
        top += part.height
    return sheet
