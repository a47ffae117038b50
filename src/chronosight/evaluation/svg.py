"""Pictures of figures, drawn as SVG by hand: they are text, need no library, and stay sharp in print."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from chronosight.metrics.answers import ClassificationScores

FONT = 'font-family="Helvetica, Arial, sans-serif"'
INK, GREY, LINE, FILL = "#1b1f24", "#57606a", "#d0d7de", "#1f6feb"


def confusion_svg(title: str, table: ClassificationScores, cell: int = 22) -> str:
    """True classes down, answers across; the darker, the larger the share of the true class."""
    longest = max(len(name) for name in (*table.classes, *table.columns))
    left = top = 40 + 7 * longest
    width, height = left + cell * len(table.columns) + 20, top + cell * len(table.classes) + 20
    parts = [_open(width, height), f'<text x="10" y="20" font-size="14" fill="{INK}">{escape(title)}</text>']
    for column, name in enumerate(table.columns):
        x = left + cell * column + cell * 0.65
        parts.append(
            f'<text transform="translate({x:.1f} {top - 6}) rotate(-90)" font-size="11" fill="{INK}">{escape(name)}</text>'
        )
    for row, name in enumerate(table.classes):
        y, total = top + cell * row, max(1, int(table.confusion[row].sum()))
        parts.append(
            f'<text x="{left - 6}" y="{y + cell * 0.68:.1f}" font-size="11" text-anchor="end" fill="{INK}">{escape(name)}</text>'
        )
        for column in range(len(table.columns)):
            number = int(table.confusion[row, column])
            share = number / total
            x = left + cell * column
            parts.append(
                f'<rect x="{x}" y="{y}" width="{cell}" height="{cell}" stroke="{LINE}" fill="{FILL}" fill-opacity="{share:.3f}"/>'
            )
            if number:
                ink = "#ffffff" if share > 0.5 else INK
                place = f'x="{x + cell / 2}" y="{y + cell * 0.66:.1f}" font-size="10" text-anchor="middle"'
                parts.append(f'<text {place} fill="{ink}">{number}</text>')
    return "\n".join([*parts, "</svg>", ""])


@dataclass(frozen=True)
class Point:
    """One model. score: as the axis has it. seconds: for a scene, None where not known. parameters: thousand millions,
    None where not known. measured: here, against published."""

    name: str
    score: float
    seconds: float | None
    parameters: float | None
    measured: bool


WIDTH, HEIGHT = 900, 560
LEFT, RIGHT, TOP, BOTTOM = 70, 230, 50, 60


def scatter_svg(title: str, axis: str, points: Sequence[Point]) -> str:
    """Score over seconds a scene (log scale), area of a point by parameters; measured filled, published hollow.

    Models without a published time stand in a strip of their own at the right, those without a size have a dashed rim.
    """
    timed = [p.seconds for p in points if p.seconds]
    low = math.floor(math.log10(min(timed))) if timed else -2
    high = max(low + 1, math.ceil(math.log10(max(timed)))) if timed else 0
    scores = [p.score for p in points]
    pad = max(1e-6, (max(scores) - min(scores)) * 0.1) or 1.0
    bottom, top = min(scores) - pad, max(scores) + pad
    strip = WIDTH - RIGHT + 40

    def at(point: Point) -> tuple[float, float]:
        y = HEIGHT - BOTTOM - (point.score - bottom) / (top - bottom) * (HEIGHT - TOP - BOTTOM)
        if not point.seconds:
            return strip, y
        return LEFT + (math.log10(point.seconds) - low) / (high - low) * (WIDTH - LEFT - RIGHT), y

    parts = [_open(WIDTH, HEIGHT), f'<text x="{LEFT}" y="26" font-size="16" fill="{INK}">{escape(title)}</text>']
    parts += _axes(low, high, bottom, top, axis, strip)
    taken: list[tuple[float, float]] = []
    for point in sorted(points, key=lambda p: -p.score):
        x, y = at(point)
        radius = 5.0 if point.parameters is None else max(3.0, 8.0 * math.sqrt(point.parameters))
        look = f'fill="{FILL}" fill-opacity="0.75"' if point.measured else f'fill="none" stroke="{GREY}" stroke-width="1.6"'
        dash = "" if point.parameters is not None or point.measured else ' stroke-dasharray="3 2"'
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" {look}{dash}/>')
        label = y + 4
        while any(abs(label - other) < 13 and abs(x - beside) < 160 for beside, other in taken):
            label += 13
        taken.append((x, label))
        beyond = x + radius + 5 if point.seconds else strip + 30  # in the strip, names stand in one column
        parts.append(f'<text x="{beyond:.1f}" y="{label:.1f}" font-size="11" fill="{INK}">{escape(point.name)}</text>')
    foot = "filled: measured here; hollow: published; area: parameters; dashed: size not published"
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 8}" font-size="11" fill="{GREY}">{foot}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _axes(low: int, high: int, bottom: float, top: float, axis: str, strip: float) -> list[str]:
    base, end = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = [f'<rect x="{LEFT}" y="{TOP}" width="{end - LEFT}" height="{base - TOP}" fill="none" stroke="{LINE}"/>']
    for power in range(low, high + 1):
        x = LEFT + (power - low) / (high - low) * (end - LEFT)
        parts.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{base}" stroke="{LINE}"/>')
        text = f"{10.0**power:g} s"
        parts.append(f'<text x="{x:.1f}" y="{base + 16}" font-size="11" text-anchor="middle" fill="{GREY}">{text}</text>')
    for step in range(6):
        value = bottom + (top - bottom) * step / 5
        y = base - (base - TOP) * step / 5
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" font-size="11" text-anchor="end" fill="{GREY}">{value:.3g}</text>')
    middle = (LEFT + end) / 2
    parts.append(f'<text x="{middle}" y="{base + 34}" font-size="12" text-anchor="middle" fill="{INK}">seconds a scene</text>')
    parts.append(f'<text x="{strip}" y="{base + 34}" font-size="11" text-anchor="middle" fill="{GREY}">time not published</text>')
    parts.append(f'<text transform="translate(16 {(TOP + base) / 2}) rotate(-90)" font-size="12" text-anchor="middle" '
                 f'fill="{INK}">{escape(axis)}</text>')  # fmt: skip
    return parts


def _open(width: float, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" {FONT}>'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    )
