"""`chronosight version` and `chronosight --version`."""

from __future__ import annotations


def version() -> None:
    """Print the version."""
    import chronosight

    print(chronosight.__version__)
