"""The picture readers look for first: score against inference time against size, one point a model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chronosight.errors import InputError
from chronosight.evaluation.benchmarks import find_benchmark
from chronosight.evaluation.benchmarks.benchmark import Benchmark, Column
from chronosight.evaluation.comparison import comparison_lines
from chronosight.evaluation.svg import Point, scatter_svg


def plot_results(paths: Sequence[Path], head: str | None = None) -> str:
    """SVG of results files of one benchmark, with the published rows. head: the column that is the score, the last of the
    table that ours has where None. Times come from NAME.time.json beside each file.

    Raises InputError where the files are of several benchmarks, or the column is not in them.
    """
    documents = [_read(path) for path in paths]
    names = {document["reports"][0]["benchmark"] for document in documents}
    if len(names) != 1:
        raise InputError(f"the results are of {', '.join(sorted(names))}; give files of one benchmark")
    benchmark = find_benchmark(names.pop())
    column = _column(benchmark, documents, head)
    points: dict[tuple[str, bool], Point] = {}
    for path, document in zip(paths, documents, strict=True):
        report = document["reports"][0]
        time = _times(path)
        model = _model_name(document)
        for line in comparison_lines(benchmark, model, report["rows"], list(report["conventions"])):
            if column.head not in line.cells:
                continue
            value = line.cells[column.head][0]
            name = f"{line.model} [{line.convention}]" if line.convention else line.model
            seconds = time.get("seconds_per_scene") if line.measured else None
            size = (time.get("parameters") or 0) / 1e9 or None if line.measured else _published_size(benchmark, line.model)
            points[name, line.measured] = Point(name, value, seconds, size, line.measured)
    if not points:
        raise InputError(f'no result has "{column.head}"; give another --metric')
    unit = "%" if column.scale == 100 else ""
    return scatter_svg(f"{benchmark.title}: {column.head}", f"{column.head} {unit}".strip(), list(points.values()))


def _model_name(document: dict[str, Any]) -> str:
    model = document["model"]
    return " ".join(str(model[part]) for part in ("name", "version") if model.get(part)) or "ours"


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
    raise InputError(f"the results hold no figure of the table of {benchmark.name}; run chronosight eval on all its tasks")


def _published_size(benchmark: Benchmark, model: str) -> float | None:
    from chronosight.evaluation.published import PUBLISHED

    return next((row.parameters for row in PUBLISHED.get(benchmark.name, ()) if row.model == model), None)


def _times(path: Path) -> dict[str, Any]:
    beside = path.with_suffix(".time.json")
    found: dict[str, Any] = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if "conventions" not in document["reports"][0]:
            raise KeyError("conventions")
    except FileNotFoundError:
        raise InputError(f"no results file {path}; write one with chronosight eval BENCHMARK --out FILE.json") from None
    except (ValueError, KeyError, IndexError, TypeError):
        raise InputError(f"{path} is no results file of a benchmark; write one with chronosight eval BENCHMARK --out") from None
    return document
