"""`chronosight tune`: the guide of fine imagery, fine-tuned on labels of one's own."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chronosight.cli.options import Json, Quiet, need_extra, opening_options, with_options
from chronosight.cli.output import say
from chronosight.cli.progress import no_progress, progress_lines
from chronosight.errors import InputError
from chronosight.pipeline.opening import Opening

if TYPE_CHECKING:
    from chronosight.training.tune.check import Check
    from chronosight.training.tune.run import Material


@with_options(opening=opening_options)
def tune(
    pairs: Annotated[
        Path, typer.Option(help="Folder of pairs, or a manifest, as `batch` reads them.", metavar="PATH", show_default=False)
    ],
    labels: Annotated[
        Path,
        typer.Option(help="GeoPackage or GeoJSON of polygons, or a folder of masks.", metavar="PATH", show_default=False),
    ],
    out: Annotated[Path | None, typer.Option(help="Weights folder to write.", metavar="DIR", show_default=False)] = None,
    after: Annotated[
        Path | None, typer.Option(help="Folder of the later images, where --pairs is one of earlier ones.", show_default=False)
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Weights to start from; those that ship by default.", metavar="DIR", show_default=False)
    ] = None,
    class_field: Annotated[
        str | None, typer.Option(help="Field that holds the class of a polygon.", metavar="NAME", show_default=False)
    ] = None,
    building: Annotated[
        list[str] | None,
        typer.Option(help="Class that is a building; repeatable.", metavar="CLASS", show_default=False),
    ] = None,
    minutes: Annotated[float, typer.Option(min=1, help="Time for the whole run; the number of steps follows from it.")] = 20,
    steps: Annotated[int | None, typer.Option(min=1, help="Number of steps, instead of --minutes.", show_default=False)] = None,
    strength: Annotated[
        float,
        typer.Option(min=0.05, max=1, help="How far to move to the tuned weights: less forgets less, 1 fits your imagery best."),
    ] = 0.6,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder with pairs/ of the project's own data: compare on it too.", metavar="DIR", show_default=False),
    ] = None,
    records: Annotated[
        Path | None,
        typer.Option(
            help="Write instruction records for LoRA tuning of a Qwen-VL here, and exit.", metavar="DIR", show_default=False
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check pairs and labels, print a table, and exit.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    *,
    opening: Opening,
) -> None:
    """Fine-tune the guide of fine imagery (up to 1.3 m a pixel) on labelled pairs of your own; a stopped run is resumed."""
    if not dry_run and out is None and records is None:
        raise InputError("no folder for the new weights was given; add --out DIR, or --dry-run to check the labels alone")
    if out is not None and not dry_run:
        need_extra("train", "torch", "transformers", "onnx", "onnxscript")
    import logging
    import warnings

    from chronosight.batch.manifest import read_manifest
    from chronosight.engines.compact.bundle import SHIPPED
    from chronosight.pipeline.opening import open_scene
    from chronosight.training.tune.labels import read_labels
    from chronosight.training.tune.run import check_out, read_material
    from chronosight.training.tune.run import tune as tune_weights

    started = time.monotonic()
    track = no_progress if quiet else progress_lines
    start = weights or SHIPPED
    if data is not None and not (data / "pairs").is_dir():
        raise InputError(f"{data} has no folder pairs/; give the data folder as --data DIR, or leave it out")
    if out is not None and not dry_run:
        check_out(out, start)
    rows, notes = read_manifest(str(pairs), after)
    wanted = read_labels(labels, class_field, tuple(building or ()))
    material = read_material(
        [(row.id, row.before, row.after) for row in rows],
        wanted,
        lambda first, second: open_scene([first, second], opening),
        track,
    )
    if not quiet:
        for note in (*notes, *material.notes[:10]):
            say(note)
    if dry_run or not (quiet or as_json):
        _print_check(material, as_json and dry_run)
    if records is not None and not dry_run:
        from chronosight.training.tune.records import write_records

        counts = write_records(material.pairs, material.split, records)
        print(f"Written to {records}: " + ", ".join(f"{count} records in {part}.jsonl" for part, count in counts.items()))
        return
    if dry_run or out is None:
        return

    def report(part: str) -> None:
        if not quiet:
            print(f"[{time.monotonic() - started:.0f} s] {part}", file=sys.stderr, flush=True)

    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    logging.disable(logging.WARNING)  # the exporters warn of what does not concern this model; errors still raise
    try:
        with warnings.catch_warnings(action="ignore"):  # of the exporters too
            facts = tune_weights(material, start, out, minutes, steps, data, report, track, strength=strength)
    except KeyboardInterrupt:
        print(f"stopped; what was done is in {out}.run, the same command resumes from there", file=sys.stderr)
        raise
    finally:
        logging.disable(logging.NOTSET)
    if as_json:
        print(json.dumps(facts | {"out": str(out)}, ensure_ascii=False))
    else:
        _print_results(facts, out)


def _print_check(material: Material, as_json: bool) -> None:
    check: Check = material.check
    if as_json:
        print(json.dumps({"facts": dict(check.facts), "parts": check.parts, "warnings": check.warnings}, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(stderr=False, width=130)
    table = Table("labels", "", show_header=False)
    for name, text in check.facts:
        table.add_row(name, text)
    for part, numbers in check.parts.items():
        use = {"train": "to learn from", "val": "to choose the step and the threshold", "test": "to measure the result"}[part]
        counts = f"{numbers['pairs']} pairs of {numbers['places']} places, {numbers['with change']} with change, "
        table.add_row(f"{part}", counts + f"{numbers['changed buildings']} changed buildings: {use}")
    console.print(table)
    for warning in check.warnings:
        console.print(f"note: {warning}", highlight=False)


def _print_results(facts: dict[str, Any], out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("pairs", "n", "pixel F1", "precision", "recall", "count MAE", "changed or not")
    for name, of in facts["results"].items():
        cells = [
            f"{of['before'][metric]:.3g} -> {of['after'][metric]:.3g}"
            for metric in ("f1", "precision", "recall", "count_mae", "changed_right")
        ]
        table.add_row(name, str(of["before"]["pairs"]), *cells)
    Console(width=130).print(table)
    if not facts["step"]:
        print("The held-out places got no better: the guide is the one of before, with a threshold of its own.")
    if facts["up_to"] != facts["up_to_before"]:
        print(
            f"Imagery of up to {facts['up_to']:g} m a pixel now goes to the tuned guide ({facts['up_to_before']:g} m before): "
            "with these weights, it analyses all imagery of that size."
        )
    print(f"Written to {out}; use it with --weights {out}. TUNING.md there is its card.")
