"""`chronosight eval`: how good the answers are, on real places and pictures and on rendered scenes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from chronosight.cli.engine_options import EngineChoice, Weights
from chronosight.cli.options import Quiet
from chronosight.errors import InputError

NAMES = ("all", "places", "season", "images", "rendered")
PAPERS = (
    "levir-cc", "levir-mci", "levir-cd", "changeimti", "rsvqa-lr", "rsvqa-hr", "crsvqa", "era", "cdvqa", "test-places",
    "synthetic",
)  # fmt: skip
PLOT = "plot"
SPLITS = ("test", "val")
CLUES = ("none", "caption", "detail", "full")


def evaluate(
    benchmark: Annotated[
        str,
        typer.Argument(help=f"One of {', '.join(NAMES)}; as papers score: {', '.join(PAPERS)}; or {PLOT}.", metavar="BENCHMARK"),
    ],
    results: Annotated[
        list[Path] | None, typer.Argument(help="Results files, for plot alone.", metavar="[RESULTS]...", show_default=False)
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the benchmark; docs/evaluation.md says what lies in it.", show_default=False)
    ] = None,
    split: Annotated[str, typer.Option(help="test, or val to choose settings on.")] = "test",
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most this many places or scenes, images of a set, renderings of a kind.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="JSON file for all figures; predictions go beside it. Of plot: an .svg file.", show_default=False),
    ] = None,
    engine: Annotated[str, typer.Option(help="Engine that answers.")] = "compact",
    predictions: Annotated[
        Path | None, typer.Option(help="JSONL of another system's replies, in place of an engine.", show_default=False)
    ] = None,
    questions: Annotated[
        Path | None, typer.Option(help="Write the benchmark's questions as JSONL and stop.", show_default=False)
    ] = None,
    tasks: Annotated[str | None, typer.Option(help="Only these tasks: caption,binary,...", show_default=False)] = None,
    conventions: Annotated[str, typer.Option(help="What a word of a caption is.")] = "index,word,text",
    robustness: Annotated[
        bool, typer.Option("--robustness", help="Ask again in other light, shifted, blurred and as JPEG.")
    ] = False,
    metric: Annotated[str | None, typer.Option(help="Column that plot shows.", show_default=False)] = None,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap.")] = 0,
    no_meteor: Annotated[bool, typer.Option("--no-meteor", help="Leave out METEOR, which starts Java.")] = False,
    clue: Annotated[
        str | None,
        typer.Option(help="Form of the clue, in place of the weights' own: an ablation.", show_default=False),
    ] = None,
    quiet: Quiet = False,
    weights: Weights = None,
) -> None:
    """Measure the answers on held-out data: a table with intervals, and JSON that says how to repeat it."""
    if benchmark == PLOT:
        from chronosight.cli.eval_benchmark import plot

        plot(results or [], metric, out)
        return
    if results:
        raise InputError(f"{results[0]} is one word too many; only chronosight eval plot takes files")
    if benchmark not in (*NAMES, *PAPERS):
        raise InputError(f'there is no benchmark "{benchmark}"; give one of {", ".join((*NAMES, *PAPERS, PLOT))}')
    if benchmark in PAPERS:
        _check_out(out)
        _check_clue(clue)
        from chronosight.cli.eval_benchmark import evaluate_benchmark, parse_list, progress_lines
        from chronosight.evaluation.benchmark_run import RunSettings
        from chronosight.metrics.caption_tokens import CONVENTIONS

        chosen_conventions: Any = parse_list(conventions, "--conventions", CONVENTIONS)
        paper = RunSettings(split, limit, parse_list(tasks, "--tasks"), chosen_conventions, seed, not no_meteor, robustness)
        track = _silent if quiet else progress_lines
        evaluate_benchmark(benchmark, data, paper, engine, weights, clue, predictions, questions, out, track)
        return
    for given, option in ((predictions, "--predictions"), (questions, "--questions"), (tasks, "--tasks")):
        if given is not None:
            raise InputError(f"{option} is for {', '.join(PAPERS)}; {benchmark} has none of it")
    if split not in SPLITS:
        raise InputError(f'there is no split "{split}" to measure on; give test or val')
    _check_out(out)
    _check_clue(clue)
    from chronosight.evaluation.run import (
        BENCHMARKS,
        TITLES,
        Settings,
        check_data,
        report_document,
        run_benchmark,
        write_json,
    )
    from chronosight.evaluation.table import print_confusion, print_table

    folder = None if out is None else out.with_suffix("")
    settings = Settings(data, "val" if split == "val" else "test", limit, folder, seed, not no_meteor)
    chosen = [name for name in BENCHMARKS if benchmark in ("all", name)]
    for name in chosen:
        check_data(name, settings)  # before any long work
    model_engine = EngineChoice(weights=weights).load_compact()
    if clue is not None:
        model_engine.bundle.config["guide_form"] = clue
    model = {**model_engine.bundle.facts, "clue": model_engine.bundle.config["guide_form"]}
    reports = []
    for name in chosen:
        report = run_benchmark(name, model_engine, settings, track=_silent if quiet else show_progress)
        reports.append(report)
        print_table(f"{TITLES[name]} ({report.seconds:.0f} s)", list(report.rows))
        for title, scores in report.tables.items():
            if len(scores.columns) <= 12:
                print_confusion(title, scores)
        if out is not None:
            write_json(report_document(reports, settings, model), out)
    if out is not None:
        print(f"Written to {out}; predictions in {folder}/")


def _check_out(out: Path | None) -> None:
    if out is not None and out.suffix != ".json":
        raise InputError(f"--out is {out}, expected a file that ends in .json")


def _check_clue(clue: str | None) -> None:
    if clue is not None and clue not in CLUES:
        raise InputError(f'there is no clue form "{clue}"; give one of {", ".join(CLUES)}')


def _silent(items: Sequence[Any], name: str) -> Iterable[Any]:
    return items


def show_progress(items: Sequence[Any], name: str) -> Iterable[Any]:
    """Progress on stderr where that is a terminal."""
    if not sys.stderr.isatty():
        return items
    from rich.console import Console
    from rich.progress import track

    return track(items, name, console=Console(stderr=True), transient=True)
