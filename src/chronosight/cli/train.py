"""`chronosight train`: what a recipe says, by its `kind`; the compact model where it names none."""

from __future__ import annotations

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
    from chronosight.training.recipes.read import AnyRecipe

Say = Callable[[str], None]


def train(
    recipe: Annotated[Path, typer.Argument(help="YAML file, such as recipes/compact.yaml.", show_default=False)],
    data: Annotated[
        Path, typer.Option(help="compact: folder with pairs/ and images/; others: see the recipe.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="Folder of the run; an existing run is resumed.", show_default=False)],
    override: Annotated[
        list[str] | None,
        typer.Option("--set", help="Override a value of the recipe, such as tower.steps=200; repeatable.", metavar="NAME=VALUE",
                     show_default=False),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="changevg-lora: folder of the base model, a Qwen-VL.", show_default=False)
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="changevg-lora: folder that image paths start from.", show_default=False)
    ] = None,
) -> None:  # fmt: skip
    """Train from a recipe: the compact model, UniRS at full size, a LoRA adapter of Qwen-VL, or the guide on LEVIR-MCI.

    Ctrl-C leaves checkpoints; the same command resumes from them.
    """
    need_extra("train", "torch", "transformers", "accelerate", "peft", "yaml")
    from chronosight.training.recipes.read import read_recipe

    fields = read_recipe(recipe, override or [])
    if (model or images) and fields.kind != "changevg-lora":
        raise InputError(f"{recipe} takes no --model and no --images; leave them out")
    if not data.exists():
        raise InputError(f"no folder {data}; give the data of the recipe as --data DIR")
    started, first = time.monotonic(), os.environ.get("RANK", "0") == "0"  # of the processes under torchrun

    def say(stage: str) -> None:
        if first:
            print(f"[{time.monotonic() - started:.0f} s] {stage}", file=sys.stderr, flush=True)

    try:
        done = _train(fields, data, out, model, images, say)
    except KeyboardInterrupt:
        print(f"stopped; checkpoints are in {out}, the same command resumes from them", file=sys.stderr)
        raise
    if first:
        print(done)


def _train(fields: AnyRecipe, data: Path, out: Path, model: Path | None, images: Path | None, say: Say) -> str:
    """Runs the training that the recipe is of; returns what to print at the end."""
    match fields.kind:
        case "compact":
            for name in ("pairs", "images"):
                if not (data / name).is_dir():
                    raise InputError(f"{data} has no folder {name}/; give the data folder as --data DIR")
            from chronosight.training.compact.train import train_compact

            train_compact(fields, data, out, say)
            return f"Trained: {out / 'guide'} and {out / 'unirs'}; next: chronosight export --guide ... --unirs ... --out ..."
        case "compact-tower":
            from chronosight.training.compact.new_tower import train_new_tower

            return f"Trained: {train_new_tower(fields, data, out, say)}; next: chronosight export --unirs ... --out ..."
        case "compact-ablations":
            from chronosight.training.compact.ablations import METRICS, table, train_ablations

            rows = table(train_ablations(fields, data, out, say))
            return "\n".join(["\t".join(row) for row in rows] + [f"Written to {out / METRICS}"])
        case "unirs":
            from chronosight.training.unirs.train import train_unirs

            return f"Trained: {train_unirs(fields, data, out, say)}"
        case "changevg-lora":
            from chronosight.training.changevg.train import train_changevg

            if model is not None:
                fields = fields.model_copy(update={"model": str(model)})
            return f"Trained: {train_changevg(fields, data, out, images, say)}"
        case "guide-levir-mci":
            from chronosight.training.guide.levir import train_guide_levir

            return f"Trained: {train_guide_levir(fields, data, out, say)}"
        case "guide-fine":
            from chronosight.training.guide.fine import train_fine_guide

            option = "--finest-guide" if fields.finest == 1 else "--fine-guide"
            return f"Trained: {train_fine_guide(fields, data, out, say)}; next: chronosight export {option} ... --out ..."
        case "land-cover":
            from chronosight.training.guide.land_cover import train_land_cover

            return f"Trained: {train_land_cover(fields, data, out, say)}; next: chronosight export --land-cover ... --out ..."
        case "captioner":
            from chronosight.training.guide.captioner import train_captioner

            return f"Trained: {train_captioner(fields, data, out, say)}; next: chronosight export --captioner ... --out ..."
