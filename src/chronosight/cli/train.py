"""`chronosight train`: what a recipe says; by its `kind`, the compact model from nothing where it names none."""

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
    data: Annotated[
        Path, typer.Option(help="compact: folder with pairs/ and images/; unirs: see the recipe.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="Folder of the run; given again, the run goes on.", show_default=False)],
) -> None:
    """Train what a recipe says. Ctrl-C leaves checkpoints; the same command goes on from them."""
    need_extra("train", "torch", "transformers", "accelerate", "yaml")
    from chronosight.training.recipe_kinds import recipe_kind

    match recipe_kind(recipe):
        case "unirs":
            return train_unirs(recipe, data, out)
        case "compact-ablations":
            return train_ablations(recipe, data, out)
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


def train_unirs(recipe: Path, data: Path, out: Path) -> None:
    """Joint training at full size (docs/unirs.md)."""
    from chronosight.training.joint_recipe import load_joint_recipe

    fields = load_joint_recipe(recipe)
    if not data.is_dir():
        raise InputError(f"no folder {data}; give the folder of the data sets as --data DIR")
    from chronosight.training.joint import train_joint

    try:
        final = train_joint(fields, data, out, lambda line: print(line, file=sys.stderr, flush=True))
    except KeyboardInterrupt:
        print(f"stopped; checkpoints are in {out}, the same command goes on from them", file=sys.stderr)
        raise
    print(f"Trained: {final}")


def train_ablations(recipe: Path, data: Path, out: Path) -> None:
    """Joint against separate, clue on and off, change extraction against simpler fusions, at compact scale."""
    from chronosight.training.ablations import FIGURES, load_ablations_recipe, table
    from chronosight.training.ablations import train_ablations as train_runs

    fields, base = load_ablations_recipe(recipe)
    for row in table(train_runs(fields, base, data, out, lambda line: print(line, file=sys.stderr, flush=True))):
        print("\t".join(row))
    print(f"Written to {out / FIGURES}")
