"""Packages that are asked for only where they are needed."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from chronosight.errors import InputError


def needed(name: str, what: str, install: str = "'chronosight[notebook]'") -> Any:
    """Imports a package that is not among the core's.

    Args:
        name: Of the package.
        what: What it is needed for, for the message.
        install: What brings it, for the message.

    Returns:
        The module.

    Raises:
        InputError: It is not installed; the message says how to install it.
    """
    try:
        return import_module(name)
    except ImportError:
        package = name.partition(".")[0]
        raise InputError(f"{what} needs {package}, which is not installed: pip install {install}") from None


def installed(name: str) -> bool:
    """Whether a package could be imported.

    Args:
        name: Of the package.

    Returns:
        True where it is there.
    """
    return find_spec(name) is not None
