"""`chronosight data examples` and `data clue`: samples files of published datasets, and clues added to them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from chronosight.cli.engine_options import Settings, Weights, parse_setting
from chronosight.cli.options import need_extra
from chronosight.errors import InputError


def examples(
    name: Annotated[str, typer.Argument(help="geochat, levir_cc, era, rsvqa_lr, rsvqa_hr, crsvqa or cdvqa.", show_default=False)],
    folder: Annotated[Path, typer.Argument(help="Folder of the dataset, as published.", show_default=False)],
    out: Annotated[Path, typer.Argument(help="JSON Lines file to write.", show_default=False)],
    split: Annotated[str, typer.Option(help="Split of the dataset.")] = "train",
) -> None:
    """Write the samples of a published dataset as JSON Lines, one sample per line."""
    from chronosight.datasets.published import read_dataset
    from chronosight.datasets.sample import write_samples

    count = write_samples(read_dataset(name, folder, split), out)
    print(f"{count} samples written to {out}")


def clue(
    file: Annotated[Path, typer.Argument(help="Samples file, as `data examples` writes it.", show_default=False)],
    out: Annotated[Path, typer.Argument(help="File to write: the same samples with clues.", show_default=False)],
    data: Annotated[Path, typer.Option(help="Folder that the samples' files are in.", show_default=False)],
    clues: Annotated[str, typer.Option(help="Source of the clues: base, guide, file or none.")] = "base",
    weights: Weights = None,
    settings: Settings = None,
    clue_file: Annotated[
        Path | None, typer.Option(help="JSON object of file name to clue, for --clues file.", show_default=False)
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Cache of clues, kept between runs. Default: OUT.clues.jsonl.", show_default=False)
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Scenes per batch.")] = 16,
    frames: Annotated[int, typer.Option(min=1, help="Frames per video.")] = 8,
) -> None:
    """Add a clue to every sample of a training file. After Ctrl-C, the same command continues."""
    from chronosight.datasets.sample import array_scene, read_samples, write_samples
    from chronosight.engines.unirs.clue_cache import CachedClues

    rows = read_samples(file)
    if out.resolve() == file.resolve():
        raise InputError(f"{out} would overwrite its own input; give another output file")
    kept = CachedClues(
        make_provider(clues, weights, clue_file, settings, batch), cache or out.with_name(f"{out.name}.clues.jsonl")
    )
    texts = []
    for start in range(0, len(rows), batch):
        scenes = []
        for row in rows[start : start + batch]:
            scenes.append(array_scene(row.kind, row.read_frames(frames, data), row.files))
        texts += kept.clues(scenes)
        if sys.stderr.isatty():
            print(f"\r{len(texts)} of {len(rows)}", end="", file=sys.stderr, flush=True)
    count = write_samples((row.with_clue(text) for row, text in zip(rows, texts, strict=True)), out)
    print(f"{count} samples written to {out}, {sum(map(bool, texts))} with a clue; {kept.asked} scenes were new")


def make_provider(clues: str, weights: Path | None, clue_file: Path | None, settings: list[str] | None, batch: int) -> Any:
    """Makes a clue provider. For `base` the weights are those before fine-tuning, so no adapter is needed.

    Args:
        clues: Name of the provider.
        weights: Weights of the provider; None for its default.
        clue_file: File of the clues, for the provider "file".
        settings: Options of the engine, each "name=value"; None for none.
        batch: Questions answered at once.

    Returns:
        The provider.
    """
    from chronosight.engines.unirs.clues import PROVIDERS, BaseModelClues, FileClues, GuideClues, NoClues

    if clues not in PROVIDERS:
        raise InputError(f'there is no clue provider "{clues}"; give one of {", ".join(PROVIDERS)}')
    if clues == "none":
        return NoClues()
    if clues == "file":
        if clue_file is None:
            raise InputError("--clues file needs --clue-file: JSON of file name -> clue")
        return FileClues(clue_file)
    from chronosight.engines import load

    options = dict(parse_setting(text) for text in settings or ())
    if clues == "guide":
        return GuideClues(load("compact", weights), **options)
    need_extra("models", "torch", "transformers", "accelerate")
    return BaseModelClues(load("unirs", weights, **options).model, batch)
