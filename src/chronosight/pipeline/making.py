"""Engines that are made only where they are needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.engines.compact.engine import CompactEngine
    from chronosight.engines.engine import Engine


def made_engine(engine: Engine | Callable[[], Engine]) -> Engine:
    """The engine itself.

    Args:
        engine: An engine, or a function that makes it.

    Returns:
        The engine.
    """
    return engine() if callable(engine) else engine


def compact_engine(engine: Engine) -> CompactEngine:
    """The engine, where it is the one that whole scenes need.

    Args:
        engine: Any engine.

    Returns:
        The same.

    Raises:
        InputError: It is another one.
    """
    from chronosight.engines.compact.engine import CompactEngine

    if not isinstance(engine, CompactEngine):
        raise InputError("whole scenes, and places in them, need the engine compact; leave --engine out")
    return engine
