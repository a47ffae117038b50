"""Names of files in messages and reports: short, and distinct where two files have one name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def display_names(sources: Sequence[str | Path]) -> list[str]:
    """File names, with as many of their folders as it takes to distinguish different files.

    Args:
        sources: Paths of files.

    Returns:
        A name each, with slashes: "x.png", or "A/x.png" and "B/x.png".
    """
    parts = [Path(source).parts for source in sources]
    depth = 1
    while len({names[-depth:] for names in parts}) < len(set(parts)) and depth < max(map(len, parts)):
        depth += 1
    return [Path(*names[-depth:]).as_posix() for names in parts]
