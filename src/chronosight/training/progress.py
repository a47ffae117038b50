"""How far a long piece of work is: done, rate, remaining time, as lines on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

FIRST = (1, 2, 5, 10)  # items done after which a line is printed whatever the time
EVERY = 30.0  # seconds between lines after that

_T = TypeVar("_T")


def progress(items: Sequence[_T], what: str) -> Iterator[_T]:
    """Passes items on and prints how many are done, the rate and the remaining time to standard error.

    Args:
        items: What is worked through.
        what: Name of the work, for the line.

    Yields:
        The items, in order.
    """
    started = printed = time.monotonic()
    for done, item in enumerate(items):
        now = time.monotonic()
        if done in FIRST or now - printed > EVERY:
            printed = now
            text = progress_text(done, len(items) - done, now - started)
            print(f"{what}: {done:,} of {len(items):,}{text}", file=sys.stderr, flush=True)
        yield item


def progress_text(done: int, left: int, seconds: float) -> str:
    """Rate and remaining time as text: ", 2.4 a second, 12 min left".

    Args:
        done: Steps done.
        left: Steps left.
        seconds: Time they took.

    Returns:
        The text; "" where nothing is done yet.
    """
    if done <= 0 or seconds <= 0:
        return ""
    each = seconds / done
    rate = f"{each:.1f} s each" if each >= 1 else f"{1 / each:.1f} a second"
    remaining = each * left
    if remaining >= 5400:
        time_left = f"{remaining / 3600:.1f} h"
    elif remaining >= 90:
        time_left = f"{remaining / 60:.0f} min"
    else:
        time_left = f"{remaining:.0f} s"
    return f", {rate}, {time_left} left"
