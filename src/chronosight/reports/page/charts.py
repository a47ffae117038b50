"""What the charts of the page show: bars by class and direction, a heat grid of places, and zones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chronosight.reports.codes import short_label
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.changed_object import Key, Tally, classes_of, tally
from chronosight.results.description import GridCell
from chronosight.results.wording import size_words
from chronosight.results.zones import ZoneRow
from chronosight.tasks.cells import CELLS

WIDTH, ROW = 340, 26
LABEL, VALUE = 104, 78  # left and right of the bars
ROOM = WIDTH - LABEL - VALUE
HEAT = 140  # height of the heat grid
MOST_ZONES = 12
MOST_CELLS = 64  # on a side of the heat grid
FAINTEST = 0.18  # opacity of the least changed cell


@dataclass(frozen=True)
class Segment:
    """A coloured part of a bar. x, length: in the chart's own units. words: what it stands for."""

    key: Key
    x: float
    length: float
    words: str


@dataclass(frozen=True)
class Bar:
    """A row of a bar chart. label: short; name: in full. value: written behind the bar, at `end`."""

    label: str
    name: str
    segments: tuple[Segment, ...]
    value: str
    end: float


@dataclass(frozen=True)
class BarChart:
    """title: of the figure. description: all of it in words, for screen readers."""

    title: str
    description: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class HeatCell:
    """A cell of the heat grid in the chart's own units. opacity: in [0, 1], 0 for no change."""

    x: float
    y: float
    width: float
    height: float
    opacity: float
    words: str


@dataclass(frozen=True)
class HeatGrid:
    """steps: (opacity, area in words) of the scale, from nothing to the most."""

    title: str
    description: str
    width: float
    height: float
    cells: tuple[HeatCell, ...]
    steps: tuple[tuple[float, str], ...]


def class_charts(summary: ChangeSummary) -> list[BarChart]:
    """Numbers and areas of objects by class and direction.

    Args:
        summary: The change summary.

    Returns:
        Two bar charts.
    """
    tallies = tally(summary.objects)
    keys: list[Key] = [(name, way) for name in classes_of(summary.objects) for way in ("appeared", "vanished")]
    rows = [(key, tallies.get(key, Tally())) for key in keys]
    unit = "m²" if summary.metric else "pixels"
    areas = [(key, value.area, size_words(value.area, summary.metric).replace("pixels", "px")) for key, value in rows]
    return [
        _bars("Changed objects", [(key, float(value.count), f"{value.count:,}") for key, value in rows]),
        _bars(f"Changed area ({unit})", areas),
    ]


def _bars(title: str, rows: Sequence[tuple[Key, float, str]]) -> BarChart:
    most = max([value for _, value, _ in rows] + [1e-9])
    bars = []
    for key, value, words in rows:
        length = ROOM * value / most
        label = short_label(*key)
        segment = Segment(key, LABEL, max(length, 1 if value else 0), f"{label}: {words}")
        bars.append(Bar(label, label, (segment,), words, LABEL + length + 7))
    description = "; ".join(f"{short_label(*key)} {words}" for key, _, words in rows)
    return BarChart(title, f"{title}: {description}", tuple(bars))


def heat_grid(summary: ChangeSummary, grid: Sequence[GridCell]) -> HeatGrid:
    """Changed area by cell: the table's cells, or the 3x3 grid where there is no table.

    Args:
        summary: The change summary.
        grid: Cells of a whole scene's table; empty for a pair in memory.

    Returns:
        The chart.
    """
    cells = _table_cells(grid) or _thirds(summary)
    most = max([area for *_, area in cells] + [1e-9])
    wide, high = max(x + w for x, _, w, *_ in cells), max(y + h for _, y, _, h, *_ in cells)
    scale = min(WIDTH / wide, HEAT / high)
    shown = []
    for x, y, w, h, label, count, area in cells:
        words = f"{label}: {count:,} object{'s' * (count != 1)}, {size_words(area, summary.metric)}"
        shown.append(HeatCell(x * scale, y * scale, w * scale, h * scale, _opacity(area / most), words))
    top = max(cells, key=lambda cell: cell[6])
    description = f"Changed area by place; most in {top[4]}, {size_words(top[6], summary.metric)}"
    shares = (0, 0.25, 0.5, 0.75, 1)
    steps = [(_opacity(share), size_words(share * most, summary.metric).replace("pixels", "px")) for share in shares]
    size = (round(wide * scale), round(high * scale))
    return HeatGrid("Where: changed area by place", description, *size, tuple(shown), tuple(steps))


def _opacity(share: float) -> float:
    return 0.0 if not share else FAINTEST + (1 - FAINTEST) * share


Cell = tuple[float, float, float, float, str, int, float]  # left, top, width, height, name, objects, area


def _table_cells(grid: Sequence[GridCell]) -> list[Cell]:
    if not grid or max(max(cell.row, cell.column) for cell in grid) > MOST_CELLS:
        return []
    cells: list[Cell] = []
    for cell in grid:
        left, top, width, height = map(float, cell.window)
        label = f"row {cell.row}, column {cell.column}"
        cells.append((left, top, width, height, label, sum(cell.counts.values()), sum(cell.areas_m2.values())))
    return cells


def _thirds(summary: ChangeSummary) -> list[Cell]:
    w, h = summary.width / 3, summary.height / 3
    cells: list[Cell] = []
    for index, name in enumerate(CELLS):
        inside = [item for item in summary.objects if item.cell == name]
        cells.append((index % 3 * w, index // 3 * h, w, h, name, len(inside), sum(item.area for item in inside)))
    return cells


def zone_chart(rows: Sequence[ZoneRow], metric: bool) -> BarChart | None:
    """Stacked bars of the zones that changed most.

    Args:
        rows: Sums by zone.
        metric: Whether areas are in square metres.

    Returns:
        The chart; None where no zone changed.
    """
    rows = [row for row in sorted(rows, key=lambda row: -row.all.area)[:MOST_ZONES] if row.all.area]
    if not rows:
        return None
    most, bars = rows[0].all.area, []
    for row in rows:
        x, segments = float(LABEL), []
        for key, value in row.tallies.items():
            length = ROOM * value.area / most
            words = f"{short_label(*key)}: {value.count:,}, {size_words(value.area, metric)}"
            segments.append(Segment(key, x, length, words))
            x += length
        label = row.name if len(row.name) <= 16 else f"{row.name[:15]}…"
        bars.append(Bar(label, row.name, tuple(segments), size_words(row.all.area, metric), x + 7))
    description = "; ".join(f"{row.name} {size_words(row.all.area, metric)}" for row in rows)
    return BarChart("Changed area by zone", description, tuple(bars))
