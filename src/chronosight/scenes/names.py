"""Names of files in messages and reports: short, and distinct where two files have one name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

LISTED = 3  # names in a note; more are counted


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


def said_once(notes: Sequence[str], names: Sequence[str]) -> list[str]:
    """Notes on single images, with what holds for several of them said once.

    Args:
        notes: A note on one image begins with its name, then " " or ":".
        names: Of the images.

    Returns:
        The notes in their order: "a.tif: grey" and "b.tif: grey" become "a.tif and b.tif: grey"; "a.tif was turned" and
        "b.tif was turned" become "each of a.tif and b.tif was turned".
    """
    about: dict[str, list[str]] = {}
    for note in notes:
        name = next((name for name in sorted(names, key=len, reverse=True) if note.startswith((f"{name} ", f"{name}:"))), "")
        known = about.setdefault(note[len(name) :], [])
        if name not in known:
            known.append(name)
    return [_listed([name for name in known if name], rest) for rest, known in about.items()]


def _listed(names: Sequence[str], rest: str) -> str:
    """One note on all these images."""
    if len(names) < 2:
        return "".join(names) + rest
    shown = [*names] if len(names) <= LISTED + 1 else [*names[:LISTED], f"{len(names) - LISTED} more"]
    text = f"{', '.join(shown[:-1])} and {shown[-1]}{rest}"
    return text if rest.startswith(":") else f"each of {text}"
