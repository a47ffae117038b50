"""Descriptions and answers as HTML for notebooks: words, an image and a table, in the notebook's own colours."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PIL import Image

from chronosight.display.images import cover_rows, table_rows
from chronosight.reports.page.make import jpeg
from chronosight.reports.plain_text import answer_line, caption_line, changed_line, cover_changed
from chronosight.results.answer import Answer
from chronosight.results.description import Description
from chronosight.results.wording import percent, sentence

WIDEST = 1100  # pixels of an image: a notebook's column
MOST_ZONES = 10  # rows
MOST_NOTES = 12


def description_html(description: Description, image: Image.Image) -> str:
    """Caption, whether anything changed, the image, tables by class and zone, answers and notes.

    Args:
        description: Of a pair.
        image: The overlay.

    Returns:
        An HTML fragment that points to nothing outside.
    """
    whether = changed_line(description.changed, cover_changed(description))
    parts = [_bold(caption_line(description.caption)), _line(whether), _image(image)]
    parts.append(_table(table_rows(description)))
    if description.land_cover is not None:
        parts.append(_table(cover_rows(description.land_cover)))
    if description.zones is not None:
        rows = sorted(description.zones.rows, key=lambda row: -row.all.area)[:MOST_ZONES]
        parts.append(
            _table([("Zone", "Objects", "m²"), *((row.name, f"{row.all.count:,}", f"{row.all.area:,.0f}") for row in rows)])
        )
    for question, answer in description.answers:
        parts.append(_line(f"{question} {answer_line(answer)}"))
    return _whole([*parts, _notes([*description.scene.notes, *description.notes])])


def answer_html(answer: Answer, question: str, image: Image.Image | None) -> str:
    """The question, the answer, its confidence, its notes, and an image where there is one.

    Args:
        answer: The answer.
        question: As asked, "" where it is not known.
        image: What the answer rests on.

    Returns:
        An HTML fragment that points to nothing outside.
    """
    parts = [_line(question)] if question else []
    parts.append(_bold(answer_line(answer)))
    if answer.task != "open":
        known = percent(answer.confidence) if answer.confidence_known else "unknown"
        parts.append(_line(f"confidence {known}{'' if answer.confident else ', not confident'}"))
    if image is not None:
        parts.append(_image(image))
    return _whole([*parts, _notes(answer.notes)])


def _whole(parts: Sequence[str]) -> str:
    return f'<div class="chronosight" style="max-width:{WIDEST}px">{"".join(parts)}</div>'


def _bold(text: str) -> str:
    return f'<p style="margin:.3em 0;font-size:1.15em;font-weight:600">{escape(text)}</p>'


def _line(text: str) -> str:
    return f'<p style="margin:.3em 0">{escape(text)}</p>'


def _image(image: Image.Image) -> str:
    if image.width > WIDEST:
        image = image.resize((WIDEST, round(image.height * WIDEST / image.width)), Image.Resampling.LANCZOS)
    return f'<img src="{jpeg(image)}" alt="Before, after, and what changed" style="max-width:100%;height:auto">'


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    if len(rows) < 2:
        return ""
    cells = [
        "".join(
            f'<{tag} style="text-align:{"right" if column else "left"};padding:.15em .9em .15em 0">{escape(cell)}</{tag}>'
            for column, cell in enumerate(row)
        )
        for tag, row in zip(["th", *["td"] * (len(rows) - 1)], rows, strict=True)
    ]
    return f'<table style="margin:.4em 0">{"".join(f"<tr>{row}</tr>" for row in cells)}</table>'


def _notes(notes: Sequence[str]) -> str:
    lines = list(dict.fromkeys(sentence(note) for note in notes if note.strip()))
    more = [f"... and {len(lines) - MOST_NOTES} more."] if len(lines) > MOST_NOTES else []
    items = "".join(f"<li>{escape(line)}</li>" for line in [*lines[:MOST_NOTES], *more])
    return f'<ul style="margin:.4em 0;font-size:.9em;opacity:.8">{items}</ul>' if items else ""
