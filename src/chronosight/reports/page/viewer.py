"""The picture: both dates under a swipe, the mask and the outlines on top, in a view that zooms and pans."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from chronosight.reports.codes import colour_of, short_label
from chronosight.reports.found import Found, tally
from chronosight.reports.overlay import round_length
from chronosight.reports.page.content import PageContent
from chronosight.reports.page.markup import css, data_uri, jpeg, kind, swatch, text

MOST_OUTLINES = 2000  # drawn one by one, the largest; the mask shows all


def stage(content: PageContent) -> str:
    findings = content.findings
    width, height = findings.width, findings.height
    before, after = (escape(tag) for tag in content.tags)
    return (
        f'<div class="stage" id="stage" data-width="{width}" data-height="{height}" '
        f'style="aspect-ratio:{width}/{height};max-width:calc(78vh*{width / height:.4f})">'
        f'<div class="view"><img class="sheet" src="{jpeg(content.before)}" alt="The place before"></div>'
        f'<div class="view later"><img class="sheet" src="{jpeg(content.after)}" alt="The place after"></div>'
        f'<div class="view"><img class="sheet mask" src="{data_uri(content.marks, "PNG", optimize=True)}" alt=""></div>'
        f'<svg class="over" viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true">'
        f"{_thirds(width, height)}{_outlines(outlined(findings.found))}"
        '<path id="lit" class="lit"></path></svg>'
        f'<span class="tag left">{before}</span><span class="tag right">{after}</span>'
        '<div class="edge" id="edge" role="slider" tabindex="0" aria-label="Swipe between before and after" aria-valuemin="0" '
        'aria-valuemax="100" aria-valuenow="50"></div>'
        f"{_scale(content)}"
        '<div class="zoom"><button type="button" id="zoom-in" aria-label="Zoom in">+</button>'
        '<button type="button" id="zoom-out" aria-label="Zoom out">−</button>'
        '<button type="button" id="zoom-all" aria-label="Show the whole scene">⤢</button></div></div>'
        f"{_bar(content)}"
        '<p class="picked" id="picked" role="status" aria-live="polite">Choose an object in the picture or in the list.</p>'
    )


def outlined(found: Sequence[Found]) -> list[Found]:
    """The objects that are drawn, largest first."""
    return sorted(found, key=lambda item: -item.area)[:MOST_OUTLINES]


def kinds_style(found: Sequence[Found]) -> str:
    """CSS of each class and direction: its colour, and how it is hidden."""
    rules = []
    for key in tally(found):
        name = kind(key)
        rules.append(f".{name}{{stroke:{css(colour_of(*key))}}}.no-{name} .{name}{{display:none}}")
    return "".join(rules)


def _outlines(found: Sequence[Found]) -> str:
    paths = []
    for item in found:
        path = _path(item.ring)
        label = escape(f"{item.number}: {short_label(item.class_name, item.direction)}")
        paths.append(
            f'<g class="{kind(item.key)} shape" data-object="{item.number}"><path class="rim" d="{path}"/>'
            f'<path id="object-{item.number}" d="{path}"><title>{label}</title></path></g>'
        )
    return f'<g class="outlines">{"".join(paths)}</g>'


def _path(ring: np.ndarray) -> str:
    """An SVG path in whole and half pixels, relative and therefore short."""
    points = np.round(ring[:-1] * 2).astype(int)
    steps = np.diff(points, axis=0, prepend=np.zeros((1, 2), int))
    words = [f"{x / 2:g} {y / 2:g}" for x, y in steps.tolist()]
    return f"M{words[0]}l{' '.join(words[1:])}z"


def _thirds(width: int, height: int) -> str:
    lines = [f"M{width * i / 3:g} 0V{height}M0 {height * i / 3:g}H{width}" for i in (1, 2)]
    return f'<path class="grid" d="{"".join(lines)}"/>'


def _scale(content: PageContent) -> str:
    """A bar of a round length on the ground, about a sixth of the picture wide; the script keeps it true when zoomed."""
    if not content.metres_per_pixel:
        return ""
    ground = content.metres_per_pixel * content.findings.width
    metres = round_length(ground / 5)
    words = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    style = f"width:{100 * metres / ground:.3f}%"
    return f'<div class="scale" id="scale" data-ground="{ground:.6g}" style="{style}"><span>{words}</span></div>'


def _bar(content: PageContent) -> str:
    tallies = tally(content.findings.found)
    filters = "".join(
        f'<label><input type="checkbox" checked data-kind="{kind(key)}"> {swatch(key)}{escape(short_label(*key))} '
        f'<span class="soft">{value.count:,}</span></label>'
        for key, value in tallies.items()
    )
    missing = '<span class="soft">Grey: no data at one of the dates.</span>' if content.gaps else ""
    shown = '<label><input type="checkbox" id="show-mask" checked> Mask</label>' if tallies else ""
    shown += '<label><input type="checkbox" id="show-outlines" checked> Outlines</label>' if tallies else ""
    return (
        f'<div class="bar" role="group" aria-label="What the picture shows">{shown}'
        f'<label><input type="checkbox" id="show-grid"> {text("3 × 3 places")}</label>{filters}{missing}</div>'
    )
