"""`chronosight calibrate`: makes the confidences of a weights folder hold."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from chronosight.cli.options import Quiet
from chronosight.cli.progress import show_progress
from chronosight.errors import InputError


class Part(StrEnum):
    """What can be fitted by itself."""

    GUIDES = "guides"
    FINE_GUIDE = "fine-guide"
    GROUND_SIZE = "ground-size"
    LAND_COVER = "land-cover"
    CAPTIONS = "captions"
    LANGUAGE_MODEL = "language-model"


def calibrate(
    data: Annotated[Path, typer.Option(help="Folder with pairs/ and images/.", show_default=False)],
    weights: Annotated[Path, typer.Option(help="Weights folder whose config.json is written.", show_default=False)],
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most this many places, and four times as many images of a set.")
    ] = None,
    rendered: Annotated[int, typer.Option(min=0, help="Rendered scenes of each kind.")] = 60,
    only: Annotated[
        Part | None, typer.Option(help="Fit only this; the rest is kept.", show_default=False)
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Fit the confidences of a weights folder on scenes held out of training, never on test."""
    if only in (None, Part.LANGUAGE_MODEL, Part.GUIDES) and not (data / "pairs" / "val.jsonl").is_file():
        raise InputError(f"{data} has no pairs/val.jsonl; give the data folder as --data DIR")
    from rich.console import Console
    from rich.table import Table

    from chronosight.engines.compact.bundle import Bundle
    from chronosight.engines.compact.engine import CompactEngine
    from chronosight.training.calibration.bundle import calibrate_bundle
    from chronosight.training.calibration.parts import calibrate_fine, calibrate_ground_size

    track = (lambda items, _: items) if quiet else show_progress
    engine = CompactEngine(Bundle(weights))
    if only in (None, Part.LANGUAGE_MODEL):
        result = calibrate_bundle(engine, data, limit, rendered, track, guide=only is None)
    elif only == Part.GUIDES:
        from chronosight.training.calibration.bundle import calibrate_guides

        result = calibrate_guides(engine, data, rendered, track)
    elif only == Part.LAND_COVER:
        from chronosight.training.calibration.land_cover import calibrate_land_cover

        result = calibrate_land_cover(weights, data, limit, track)
    elif only == Part.CAPTIONS:
        from chronosight.training.calibration.bundle import calibrate_captions

        result = calibrate_captions(engine, data, limit, track)
    else:
        result = (calibrate_fine if only == Part.FINE_GUIDE else calibrate_ground_size)(engine, data, track)
    table = Table("task", "a", "b", "confident from", "threshold", "min. area", "n", "accuracy", "error before", "after")
    for task, settings in result["calibration"].items():
        report = result["calibration_report"].get(task, {})
        cells = [settings.get(name) for name in ("a", "b", "sure", "threshold", "min_area")]
        cells += [report.get(name) for name in ("n", "accuracy", "error_before", "error_after")]
        table.add_row(task, *("" if value is None else f"{value:g}" for value in cells))
    if result["calibration"]:
        Console(width=None if quiet else 130).print(table)
    for name in ("mask", "mask_fine", "ground_size", "land_cover"):
        if mask := result["calibration_report"].get(name):
            print(f"{name}: " + ", ".join(f"{key} {value:g}" for key, value in mask.items()))
    print(f"Written to {weights / 'config.json'}")
