"""The part of `chronosight eval` that scores as papers do: an engine or a predictions file on a published benchmark."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.evaluation.benchmark_run import Outcome, RunSettings
    from chronosight.evaluation.benchmarks.benchmark import Benchmark

Track = Callable[[Sequence[Any], str], Iterable[Any]]


def evaluate_benchmark(
    name: str,
    data: Path | None,
    settings: RunSettings,
    engine: str,
    weights: Path | None,
    clue: str | None,
    predictions: Path | None,
    questions: Path | None,
    out: Path | None,
    track: Track,
) -> None:
    """Writes questions, or scores predictions, or asks an engine and scores it; prints the table, writes files to out."""
    from chronosight.evaluation.benchmark_run import chosen_items, run_engine, score_file
    from chronosight.evaluation.benchmarks import find_benchmark
    from chronosight.evaluation.replies import write_questions

    benchmark = find_benchmark(name)
    if questions is not None:
        items = chosen_items(benchmark, benchmark.open(data, settings.split), settings)
        write_questions(items, questions)
        print(f"{len(items):,} questions written to {questions}")
        return
    if predictions is not None:
        outcome = score_file(benchmark, data, settings, predictions, track)
        report(benchmark, outcome, out, None)
        return
    benchmark.open(data, settings.split)  # says what is missing before an engine is loaded
    loaded, model, parameters = _load(engine, weights, clue)
    if out is not None:
        outcome = run_engine(benchmark, data, settings, loaded, model, out.with_suffix(""), track)
        report(benchmark, outcome, out, parameters)
        return
    with tempfile.TemporaryDirectory() as folder:
        outcome = run_engine(benchmark, data, settings, loaded, model, Path(folder), track)
        report(benchmark, outcome, None, parameters)


def _load(name: str, weights: Path | None, clue: str | None) -> tuple[Any, dict[str, Any], int | None]:
    """(engine, facts of it, number of parameters or None)."""
    from chronosight.engines import load

    engine: Any = load(name, weights=weights)
    bundle = getattr(engine, "bundle", None)
    config: dict[str, Any] = getattr(bundle, "config", {})
    if clue is not None:
        if "guide_form" not in config:
            raise InputError(f"--clue chooses the clue of the compact engine, {name} has none to choose; leave it out")
        config["guide_form"] = clue
    facts = getattr(engine, "facts", None) or getattr(bundle, "facts", None) or {"name": name}
    model: dict[str, Any] = {"engine": name, **facts}
    if "guide_form" in config:
        model["clue"] = config["guide_form"]
    sizes = config.get("model", {})
    counted = [sizes[part] for part in ("guide_parameters", "unirs_parameters") if isinstance(sizes.get(part), int)]
    return engine, model, sum(counted) or None


def report(benchmark: Benchmark, outcome: Outcome, out: Path | None, parameters: int | None) -> None:
    """Prints the figures; with out, writes results, table, pictures and the page of cases beside it."""
    from chronosight.evaluation.benchmark_run import time_facts
    from chronosight.evaluation.cases import cases_page
    from chronosight.evaluation.comparison import (
        all_figures_markdown,
        as_csv,
        as_latex,
        as_markdown,
        comparison_lines,
    )
    from chronosight.evaluation.run import write_json
    from chronosight.evaluation.svg import confusion_svg
    from chronosight.evaluation.table import print_table

    found = outcome.document["reports"][0]
    model = " ".join(str(outcome.document["model"].get(part, "")) for part in ("name", "version")).strip()
    print_table(f"{benchmark.title}, split {outcome.document['split']}", outcome.scored.rows)
    for convention, facts in outcome.scored.conventions.items():
        print(f"[{convention}] tokens: {facts['tokens']}; METEOR: {facts['METEOR'] or 'none'}")
    lines = comparison_lines(benchmark, model or "ours", found["rows"], list(found["conventions"]))
    print(as_markdown(benchmark, lines), end="")
    if out is None:
        return
    write_json(outcome.document, out)
    write_json(time_facts(outcome, parameters), out.with_suffix(".time.json"))
    heading = f"# {benchmark.title}\n\n"
    text = heading + as_markdown(benchmark, lines) + "\n## All figures\n\n" + all_figures_markdown(found["rows"])
    write_text(text, out.with_suffix(".md"))
    write_text(as_latex(benchmark, lines), out.with_suffix(".tex"))
    write_text(as_csv(benchmark, lines), out.with_suffix(".csv"))
    for name, table in outcome.scored.tables.items():
        write_text(confusion_svg(f"{benchmark.title}, {name}", table), out.with_suffix("") / f"confusion-{name}.svg")
    write_text(cases_page(f"{benchmark.title}: worst and best", outcome.items, outcome.replies), out.with_suffix(".cases.html"))
    print(f"Written to {out}, and beside it .md, .tex, .csv, .cases.html and .time.json")


def plot(paths: Sequence[Path], metric: str | None, out: Path | None) -> None:
    """Score against time against size, as SVG."""
    from chronosight.evaluation.plot import plot_results

    if not paths:
        raise InputError("nothing to plot; give results files: chronosight eval plot RESULTS.json --out PICTURE.svg")
    target = out or Path("evaluation.svg")
    if target.suffix != ".svg":
        raise InputError(f"--out is {target}, expected a file that ends in .svg")
    write_text(plot_results(paths, metric), target)
    print(f"Written to {target}")


def write_text(text: str, path: Path) -> None:
    """By a temporary name, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.partial")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def parse_list(text: str | None, name: str, known: Sequence[str] = ()) -> tuple[str, ...]:
    """ "a,b" -> ("a", "b"). Raises InputError where one is not known."""
    parts = tuple(part.strip() for part in (text or "").split(",") if part.strip())
    for part in parts:
        if known and part not in known:
            raise InputError(f'{name} has "{part}"; give some of {",".join(known)}')
    return parts


def progress_lines(items: Sequence[Any], name: str) -> Iterable[Any]:
    """Progress on stderr where that is a terminal, else a line at every tenth."""
    if sys.stderr.isatty():
        from chronosight.cli.eval import show_progress

        yield from show_progress(items, name)
        return
    tenth = max(1, len(items) // 10)
    for at, item in enumerate(items):
        yield item
        if len(items) >= 20 and (at + 1) % tenth == 0:
            print(f"{name}: {at + 1:,} of {len(items):,}", file=sys.stderr)
