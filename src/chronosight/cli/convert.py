"""`chronosight convert`: published checkpoints -> our weights folder of the engine `unirs`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from chronosight.cli.options import Quiet, need_extra
from chronosight.errors import InputError

FAMILIES = ("vila", "unirs")


def convert(
    family: Annotated[str, typer.Argument(help="What it is: vila or unirs.", metavar="FAMILY", show_default=False)],
    folder: Annotated[Path, typer.Argument(help="Folder with llm/, vision_tower/ and mm_projector/.", show_default=False)],
    out: Annotated[Path, typer.Argument(help="Weights folder to write.", show_default=False)],
    seed: Annotated[int, typer.Option(help="Of the change extraction that a VILA checkpoint lacks.")] = 0,
    quiet: Quiet = False,
) -> None:
    """Convert a VILA-1.5 or UniRS checkpoint folder; every tensor is accounted for. Reads safetensors only."""
    if family not in FAMILIES:
        raise InputError(f'there is no family "{family}"; give vila or unirs')
    need_extra("models", "torch", "transformers", "safetensors")
    from chronosight.models.unirs.convert import convert as convert_folder

    say = (lambda text: None) if quiet else (lambda text: print(text, file=sys.stderr, flush=True))
    report = convert_folder(folder, out, "vila" if family == "vila" else "unirs", seed, say)
    if quiet:
        return
    print(f"{report.taken} tensors taken over, {report.parameters / 1e6:.1f} M parameters in all")
    reasons: dict[str, list[str]] = {}
    for name, reason in report.left_out:
        reasons.setdefault(reason, []).append(name)
    for reason, names in reasons.items():
        print(f"{len(names)} left out ({reason}): {', '.join(names)}")
    if report.new:
        print(f"{len(report.new)} new, drawn from seed {seed}, to be trained: {', '.join(report.new)}")
    print(f"Written to {out}")
