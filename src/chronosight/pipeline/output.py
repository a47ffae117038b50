"""The folder of a report: checked and reserved before any long work, written at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chronosight.errors import InputError
from chronosight.pipeline.opening import Source

if TYPE_CHECKING:
    from chronosight.reports.page.content import PagePlace
    from chronosight.results.description import Description


def report_folder(out: Source | None) -> Path | None:
    """The output folder as a path.

    Args:
        out: The folder; None for no report.

    Returns:
        The path, or None.

    Raises:
        InputError: Its name is empty.
    """
    if out is None:
        return None
    if not os.fspath(out).strip():
        raise InputError("--out is empty, expected the name of a folder; give one, or leave it out")
    return Path(out)


@contextmanager
def reserved(folder: Path | None, inputs: Sequence[Source], whole_scene: bool) -> Iterator[None]:
    """Reserves the output folder for this run, before any long work is done; a context manager.

    Args:
        folder: The folder; None for no report.
        inputs: The files of the run.
        whole_scene: Whether the pair is processed as a whole scene.

    Yields:
        Nothing.
    """
    if folder is None:
        yield
        return
    from chronosight.reports.write import output_folder

    with output_folder(folder, [os.fspath(source) for source in inputs], whole_scene):
        yield


def write(description: Description, folder: Path, places: Sequence[PagePlace]) -> Description:
    """Writes the report.

    Args:
        description: The description of a pair.
        folder: The folder to write into.
        places: Parts of a whole scene to show on the page.

    Returns:
        The description with the names of its files.

    Raises:
        InputError: The report cannot be written.
    """
    from chronosight.reports.write import write_report

    written = write_report(description, folder, places, description.scene.sources)
    return replace(description, files=tuple(written))
