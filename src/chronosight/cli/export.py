"""`chronosight export`: trained models -> the weights folder that the engine runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from chronosight.cli.options import need_extra


def export(
    guide: Annotated[Path, typer.Option(help="Folder of the trained guide.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Weights folder to write, or to replace.", show_default=False)],
    unirs: Annotated[
        Path | None, typer.Option(help="Folder of the trained language model; without it a guide alone.", show_default=False)
    ] = None,
    int8: Annotated[bool, typer.Option("--int8/--no-int8", help="Decoder weights as 8-bit integers.")] = False,
    recipe: Annotated[
        Path | None, typer.Option(help="Recipe the models were trained with, kept in config.json.", show_default=False)
    ] = None,
    metres: Annotated[float, typer.Option(help="Ground size of a pixel the guide was trained at.")] = 1.0,
) -> None:
    """Turn trained models into a weights folder; every graph is compared with torch."""
    need_extra("train", "torch", "transformers", "onnx", "onnxscript", "yaml")
    import logging

    from rich.console import Console
    from rich.table import Table

    from chronosight.training.export.bundle import export_bundle
    from chronosight.training.recipes.compact import CompactRecipe
    from chronosight.training.recipes.read import read_recipe_of

    logging.disable(logging.WARNING)  # the exporters warn of what does not concern this model; errors still raise

    def say(text: str) -> None:
        print(f"exporting the {text} ...", file=sys.stderr, flush=True)

    fields = read_recipe_of(CompactRecipe, recipe).model_dump(mode="json") if recipe else None
    name = "chronosight-compact" if unirs else "chronosight-guide"
    done = export_bundle(guide, unirs, out, int8, metres, recipe=fields, name=name, say=say)
    table = Table("file", "MB", "difference from torch, share of its range")
    for name, size in done.sizes.items():
        difference = done.differences.get(name.removesuffix(".onnx")) if name.endswith(".onnx") else None
        table.add_row(name, f"{size / 1e6:.2f}", "" if difference is None else f"{difference:.1e}")
    Console().print(table)
    print(f"Written to {out}: {done.total / 1e6:.1f} MB")
