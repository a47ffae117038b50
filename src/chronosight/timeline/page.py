"""report.html of a timeline: one file with a date slider, without anything from outside."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from PIL import Image

from chronosight.reports.codes import colour_of
from chronosight.reports.page.make import css, jpeg
from chronosight.reports.page.viewer import object_path
from chronosight.timeline.follow import Track
from chronosight.timeline.timeline import Timeline

LONGEST = 900  # pixels of an image's longer side on the page


def timeline_page(timeline: Timeline) -> str:
    """Renders the page of a timeline.

    Args:
        timeline: The timeline.

    Returns:
        The HTML document, images included.
    """
    from jinja2 import Environment, PackageLoader

    stack = timeline.stack
    span = f"{stack.dates[0].text} to {stack.dates[-1].text}"
    name = _common_name(stack.sources)
    environment = Environment(
        loader=PackageLoader("chronosight.timeline", "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    text: str = environment.get_template("timeline.html").render(
        title=f"{name}: {span}" if name else span,
        dates=[date.text for date in stack.dates],
        images=[jpeg(_shrunk(Image.fromarray(frame))) for frame in stack.frames],
        width=stack.frames.shape[2],
        height=stack.frames.shape[1],
        outlines=[_outline(track) for track in timeline.tracks],
        rows=timeline.rows,
        unit="m²" if timeline.unit == "m2" else "px",
        not_followed=stack.too_coarse,
        captions=timeline.captions,
        answers=timeline.answers,
        notes=[*timeline.notes, *stack.doubts],
    )
    return text


def _common_name(sources: Sequence[str]) -> str:
    """What the names of the images begin with alike, without dates: "place" of place_2012.tif and place_2015.tif."""
    stems = [Path(source).stem for source in sources]
    alike = list(takewhile(lambda letters: len(set(letters)) == 1, zip(*stems, strict=False)))
    return stems[0][: len(alike)].rstrip("0123456789-_. ")


def _shrunk(image: Image.Image) -> Image.Image:
    image.thumbnail((LONGEST, LONGEST))
    return image


def _outline(track: Track) -> dict[str, Any]:
    """What the page needs of an object: its path, and its state at each date (n new, g gone, h there, - not there)."""
    state = ["h" if here else "-" for here in track.present]
    for event in track.events:
        state[event.after] = "n" if event.direction == "appeared" else "g"
    return {
        "path": object_path(track.item),
        "state": "".join(state),
        "label": f"{track.item.class_name} {track.item.number}",
        "new": css(colour_of(track.item.class_name, "appeared")),
        "gone": css(colour_of(track.item.class_name, "vanished")),
    }
