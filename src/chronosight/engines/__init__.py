"""Engines: three ways of answering, one interface (`engines/engine.py`). `load` makes one; nothing heavy is imported before."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from chronosight.errors import InputError, install_hint

if TYPE_CHECKING:
    from chronosight.engines.changevg.engine import ChangeVGEngine
    from chronosight.engines.compact.engine import CompactEngine
    from chronosight.engines.engine import Engine
    from chronosight.engines.unirs.engine import UniRSEngine

Weights = str | os.PathLike[str] | None


@overload
def load(
    engine: Literal["compact"] = "compact", weights: Weights = None, threads: int | None = None, **options: Any
) -> CompactEngine: ...
@overload
def load(engine: Literal["unirs"], weights: Weights = None, threads: int | None = None, **options: Any) -> UniRSEngine: ...
@overload
def load(
    engine: Literal["changevg"], weights: Weights = None, threads: int | None = None, **options: Any
) -> ChangeVGEngine: ...
@overload
def load(engine: str, weights: Weights = None, threads: int | None = None, **options: Any) -> Engine: ...


def load(engine: str = "compact", weights: Weights = None, threads: int | None = None, **options: Any) -> Engine:
    """Loads an engine.

    Args:
        engine: "compact", "unirs" (UniRS at full size) or "changevg".
        weights: Of that engine; for compact a weights folder, the one that ships with the package when None; for the
            others a folder or a hub id.
        threads: CPU threads of each graph; the number of physical cores when None.
        **options: Of compact, `classes`: "buildings,roads" maps no land cover; of `load_unirs` (chronosight.engines.unirs.load)
            or `load_changevg` (chronosight.engines.changevg.load).

    Returns:
        The engine.

    Raises:
        InputError: The engine or an option is unknown, a library is missing, or the weights are missing or incomplete.
    """
    if engine == "unirs":
        missing = [name for name in ("torch", "transformers", "accelerate") if find_spec(name) is None]
        if missing:
            raise InputError(f"the engine unirs needs {', '.join(missing)}; install with: {install_hint('models')}")
        import torch

        from chronosight.engines.unirs.load import load_unirs

        _check_options(engine, load_unirs, options)
        if threads is not None:
            torch.set_num_threads(threads)
        return load_unirs(None if weights is None else os.fspath(weights), **options)
    if engine == "changevg":
        from chronosight.engines.changevg.load import load_changevg

        _check_options(engine, load_changevg, options)
        return load_changevg(None if weights is None else os.fspath(weights), threads=threads, **options)
    if engine != "compact":
        raise InputError(f'unknown engine "{engine}", expected "compact", "unirs" or "changevg"')
    classes = options.pop("classes", None)
    if options:
        raise InputError(f"the engine compact has no option {', '.join(options)}; another engine may have it")
    from chronosight.engines.compact.bundle import SHIPPED, Bundle
    from chronosight.engines.compact.engine import CompactEngine

    return CompactEngine(Bundle(Path(weights) if weights is not None else SHIPPED, threads), _maps_land_cover(classes))


def _maps_land_cover(classes: str | Sequence[str] | None) -> bool:
    """Whether land cover is among the classes that are asked for: all by default.

    Raises InputError for other classes than buildings, roads and land-cover, or where buildings or roads are left out.
    """
    if classes is None:
        return True
    names = [name.strip() for name in classes.split(",")] if isinstance(classes, str) else [*classes]
    if set(names) not in ({"buildings", "roads"}, {"buildings", "roads", "land-cover"}):
        raise InputError(
            f'the classes are "{",".join(map(str, names))}", expected buildings,roads or buildings,roads,land-cover (--classes)'
        )
    return "land-cover" in names


def _check_options(engine: str, loader: Callable[..., Any], options: dict[str, Any]) -> None:
    known = sorted(set(inspect.signature(loader).parameters) - {"weights", "threads"})
    if unknown := sorted(set(options) - set(known)):
        raise InputError(f"the engine {engine} has no option {', '.join(unknown)}; it has {', '.join(known)}")
