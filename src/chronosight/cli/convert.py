"""`chronosight convert`: published checkpoints -> our weights folder of the engine `unirs`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from chronosight.cli.options import Quiet, need_extra

Family = Literal["vila", "unirs"]


def convert(
    family: Annotated[Family, typer.Argument(help="Which published checkpoint it is.", show_default=False)],
    folder: Annotated[Path, typer.Argument(help="Folder with llm/, vision_tower/ and mm_projector/.", show_default=False)],
    out: Annotated[Path, typer.Argument(help="Weights folder to write.", show_default=False)],
    seed: Annotated[int, typer.Option(help="Seed of the change extraction, which a VILA checkpoint lacks.")] = 0,
    quiet: Quiet = False,
) -> None:
    """Convert a VILA-1.5 or UniRS checkpoint folder; every tensor is accounted for. Reads safetensors only."""
    need_extra("models", "torch", "transformers", "safetensors")
    from chronosight.models.unirs.convert import convert as convert_folder

    def say(text: str) -> None:
        if not quiet:
            print(text, file=sys.stderr, flush=True)

    report = convert_folder(folder, out, family, seed, say)
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
