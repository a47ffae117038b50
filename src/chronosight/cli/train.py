"""`chronosight train`: the compact model from nothing, stage by stage."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from chronosight.cli.options import need_extra
from chronosight.errors import InputError


def train(
    recipe: Annotated[Path, typer.Argument(help="YAML file, such as recipes/compact.yaml.", show_default=False)],
    data: Annotated[Path, typer.Option(help="Folder with pairs/ and images/.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder of the run; given again, the run goes on.", show_default=False)],
) -> None:
    """Train the compact model. Ctrl-C leaves checkpoints; the same command goes on from them."""
    need_extra("train", "torch", "transformers", "accelerate", "yaml")
    for name in ("pairs", "images"):
        if not (data / name).is_dir():
            raise InputError(f"{data} has no folder {name}/; give the data folder as --data DIR")
    from chronosight.training.recipe import load_recipe

    fields = load_recipe(recipe)
    from chronosight.training.compact import train_compact

    started = time.monotonic()

    def say(stage: str) -> None:
        print(f"[{time.monotonic() - started:.0f} s] {stage}", file=sys.stderr, flush=True)

    try:
        train_compact(fields, data, out, say)
    except KeyboardInterrupt:
        print(f"stopped; checkpoints are in {out}, the same command goes on from them", file=sys.stderr)
        raise
    print(f"Trained: {out / 'guide'} and {out / 'unirs'}; next: chronosight export --guide ... --unirs ... --out ...")
