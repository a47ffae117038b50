"""The plot of score against inference time and model size, one point per model."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chronosight.errors import InputError, install_hint
from chronosight.evaluation.benchmarks import find_benchmark
from chronosight.evaluation.benchmarks.benchmark import Benchmark, Column
from chronosight.evaluation.published_results import PUBLISHED
from chronosight.evaluation.results import comparison_lines
from chronosight.files import read_json_object
from chronosight.metrics.answers import ConfusionTable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXPECTED = "what chronosight eval BENCHMARK --out FILE.json wrote"


@dataclass(frozen=True)
class Point:
    """One model.

    Attributes:
        name: Beside the point.
        score: As the axis has it.
        seconds: For a scene; None where not known.
        parameters: In thousand millions; None where not known.
        measured: Here, against published.
    """

    name: str
    score: float
    seconds: float | None
    parameters: float | None
    measured: bool


def plot_results(paths: Sequence[Path], head: str | None = None) -> str:
    """Plots results files of one benchmark with the published results.

    Args:
        paths: Results files; times come from NAME.time.json beside each.
        head: The column that is the score; the last of the table that ours has where None.

    Returns:
        SVG.

    Raises:
        InputError: The files are of several benchmarks, or the column is not in them.
    """
    documents = [_read(path) for path in paths]
    names = {document["reports"][0]["benchmark"] for document in documents}
    if len(names) != 1:
        raise InputError(f"the results are of {', '.join(sorted(names))}; give files of one benchmark")
    benchmark = find_benchmark(names.pop())
    column = _column(benchmark, documents, head)
    published_size = {row.model: row.parameters for row in PUBLISHED.get(benchmark.name, ())}
    points: dict[tuple[str, bool], Point] = {}
    for path, document in zip(paths, documents, strict=True):
        report, beside = document["reports"][0], path.with_suffix(".time.json")
        time = read_json_object(beside, "timing beside the results") if beside.is_file() else {}
        model = " ".join(str(document["model"][part]) for part in ("name", "version") if document["model"].get(part)) or "ours"
        for line in comparison_lines(benchmark, model, report["rows"], list(report["conventions"])):
            if column.head in line.cells:
                name = f"{line.model} [{line.convention}]" if line.convention else line.model
                seconds = time.get("seconds_per_scene") if line.measured else None
                size = (time.get("parameters") or 0) / 1e9 or None if line.measured else published_size.get(line.model)
                points[name, line.measured] = Point(name, line.cells[column.head][0], seconds, size, line.measured)
    if not points:
        raise InputError(f'no result has "{column.head}"; give another --metric')
    unit = " %" if column.scale == 100 else ""
    return scatter(f"{benchmark.title}: {column.head}", f"{column.head}{unit}", list(points.values()))


def scatter(title: str, axis: str, points: Sequence[Point]) -> str:
    """Score over seconds a scene (log scale); the area of a point is the number of parameters.

    Args:
        title: Above the plot.
        axis: Name of the score.
        points: The models. Those measured here are filled; those without a time stand at the right.

    Returns:
        SVG.
    """
    figure = _figure(9, 5.6)
    axes = figure.add_subplot()
    timed = [point.seconds for point in points if point.seconds]
    right = 10 * max(timed, default=1.0)
    for point in points:
        x = point.seconds or right
        style = {"facecolors": "C0", "alpha": 0.75} if point.measured else {"facecolors": "none", "edgecolors": "gray"}
        axes.scatter(x, point.score, s=80 if point.parameters is None else 40 + 40 * point.parameters, **style)
        axes.annotate(point.name, (x, point.score), (6, 3), textcoords="offset points", fontsize=8)
    axes.set(xscale="log", xlabel="seconds a scene; at the far right: time not published", ylabel=axis, title=title)
    axes.set_xlim(min([*timed, right]) / 3, right * 30)
    axes.text(0, -0.16, "filled: measured here; hollow: published; area: parameters", transform=axes.transAxes, fontsize=8)
    return _svg(figure)


def plot_confusion(title: str, table: ConfusionTable) -> str:
    """A confusion table: true classes down, answers across; the darker, the larger the share of the true class.

    Args:
        title: Above the plot.
        table: The counts.

    Returns:
        SVG.
    """
    rows, columns = table.counts.shape
    figure = _figure(2.5 + 0.3 * columns, 2.5 + 0.3 * rows)
    axes = figure.add_subplot()
    axes.imshow(table.counts / table.counts.sum(axis=1, keepdims=True), cmap="Blues", vmin=0, vmax=1)
    axes.set(title=title, xlabel="answer", ylabel="true class")
    axes.set_xticks(range(columns), table.columns, rotation=90)
    axes.set_yticks(range(rows), table.classes)
    for row in range(rows):
        for column in range(columns):
            if table.counts[row, column]:
                axes.text(column, row, str(table.counts[row, column]), ha="center", va="center", fontsize=8)
    return _svg(figure)


def _figure(width: float, height: float) -> Figure:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError(f"plots need matplotlib; install with: {install_hint('eval')}") from None
    return Figure((width, height), layout="constrained")


def _svg(figure: Figure) -> str:
    """Text stays text, and the same points give the same bytes."""
    from matplotlib import rc_context

    packed = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "chronosight"}):
        figure.savefig(packed, format="svg", metadata={"Date": None})
    return packed.getvalue()


def _column(benchmark: Benchmark, documents: Sequence[dict[str, Any]], head: str | None) -> Column:
    columns = {column.head: column for column in benchmark.columns}
    if head is not None:
        if head not in columns:
            raise InputError(f'{benchmark.name} has no column "{head}"; give --metric, one of {", ".join(columns)}')
        return columns[head]
    for column in reversed(benchmark.columns):
        for document in documents:
            report = document["reports"][0]
            lines = comparison_lines(benchmark, "ours", report["rows"], list(report["conventions"]))
            if any(line.measured and column.head in line.cells for line in lines):
                return column
    raise InputError(f"the results hold no metric of the table of {benchmark.name}; run chronosight eval on all its tasks")


def _read(path: Path) -> dict[str, Any]:
    document = read_json_object(path, EXPECTED)
    try:
        if "conventions" not in document["reports"][0]:
            raise KeyError("conventions")
    except (KeyError, IndexError, TypeError):
        raise InputError(f"{path} is no results file of a benchmark; expected {EXPECTED}") from None
    return document
