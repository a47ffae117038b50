"""Engines: three ways of answering, one way of asking. `load` makes one; nothing heavy is imported before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.engines.compact.engine import CompactEngine

LATER = ("unirs", "changevg")


def load(engine: str = "compact", weights: str | Path | None = None, threads: int | None = None) -> CompactEngine:
    """An engine, ready to be asked.

    engine: "compact". weights: a weights folder; the one that ships with the package when None. threads: CPU threads
    of each graph; the number of physical cores when None. Raises InputError for an unknown engine, and for a weights
    folder that is missing or incomplete.
    """
    if engine in LATER:
        raise InputError(f'engine "{engine}" is not part of this version; use "compact"')
    if engine != "compact":
        raise InputError(f'unknown engine "{engine}", expected "compact"')
    from chronosight.engines.compact.bundle import SHIPPED, Bundle
    from chronosight.engines.compact.engine import CompactEngine

    return CompactEngine(Bundle(Path(weights) if weights is not None else SHIPPED, threads))
