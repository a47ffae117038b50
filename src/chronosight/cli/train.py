"""`chronosight train`: what a recipe says; by its `kind`, the compact model from nothing where it names none."""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chronosight.cli.options import need_extra
from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.training.recipe import CompactRecipe


def train(
    recipe: Annotated[Path, typer.Argument(help="YAML file, such as recipes/compact.yaml.", show_default=False)],
    data: Annotated[
        Path, typer.Option(help="compact: folder with pairs/ and images/; others: see the recipe.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="Folder of the run; given again, the run goes on.", show_default=False)],
    model: Annotated[
        Path | None, typer.Option(help="changevg-lora: folder of the base model, a Qwen-VL.", show_default=False)
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="changevg-lora: folder that picture paths start from.", show_default=False)
    ] = None,
) -> None:
    """Train by a recipe: the compact model, UniRS at full size, a LoRA adapter of Qwen-VL, or the guide on LEVIR-MCI.

    Ctrl-C leaves checkpoints; the same command goes on from them.
    """
    need_extra("train", "torch", "transformers", "accelerate", "peft", "yaml")
    from chronosight.training.changevg.recipe import ChangeVGRecipe
    from chronosight.training.guide.levir_recipe import GuideLevirRecipe
    from chronosight.training.recipe import read_recipe
    from chronosight.training.recipe_kinds import recipe_kind

    match recipe_kind(recipe):
        case "unirs":
            return train_unirs(recipe, data, out)
        case "compact-ablations":
            return train_ablations(recipe, data, out)
    fields = read_recipe(recipe)
    if (model or images) and not isinstance(fields, ChangeVGRecipe):
        raise InputError(f"{recipe} takes no --model and no --images; leave them out")
    started, first = time.monotonic(), os.environ.get("RANK", "0") == "0"  # of the processes under torchrun

    def say(stage: str) -> None:
        if first:
            print(f"[{time.monotonic() - started:.0f} s] {stage}", file=sys.stderr, flush=True)

    try:
        if isinstance(fields, ChangeVGRecipe):
            from chronosight.training.changevg.train import train_changevg

            fields = dataclasses.replace(fields, model=str(model or fields.model))
            done = f"Trained: {train_changevg(fields, data, out, images, say)}"
        elif isinstance(fields, GuideLevirRecipe):
            from chronosight.training.guide.levir import train_guide_levir

            done = f"Trained: {train_guide_levir(fields, data, out, say)}"
        else:
            done = _compact(fields, data, out, say)
    except KeyboardInterrupt:
        print(f"stopped; checkpoints are in {out}, the same command goes on from them", file=sys.stderr)
        raise
    if first:
        print(done)


def _compact(fields: CompactRecipe, data: Path, out: Path, say: Callable[[str], None]) -> str:
    for name in ("pairs", "images"):
        if not (data / name).is_dir():
            raise InputError(f"{data} has no folder {name}/; give the data folder as --data DIR")
    from chronosight.training.compact.train import train_compact

    train_compact(fields, data, out, say)
    return f"Trained: {out / 'guide'} and {out / 'unirs'}; next: chronosight export --guide ... --unirs ... --out ..."


def train_unirs(recipe: Path, data: Path, out: Path) -> None:
    """Joint training at full size (docs/unirs.md)."""
    from chronosight.training.unirs.recipe import load_joint_recipe

    fields = load_joint_recipe(recipe)
    if not data.is_dir():
        raise InputError(f"no folder {data}; give the folder of the data sets as --data DIR")
    from chronosight.training.unirs.train import train_joint

    try:
        final = train_joint(fields, data, out, lambda line: print(line, file=sys.stderr, flush=True))
    except KeyboardInterrupt:
        print(f"stopped; checkpoints are in {out}, the same command goes on from them", file=sys.stderr)
        raise
    print(f"Trained: {final}")


def train_ablations(recipe: Path, data: Path, out: Path) -> None:
    """Joint against separate, clue on and off, change extraction against simpler fusions, at compact scale."""
    from chronosight.training.compact.ablations import FIGURES, load_ablations_recipe, table
    from chronosight.training.compact.ablations import train_ablations as train_runs

    fields, base = load_ablations_recipe(recipe)
    for row in table(train_runs(fields, base, data, out, lambda line: print(line, file=sys.stderr, flush=True))):
        print("\t".join(row))
    print(f"Written to {out / FIGURES}")
