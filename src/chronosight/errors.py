"""The one exception a user can cause. The command line prints its message as one line and exits with code 2."""

from __future__ import annotations

from pathlib import Path


class InputError(ValueError):
    """The input cannot be used. The message is one line: what was found, what was expected, what to do."""


def install_hint(extra: str) -> str:
    """The command that installs an optional part: of the checkout where the package runs from one, else from the index.

    Args:
        extra: Name of the extra.

    Returns:
        A shell command.
    """
    checkout = Path(__file__).parents[2]
    if (checkout / "pyproject.toml").is_file():
        return f'pip install -e "{checkout}[{extra}]"'
    return f"pip install 'chronosight[{extra}]'"
