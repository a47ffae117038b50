"""overlay.png: before, after, and what changed, side by side, to be read at a glance or put into a document."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from chronosight.reports.codes import MISSING, Colour, change_codes, palette_of
from chronosight.reports.cover_codes import COVER_COLOURS, PARTLY_KNOWN, pair_colours, pair_label
from chronosight.reports.images import draw_change, draw_cover, draw_zones, photograph
from chronosight.reports.plain_text import caption_line, changed_line, cover_changed, date_words
from chronosight.results.codes import NO_DATA, UNCHANGED
from chronosight.results.description import Description
from chronosight.results.land_cover_change import CLASSES, LandCoverChange, known_first, object_flows
from chronosight.scenes.scene import Scene

PANEL = 768  # longest side of a panel in pixels
READABLE = 512  # scenes much smaller than this are enlarged by a whole number
NARROWEST = 230  # pixels between the left edges of two panels, for their captions
MARGIN, GAP = 28, 14
PAPER, INK, SOFT = (252, 252, 250), (28, 32, 38), (98, 105, 115)
SMALLER_FROM = 3  # lines of the caption from which it is set smaller; it is never cut


def write_overlay(description: Description, codes: np.ndarray, path: Path) -> None:
    """Writes the overlay of a pair in memory as PNG.

    Args:
        description: The description of the pair.
        codes: The change map, as in `make_overlay`.
        path: The file to write.
    """
    make_overlay(description, codes).save(path, format="PNG", compress_level=2)


def make_overlay(description: Description, codes: np.ndarray, remark: str | None = None, caption: bool = True) -> Image.Image:
    """Draws the overlay, at most about 2,400 pixels wide whatever the size of the scene.

    Args:
        description: Of a pair in memory; its zones are drawn too.
        codes: (H, W) uint8, the change map as in `results/codes.py`.
        remark: Words beside "What changed"; whether anything changed when None.
        caption: Whether the caption stands above the images.

    Returns:
        The image.
    """
    scene = description.scene
    size = panel_size(scene.width, scene.height)
    first = photograph(scene.frames[0], scene.valid, size)
    last = photograph(scene.frames[-1], scene.valid, size)
    palette = palette_of(description.evidence.classes)
    shown = {value: colour for value, colour in palette.items() if value not in (UNCHANGED, NO_DATA)}
    ground = last if description.land_cover is None else draw_cover(last, codes.shape, description.land_cover.objects)
    changed = draw_change(ground, codes, shown, description.objects)
    if description.zones is not None:
        changed = draw_zones(changed, scene, description.zones.zones)

    dates = [date_words(time) for time in scene.times] or ["", ""]
    titles = (("Before", dates[0]), ("After", dates[-1]), ("What changed", verdict(description) if remark is None else remark))
    panels = list(zip(titles, (first, last, changed), strict=True))
    return sheet_of(caption_line(description.caption) if caption else "", panels, legend(description, codes), scene)


def cover_overlay(description: Description) -> Image.Image:
    """Draws the land cover of both dates and what changed in it, laid out as the overlay.

    Args:
        description: Of a pair in memory, with its land-cover change and the maps of it.

    Returns:
        The image.
    """
    scene, change = description.scene, description.land_cover
    assert change is not None and change.dates is not None
    size = panel_size(scene.width, scene.height)
    table = np.full((256, 3), MISSING, np.uint8)
    for index, name in enumerate(CLASSES):
        table[index] = COVER_COLOURS[name]
    maps = change.dates(0, scene.height)
    panels = [Image.fromarray(table[one]).resize(size, Image.Resampling.NEAREST) for one in maps]
    last = photograph(scene.frames[-1], scene.valid, size)
    panels.append(draw_cover(last, maps.shape[1:], change.objects))
    dates = [date_words(time) for time in scene.times] or ["", ""]
    titles = (("Land cover before", dates[0]), ("Land cover after", dates[-1]), ("Land cover that changed", ""))
    present = set(np.unique(maps).tolist())
    entries = [(name.capitalize(), COVER_COLOURS[name], INK) for index, name in enumerate(CLASSES) if index in present]
    return sheet_of("", list(zip(titles, panels, strict=True)), [*entries, *cover_legend(change)], scene)


def sheet_of(
    caption: str, panels: list[tuple[tuple[str, str], Image.Image]], entries: list[tuple[str, Colour, Colour]], scene: Scene
) -> Image.Image:
    """Lays out three images with their titles, a caption above them, and a legend and a scale below.

    Args:
        caption: A sentence; "" for none.
        panels: Title, remark beside it, and image.
        entries: Of the legend, as in `legend`.
        scene: What the images show; gives the scale.

    Returns:
        The image.
    """
    size = panels[0][1].size
    column = max(size[0], NARROWEST)
    width = 2 * MARGIN + 3 * column + 2 * GAP
    head, text, small = (ImageFont.load_default(size=points) for points in (26, 19, 17))
    caption = caption.replace("m²", "sq m")  # the font has no ²
    lines = wrap(caption, head, width - 2 * MARGIN)
    if len(lines) > SMALLER_FROM:
        head = text
        lines = wrap(caption, head, width - 2 * MARGIN)
    top = MARGIN + (34 * len(lines) + 14 if caption else 0)
    rows = flow([label for label, _, _ in entries], text, width - 2 * MARGIN - 200)
    footer = 16 + 32 * max(1, len(rows)) + MARGIN - 8
    sheet = Image.new("RGB", (width, top + 28 + size[1] + footer), PAPER)
    pen = ImageDraw.Draw(sheet)

    for number, line in enumerate(lines):
        pen.text((MARGIN, MARGIN - 6 + 34 * number), line, INK, head)
    left = MARGIN
    for (title, remark), panel in panels:
        pen.text((left, top), title, INK, text)
        offset = text.getlength(title) + 10
        if offset + small.getlength(remark) <= column:
            pen.text((left + offset, top + 2), remark, SOFT, small)
        sheet.paste(panel, (left, top + 28))
        left += column + GAP

    base = top + 28 + size[1] + 16
    draw_legend(pen, entries, rows, base, text)
    if scene.metres_per_pixel:
        draw_scale(pen, width - MARGIN, base, size[0] / scene.width / scene.metres_per_pixel, size[0], small)
    return sheet


def panel_size(width: int, height: int) -> tuple[int, int]:
    """Size of one panel: small scenes are enlarged by a whole number, large ones reduced to fit.

    Args:
        width: Width of the scene in pixels.
        height: Height of the scene in pixels.

    Returns:
        (width, height) of the panel in pixels.
    """
    longest = max(width, height)
    factor = PANEL / longest if longest > PANEL else max(1, round(READABLE / longest))
    return max(1, round(width * factor)), max(1, round(height * factor))


def verdict(description: Description) -> str:
    """Whether anything changed, as the title of the overlay.

    Args:
        description: The description of a pair.

    Returns:
        The title.
    """
    line = changed_line(description.changed, cover_changed(description)).removeprefix("Changed: ").rstrip(".")
    return line[0].upper() + line[1:]


def legend(description: Description, codes: np.ndarray) -> list[tuple[str, Colour, Colour]]:
    """The classes that are on the map, with the number of objects; then the kinds of land-cover change, the largest first.

    Args:
        description: The description of the pair.
        codes: The change map, (H, W) uint8.

    Returns:
        Such as ("New building (12)", fill, outline).
    """
    present = set(np.unique(codes).tolist())
    entries = []
    for code in change_codes(description.evidence.classes):
        if code.value in present:
            number = sum(
                item.class_name == code.class_name and item.direction == code.direction for item in description.objects
            )
            entries.append((f"{code.short_label} ({number})" if number else code.short_label, code.colour, INK))
    if description.land_cover is not None:
        entries += cover_legend(description.land_cover)
    if not entries:
        entries.append(("Nothing marked as changed", PAPER, PAPER))
    if NO_DATA in present:
        entries.append(("No data", MISSING, INK))
    return entries


def cover_legend(change: LandCoverChange) -> list[tuple[str, Colour, Colour]]:
    """The kinds of land-cover change, the largest first, with the number of objects; those of unknown kind last, in one line.

    Args:
        change: The land-cover change.

    Returns:
        Such as ("Trees to bare ground (2)", fill, outline).
    """
    kinds = object_flows(change.objects)
    known, unknown = known_first(kinds)
    entries = [(f"{pair_label(pair)} ({kinds[pair].count})", *pair_colours(pair)) for pair in known]
    label = pair_label(unknown[0]) if len(unknown) == 1 else PARTLY_KNOWN
    number = sum(kinds[pair].count for pair in unknown)
    return entries + ([(f"{label} ({number})", *pair_colours(unknown[0]))] if unknown else [])


def draw_legend(
    pen: ImageDraw.ImageDraw,
    entries: list[tuple[str, Colour, Colour]],
    rows: list[list[int]],
    base: int,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    """Draws colours with their names, in rows.

    Args:
        pen: Draws on the overlay.
        entries: Names, and colours of fill and outline.
        rows: Indices of the entries of each row, from `flow`.
        base: Top of the legend in pixels.
        font: Font of the names.
    """
    for number, row in enumerate(rows):
        left, top = float(MARGIN), base + 32 * number
        for index in row:
            label, colour, rim = entries[index]
            if colour != PAPER:
                pen.rounded_rectangle((left, top + 3, left + 24, top + 21), 3, fill=colour if rim == INK else rim, outline=INK)
                if rim != INK:
                    pen.rectangle((left + 5, top + 8, left + 19, top + 16), fill=colour)
                left += 34
            pen.text((left, top), label, INK, font)
            left += font.getlength(label) + 28


def draw_scale(
    pen: ImageDraw.ImageDraw,
    right: int,
    base: int,
    pixels_per_metre: float,
    panel: int,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    """Draws a scale bar of a round length, about a quarter of a panel.

    Args:
        pen: Draws on the overlay.
        right: Its right end in pixels.
        base: Its top in pixels.
        pixels_per_metre: Pixels of the panel per metre on the ground.
        panel: Width of the panel in pixels.
        font: Font of the label.
    """
    metres = round_length(panel / pixels_per_metre / 4)
    length = metres * pixels_per_metre
    label = length_words(metres)
    left, y = right - length, base + 15
    pen.line((left, y, right, y), fill=INK, width=3)
    for x in (left, right):
        pen.line((x, y - 6, x, y + 6), fill=INK, width=3)
    pen.text((left - 12 - font.getlength(label), base + 4), label, INK, font)


def length_words(metres: float) -> str:
    """A length in metres or kilometres.

    Args:
        metres: The length.

    Returns:
        Such as "200 m" or "5 km".
    """
    return f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"


def round_length(metres: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above `metres`.

    Args:
        metres: A length, above 0.

    Returns:
        The round length, in metres.
    """
    power = 10.0 ** math.floor(math.log10(metres))
    return max(step * power for step in (1, 2, 5) if step * power <= metres * (1 + 1e-9))


def wrap(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: float) -> list[str]:
    """Breaks a text into lines; nothing is cut, and a single word that is too wide is broken.

    Args:
        text: The text.
        font: The font that measures it.
        width: Largest width of a line in pixels.

    Returns:
        The lines.
    """
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
            continue
        lines.append("")
        for character in word:
            if lines[-1] and font.getlength(lines[-1] + character) > width:
                lines.append("")
            lines[-1] += character
    return lines


def flow(labels: list[str], font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: float) -> list[list[int]]:
    """Distributes the labels of a legend over rows.

    Args:
        labels: The labels.
        font: The font that measures them.
        width: Largest width of a row in pixels.

    Returns:
        Indices of the labels, by row.
    """
    rows: list[list[int]] = []
    used = width
    for index, label in enumerate(labels):
        need = 34 + font.getlength(label) + 28
        if not rows or used + need > width:
            rows.append([])
            used = 0
        rows[-1].append(index)
        used += need
    return rows
