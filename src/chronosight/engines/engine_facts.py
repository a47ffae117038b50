"""Which weights an engine answers with: what a report says of them, whatever the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chronosight.engines.engine import Engine


def engine_facts(engine: Engine) -> dict[str, Any]:
    """Name, version and hashes of an engine's weights.

    Args:
        engine: Any engine.

    Returns:
        The facts as JSON types; {} for an engine that gives none.
    """
    bundle = getattr(engine, "bundle", None)
    facts = getattr(engine, "facts", None) if bundle is None else bundle.facts
    return {name: value for name, value in dict(facts or {}).items() if isinstance(value, (str, int, float))}
