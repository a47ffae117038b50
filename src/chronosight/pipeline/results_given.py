"""Results given in the place of images: a folder that can be asked is found, for any other the error says what works instead."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.pipeline.opening import Opening, Source

BATCH, TIMELINE = "batch.json", "timeline.json"
_LOOKED_AT = 1000  # entries of a folder: one of frames may hold many


def result_folder(inputs: Sequence[Source], opening: Opening | None = None) -> Path | None:
    """The folder, where one that `describe --out` wrote is all that was given.

    Args:
        inputs: What was given.
        opening: How files would be opened; None where that is not known.

    Returns:
        The folder; None where something else was given.

    Raises:
        InputError: Other results were given, or the folder together with something else.
    """
    from chronosight.reports.read import is_result

    places = [Path(one) for one in inputs]
    for place in places:
        if place.is_dir():
            _check_folder(place)
        elif place.parent != place and place.suffix.lower() in (".json", ".html", ".csv", ".geojson") and is_result(place.parent):
            raise InputError(f"{place.name} is a file of results, expected images or the folder of the results: {place.parent}")
    folders = [place for place in places if place.is_dir() and is_result(place)]
    if not folders:
        return None
    if len(places) > 1:
        raise InputError(f"{folders[0]} holds results, expected images or one result folder alone: ask about one at a time")
    if opening is not None and opening.metres_per_pixel is not None:
        raise InputError(f"{folders[0]} holds results, whose areas are known already: leave --metres-per-pixel out")
    return folders[0]


def check_no_results(place: Path) -> None:
    """Checks that a folder of images is none of results.

    Args:
        place: The folder.

    Raises:
        InputError: It holds results; the message says what to use.
    """
    if result_folder([place]) is not None:
        raise InputError(f"{place} holds results already, expected images: use chronosight ask or chat to ask about them")


def _check_folder(place: Path) -> None:
    """Raises InputError for results that are no description."""
    from chronosight.reports.read import is_result

    if is_result(place):
        return
    if (place / BATCH).is_file():
        made = _results_in(place)
        one = f"ask about one of its reports, such as {made[0]}" if made else "give the two images of one of its pairs"
        raise InputError(f"{place} holds the results of a batch, of many pairs: {one}, or use chronosight batch --ask for all")
    if (place / TIMELINE).is_file():
        raise InputError(f"{place} holds a timeline: use chronosight timeline with its images and --ask")
    inside = _results_in(place)
    if inside:
        raise InputError(f"{place} holds result folders, expected one of them, such as {inside[0]}")


def _results_in(place: Path) -> list[Path]:
    """Result folders in a folder, or in one of its folders."""
    from chronosight.reports.read import is_result

    inside = sorted(path for path in islice(place.iterdir(), _LOOKED_AT) if path.is_dir())
    below = [path for folder in inside for path in sorted(islice(folder.iterdir(), _LOOKED_AT)) if path.is_dir()]
    return [path for path in (*inside, *below) if is_result(path)]
