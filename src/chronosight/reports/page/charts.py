"""Charts of counts and areas as inline SVG: no script, colours of the map, numbers written out beside every bar."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from chronosight.reports.codes import colour_of, short_label
from chronosight.reports.findings import Findings
from chronosight.reports.found import Key, Tally, classes_of, tally
from chronosight.reports.page.markup import card, css
from chronosight.reports.summary import size_words
from chronosight.reports.zones import ZoneRow, ZoneTable
from chronosight.results.description import GridCell
from chronosight.tasks.cells import CELLS

WIDTH, ROW = 340, 26
LABEL, VALUE = 104, 78  # left and right of the bars
MOST_ZONES = 12
MOST_CELLS = 64  # on a side of the map of cells


def charts(findings: Findings, grid: Sequence[GridCell]) -> str:
    """Cards: objects and area by class and direction; where they are; zones."""
    if not findings.found:
        return ""
    tallies = tally(findings.found)
    keys: list[Key] = [(name, way) for name in classes_of(findings.found) for way in ("appeared", "vanished")]
    rows = [(key, tallies.get(key, Tally())) for key in keys]
    counts = _bars("Changed objects", [(key, value.count, f"{value.count:,}") for key, value in rows])
    unit = size_words(0.0, findings.metric).split()[-1]
    areas = _bars(
        f"Changed area ({'m²' if findings.metric else unit})",
        [(key, value.area, size_words(value.area, findings.metric).replace("pixels", "px")) for key, value in rows],
    )
    body = f'<div class="charts">{counts}{areas}{_where(findings, grid)}</div>'
    zones = card("Zones", _zones(findings.zones, findings.metric), "zones") if findings.zones else ""
    return card("In numbers", body, "numbers") + zones


def _bars(title: str, rows: Sequence[tuple[Key, float, str]]) -> str:
    most = max([value for _, value, _ in rows] + [1e-9])
    room = WIDTH - LABEL - VALUE
    parts = []
    for index, (key, value, words) in enumerate(rows):
        y = index * ROW
        length = room * value / most
        parts.append(
            f'<text x="{LABEL - 8}" y="{y + 17}" text-anchor="end">{escape(short_label(*key))}</text>'
            f'<rect x="{LABEL}" y="{y + 5}" width="{max(length, 1 if value else 0):.1f}" height="{ROW - 10}" rx="2" '
            f'fill="{css(colour_of(*key))}"/>'
            f'<text x="{LABEL + length + 7:.1f}" y="{y + 17}" class="v">{escape(words)}</text>'
        )
    told = "; ".join(f"{short_label(*key)} {words}" for key, _, words in rows)
    return _figure(title, f"{title}: {told}", WIDTH, len(rows) * ROW, "".join(parts))


def _where(findings: Findings, grid: Sequence[GridCell]) -> str:
    """Changed area by cell, darker for more: the table's cells, or the 3x3 grid where there is no table."""
    cells = _table_cells(grid) or _thirds(findings)
    most = max([area for *_, area in cells] + [1e-9])
    wide, high = max(x + w for x, _, w, *_ in cells), max(y + h for _, y, _, h, *_ in cells)
    scale = min(WIDTH / wide, 210 / high)
    parts = []
    for x, y, w, h, label, count, area in cells:
        shade = 0 if not area else 0.18 + 0.82 * area / most
        words = f"{label}: {count:,} object{'s' * (count != 1)}, {size_words(area, findings.metric)}"
        parts.append(
            f'<rect class="cell" x="{x * scale:.1f}" y="{y * scale:.1f}" width="{w * scale:.1f}" height="{h * scale:.1f}" '
            f'fill-opacity="{shade:.2f}"><title>{escape(words)}</title></rect>'
        )
    top = max(cells, key=lambda cell: cell[6])
    told = f"Changed area by place; most in {top[4]}, {size_words(top[6], findings.metric)}"
    return _figure("Where: changed area by place", told, round(wide * scale), round(high * scale), "".join(parts))


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


def _thirds(findings: Findings) -> list[Cell]:
    w, h = findings.width / 3, findings.height / 3
    cells: list[Cell] = []
    for index, name in enumerate(CELLS):
        inside = [item for item in findings.found if item.cell == name]
        cells.append((index % 3 * w, index // 3 * h, w, h, name, len(inside), sum(item.area for item in inside)))
    return cells


def _zones(table: ZoneTable, metric: bool) -> str:
    """Stacked bars of the zones that changed most, and a table of all."""
    ranked = sorted(table.rows, key=lambda row: -row.all.area)
    bars = _zone_bars([row for row in ranked[:MOST_ZONES] if row.all.area], metric)
    rest = [table.outside] if table.outside.all.count or table.outside.all.area else []
    keys = sorted({key for row in [*table.rows, *rest] for key in row.tallies})
    head = "".join(f'<th class="n">{escape(short_label(*key))}</th>' for key in keys)
    body = "".join(_zone_row(row, keys, metric) for row in [*ranked, *rest])
    return (
        f'{bars}<div class="scroll" tabindex="0" role="region" aria-label="Counts and areas by zone"><table><thead><tr>'
        f'<th>Zone</th>{head}<th class="n">Changed area</th><th class="n">Share of zone</th></tr></thead><tbody>{body}</tbody>'
        "</table></div>"
    )


def _zone_row(row: ZoneRow, keys: Sequence[Key], metric: bool) -> str:
    counts = "".join(f'<td class="n">{row.tallies.get(key, Tally()).count:,}</td>' for key in keys)
    share = f"{100 * row.all.area / row.ground:.2g} %".replace(" ", "&nbsp;") if row.ground else ""
    partly = f' <span class="soft">({100 * row.covered:.0f}&nbsp;% seen)</span>' if row.covered < 0.995 else ""
    return (
        f'<tr><td>{escape(row.name)}{partly}</td>{counts}<td class="n">{size_words(row.all.area, metric)}</td>'
        f'<td class="n">{share}</td></tr>'
    )


def _zone_bars(rows: Sequence[ZoneRow], metric: bool) -> str:
    if not rows:
        return ""
    most = rows[0].all.area
    room = WIDTH - LABEL - VALUE
    parts = []
    for index, row in enumerate(rows):
        y, x = index * ROW, float(LABEL)
        label = row.name if len(row.name) <= 16 else f"{row.name[:15]}…"
        parts.append(
            f'<text x="{LABEL - 8}" y="{y + 17}" text-anchor="end">{escape(label)}<title>{escape(row.name)}</title></text>'
        )
        for key, value in row.tallies.items():
            length = room * value.area / most
            words = f"{short_label(*key)}: {value.count:,}, {size_words(value.area, metric)}"
            parts.append(
                f'<rect x="{x:.1f}" y="{y + 5}" width="{length:.1f}" height="{ROW - 10}" fill="{css(colour_of(*key))}">'
                f"<title>{escape(words)}</title></rect>"
            )
            x += length
        parts.append(f'<text x="{x + 7:.1f}" y="{y + 17}" class="v">{escape(size_words(row.all.area, metric))}</text>')
    told = "; ".join(f"{row.name} {size_words(row.all.area, metric)}" for row in rows)
    return f'<div class="charts">{_figure("Changed area by zone", told, WIDTH, len(rows) * ROW, "".join(parts))}</div>'


def _figure(title: str, told: str, width: int, height: int, body: str) -> str:
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg class="chart" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(told)}" style="max-width:{width * 1.15:.0f}px">{body}</svg></figure>'
    )
