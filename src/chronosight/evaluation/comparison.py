"""The table beside published rows, as Markdown, LaTeX and CSV. What was measured here carries its interval."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chronosight.evaluation.benchmarks.benchmark import Benchmark, Column
from chronosight.evaluation.published import PUBLISHED

Cell = tuple[float, float | None, float | None]  # value, low, high


@dataclass(frozen=True)
class Line:
    """A row of the table. cells: by column head. convention: of captions, "" for none."""

    model: str
    source: str
    convention: str
    measured: bool
    cells: dict[str, Cell] = field(default_factory=dict)


def comparison_lines(
    benchmark: Benchmark, model: str, rows: Sequence[Mapping[str, Any]], conventions: Sequence[str]
) -> list[Line]:
    """Ours, one line a caption convention, then the published. rows: as the results file has them."""
    by_metric = {row["metric"]: row for row in rows}
    lines = []
    for convention in conventions or ("",):
        cells: dict[str, Cell] = {}
        for column in benchmark.columns:
            row = by_metric.get(column.metric.format(c=convention))
            if row is not None and row["value"] is not None:
                low, high = row["interval"] or (None, None)
                cells[column.head] = (
                    row["value"] * column.scale,
                    None if low is None else low * column.scale,
                    None if high is None else high * column.scale,
                )
        lines.append(Line(model, "measured here", convention, True, cells))
    for published in PUBLISHED.get(benchmark.name, ()):
        shown: dict[str, Cell] = {head: (value, None, None) for head, value in published.scores.items()}
        lines.append(Line(published.model, published.source, published.convention, False, shown))
    return lines


def as_markdown(benchmark: Benchmark, lines: Sequence[Line]) -> str:
    heads = _heads(benchmark, lines)
    rows = [["model", *heads, "convention", "from"]]
    rows += [[line.model, *(_shown(line, head) for head in heads), line.convention, line.source] for line in lines]
    rule = "|" + "---|" + "---:|" * len(heads) + "---|---|"
    first, *rest = ["| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows]
    return "\n".join([first, rule, *rest]) + "\n"


def as_latex(benchmark: Benchmark, lines: Sequence[Line]) -> str:
    heads = _heads(benchmark, lines)
    body = []
    for line in lines:
        cells = [_latex(line.model + (f" ({line.convention})" if line.convention else ""))]
        cells += [_latex_cell(line.cells.get(head), _column(benchmark, head)) for head in heads]
        body.append(" & ".join(cells) + r" \\")
    measured = sum(line.measured for line in lines)
    body.insert(measured, r"\hline")
    head = " & ".join(["model", *(_latex(name) for name in heads)]) + r" \\"
    caption = _latex(f"{benchmark.title}. Above the line measured here, with 95 % bootstrap intervals; below as published.")
    return "\n".join(
        [r"\begin{table}", r"\centering", rf"\begin{{tabular}}{{l{'r' * len(heads)}}}", r"\hline", head, r"\hline", *body,
         r"\hline", r"\end{tabular}", rf"\caption{{{caption}}}", r"\end{table}", ""]
    )  # fmt: skip


def as_csv(benchmark: Benchmark, lines: Sequence[Line]) -> str:
    """One line a cell: model, source, convention, measured, metric, value, low, high."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["benchmark", "model", "source", "convention", "measured", "metric", "value", "low", "high"])
    for line in lines:
        for head, (value, low, high) in line.cells.items():
            numbers = ["" if number is None else f"{number:.4f}" for number in (value, low, high)]
            writer.writerow(
                [benchmark.name, line.model, line.source, line.convention, str(line.measured).lower(), head, *numbers]
            )
    return out.getvalue()


def all_figures_markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = ["| figure | value | 95 % interval | over |", "|---|---:|---|---|"]
    for row in rows:
        value = "-" if row["value"] is None else f"{row['value']:.4f}"
        interval = row["interval"]
        shown = "" if not interval or None in interval else f"{interval[0]:.4f} to {interval[1]:.4f}"
        note = f" ({row['note']})" if row["note"] else ""
        lines.append(f"| {row['metric']} | {value} | {shown} | {row['n']} {row['unit']}{note} |")
    return "\n".join(lines) + "\n"


def _heads(benchmark: Benchmark, lines: Sequence[Line]) -> list[str]:
    return [column.head for column in benchmark.columns if any(column.head in line.cells for line in lines)]


def _column(benchmark: Benchmark, head: str) -> Column:
    return next(column for column in benchmark.columns if column.head == head)


def _digits(column: Column) -> int:
    return 2 if column.scale == 100 else 3


def _shown(line: Line, head: str) -> str:
    if head not in line.cells:
        return ""
    value, low, high = line.cells[head]
    text = f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"
    return text if low is None or high is None else f"{text} [{low:.2f}, {high:.2f}]"


def _latex_cell(cell: Cell | None, column: Column) -> str:
    if cell is None:
        return "--"
    value, low, high = cell
    digits = _digits(column)
    if low is None or high is None:
        return f"{value:.{digits}f}"
    return rf"{value:.{digits}f} {{\footnotesize [{low:.{digits}f}, {high:.{digits}f}]}}"


def _latex(text: str) -> str:
    return "".join({"%": r"\%", "_": r"\_", "&": r"\&", "#": r"\#", "$": r"\$"}.get(c, c) for c in text)
