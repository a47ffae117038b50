"""Progress of long commands, on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any


def show_progress(items: Sequence[Any], name: str) -> Iterable[Any]:
    """Goes through items with a progress bar where stderr is a terminal.

    Args:
        items: What to go through.
        name: Beside the bar.

    Returns:
        The items, in order.
    """
    if not sys.stderr.isatty():
        return items
    from rich.console import Console
    from rich.progress import track

    return track(items, name, console=Console(stderr=True), transient=True)


def progress_lines(items: Sequence[Any], name: str) -> Iterable[Any]:
    """As `show_progress`, with a line at every tenth where stderr is no terminal.

    Args:
        items: What to go through.
        name: Beside the bar.

    Yields:
        The items, in order.
    """
    if sys.stderr.isatty():
        yield from show_progress(items, name)
        return
    tenth = max(1, len(items) // 10)
    for at, item in enumerate(items):
        yield item
        if len(items) >= 20 and (at + 1) % tenth == 0:
            print(f"{name}: {at + 1:,} of {len(items):,}", file=sys.stderr)


def no_progress(items: Sequence[Any], name: str) -> Iterable[Any]:
    """Goes through items in silence.

    Args:
        items: What to go through.
        name: Not shown.

    Returns:
        The items, in order.
    """
    return items
