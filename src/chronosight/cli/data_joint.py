"""`chronosight data examples` and `data clue`: training files from published data sets, and clues put into them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from chronosight.cli.engine_options import Settings, Weights, parse_setting
from chronosight.cli.options import need_extra
from chronosight.errors import InputError


def examples(
    name: Annotated[str, typer.Argument(help="geochat, levir_cc, era, rsvqa_lr, rsvqa_hr or crsvqa.", show_default=False)],
    folder: Annotated[Path, typer.Argument(help="The data set as it is published.", show_default=False)],
    out: Annotated[Path, typer.Argument(help="JSON-lines file to write.", show_default=False)],
    split: Annotated[str, typer.Option(help="train, or another the set has.")] = "train",
) -> None:
    """Write the examples of a published data set as JSON lines, one example a line."""
    from chronosight.datasets.published import read_dataset
    from chronosight.datasets.sample import write_examples

    count = write_examples(read_dataset(name, folder, split), out)
    print(f"{count} examples written to {out}")


def clue(
    file: Annotated[Path, typer.Argument(help="Examples, as `data examples` writes them.", show_default=False)],
    out: Annotated[Path, typer.Argument(help="The same with clues.", show_default=False)],
    data: Annotated[Path, typer.Option(help="Folder that the examples' files are in.", show_default=False)],
    clues: Annotated[str, typer.Option(help="Who gives them: base, guide, file or none.")] = "base",
    weights: Weights = None,
    settings: Settings = None,
    clue_file: Annotated[Path | None, typer.Option(help="JSON of file name -> clue.", show_default=False)] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Clues by content, kept between runs; OUT.clues.jsonl when left out.", show_default=False)
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Scenes asked about at a time.")] = 16,
    frames: Annotated[int, typer.Option(min=1, help="Frames of a video.")] = 8,
) -> None:
    """Put a clue into every example of a training file. Ctrl-C keeps the clues made so far; the same command goes on."""
    from chronosight.datasets.frames import read_frames
    from chronosight.datasets.sample import read_examples, write_examples
    from chronosight.engines.unirs.clue_cache import CachedClues
    from chronosight.scenes.scene import Scene

    rows = read_examples(file)
    if out.resolve() == file.resolve():
        raise InputError(f"{out} would overwrite what it is made from; give another file to write")
    kept = CachedClues(
        make_provider(clues, weights, clue_file, settings, batch), cache or out.with_name(f"{out.name}.clues.jsonl")
    )
    said = []
    for start in range(0, len(rows), batch):
        scenes = []
        for row in rows[start : start + batch]:
            pixels = read_frames(row, data, frames)
            scenes.append(Scene(row.kind, pixels, _all(pixels), row.files))
        said += kept.clues(scenes)
        if sys.stderr.isatty():
            print(f"\r{len(said)} of {len(rows)}", end="", file=sys.stderr, flush=True)
    count = write_examples((row.with_clue(text) for row, text in zip(rows, said, strict=True)), out)
    print(f"{count} examples written to {out}, {sum(map(bool, said))} with a clue; {kept.asked} scenes were new")


def make_provider(clues: str, weights: Path | None, clue_file: Path | None, settings: list[str] | None, batch: int):
    """The provider alone: for `base` the weights are those before fine-tuning, so no adapter is needed."""
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


def _all(pixels):
    import numpy as np

    return np.ones(pixels.shape[1:3], bool)
