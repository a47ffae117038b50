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
    """The folder as a path. Raises InputError where its name is empty."""
    if out is None:
        return None
    if not os.fspath(out).strip():
        raise InputError("--out is empty, expected the name of a folder; give one, or leave it out")
    return Path(out)


@contextmanager
def reserved(folder: Path | None, inputs: Sequence[Source], whole_scene: bool) -> Iterator[None]:
    """The output folder kept for this run, before any long work is done."""
    if folder is None:
        yield
        return
    from chronosight.reports.write import output_folder

    with output_folder(folder, [os.fspath(source) for source in inputs], whole_scene):
        yield


def write(description: Description, folder: Path, places: Sequence[PagePlace]) -> Description:
    """Writes the report; the description with the names of its files. Raises InputError where it cannot be written."""
    from chronosight.reports.write import write_report

    written = write_report(description, folder, places, description.scene.sources)
    return replace(description, files=tuple(written))
