"""`chronosight eval`: how good the answers are, on real places and pictures and on rendered scenes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from chronosight.cli.options import Quiet, Weights, load_engine
from chronosight.errors import InputError

NAMES = ("all", "places", "season", "images", "rendered")
SPLITS = ("test", "val")
CLUES = ("none", "caption", "detail", "full")


def evaluate(
    benchmark: Annotated[str, typer.Argument(help=f"One of {', '.join(NAMES)}.", metavar="BENCHMARK")],
    data: Annotated[
        Path | None, typer.Option(help="Folder with pairs/ and images/; rendered needs none.", show_default=False)
    ] = None,
    split: Annotated[str, typer.Option(help="test, or val to choose settings on.")] = "test",
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most this many places, images of a set, renderings of a kind.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="JSON file for all figures; predictions go beside it.", show_default=False)
    ] = None,
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
    if benchmark not in NAMES:
        raise InputError(f'there is no benchmark "{benchmark}"; give one of {", ".join(NAMES)}')
    if split not in SPLITS:
        raise InputError(f'there is no split "{split}" to measure on; give test or val')
    if out is not None and out.suffix != ".json":
        raise InputError(f"--out is {out}, expected a file that ends in .json")
    if clue is not None and clue not in CLUES:
        raise InputError(f'there is no clue form "{clue}"; give one of {", ".join(CLUES)}')
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

    predictions = None if out is None else out.with_suffix("")
    settings = Settings(data, "val" if split == "val" else "test", limit, predictions, seed, not no_meteor)
    chosen = [name for name in BENCHMARKS if benchmark in ("all", name)]
    for name in chosen:
        check_data(name, settings)  # before any long work
    engine = load_engine(weights)
    if clue is not None:
        engine.bundle.config["guide_form"] = clue
    model = {**engine.bundle.facts, "clue": engine.bundle.config["guide_form"]}
    reports = []
    for name in chosen:
        report = run_benchmark(name, engine, settings, track=_silent if quiet else show_progress)
        reports.append(report)
        print_table(f"{TITLES[name]} ({report.seconds:.0f} s)", list(report.rows))
        for title, scores in report.tables.items():
            if len(scores.columns) <= 12:
                print_confusion(title, scores)
        if out is not None:
            write_json(report_document(reports, settings, model), out)
    if out is not None:
        print(f"Written to {out}; predictions in {predictions}/")


def _silent(items: Sequence[Any], name: str) -> Iterable[Any]:
    return items


def show_progress(items: Sequence[Any], name: str) -> Iterable[Any]:
    """Progress on stderr where that is a terminal."""
    if not sys.stderr.isatty():
        return items
    from rich.console import Console
    from rich.progress import track

    return track(items, name, console=Console(stderr=True), transient=True)
