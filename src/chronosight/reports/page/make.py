"""report.html: one file that holds everything, opens without a network, and reads well on a desk and on a phone."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from chronosight.reports.codes import Colour, colour_of, short_label
from chronosight.reports.cover_codes import pair_colours, pair_label
from chronosight.reports.page import charts, viewer
from chronosight.reports.page.content import PageContent
from chronosight.reports.plain_text import answer_line
from chronosight.results.changed_object import ChangedObject, Key, tally
from chronosight.results.land_cover_change import UNKNOWN, CoverObject, known_first
from chronosight.results.wording import confidence_words, ground_words, percent, sentence, size_words
from chronosight.tasks.cells import CELLS, places

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from chronosight.results.answer import Answer

MOST_ROWS = 300  # objects listed on the page; the vector file holds all of them
FEW = 8  # objects below which their list is short, so that the counts stand above it


def write_page(content: PageContent, path: Path) -> None:
    """Writes the page to a file.

    Args:
        content: What the page shows.
        path: The file to write.
    """
    path.write_text(page(content), encoding="utf-8")


def page(content: PageContent) -> str:
    """Renders the page. Nothing in it points outside, and its security policy lets nothing in.

    Args:
        content: What the page shows.

    Returns:
        The HTML document.
    """
    return _render("page.html", content)


def map_page(content: PageContent) -> str:
    """Renders the images with swipe, outlines and the list of objects alone, as the page has them.

    Args:
        content: What the page shows.

    Returns:
        The HTML document, which points to nothing outside.
    """
    return _render("map.html", content)


def _render(template: str, content: PageContent) -> str:
    scene, summary = content.description.scene, content.summary
    zones = summary.zones
    rest = [zones.outside] if zones and (zones.outside.all.count or zones.outside.all.area) else []
    ranked = sorted(zones.rows, key=lambda row: -row.all.area) if zones else []
    keys = list(tally(summary.objects))
    text: str = _environment().get_template(template).render(
        content=content,
        scene=scene,
        summary=summary,
        metric=summary.metric,
        classes=content.description.classes,
        keys=keys,
        tallies=tally(summary.objects),
        outlined=viewer.outlined(summary.objects),
        zone_shapes=viewer.zone_shapes(scene, zones.zones) if zones else [],
        scale=viewer.scale_of(scene),
        thirds=viewer.thirds_path(summary.width, summary.height),
        charts=charts.class_charts(summary) if summary.objects else [],
        heat=charts.heat_grid(summary, content.description.grid) if summary.objects else None,
        zones=zones,
        zone_rows=[*ranked, *rest],
        zone_keys=sorted({key for row in [*ranked, *rest] for key in row.tallies}),
        zone_chart=charts.zone_chart(zones.rows, summary.metric) if zones else None,
        listed=sorted(summary.objects, key=lambda item: -item.area)[:MOST_ROWS],
        most_rows=MOST_ROWS,
        few=len(summary.objects) < FEW,
        cover=summary.land_cover,
        cover_kinds=[pair for pairs in known_first(summary.land_cover.flows) for pair in pairs] if summary.land_cover else [],
        cover_listed=_listed(summary.land_cover.objects) if summary.land_cover else [],
    )  # fmt: skip
    return text


def _listed(objects: Sequence[CoverObject]) -> list[CoverObject]:
    """Land-cover objects, those of which both classes are known first; then the largest first."""
    return sorted(objects, key=lambda item: (UNKNOWN in item.key, -item.area))[:MOST_ROWS]


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("chronosight.reports.page", "templates"),
        autoescape=True, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters |= {
        "text": text, "css": css, "kind": kind,
        "label": lambda key: short_label(*key), "colour": lambda key: css(colour_of(*key)),
        "jpeg": jpeg, "png": png, "path": viewer.object_path, "percent": percent,
        "confidence": _confidence, "sentence": sentence, "line": answer_line,
        "ground": lambda area, metric: text(ground_words(area, metric)), "pair": pair_label,
        "fill": lambda pair: css(pair_colours(pair)[0]), "rim": lambda pair: css(pair_colours(pair)[1]),
        "size": _size, "box": _box, "place": lambda lonlat: f"{lonlat[1]:.5f}, {lonlat[0]:.5f}" if lonlat else "",
        "cells": lambda cells: places(cells) or "nowhere",
    }  # fmt: skip
    environment.globals |= {
        "CELLS": CELLS, "WIDTH": charts.WIDTH, "ROW": charts.ROW, "LABEL": charts.LABEL,
        "style": _read("page.css"), "script": _read("page.js"),
    }  # fmt: skip
    return environment


def _confidence(answer: Answer) -> str:
    return confidence_words(answer.confidence if answer.confidence_known else None, answer.confident)


def text(words: str) -> Markup:
    """Escapes words for HTML; a number stays on one line with its unit.

    Args:
        words: The words.

    Returns:
        Markup.
    """
    from markupsafe import Markup, escape

    return Markup(re.sub(r"(?<=\d) (?=%|m|km|px|pixel)|(?<=%) (?=confident)", "&nbsp;", str(escape(words))))


def css(colour: Colour) -> str:
    """A colour for CSS.

    Args:
        colour: (red, green, blue), 0 to 255.

    Returns:
        Such as "#ff6200".
    """
    return "#{:02x}{:02x}{:02x}".format(*colour)


def kind(key: Key) -> str:
    """The CSS class of a class and direction. It holds letters alone, whatever the class is called.

    Args:
        key: (class, direction).

    Returns:
        Such as "k-building-appeared".
    """
    return "k-" + "-".join(re.sub(r"[^a-z]", "", part.lower()) or "x" for part in key)


def jpeg(image: Image.Image, quality: int = 86) -> str:
    """An image as a data URI.

    Args:
        image: The image.
        quality: JPEG quality, 1 to 95.

    Returns:
        The URI.
    """
    return _data_uri(image.convert("RGB"), "JPEG", quality=quality, optimize=True)


def png(image: Image.Image) -> str:
    """An image with transparency as a data URI.

    Args:
        image: The image.

    Returns:
        The URI.
    """
    return _data_uri(image, "PNG", optimize=True)


def _data_uri(image: Image.Image, kind: str, **options: Any) -> str:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def _size(area: float, metric: bool) -> Markup:
    return text(size_words(area, metric).replace("pixels", "px").replace("pixel", "px"))


def _box(item: ChangedObject | CoverObject) -> str:
    """Left, top, right and bottom of an object, in pixels of the scene."""
    corners = (*item.outline.min(axis=0).tolist(), *item.outline.max(axis=0).tolist())
    return " ".join(f"{value:.0f}" for value in corners)


def _read(name: str) -> Markup:
    """Our own style and script, which need no escaping."""
    from markupsafe import Markup

    return Markup((files("chronosight.reports.page") / "templates" / name).read_text(encoding="utf-8"))
