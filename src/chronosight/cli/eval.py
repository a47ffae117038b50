"""`chronosight eval`: scores answers on held-out data and on published benchmarks."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chronosight.cli.engine_options import Weights
from chronosight.cli.options import Quiet
from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.evaluation.benchmarks.benchmark import Benchmark
    from chronosight.evaluation.run import Outcome, RunSettings

OWN = ("places", "season", "images", "rendered")
CHOOSING = ("native", "abroad", "chips")
PUBLISHED = (
    "levir-cc", "levir-mci", "levir-cd", "changeimti", "rsvqa-lr", "rsvqa-hr", "crsvqa", "era", "cdvqa", "test-places",
    "synthetic",
)  # fmt: skip
ALL, PLOT, LAND_COVER = "all", "plot", "land-cover"
CLUES = ("none", "caption", "detail", "full")


def evaluate(
    benchmark: Annotated[
        str,
        typer.Argument(
            help=f"One of {', '.join((ALL, *OWN, *CHOOSING, LAND_COVER))}; as published: {', '.join(PUBLISHED)}; or {PLOT}.",
            metavar="BENCHMARK",
        ),
    ],
    results: Annotated[
        list[Path] | None, typer.Argument(help="Results files; for plot only.", metavar="[RESULTS]...", show_default=False)
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of the benchmark's data; docs/evaluation.md gives the layouts.", show_default=False),
    ] = None,
    split: Annotated[str, typer.Option(help="Split to score: test, or val for choosing settings.")] = "test",
    limit: Annotated[
        int | None, typer.Option(min=1, help="Use at most this many places or scenes, images per set, renderings per kind.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="JSON file for all results; predictions are written beside it. For plot: an .svg file.", show_default=False
        ),
    ] = None,
    engine: Annotated[str, typer.Option(help="Engine that answers.")] = "compact",
    predictions: Annotated[
        Path | None,
        typer.Option(help="Score this JSONL file of another system's replies instead of an engine.", show_default=False),
    ] = None,
    questions: Annotated[
        Path | None, typer.Option(help="Write the benchmark's questions as JSONL and stop.", show_default=False)
    ] = None,
    tasks: Annotated[
        str | None, typer.Option(help="Score only these tasks, for example caption,binary.", show_default=False)
    ] = None,
    conventions: Annotated[str, typer.Option(help="Conventions for tokenizing captions.")] = "index,word,text",
    robustness: Annotated[
        bool, typer.Option("--robustness", help="Repeat with different light, a shift, blur and JPEG compression.")
    ] = False,
    metric: Annotated[str | None, typer.Option(help="Table column to plot.", show_default=False)] = None,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap.")] = 0,
    no_meteor: Annotated[bool, typer.Option("--no-meteor", help="Skip METEOR, which needs Java.")] = False,
    clue: Annotated[
        str | None,
        typer.Option(help="Form of the guide's clue, instead of the weights' own; for ablations.", show_default=False),
    ] = None,
    quiet: Quiet = False,
    weights: Weights = None,
) -> None:
    """Score the answers on held-out data: a table with confidence intervals, and JSON that makes the run repeatable."""
    if benchmark == PLOT:
        plot(results or [], metric, out)
        return
    if results:
        raise InputError(f"unexpected argument {results[0]}; only chronosight eval plot takes files")
    if benchmark not in (ALL, *OWN, *CHOOSING, LAND_COVER, *PUBLISHED):
        names = ", ".join((ALL, *OWN, *CHOOSING, LAND_COVER, *PUBLISHED, PLOT))
        raise InputError(f'there is no benchmark "{benchmark}"; give one of {names}')
    for given, option in (
        (predictions, "--predictions"),
        (questions, "--questions"),
        (tasks, "--tasks"),
        (robustness, "--robustness"),
    ):
        if given and benchmark in (ALL, *OWN, *CHOOSING, LAND_COVER):
            raise InputError(f"{option} is for {', '.join(PUBLISHED)}; {benchmark} does not take it")
    if out is not None and out.suffix != ".json":
        raise InputError(f"--out is {out}, expected a file that ends in .json")
    if clue is not None and clue not in CLUES:
        raise InputError(f'there is no clue form "{clue}"; give one of {", ".join(CLUES)}')
    from chronosight.cli.progress import no_progress, progress_lines

    if benchmark == LAND_COVER:
        evaluate_cover(data, split, limit, seed, out, weights, no_progress if quiet else progress_lines)
        return
    from chronosight.evaluation.benchmarks import find_benchmark
    from chronosight.evaluation.predictions import write_questions
    from chronosight.evaluation.run import RunSettings, choose_samples, results_document, run_engine, score_file
    from chronosight.files import write_json
    from chronosight.metrics.caption_tokens import CONVENTIONS

    chosen = [find_benchmark(name) for name in (OWN if benchmark == ALL else (benchmark,))]
    tokens: Any = ("word",) if benchmark in (ALL, *OWN, *CHOOSING) else parse_list(conventions, "--conventions", CONVENTIONS)
    settings = RunSettings(split, limit, parse_list(tasks, "--tasks"), tokens, seed, not no_meteor, robustness)
    track = no_progress if quiet else progress_lines
    if questions is not None:
        samples = choose_samples(chosen[0], data, settings)
        write_questions(samples, questions)
        print(f"{len(samples):,} questions written to {questions}")
        return
    if predictions is not None:
        outcome = score_file(chosen[0], data, settings, predictions, track)
        model: dict[str, Any] = {"name": predictions.stem, "predictions": predictions.name}
        report(chosen[0], outcome, settings, model, out, None)
        if out is not None:
            write_json(out, results_document([outcome.report], settings, model))
            print(f"Written to {out}, and beside it .md, .tex, .csv, .cases.html and .time.json")
        return
    for one in chosen:  # before any long work
        one.open(data, split, 1)
    loaded, model, parameters = load_engine(engine, weights, clue)
    reports = []
    with nullcontext() if out is not None else tempfile.TemporaryDirectory() as temporary:
        for one in chosen:
            folder = Path(temporary or "") if out is None else out.with_suffix("")
            outcome = run_engine(one, data, settings, loaded, model, folder / one.name if len(chosen) > 1 else folder, track)
            reports.append(outcome.report)
            beside = out if out is None or len(chosen) == 1 else out.with_suffix("") / f"{one.name}.json"
            report(one, outcome, settings, model, beside, parameters)
            if out is not None:
                write_json(out, results_document(reports, settings, model))
    if out is not None:
        where = "in" if len(chosen) > 1 else "beside"
        print(f"Written to {out}; predictions in {out.with_suffix('')}/, tables and worst cases {where} it")


def evaluate_cover(
    data: Path | None, split: str, limit: int | None, seed: int, out: Path | None, weights: Path | None, track: Any
) -> None:
    """Scores the land-cover map, which is not read from answers but from the guide itself.

    Args:
        data: Folder with images/, pairs/ and buildings/.
        split: "val" or "test".
        limit: At most this many mosaics, renderings and places; None for all.
        seed: Of the bootstrap.
        out: The results file; None where nothing is written.
        weights: Weights folder of the compact engine; its own where None.
        track: Goes through items while showing progress under a name.

    Raises:
        InputError: There is no such split or data, or the weights map no land cover.
    """
    from chronosight.evaluation.land_cover import TITLE, covering_bundle, evaluate_land_cover
    from chronosight.evaluation.results import print_results, results_markdown
    from chronosight.evaluation.run import RunSettings, results_document
    from chronosight.files import write_json, write_text

    if split not in ("val", "test"):
        raise InputError(f'there is no split "{split}"; give val or test')
    if data is None:
        raise InputError("land-cover needs the data folder, with images/, pairs/ and buildings/; give it as --data DIR")
    _, model, _ = load_engine("compact", weights, None)
    results = evaluate_land_cover(covering_bundle(weights), data, split, limit, seed, track)
    print_results(f"{TITLE}, split {split}", results)
    if out is not None:
        rows = [result.to_dict() for result in results]
        report = {"benchmark": LAND_COVER, "rows": rows, "tables": {}, "conventions": {}, "tasks": []}
        write_json(out, results_document([report], RunSettings(split, limit, seed=seed), model))
        write_text(out.with_suffix(".md"), f"# {TITLE}\n\n" + results_markdown(rows))
        print(f"Written to {out}, and beside it .md")


def load_engine(name: str, weights: Path | None, clue: str | None) -> tuple[Any, dict[str, Any], int | None]:
    """Loads the engine that answers.

    Args:
        name: Of the engine.
        weights: Its folder; its own where None.
        clue: Form of the clue, in place of the weights' own.

    Returns:
        The engine, facts of it and its weights, and the number of parameters where it is known.

    Raises:
        InputError: There is no such engine, or it has no clue to choose.
    """
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


def report(
    benchmark: Benchmark, outcome: Outcome, settings: RunSettings, model: dict[str, Any], out: Path | None, parameters: int | None
) -> None:
    """Prints the results; with out, writes tables, plots and the worst cases beside it.

    Args:
        benchmark: The benchmark.
        outcome: What was found.
        settings: What was run.
        model: Facts of the system.
        out: The results file; None where nothing is written.
        parameters: Of the model; None where not known.
    """
    from chronosight.evaluation import results
    from chronosight.evaluation.plot import plot_confusion
    from chronosight.evaluation.run import timing
    from chronosight.evaluation.worst_cases import worst_cases_page
    from chronosight.files import write_json, write_text

    rows, conventions = outcome.report["rows"], outcome.scored.conventions
    name = " ".join(str(model.get(part, "")) for part in ("name", "version")).strip() or "ours"
    results.print_results(f"{benchmark.title}, split {settings.split} ({outcome.seconds:.0f} s)", outcome.scored.results)
    for convention, facts in conventions.items():
        print(f"[{convention}] tokens: {facts['tokens']}; METEOR: {facts['METEOR'] or 'none'}")
    for title, table in outcome.scored.tables.items():
        if benchmark.own and len(table.columns) <= 12:
            results.print_confusion(title, table)
    lines = results.comparison_lines(benchmark, name, rows, list(conventions)) if benchmark.columns else []
    compared = results.as_markdown(benchmark, lines) if lines else ""
    print(compared, end="")
    if out is None:
        return
    text = f"# {benchmark.title}\n\n{compared}\n## All metrics\n\n" + results.results_markdown(rows)
    write_text(out.with_suffix(".md"), text)
    if lines:
        write_text(out.with_suffix(".tex"), results.as_latex(benchmark, lines))
        write_text(out.with_suffix(".csv"), results.as_csv(benchmark, lines))
    for title, table in outcome.scored.tables.items():
        path = out.with_suffix("") / f"confusion-{title}.svg"
        try:
            write_text(path, plot_confusion(f"{benchmark.title}, {title}", table))
        except InputError as error:
            print(f"note: no {path.name}: {error}")
    page = worst_cases_page(f"{benchmark.title}: worst and best", outcome.samples, outcome.predictions)
    write_text(out.with_suffix(".cases.html"), page)
    write_json(out.with_suffix(".time.json"), timing(outcome, parameters))


def plot(paths: Sequence[Path], metric: str | None, out: Path | None) -> None:
    """Plots score against time against size.

    Args:
        paths: Results files of one benchmark.
        metric: Column of its table; the last where None.
        out: SVG file to write.

    Raises:
        InputError: There is nothing to plot.
    """
    from chronosight.evaluation.plot import plot_results
    from chronosight.files import write_text

    if not paths:
        raise InputError("nothing to plot; give results files: chronosight eval plot RESULTS.json --out PLOT.svg")
    target = out or Path("evaluation.svg")
    if target.suffix != ".svg":
        raise InputError(f"--out is {target}, expected a file that ends in .svg")
    write_text(target, plot_results(paths, metric))
    print(f"Written to {target}")


def parse_list(text: str | None, name: str, known: Sequence[str] = ()) -> tuple[str, ...]:
    """Splits a list at commas.

    Args:
        text: "a,b"; None for nothing.
        name: Of the option, for the message.
        known: What it may hold; anything where empty.

    Returns:
        ("a", "b").

    Raises:
        InputError: A part is not known.
    """
    parts = tuple(part.strip() for part in (text or "").split(",") if part.strip())
    for part in parts:
        if known and part not in known:
            raise InputError(f'{name} has "{part}"; give some of {",".join(known)}')
    return parts
