"""`chronosight data`: builds and checks training files; some commands have files of their own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from chronosight.cli.data_guide import guide
from chronosight.cli.data_joint import clue, examples
from chronosight.cli.options import Json, Quiet
from chronosight.cli.progress import show_progress
from chronosight.errors import InputError

FAULTY = 1  # exit code of a check that found faults

data_app = typer.Typer(help="Build training files, and check finished ones.", no_args_is_help=True)
build_app = typer.Typer(help="Build an instruction set.", no_args_is_help=True)
data_app.add_typer(build_app, name="build")
for command in (guide, examples, clue):
    data_app.command()(command)


@build_app.command()
def changeimti(
    source: Annotated[
        Path, typer.Argument(help="Folder of LEVIR-MCI, or of LEVIR-CC with --masks.", metavar="SOURCE", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="Folder to write the set into.", show_default=False)],
    captions: Annotated[
        Path | None, typer.Option(help="Captions file, in place of SOURCE/LevirCCcaptions.json.", show_default=False)
    ] = None,
    masks: Annotated[
        Path | None, typer.Option(help="Folder of the masks, in place of SOURCE/images/SPLIT/label.", show_default=False)
    ] = None,
    classes: Annotated[
        str, typer.Option(help="Class names and grey values; a value with + means appeared, with - vanished.")
    ] = "roads=128,buildings=255",
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    vary: Annotated[bool, typer.Option("--vary", help="Vary the wording of the questions.")] = False,
    direction: Annotated[bool, typer.Option("--direction", help="Add questions: appeared or vanished?")] = False,
    by_cell: Annotated[bool, typer.Option("--by-cell", help="Add questions about the count in each grid cell.")] = False,
    regions: Annotated[bool, typer.Option("--regions", help='Add questions about regions ("in the left third").')] = False,
    unanswerable: Annotated[
        bool, typer.Option("--unanswerable", help="Add questions that the images cannot answer; the reply says so.")
    ] = False,
    as_published: Annotated[
        bool, typer.Option("--as-published", help="Reproduce the public files, with their faults, layout and names.")
    ] = False,
    leak: Annotated[
        bool, typer.Option("--leak", help="With --as-published: reproduce the location questions that give the answer away.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Build ChangeIMTI from LEVIR-CC captions and change masks: LLaMA-Factory records, messages, and a data card."""
    if as_published and (vary or direction or by_cell or regions or unanswerable or classes != "roads=128,buildings=255"):
        raise InputError("--as-published is the public set as it stands; leave out the flags for more wordings, kinds or classes")
    if leak and not as_published:
        raise InputError("--leak is a fault of the public files; give it with --as-published, or leave it out")
    from chronosight.datasets.changeimti.build import label_pairs, write_set
    from chronosight.datasets.changeimti.extra_questions import kinds
    from chronosight.datasets.changeimti.labels import parse_classes
    from chronosight.datasets.changeimti.records import Settings
    from chronosight.datasets.levir import read_pairs

    settings = Settings(parse_classes(classes), seed, as_published, leak, vary, direction, by_cell, regions, unanswerable)
    kinds(settings)  # says what the classes lack before any long work
    pairs = read_pairs(source, captions=captions, masks=masks)
    items = label_pairs(pairs, settings, (lambda p: p) if quiet else (lambda p: show_progress(list(p), "Masks")))
    counts = write_set(items, out, settings)
    if not quiet:
        for folder, of_folder in counts.items():
            print(f"{folder}: {sum(of_folder.values()):,} records of {len(of_folder)} kinds")
        print(f"Written to {out}; README.md there is the data card")


@data_app.command()
def check(
    paths: Annotated[list[Path], typer.Argument(help="Record files, or folders of them.", metavar="FILE...", show_default=False)],
    source: Annotated[
        Path | None, typer.Option(help="LEVIR-MCI folder to check captions, counts and locations against.", show_default=False)
    ] = None,
    images: Annotated[Path | None, typer.Option(help="Image folder; missing images are reported.", show_default=False)] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List the faults in ChangeIMTI files, record by record. Exit code 0: no faults, 1: faults, 2: unreadable input."""
    import json

    from chronosight.datasets.changeimti.check import check_files, count_by_kind

    read, faults = check_files(paths, source, images)
    for fault in [] if quiet and not as_json else faults:
        print(json.dumps(fault.to_dict(), ensure_ascii=False) if as_json else fault.line())
    if as_json and not faults:
        print("[]")
    if not as_json:
        for kind, number in count_by_kind(faults):
            print(f"{number:,} x {kind}")
        print(f"{read:,} records, {len({(f.file, f.record) for f in faults}):,} of them with faults")
    if faults:
        sys.exit(FAULTY)
