"""Engines: three ways of answering, one way of asking. `load` makes one; nothing heavy is imported before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from chronosight.errors import InputError

if TYPE_CHECKING:
    from typing import Literal, overload

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


LATER = ("unirs",)


def load(engine: str = "compact", weights: str | Path | None = None, threads: int | None = None, **options: Any) -> Any:
    """An engine, ready to be asked.

    engine: "compact" or "changevg". weights: of that engine; for "compact" a weights folder, the one that ships with the
    package when None. threads: CPU threads of each graph; the number of physical cores when None. options: of
    "changevg" alone, such as adapter and endpoint (chronosight.engines.changevg.load). Raises InputError for an unknown
    engine or option, and for weights that are missing or incomplete.
    """
    if engine in LATER:
        raise InputError(f'engine "{engine}" is not part of this version; use "compact"')
    if engine == "changevg":
        import inspect

        from chronosight.engines.changevg.load import load_changevg

        known = sorted(set(inspect.signature(load_changevg).parameters) - {"weights", "threads"})
        if set(options) - set(known):
            unknown = ", ".join(sorted(set(options) - set(known)))
            raise InputError(f"the engine changevg has no option {unknown}; it has {', '.join(known)}")
        return load_changevg(weights, threads=threads, **options)
    if engine != "compact":
        raise InputError(f'unknown engine "{engine}", expected "compact" or "changevg"')
    if options:
        raise InputError(f'the engine "compact" takes no {", ".join(options)}; for that use the engine "changevg"')
    from chronosight.engines.compact.bundle import SHIPPED, Bundle
    from chronosight.engines.compact.engine import CompactEngine

    return CompactEngine(Bundle(Path(weights) if weights is not None else SHIPPED, threads))
