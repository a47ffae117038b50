"""report.html: one file that holds everything, opens without a network, and reads well on a desk and on a phone."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
from PIL import Image

from chronosight.engines.answer import Answer, ChangedObject, ClassDescription, Description
from chronosight.reports.codes import MISSING, NO_DATA, UNCHANGED, Colour, change_codes, colour_of, short_label
from chronosight.reports.ground import areas_m2
from chronosight.reports.mask import palette_of
from chronosight.reports.picture import photograph
from chronosight.reports.summary import (
    caption_line,
    changed_line,
    class_line,
    date_words,
    notes,
    percent,
    places,
    size_words,
)
from chronosight.scenes.scene import Scene
from chronosight.tasks.cells import CELLS

LONGEST_PHOTO = 1600  # pixels; larger scenes are reduced for the page
MOST_ROWS = 300  # objects listed on the page; the vector file holds all of them


def write_page(
    scene: Scene,
    description: Description,
    codes: np.ndarray,
    path: Path,
    answers: Sequence[tuple[str, Answer]] = (),
) -> None:
    """codes: the change map as `codes.code_map` gives it. answers: (question, answer) pairs asked besides."""
    path.write_text(make_page(scene, description, codes, answers), encoding="utf-8")


def make_page(scene: Scene, description: Description, codes: np.ndarray, answers: Sequence[tuple[str, Answer]] = ()) -> str:
    objects = description.evidence.objects
    factor = min(1.0, LONGEST_PHOTO / max(scene.width, scene.height))
    size = max(1, round(scene.width * factor)), max(1, round(scene.height * factor))
    names = [Path(source).name for source in (scene.sources[:1] + scene.sources[-1:])]
    dates = [date_words(time) for time in scene.times] or ["", ""]
    caption = caption_line(description.caption)
    template = Template((files("chronosight.reports") / "page.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(f"{names[0]} – {names[-1]}" if names else "Change report"),
        caption=_text(caption),
        where=_text(_where(scene, names)),
        width=scene.width,
        height=scene.height,
        before=_jpeg(photograph(scene.frames[0], scene.valid, size)),
        after=_jpeg(photograph(scene.frames[-1], scene.valid, size)),
        marks=_marks(codes, description.evidence.classes),
        outlines=_outlines(objects),
        before_tag=escape(f"Before {dates[0]}".strip()),
        after_tag=escape(f"After {dates[-1]}".strip()),
        legend=_legend(codes, description),
        verdict=_text(changed_line(description.changed)),
        sentences="".join(f"<p>{_text(class_line(scene, description, change))}</p>" for change in description.classes),
        classes="".join(map(_class_row, description.classes)),
        objects=_object_table(scene, objects),
        answers=_answers(answers),
        notes=_notes(notes(scene, description)),
        facts="".join(f"<dt>{escape(key)}</dt><dd>{_text(value)}</dd>" for key, value in _facts(scene, description)),
    )


def _where(scene: Scene, names: list[str]) -> str:
    size = f"{scene.width} × {scene.height} pixels"
    if scene.metres_per_pixel:
        size += f" at {scene.metres_per_pixel:.3g} m"
    return f"{' and '.join(dict.fromkeys(names))} · {size}"


def _facts(scene: Scene, description: Description) -> list[tuple[str, str]]:
    facts = [("Files", ", ".join(scene.sources))]
    if scene.georeference is not None:
        crs = scene.georeference.crs
        facts.append(("Grid", crs if len(crs) <= 40 else crs.split('"')[1] if '"' in crs else crs[:40]))
    for key, value in description.model.items():
        facts.append(("Model" if key == "name" else str(key).replace("_", " ").capitalize(), _plain(value)))
    return facts


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(part)}" for key, part in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_plain, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _legend(codes: np.ndarray, description: Description) -> str:
    present = set(np.unique(codes).tolist())
    entries = [(code.value, code.short_label, code.colour) for code in change_codes(description.evidence.classes)]
    entries.append((NO_DATA, "No data", MISSING))
    return "".join(f"<span>{_swatch(colour)}{escape(label)}</span>" for value, label, colour in entries if value in present)


def _class_row(change: ClassDescription) -> str:
    words = places(change.cells) or "nowhere"
    squares = "".join('<i class="on"></i>' if cell in change.cells else "<i></i>" for cell in CELLS)
    return (
        f"<tr><td>{escape(change.name.capitalize())}</td>"
        f'<td class="n">{change.appeared}</td><td class="n">{change.vanished}</td>'
        f'<td><span class="cells" role="img" aria-label="{words}" title="{words}">{squares}</span></td>'
        f'<td class="n">{_text(percent(change.confidence))}</td></tr>'
    )


def _outlines(objects: Sequence[ChangedObject]) -> str:
    parts = []
    for number, item in enumerate(objects, start=1):
        points = " ".join(f"{x:g},{y:g}" for x, y in np.round(item.polygon, 1).tolist())
        colour = _css(colour_of(item.class_name, item.direction))
        parts.append(f'<polygon class="rim" points="{points}"/>')
        parts.append(f'<polygon id="object-{number}" points="{points}" stroke="{colour}"/>')
    return "".join(parts)


def _object_table(scene: Scene, objects: Sequence[ChangedObject]) -> str:
    if not objects:
        return ""
    areas = areas_m2(scene, objects)
    known = areas is not None
    sizes = areas if areas is not None else [item.area for item in objects]
    order = sorted(range(len(objects)), key=lambda index: -objects[index].area)
    rows = []
    for index in order[:MOST_ROWS]:
        item = objects[index]
        swatch = _swatch(colour_of(item.class_name, item.direction))
        size = size_words(sizes[index], known).replace("pixels", "px").replace("pixel", "px")
        rows.append(
            f'<tr data-object="{index + 1}"><td class="n">{index + 1}</td>'
            f'<td class="what">{swatch}{escape(short_label(item.class_name, item.direction))}</td>'
            f'<td>{escape(item.cell.removesuffix(" corner").capitalize())}</td><td class="n">{_text(size)}</td>'
            f'<td class="n">{_text(percent(item.confidence))}</td></tr>'
        )
    more = len(objects) - MOST_ROWS
    rest = f'<p class="soft">The {MOST_ROWS} largest; {more:,} more are in the vector file.</p>' if more > 0 else ""
    return (
        f'<section class="card objects"><h2>Changed objects ({len(objects):,})</h2>'
        '<div class="scroll" tabindex="0" role="region" aria-label="Changed objects"><table><thead><tr>'
        '<th class="n">No.</th><th>What</th><th>Where</th><th class="n">Area</th><th class="n">Sure</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>{rest}</section>"
    )


def _answers(answers: Sequence[tuple[str, Answer]]) -> str:
    items = [
        f"<dt>{_text(question)}</dt><dd>{_text(answer.text)} "
        f'<span class="soft">({_text(percent(answer.confidence))} sure{"" if answer.sure else ", a guess"})</span></dd>'
        for question, answer in answers
    ]
    return f'<div class="card asked"><h2>Questions</h2><dl>{"".join(items)}</dl></div>' if items else ""


def _notes(lines: Sequence[str]) -> str:
    items = "".join(f"<li>{_text(line)}</li>" for line in lines)
    return f'<div class="card"><h2>Notes</h2><ul>{items}</ul></div>' if items else ""


def _text(words: str) -> str:
    """Escaped for HTML; a number stays on one line with its unit."""
    return re.sub(r"(?<=\d) (?=%|m|km|px|pixel)|(?<=%) (?=sure)", "&nbsp;", escape(words))


def _swatch(colour: Colour) -> str:
    return f'<span class="swatch" style="background:{_css(colour)}"></span>'


def _marks(codes: np.ndarray, classes: tuple[str, ...]) -> str:
    """The coloured map as a PNG whose unchanged pixels are transparent."""
    table = np.zeros((256, 4), np.uint8)
    for value, colour in palette_of(classes).items():
        if value not in (UNCHANGED, NO_DATA):
            table[value] = (*colour, 255)
    step = -(-max(codes.shape) // LONGEST_PHOTO)
    return _data_uri(Image.fromarray(table[codes[::step, ::step]]), "PNG", compress_level=2)


def _jpeg(image: Image.Image) -> str:
    return _data_uri(image, "JPEG", quality=88)


def _data_uri(image: Image.Image, kind: str, **options: int) -> str:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def _css(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
