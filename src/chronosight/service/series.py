"""A series: three or more dates of one place as one scene. Its dates are known when it is added; a timeline job compares them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chronosight.errors import InputError
from chronosight.limits import MAX_SERVICE_PIXELS
from chronosight.reports.description_json import scene_dict
from chronosight.results.description import placeholder_scene
from chronosight.scenes.files import RASTER_DRIVERS, check_size, file_format
from chronosight.scenes.image import open_image
from chronosight.service.messages import option_names
from chronosight.timeline.dates import KINDS, Date, check_order, dates_of, parse_date

if TYPE_CHECKING:
    from chronosight.engines.engine import Engine, Progress
    from chronosight.engines.generalise import ObjectLimits
    from chronosight.pipeline import Opening
    from chronosight.scenes.align import Aligned

LEAST = 3  # dates: two are a pair


@dataclass(frozen=True)
class Ordered:
    """The files of a series in the order of their dates.

    Attributes:
        order: indices of the files as they were given, the earliest first.
        dates: of the files in that order, such as "2015" or "2015-07-26".
    """

    order: tuple[int, ...]
    dates: tuple[str, ...]


def in_date_order(paths: Sequence[Path], names: Sequence[str], given: Sequence[str]) -> Ordered:
    """The dates of files, by what the client says, else by their metadata and names.

    Args:
        paths: The files.
        names: What their owner calls them, which may hold a date; messages name the files as they are stored.
        given: A date for each file, "" where the file itself says; () for none.

    Returns:
        Their order and their dates.

    Raises:
        InputError: A file is no image, a date is missing or cannot be read, or two are equal.
    """
    if given and len(given) != len(paths):
        raise InputError(f"{len(given)} dates were given for {len(paths)} images; give one for each, in their order")
    images = []
    for path, name in zip(paths, names, strict=True):
        kind = file_format(path)
        if kind not in RASTER_DRIVERS:
            raise InputError(f"{path.name} is {kind}, expected images: a series is made of dates of one place")
        images.append(replace(open_image(path), path=Path(name), label=path.name))
    dates: list[Date] = []
    for image, text in zip(images, given or [""] * len(images), strict=True):
        date = parse_date(text) if text.strip() else dates_of([image])[0]
        if date is None:
            raise InputError(f'{image.name} has the date "{text[:40]}", expected one such as {KINDS}')
        dates.append(date)
    order = check_order(dates, [path.name for path in paths])
    return Ordered(tuple(order), tuple(dates[index].text for index in order))


def open_aligned(paths: Sequence[Path]) -> Aligned:
    """All dates on the grid of the first, as previews show them.

    Args:
        paths: The files, in date order.

    Returns:
        The aligned images.

    Raises:
        InputError: They cannot be used together.
    """
    from chronosight.scenes.align import align

    headers = []
    for path in paths:
        header = open_image(path)
        check_size(header.name, header.width, header.height, MAX_SERVICE_PIXELS)
        headers.append(header)
    return align(headers, resize=True)


def series_facts(paths: Sequence[Path], dates: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """What is known of a series without comparing its dates.

    Args:
        paths: The files, in date order.
        dates: Their dates.

    Returns:
        Facts as `scene_dict` gives them, with "kind" and "dates", and notes.

    Raises:
        InputError: The images cannot be used together.
    """
    aligned = open_aligned(paths)
    height, width = aligned.valid.shape
    scene = replace(
        placeholder_scene(width, height, sources=tuple(map(str, paths)), georeference=aligned.georeference),
        metres_per_pixel=aligned.metres_per_pixel, times=tuple(image.time for image in aligned.images), doubts=aligned.doubts,
    )  # fmt: skip
    facts = scene_dict(scene, float(aligned.valid.mean())) | {"kind": "series", "dates": list(dates)}
    return facts, list(aligned.notes)


def run_timeline(
    paths: Sequence[Path], names: Sequence[str], dates: Sequence[str], engine: Engine, folder: Path, opening: Opening,
    questions: Sequence[str], limits: ObjectLimits | None, progress: Progress,
) -> tuple[list[str], list[str]]:  # fmt: skip
    """Compares the dates of a series and writes the timeline's files.

    Args:
        paths: The files, in date order.
        names: What their owner calls them: the files written name the images so.
        dates: Their dates.
        engine: Compares two dates.
        folder: Gets the files; what an earlier run left there is removed.
        opening: How the files are opened.
        questions: Extra questions.
        limits: Objects smaller or less probable are left out.
        progress: Called with (comparisons done, comparisons in all).

    Returns:
        Notes for the user, and names of the files.

    Raises:
        InputError: The dates cannot be compared.
    """
    from chronosight.service.messages import with_shown_names
    from chronosight.timeline.questions import answer_question
    from chronosight.timeline.stack import open_stack
    from chronosight.timeline.timeline import make_timeline
    from chronosight.timeline.write import write_timeline

    shutil.rmtree(folder, ignore_errors=True)
    stored = [path.name for path in paths]

    def shown(lines: Sequence[str]) -> tuple[str, ...]:
        return tuple(with_shown_names(option_names(line), stored, names) for line in lines)

    stack = open_stack(
        paths, ",".join(dates), opening.bands, resize=opening.resize, register=opening.register, force=opening.force,
        metres_per_pixel=opening.metres_per_pixel,
    )  # fmt: skip
    name_of = dict(zip(map(str, paths), names, strict=True))
    stack = replace(
        stack, sources=tuple(name_of[source] for source in stack.sources), notes=shown(stack.notes), doubts=shown(stack.doubts),
        too_coarse=option_names(stack.too_coarse),
    )  # fmt: skip
    found = make_timeline(stack, engine, limits, progress)
    found = replace(found, answers=tuple((question, answer_question(found, question)) for question in questions))
    files, remarks = write_timeline(found, folder)
    return [*found.notes, *stack.doubts, *remarks], files
