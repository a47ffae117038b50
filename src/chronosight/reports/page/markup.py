"""Small pieces of HTML that every part of the page is made of; all text that comes from outside is escaped here."""

from __future__ import annotations

import base64
import io
import re
from html import escape
from typing import Any

from PIL import Image

from chronosight.reports.codes import Colour, colour_of
from chronosight.reports.found import Key


def text(words: str) -> str:
    """Escaped for HTML; a number stays on one line with its unit."""
    return re.sub(r"(?<=\d) (?=%|m|km|px|pixel)|(?<=%) (?=sure)", "&nbsp;", escape(words))


def css(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def kind(key: Key) -> str:
    """CSS class of a class and direction: "k-building-appeared". Letters alone, whatever the class is called."""
    return "k-" + "-".join(re.sub(r"[^a-z]", "", part.lower()) or "x" for part in key)


def swatch(key: Key) -> str:
    return f'<span class="swatch" style="background:{css(colour_of(*key))}"></span>'


def jpeg(image: Image.Image, quality: int = 86) -> str:
    return data_uri(image.convert("RGB"), "JPEG", quality=quality, optimize=True)


def data_uri(image: Image.Image, kind: str, **options: Any) -> str:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def card(title: str, body: str, name: str = "") -> str:
    """A section with a heading; "" where there is nothing to show."""
    return f'<section class="card {name}"><h2>{escape(title)}</h2>{body}</section>' if body else ""
