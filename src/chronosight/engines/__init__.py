"""Engines: three ways of answering, one way of asking. `load` makes one; nothing heavy is imported before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.engines.changevg.engine import ChangeVGEngine
    from chronosight.engines.compact.engine import CompactEngine


@overload
def load(
    engine: Literal["compact"] = "compact", weights: str | Path | None = None, threads: int | None = None
) -> CompactEngine: ...
@overload
def load(
    engine: Literal["changevg"], weights: str | Path | None = None, threads: int | None = None, **options: Any
) -> ChangeVGEngine: ...
@overload
def load(engine: str, weights: str | Path | None = None, threads: int | None = None, **options: Any) -> Any: ...


def load(engine: str = "compact", weights: str | Path | None = None, threads: int | None = None, **options: Any) -> Any:
    """An engine, ready to be asked.

    engine: "compact", "unirs" (UniRS at full size) or "changevg". weights: of that engine; for "compact" a weights folder,
    the one that ships with the package when None; for the others a folder or a hub id. threads: CPU threads of each graph;
    the number of physical cores when None. options: of `load_unirs` (chronosight.engines.unirs.load) and `load_changevg`
    (chronosight.engines.changevg.load). Raises InputError for an unknown
    engine or option, and for weights that are missing or incomplete.
    """
    if engine == "unirs":
        return _load_unirs(weights, threads, options)
    if engine == "changevg":
        import inspect

        from chronosight.engines.changevg.load import load_changevg

        known = sorted(set(inspect.signature(load_changevg).parameters) - {"weights", "threads"})
        if set(options) - set(known):
            unknown = ", ".join(sorted(set(options) - set(known)))
            raise InputError(f"the engine changevg has no option {unknown}; it has {', '.join(known)}")
        return load_changevg(weights, threads=threads, **options)
    if engine != "compact":
        raise InputError(f'unknown engine "{engine}", expected "compact", "unirs" or "changevg"')
    if options:
        raise InputError(f"the engine compact has no option {', '.join(options)}; that is of another engine")
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
