"""Results as tables: on the terminal, and beside published results as Markdown, LaTeX and CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chronosight.evaluation.benchmarks.benchmark import Benchmark, Column
from chronosight.evaluation.metric import Result
from chronosight.evaluation.published_results import PUBLISHED
from chronosight.metrics.answers import ConfusionTable

if TYPE_CHECKING:
    from rich.console import Console

Cell = tuple[float, float | None, float | None]  # value, low, high


@dataclass(frozen=True)
class Line:
    """A line of the table beside published results.

    Attributes:
        model: Its name.
        source: Where it comes from.
        convention: Of captions; "" for none.
        measured: Here, against published.
        cells: By column head.
    """

    model: str
    source: str
    convention: str
    measured: bool
    cells: dict[str, Cell] = field(default_factory=dict)


def print_results(title: str, results: Sequence[Result]) -> None:
    """Prints results to standard output.

    Args:
        title: Above the table.
        results: One row each.
    """
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    table.add_column("metric")
    for name in ("value", "95 % interval", "target", "n"):
        table.add_column(name, justify="right")
    for row in results:
        value = "-" if row.value is None or math.isnan(row.value) else f"{row.value:.3f}"
        interval = "" if row.interval is None else "{:.3f} to {:.3f}".format(*row.interval)
        mark = {None: "", True: " met", False: " missed"}[row.met]
        colour = {None: "", True: "[green]", False: "[red]"}[row.met]
        unit = row.unit.removesuffix("s") if row.n == 1 else row.unit
        table.add_row(escape(row.metric), f"{colour}{value}", interval, f"{row.target or ''}{mark}", f"{row.n} {unit}")
    console = _console()
    console.print(table)
    for row in results:
        if row.note:
            console.print(escape(f"{row.metric}: {row.note}"), style="dim", soft_wrap=True)


def print_confusion(title: str, confusion: ConfusionTable) -> None:
    """Prints a confusion table: true classes down, answers across.

    Args:
        title: Above the table.
        confusion: The counts.
    """
    from rich.table import Table

    table = Table(title=f"{title}: true class by answer", title_justify="left")
    table.add_column("")
    for name in confusion.columns:
        table.add_column(name, justify="right")
    for name, counts in zip(confusion.classes, confusion.counts.tolist(), strict=True):
        table.add_row(name, *(str(n) if n else "·" for n in counts))
    _console().print(table)


def comparison_lines(
    benchmark: Benchmark, model: str, rows: Sequence[Mapping[str, Any]], conventions: Sequence[str]
) -> list[Line]:
    """The lines of the table.

    Args:
        benchmark: The benchmark.
        model: Name of the system that was measured.
        rows: As the results file has them.
        conventions: Caption conventions that were scored.

    Returns:
        Ours, one line a convention, then the published.
    """
    by_metric = {row["metric"]: row for row in rows}
    lines = []
    for convention in conventions or ("",):
        cells: dict[str, Cell] = {}
        for column in benchmark.columns:
            row = by_metric.get(column.metric.format(c=convention))
            if row is not None and row["value"] is not None:
                low, high = (end and end * column.scale for end in row["interval"] or (None, None))
                cells[column.head] = row["value"] * column.scale, low, high
        lines.append(Line(model, "measured here", convention, True, cells))
    for published in PUBLISHED.get(benchmark.name, ()):
        shown: dict[str, Cell] = {head: (value, None, None) for head, value in published.scores.items()}
        lines.append(Line(published.model, published.source, published.convention, False, shown))
    return lines


def as_markdown(benchmark: Benchmark, lines: Sequence[Line]) -> str:
    """The table as Markdown.

    Args:
        benchmark: The benchmark.
        lines: Of `comparison_lines`.

    Returns:
        The text.
    """
    heads = _heads(benchmark, lines)
    rows = [["model", *heads, "convention", "from"]]
    rows += [[line.model, *(_shown(line, head) for head in heads), line.convention, line.source] for line in lines]
    rule = "|" + "---|" + "---:|" * len(heads) + "---|---|"
    first, *rest = ["| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows]
    return "\n".join([first, rule, *rest]) + "\n"


def as_latex(benchmark: Benchmark, lines: Sequence[Line]) -> str:
    """The table as LaTeX, with intervals.

    Args:
        benchmark: The benchmark.
        lines: Of `comparison_lines`.

    Returns:
        The text.
    """
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
    """The table as CSV, one line a cell.

    Args:
        benchmark: The benchmark.
        lines: Of `comparison_lines`.

    Returns:
        The text.
    """
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


def results_markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """All metrics as Markdown.

    Args:
        rows: As the results file has them.

    Returns:
        The text.
    """
    lines = ["| metric | value | 95 % interval | over |", "|---|---:|---|---|"]
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
    digits = 2 if column.scale == 100 else 3
    if low is None or high is None:
        return f"{value:.{digits}f}"
    return rf"{value:.{digits}f} {{\footnotesize [{low:.{digits}f}, {high:.{digits}f}]}}"


def _latex(text: str) -> str:
    return "".join({"%": r"\%", "_": r"\_", "&": r"\&", "#": r"\#", "$": r"\$"}.get(c, c) for c in text)


def _console() -> Console:
    """As wide as the terminal; wide enough for one line a row where the output goes into a file."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=120)
