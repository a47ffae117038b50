"""Engines: three ways of answering, one way of asking. `load` makes one; nothing heavy is imported before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chronosight.errors import InputError

LATER = ("changevg",)


def load(engine: str = "compact", weights: str | Path | None = None, threads: int | None = None, **options: Any) -> Any:
    """An engine, ready to be asked.

    engine: "compact", or "unirs" (UniRS at full size, needs chronosight[models]). weights: a weights folder; for the compact
    engine the one that ships with the package when None; for unirs a folder made by `chronosight convert`, or a hub id.
    threads: CPU threads of each graph; the number of physical cores when None. options: of `engines.unirs.load.load_unirs`.
    Raises InputError for an unknown engine or option, and for a weights folder that is missing or incomplete.
    """
    if engine in LATER:
        raise InputError(f'engine "{engine}" is not part of this version; use "compact"')
    if engine == "unirs":
        return _load_unirs(weights, threads, options)
    if engine != "compact":
        raise InputError(f'unknown engine "{engine}", expected "compact" or "unirs"')
    if options:
        raise InputError(f"the engine compact has no option {', '.join(sorted(options))}; leave it out, or use unirs")
    from chronosight.engines.compact.bundle import SHIPPED, Bundle
    from chronosight.engines.compact.engine import CompactEngine

    return CompactEngine(Bundle(Path(weights) if weights is not None else SHIPPED, threads))


def _load_unirs(weights: str | Path | None, threads: int | None, options: dict[str, Any]) -> Any:
    from importlib.util import find_spec

    missing = [name for name in ("torch", "transformers", "accelerate") if find_spec(name) is None]
    if missing:
        raise InputError(f"the engine unirs needs {', '.join(missing)}; install with: pip install chronosight[models]")
    import inspect

    import torch

    from chronosight.engines.unirs.load import load_unirs

    if threads is not None:
        torch.set_num_threads(threads)
    known = set(inspect.signature(load_unirs).parameters) - {"weights"}
    if set(options) - known:
        raise InputError(
            f"the engine unirs has no option {', '.join(sorted(set(options) - known))}; it has {', '.join(sorted(known))}"
        )
    return load_unirs(weights, **options)
