"""`chronosight export`: trained models -> the weights folder that the engine runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from chronosight.cli.options import need_extra
from chronosight.errors import InputError
from chronosight.tasks.clue import GuideForm


def export(
    out: Annotated[Path, typer.Option(help="Weights folder to write, or to replace.", show_default=False)],
    guide: Annotated[Path | None, typer.Option(help="Folder of the trained guide.", show_default=False)] = None,
    fine_guide: Annotated[
        Path | None,
        typer.Option(help="Folder of the trained guide of fine imagery, added to the weights folder OUT.", show_default=False),
    ] = None,
    finest_guide: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the trained guide of pairs of 0.3 m and finer, added to the weights folder OUT.", show_default=False
        ),
    ] = None,
    land_cover: Annotated[
        Path | None, typer.Option(help="Folder of the trained land-cover head, added to the weights OUT.", show_default=False)
    ] = None,
    captioner: Annotated[
        Path | None, typer.Option(help="Folder of the trained captioner, added to the weights folder OUT.", show_default=False)
    ] = None,
    unirs: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the trained language model; without --guide it replaces that of the weights folder OUT.",
            show_default=False,
        ),
    ] = None,
    clue: Annotated[
        GuideForm, typer.Option(help="Form of the guide's clue that the language model was trained with.")
    ] = "full",
    int8: Annotated[bool, typer.Option("--int8/--no-int8", help="Decoder weights as 8-bit integers.")] = False,
    quantize: Annotated[
        Path | None,
        typer.Option(
            help="Data folder with pairs/; convolutions of the guide in the weights folder OUT become 8-bit integers.",
            show_default=False, metavar="DATA",
        ),
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(help="Recipe the models were trained with, kept in config.json.", show_default=False)
    ] = None,
    metres: Annotated[float, typer.Option(help="Ground size of a pixel the guide was trained at.")] = 1.0,
    fine_metres: Annotated[float, typer.Option(help="Ground size of a pixel that the guide of fine imagery is used at.")] = 0.5,
    fine_up_to: Annotated[float, typer.Option(help="Ground size of a pixel up to which imagery is fine.")] = 0.75,
) -> None:
    """Turn trained models into a weights folder; every graph is checked against PyTorch."""
    need_extra("train", "torch", "transformers", "onnx", "onnxscript", "yaml")
    import logging

    from rich.console import Console
    from rich.table import Table

    from chronosight.training.export.bundle import export_bundle
    from chronosight.training.export.fine_guide import FINEST_GRAPH, GRAPH, add_fine_guide, add_finest_guide
    from chronosight.training.recipes.compact import CompactRecipe
    from chronosight.training.recipes.read import read_recipe_of

    logging.disable(logging.WARNING)  # the exporters warn of what does not concern this model; errors still raise

    def say(text: str) -> None:
        print(f"exporting the {text} ...", file=sys.stderr, flush=True)

    if (guide, unirs, fine_guide, finest_guide, land_cover, captioner, quantize) == (None,) * 7:
        options = "--guide, --unirs, --fine-guide, --finest-guide, --land-cover, --captioner"
        raise InputError(f"nothing to export; give a trained model ({options}), or --quantize")
    done = None
    if guide is not None:
        fields = read_recipe_of(CompactRecipe, recipe).model_dump(mode="json") if recipe else None
        name = "chronosight-compact" if unirs else "chronosight-guide"
        done = export_bundle(guide, unirs, out, int8, metres, clue, recipe=fields, name=name, say=say)
    elif unirs is not None:
        from chronosight.training.export.language_model import replace_language_model

        say("language model")
        replace_language_model(unirs, out, clue, int8)
        print(f"Written to {out}; next: chronosight calibrate --weights {out} --data ...")
    if fine_guide is not None:
        say("guide of fine imagery")
        removed: list[str] = []
        add_fine_guide(fine_guide, out, fine_metres, fine_up_to, removed.append)
        print(f"Written to {out / GRAPH}; next: chronosight calibrate --only fine-guide --weights {out} --data ...")
        for line in removed:
            train = f"chronosight train recipes/land-cover.yaml --set guide={fine_guide} --set head=null --data ... --out COVER"
            print(f"{line}; for another one: {train}, then chronosight export --land-cover COVER --out {out}")
    if finest_guide is not None:
        say("guide of the finest imagery")
        add_finest_guide(finest_guide, out)
        print(f"Written to {out / FINEST_GRAPH}; next: chronosight calibrate --only fine-guide --weights {out} --data ...")
    if land_cover is not None:
        from chronosight.training.export.land_cover import add_land_cover

        say("land-cover head")
        add_land_cover(land_cover, out)
        print(f"Written to {out / 'land_cover.onnx'}; next: chronosight calibrate --only land-cover --weights {out} --data ...")
    if captioner is not None:
        from chronosight.training.export.captioner import add_captioner

        say("captioner of changes")
        add_captioner(captioner, out)
        print(f"Written to {out / 'captioner.onnx'}; next: chronosight calibrate --only captions --weights {out} --data ...")
    if quantize is not None:
        from chronosight.training.export.quantized import quantize_guide

        say("guide with convolutions of 8 bits")
        before, after = quantize_guide(out, quantize)
        sizes = f"{before / 1e6:.1f} -> {after / 1e6:.1f} MB"
        print(f"{out / 'guide.onnx'}: {sizes}; next: chronosight calibrate --weights {out} --data ...")
    if done is None:
        return
    table = Table("file", "MB", "difference from torch, share of its range")
    for name, size in done.sizes.items():
        difference = done.differences.get(name.removesuffix(".onnx")) if name.endswith(".onnx") else None
        table.add_row(name, f"{size / 1e6:.2f}", "" if difference is None else f"{difference:.1e}")
    Console().print(table)
    print(f"Written to {out}: {done.total / 1e6:.1f} MB")
