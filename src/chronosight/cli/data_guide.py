"""`chronosight data guide`: adds the vision guide's findings to the questions of an instruction file."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from chronosight.cli.options import Quiet
from chronosight.errors import InputError
from chronosight.tasks.clue import GuideForm

if TYPE_CHECKING:
    from chronosight.training.samples.guided import Guide

Targets = Literal["bleu", "all"]


def guide(
    instructions: Annotated[
        Path, typer.Argument(help="Messages JSONL, such as train.jsonl of data build.", metavar="FILE", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="Guided messages JSONL to write.", show_default=False)],
    images: Annotated[
        Path | None,
        typer.Option(help="Folder that image paths are relative to. Default: the folder of FILE.", show_default=False),
    ] = None,
    guides: Annotated[
        list[Path] | None,
        typer.Option("--guide", help="Guide weights; once per fold, in order.", metavar="DIR", show_default=False),
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Use one guide for all pairs; only valid for pairs it was not trained on.")
    ] = False,
    form: Annotated[GuideForm, typer.Option(help="Form of the clue: how much of the guide's findings it gives.")] = "caption",
    targets: Annotated[
        Targets, typer.Option(help="Target captions; bleu: the one closest to the guide's, all: every one.")
    ] = "bleu",
    captions_only: Annotated[
        bool, typer.Option("--captions-only", help="Add clues to caption questions only, as the released code does.")
    ] = False,
    store: Annotated[
        Path | None, typer.Option(help="Cache of clues, kept between runs. Default: OUT.guides.jsonl.", show_default=False)
    ] = None,
    metres: Annotated[
        float | None, typer.Option(help="Metres per pixel, where the files do not say.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="Random seed of simulated clues.")] = 0,
    quiet: Quiet = False,
) -> None:
    """Add clues to an instruction file. By default no pair gets a clue from a guide that was trained on it (cross-fitting).

    Several --guide: the guides of the folds, each trained without its own fold. One or none: findings are simulated from
    the records' truth. After Ctrl-C or a kill, the same command continues.
    """
    if plain and guides and len(guides) > 1:
        raise InputError(f"--plain takes one guide, but {len(guides)} were given; leave --plain out to cross-fit them")
    from chronosight.cli.progress import show_progress
    from chronosight.training.samples.guide_store import GuideStore
    from chronosight.training.samples.guided import join, make_guides, read_pairs_of_records, read_rows

    rows = read_rows(instructions)
    pairs = read_pairs_of_records(rows)
    opened = _opened(guides or [], plain, metres)
    if not quiet:
        known = sum(one is not None for one in opened)
        how = "one guide for all" if plain else f"{known} of {len(opened)} folds have a guide" if known else "simulated"
        if how == "simulated" and guides:
            how += ": a single guide cannot be cross-fitted, and --plain would take its own findings"
        print(f"{len(pairs):,} pairs; {how}", file=sys.stderr)

    def track(pairs: Iterable[Any]) -> Iterable[Any]:
        return pairs if quiet else show_progress(list(pairs), "Guides")

    kept = GuideStore(store or out.with_name(out.name.removesuffix(".jsonl") + ".guides.jsonl"))
    made = make_guides(pairs, opened, kept, images or instructions.parent, seed, track)
    joined = join(rows, made, form, _bleu_sum if targets == "bleu" else None, captions_only)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(out.name + ".part")
    part.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in joined), encoding="utf-8")
    part.replace(out)
    if not quiet:
        sources = Counter("simulated" if source == "simulated" else "by a guide" for source, _ in made.values())
        print(", ".join(f"{number:,} pairs {source}" for source, number in sources.items()))
        print(f"Written: {len(joined):,} of {len(rows):,} records to {out}; guides of all forms in {kept.path}")


def _opened(folders: list[Path], plain: bool, metres: float | None) -> list[Guide | None]:
    """A guide a fold, None where a fold has none: its findings are simulated."""
    from chronosight.cli.guides import fold_of_guide, open_guide

    if plain:
        return [open_guide(folders[0] if folders else None, metres)]
    numbers: list[tuple[int, int]] = [fold for folder in folders if (fold := fold_of_guide(folder))]
    if numbers:
        if len(numbers) < len(folders) or len({of for _, of in numbers}) > 1:
            raise InputError("some of the guides name another number of folds, or none (crossfit.json); give those of one run")
        opened: list[Guide | None] = [None] * numbers[0][1]
        for folder, (number, _) in zip(folders, numbers, strict=True):
            opened[number] = open_guide(folder, metres)
        return opened
    return [open_guide(folder, metres) for folder in folders] if len(folders) > 1 else [None]


def _bleu_sum(guide: str, reference: str) -> float:
    """BLEU-1 + 2 + 3 + 4 of the guide's sentence against one reference."""
    from chronosight.metrics.captions import bleu, bleu_parts, to_words

    return float(bleu(bleu_parts(to_words(guide), [to_words(reference)])).sum())
